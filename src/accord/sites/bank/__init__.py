"""Pages of a bank that other agencies ask and order."""
