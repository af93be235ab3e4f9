"""Links in the frame of every page, as the apps declare them; shown to those who may follow them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from accord.capabilities.kinds_of_nodes import CENTRE


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One link: `label`, the name of its page, and who sees it: whoever holds one of `needs`, everybody where it is empty.

    `here` are names of pages on which the link is marked as the present one; one that ends with * stands for all that begin
    so, and one with a colon is meant in that site alone. `count` says how much waits there for a user; None hides the link.
    `rank` is its place in the line, `key` its key.
    """

    label: Promise
    page: str
    rank: int
    needs: tuple[str, ...] = ()
    here: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset({CENTRE})
    key: str = ""
    count: Callable[[Any], int | None] | None = None

    def is_here(self, site: str, page: str) -> bool:
        return any(_fits(pattern, site, page) for pattern in self.here)


def _fits(pattern: str, site: str, page: str) -> bool:
    of_site, colon, name = pattern.rpartition(":")
    if colon and of_site != site:
        return False
    return page.startswith(name[:-1]) if name.endswith("*") else page == name
