"""The pages, one site for each kind of user."""
