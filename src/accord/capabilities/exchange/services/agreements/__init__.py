"""Agreements from the draft to the end, and what they say of labels and of how long things are kept."""
