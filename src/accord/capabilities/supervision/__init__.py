"""Supervision: how fast and how well the node does its duty, from what is on record."""
