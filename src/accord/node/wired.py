"""A node as it is wired to the outside world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accord.capabilities.claims.tasks import HolderOf
from accord.capabilities.orders.tasks import TakerOf


@dataclass(frozen=True, slots=True)
class Lines:
    """The outside world as this node is wired to it: who answers for an institution, and in whose name we ask."""

    holder_of: HolderOf
    taker_of: TakerOf
    authority: str


@dataclass(frozen=True, slots=True)
class Wired:
    """The node's lines, and what must be done now and then so that what they answer from keeps up with the world."""

    lines: Lines
    refresh: Callable[[], None]
