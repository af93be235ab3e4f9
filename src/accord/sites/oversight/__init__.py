"""Oversight: how well the centre does what it is there for, for those who answer for it. It shows figures and no case."""
