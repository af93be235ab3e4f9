"""State machines as explicit tables: looked up, carried out and rendered in one way. Whatever is not in a table is refused.

A capability writes its table once; a service then carries an event out with `transition`, for example a report that is closed:

    LIFE = moves_of([Move(State.OPEN, Event.CLOSE, State.CLOSED), Move(State.CLOSED, Event.REOPEN, State.OPEN)])

    transition(
        Machine(Msg.NO_SUCH_STEP, LIFE), report, Event.CLOSE, actor,
        ReportAudit.CLOSED, subject=report.pk, set_={"closed_at": now}, details={"reason": reason}, news=events.changed,
    )

That looks `CLOSE` up for the state of the row, saves the columns `state` and `closed_at` and no other, adds the audit entry to
the running change, and notifies those who listen to `news`. A guard in a table is a sentence for people: the service checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast
from uuid import UUID

from accord.core.errors import Conflict
from accord.core.wording import Messages

if TYPE_CHECKING:
    from django.db.models import Model

    from accord.capabilities.news import Changed
    from accord.capabilities.people.policy import Actor
    from accord.capabilities.vocabulary import AuditAction

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
        assert (row.state, row.event) not in table, row
        table[row.state, row.event] = row
    return table


def move_of(table: Moves[_State, _Event], refusal: Messages, state: _State, event: _Event) -> Move[_State, _Event]:
    """The row for `event` in `state`; Conflict where the table has none: `refusal` says so with the two."""
    found = table.get((state, event))
    if found is None:
        raise Conflict(refusal, state=state, event=event)
    return found


def next_of(table: Moves[_State, _Event], refusal: Messages, state: _State, event: _Event) -> _State:
    """Where `event` leads; Conflict where the table has no such row."""
    return move_of(table, refusal, state, event).next


@dataclass(frozen=True, slots=True)
class Machine(Generic[_State, _Event]):
    """A table, what refuses an event that it has no row for ("an appeal that is {state} cannot {event}"), and the column that
    keeps the state."""

    refusal: Messages
    moves: Moves[_State, _Event]
    column: str = "state"

    def next(self, state: str, event: _Event) -> _State:
        """Where `event` leads from a stored state; Conflict where the table has no such row."""
        return next_of(self.moves, self.refusal, cast("_State", state), event)  # a stored state equals its member

    def allows(self, state: str, event: _Event) -> bool:
        """Whether the table has a row for `event` in `state`; its guard is the service's to check."""
        return (cast("_State", state), event) in self.moves


def transition(
    machine: Machine[_State, _Event],
    row: Model,
    event: _Event,
    actor: Actor,
    action: AuditAction,
    *,
    subject: UUID | None,
    set_: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
    news: Changed | None = None,
) -> None:
    """Carry `event` out on a row inside a change: the next state, exactly the touched columns, the audit entry, the news.

    Conflict, and nothing written, where the table has no row for the event. The row must be locked or new.
    """
    from accord.capabilities import unit_of_work

    columns = {machine.column: machine.next(getattr(row, machine.column), event), **(set_ or {})}
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(columns))
    unit_of_work.record(actor, action, subject=subject, obj=row, **(details or {}))
    if news is not None:
        news.send([row.pk])


def as_markdown(table: Moves[Any, Any]) -> str:
    """The table for the documentation; a column for guards only where there are any."""
    if any(row.guard for row in table.values()):
        rows = (f"| {row.state} | {row.event} | {row.guard or ''} | {row.next} |" for row in table.values())
        return "\n".join(["| state | event | guard | next state |", "|---|---|---|---|", *rows])
    rows = (f"| {row.state} | {row.event} | {row.next} |" for row in table.values())
    return "\n".join(["| state | event | next state |", "|---|---|---|", *rows])
