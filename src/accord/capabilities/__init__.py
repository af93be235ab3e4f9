"""What an agency does; an earlier one knows nothing of a later one: people, reports, claims, orders."""
