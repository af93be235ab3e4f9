"""The made-up world of an exercise: read from its folder, or shared by the process that this one was forked from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from accord.adapters.sandbox_bank import WorldBooks
from accord.engine.exercise import World
from accord.node.home import Home


@dataclass(frozen=True, slots=True)
class Exercise:
    """A world, and its banks' books where they have been made."""

    world: World
    books: WorldBooks | None = None


_kept: dict[Path, Exercise] = {}


def keep(home: Home, world: World) -> Exercise:
    """Let processes that are forked from this one share a world and its books instead of reading them again."""
    exercise = _kept[home.world] = Exercise(world, WorldBooks.of(world))
    return exercise


def of(home: Home) -> Exercise:
    """The exercise that a node plays in."""
    return _kept.get(home.world) or Exercise(World.load(home.world))
