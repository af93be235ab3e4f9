"""The version of what both sides say to each other, and its bounds."""

from __future__ import annotations

from typing import Final

CONTRACT_VERSION: Final = "1.0"
"""The first number changes when an older counterpart would misunderstand; new optional fields do not count."""

MOST_BYTES_ASKED: Final = 1024 * 1024
"""The longest order or enquiry, in bytes."""

MOST_BYTES_TOLD: Final = 8 * 1024 * 1024
"""The longest answer, in bytes: a holder may have many onward transfers to tell of."""
