"""The table of an agreement's life, and that two sides that follow it always come to the same end."""

from __future__ import annotations

from typing import Final, NamedTuple

import pytest

from accord.capabilities.exchange.agreements.cycle import MOVES, Event, as_markdown, next_state
from accord.capabilities.exchange.models import AgreementState as State
from accord.core.errors import Conflict

TOLD: Final = {
    Event.OFFER: Event.RECEIVE,
    Event.SIGN: Event.COUNTERSIGN,
    Event.DECLINE: Event.BE_DECLINED,
    Event.END: Event.BE_ENDED,
}
"""What one side does, and what it is to the other."""

AGREE: Final = {
    (State.OFFERED, State.RECEIVED),
    (State.SIGNED, State.SIGNED),
    (State.DECLINED, State.DECLINED),
    (State.ENDED, State.ENDED),
}


class World(NamedTuple):
    """Both rows (None: not known there), the messages under way in both directions, and how much was done so far."""

    rows: tuple[State | None, State | None]
    lines: tuple[tuple[Event, ...], tuple[Event, ...]]
    done: int


def _with(pair: tuple, side: int, value: object) -> tuple:  # type: ignore[type-arg]
    return (value, pair[1]) if side == 0 else (pair[0], value)


def _acts(world: World, most: int) -> list[World]:
    """Everything that one of the sides could do now, or that could arrive now."""
    after = []
    for side in (0, 1):
        row, other = world.rows[side], 1 - side
        for event, told in TOLD.items():
            if row is not None and (row, event) in MOVES and world.done < most:
                lines = _with(world.lines, other, (*world.lines[other], told))
                after.append(World(_with(world.rows, side, MOVES[row, event].next), lines, world.done + 1))
        if row is State.DRAFT and world.done < most:
            after.append(World(_with(world.rows, side, None), world.lines, world.done + 1))  # a draft is dropped
        if world.lines[side]:
            first, *rest = world.lines[side]
            arrived = (State.RECEIVED if first is Event.RECEIVE else None) if row is None else next_state(row, first)
            after.append(World(_with(world.rows, side, arrived), _with(world.lines, side, tuple(rest)), world.done))
    return after


@pytest.mark.parametrize("there", [None, State.DRAFT])
def test_two_sides_come_to_the_same_end_whatever_crosses_on_the_way(there: State | None) -> None:
    """Every interleaving of up to six acts of both sides: no message is one that the table has no step for, and when all have
    arrived both sides say the same."""
    seen, open_ = set(), [World((State.DRAFT, there), ((), ()), 0)]
    ended = set()
    while open_:
        world = open_.pop()
        if world in seen:
            continue
        seen.add(world)
        open_ += _acts(world, 6)
        if world.lines == ((), ()):
            ended.add(world.rows)
    quiet = {rows for rows in ended if not {*rows} <= {None, State.DRAFT}}
    assert {rows for rows in quiet if rows not in AGREE and rows[::-1] not in AGREE} == set()
    assert quiet >= AGREE


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_what_is_not_in_the_table_is_refused(state: State, event: Event) -> None:
    if (state, event) in MOVES:
        assert next_state(state, event) is MOVES[state, event].next
        return
    with pytest.raises(Conflict, match=f"an agreement that is {state} cannot {event}"):
        next_state(state, event)


def test_every_state_is_reached_and_the_end_is_the_end() -> None:
    reached = {move.next for move in MOVES.values() if move.state is not move.next}
    assert reached == set(State) - {State.DRAFT}
    assert {move.next for move in MOVES.values() if move.state is State.ENDED} == {State.ENDED}
    assert as_markdown().count("\n") == len(MOVES) + 1
