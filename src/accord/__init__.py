"""Accord: an open anti-scam centre. Floors, top to bottom: node, sites, adapters and web, capabilities, engine, core."""

__version__ = "0.2.0"
