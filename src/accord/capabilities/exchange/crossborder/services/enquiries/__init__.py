"""Following money across the border: enquiries of partners, and ours to them."""
