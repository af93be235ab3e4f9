"""What a trace follows: claims, enquiries to ledger holders, the joined trace, the hold plan."""
