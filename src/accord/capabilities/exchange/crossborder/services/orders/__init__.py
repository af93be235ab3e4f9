"""Orders across the border: what partners ask for, drafted here as our own, and what we asked them for."""
