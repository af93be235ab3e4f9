"""Kinds of nodes (`agency_kind` in accord.toml), by which apps say where something of theirs applies."""

from __future__ import annotations

from typing import Final

CENTRE: Final = "centre"
BANK: Final = "bank"
EVERYWHERE: Final = frozenset({CENTRE, BANK})
