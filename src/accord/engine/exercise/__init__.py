"""A made-up world with known truth, for demonstrations, drills, tests and benchmarks.

`make_world(WorldPlan())` gives banks with a ledger each, people going about their lives, gangs at work, and victims who
call on the last day; `World.truth` knows where every stolen cent went.
"""

from accord.engine.exercise.made_world import World
from accord.engine.exercise.model import (
    ACCOUNTS,
    MENTIONS,
    PATHS,
    RESTS,
    WORLD_TRANSFERS,
    AccountKind,
    Bank,
    Gang,
    Truth,
    VictimReport,
)
from accord.engine.exercise.plan import WorldPlan
from accord.engine.exercise.world import make_world

__all__ = [
    "ACCOUNTS",
    "MENTIONS",
    "PATHS",
    "RESTS",
    "WORLD_TRANSFERS",
    "AccountKind",
    "Bank",
    "Gang",
    "Truth",
    "VictimReport",
    "World",
    "WorldPlan",
    "make_world",
]
