"""Worlds of two to four centres, nodes that run, and programs that end: what tests of several nodes stand on."""
