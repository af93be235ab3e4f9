"""News of orders for later capabilities."""

from __future__ import annotations

from typing import Final

from accord.capabilities.news import Changed

changed: Final = Changed()
"""Orders were approved, answered, given back in part or as a whole, prolonged, or ended."""
