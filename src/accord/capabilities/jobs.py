"""What a node does by itself, declared: clocks that it watches, jobs that it does, messages that it dispatches.

Each capability lists its own in its `tasks.py`; the worker knows none by name. A declaration says what to run and where to
look for work (`Look`): the rows that may have to be acted on, and the column that says when. Looks are compiled once to SQL and
asked together in one statement (`agenda.py`), and only where something was written since or a moment has come.

A look may find more than the task acts on, never less: a task whose looks find nothing due would do nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db.models import QuerySet

from accord.capabilities.delivery import Courier
from accord.capabilities.kinds_of_nodes import BANK as BANK
from accord.capabilities.kinds_of_nodes import CENTRE as CENTRE
from accord.capabilities.kinds_of_nodes import EVERYWHERE

Rows = Callable[[], QuerySet[Any]]
"""The rows to look through. A function, because a declaration is made before the models are ready."""


class Reading(Enum):
    """What a look reads of its rows."""

    EARLIEST = "earliest"
    LATEST = "latest"
    PUT_OFF_TOO_FAR = "put off too far"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Look:
    """One place to look for work. `after` is added to the moment that stands in the column.

    With `states` the rows of each state are looked through by themselves, each by one step in the index (state, column).
    """

    rows: Rows
    column: str
    reading: Reading = Reading.EARLIEST
    states: tuple[str, ...] = ()
    after: timedelta = timedelta(0)


def earliest(rows: Rows, column: str, *, states: tuple[str, ...] = (), after: timedelta = timedelta(0)) -> Look:
    """Due at the earliest moment in a column, or so long after it."""
    return Look(rows, column, Reading.EARLIEST, states, after)


def latest(rows: Rows, column: str, *, after: timedelta) -> Look:
    """Due so long after the latest moment in a column."""
    return Look(rows, column, Reading.LATEST, after=after)


def exists(rows: Rows) -> Look:
    """Due at once where there is a row."""
    return Look(rows, "pk", Reading.ANY)


def missing(rows: Rows) -> Look:
    """Due at once where there is no row."""
    return Look(rows, "pk", Reading.NONE)


def attempts(rows: Rows) -> tuple[Look, Look]:
    """Due with the next attempt of a row that carries a message, as `lease_due` leases them.

    A row that is put off further than any ever is counts as due: the machine's clock was set back since.
    """
    return Look(rows, "next_attempt_at"), Look(rows, "next_attempt_at", Reading.PUT_OFF_TOO_FAR)


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline that every node of these kinds watches, in the thread for clocks: no slow line and no long job delays it.

    `run` acts on what has run out by a moment, and says on how many rows. Where rows stay due until a person or a partner has
    done something, `lingers` says how often to run it all the same; such rows do not count as work that waits.
    """

    name: str
    run: Callable[[datetime], int]
    looks: tuple[Look, ...]
    kinds: frozenset[str] = EVERYWHERE
    lingers: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Work on rows that needs nobody outside. `run` does what is due by a moment, and says on how many rows.

    `rank`: what comes first in a sweep, the lowest before the others.
    """

    name: str
    run: Callable[[datetime], int]
    looks: tuple[Look, ...]
    kinds: frozenset[str] = EVERYWHERE
    rank: int = 50


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Messages to other systems: `send` leases those that are due and gives them to the courier, `take` applies replies.

    `send` gets what the node has outside (lines, transports); each names what it needs of that by a protocol of its own.
    `line_of` says to whom a row goes, so that a slow line delays no other.
    """

    name: str
    send: Callable[[Any, Courier[Any, Any]], int]
    take: Callable[[Courier[Any, Any], float], int]
    line_of: Callable[[Any], str]
    looks: tuple[Look, ...]
    kinds: frozenset[str] = EVERYWHERE
    rank: int = 50


Task = Clock | Job | Dispatch
