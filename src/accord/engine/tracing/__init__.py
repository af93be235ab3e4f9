"""Follow the money: which later transfers carry a claim, where it stands, where it left."""
