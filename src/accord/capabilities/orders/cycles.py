"""What the explicit tables of appeals and returns share: rows, look-up with a refusal that says why, rendering."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from accord.capabilities.orders.errors import Msg
from accord.core.errors import Conflict
from accord.core.wording import Messages

_State = TypeVar("_State", bound=str)
_Event = TypeVar("_Event", bound=str)


class Move(NamedTuple, Generic[_State, _Event]):
    """One row of a table: in `state`, `event` leads to `next` if `guard` holds."""

    state: _State
    event: _Event
    next: _State
    guard: str | None = None


Moves = dict[tuple[_State, _Event], Move[_State, _Event]]


def moves_of(rows: Iterable[Move[_State, _Event]]) -> Moves[_State, _Event]:
    """The table of the rows; each (state, event) once."""
    table: Moves[_State, _Event] = {}
    for row in rows:
        assert (row.state, row.event) not in table
        table[row.state, row.event] = row
    return table


def next_of(table: Moves[_State, _Event], what: Messages, state: _State, event: _Event) -> _State:
    """Where `event` leads; Conflict, which says that `what` cannot do it, where the table has no such row."""
    found = table.get((state, event))
    if found is None:
        raise Conflict(Msg.NO_SUCH_STEP_OF_CYCLE, what=what, state=state, event=event)
    return found.next


def as_markdown(table: Moves[Any, Any]) -> str:
    """The table for the documentation."""
    rows = (f"| {row.state} | {row.event} | {row.guard or ''} | {row.next} |" for row in table.values())
    return "\n".join(["| state | event | guard | next state |", "|---|---|---|---|", *rows])


def _words(code: str) -> str:
    return str(code).replace("_", " ")
