"""Agreements from the draft to the end."""
