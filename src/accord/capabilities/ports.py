"""Where a capability asks somebody whom it does not know: a later capability, or the world outside, which the node wires.

A port has a name, such as "claims.territory". The capability that asks declares that it needs it; a later one, or the node,
offers it. What is needed and offered by nobody is found by `accord doctor` and by a test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accord.capabilities.kinds_of_nodes import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Port:
    """Something that a capability needs of somebody else, and what for. `by_node`: an adapter that the node wires."""

    name: str
    what: str
    by_node: bool = False
    kinds: frozenset[str] = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Offer:
    """Who answers at a port of an earlier capability. `connect` is called once, when the apps are ready."""

    port: str
    connect: Callable[[], None]
