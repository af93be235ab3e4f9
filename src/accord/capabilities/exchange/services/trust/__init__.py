"""Our keys and card, partners and theirs."""
