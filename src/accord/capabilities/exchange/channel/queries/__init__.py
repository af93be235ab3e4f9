"""How messages fare between this node and its partners."""
