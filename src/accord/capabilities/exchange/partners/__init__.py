"""How two centres know each other: private keys, the cards that carry public ones, and what follows from a newer card."""
