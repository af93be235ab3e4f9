"""Our keys and card, partners and theirs, and the alarms that they raise."""
