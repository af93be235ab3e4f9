"""A chain of hashes over an ordered log: changing, removing or inserting an entry breaks every link after it.

Each link is SHA-256(previous link ‖ canonical JSON of the entry). The chain proves order and integrity to whoever holds a
later link; it does not by itself stop someone who can rewrite the whole log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from accord.core.canonical import canonical_json

GENESIS: Final = "0" * 64
"""The link before the first entry."""


def link(previous: str, entry: Any) -> str:
    """The hexadecimal link of `entry` after `previous`."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical_json(entry)).hexdigest()


def first_broken(entries: Iterable[tuple[Any, str]], start: str = GENESIS) -> int | None:
    """Position of the first (entry, link) pair whose link does not follow from the one before; None when all hold."""
    previous = start
    for position, (entry, stated) in enumerate(entries):
        if link(previous, entry) != stated:
            return position
        previous = stated
    return None
