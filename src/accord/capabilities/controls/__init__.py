"""What other agencies ask and order of a ledger holder, and what is in force on its accounts because of it."""
