"""Every kind against every state and every event: the move that is meant, and a refusal for all the rest."""

from __future__ import annotations

from itertools import product

import pytest

from accord.capabilities.orders.kinds import FOLLOWS_UP, KEEPS_MONEY, RENEWABLE, RESTRICTS, OrderKind
from accord.capabilities.orders.life_cycle import (
    AWAITED,
    ENDED,
    HOLDING,
    LIVE,
    STANDING,
    TABLES,
    WAITING,
    Event,
    Guard,
    State,
    as_markdown,
    next_state,
    step,
)
from accord.core.errors import Conflict

Moves = dict[State, dict[Event, State]]

_TO_THE_ANSWER: Moves = {
    State.DRAFT: {Event.APPROVE: State.APPROVED, Event.DISCARD: State.DISCARDED},
    State.APPROVED: {Event.SEND: State.SENT, Event.EXPIRE: State.EXPIRED},
    State.SENT: {
        Event.SEND: State.SENT,
        Event.ACKNOWLEDGE: State.ACKNOWLEDGED,
        Event.REFUSE: State.REFUSED,
        Event.EXPIRE: State.EXPIRED,
    },
    State.ACKNOWLEDGED: {
        Event.SEND: State.ACKNOWLEDGED,
        Event.ACKNOWLEDGE: State.ACKNOWLEDGED,
        Event.REFUSE: State.REFUSED,
        Event.EXPIRE: State.EXPIRED,
    },
}
_KEPT = {Event.HOLD: State.HELD, Event.HOLD_PARTLY: State.HELD_PARTLY, Event.RELEASE: State.RELEASED}
_FORCED = {Event.PUT_IN_FORCE: State.IN_FORCE, Event.RELEASE: State.RELEASED}
_HELD = {
    Event.EXPIRE: State.EXPIRED,
    Event.RELEASE: State.RELEASED,
    Event.RELEASE_PARTLY: State.HELD_PARTLY,
    Event.RETURN: State.RETURNED,
    Event.RETURN_PARTLY: State.HELD_PARTLY,
}
_IN_FORCE = {
    Event.EXPIRE: State.EXPIRED,
    Event.RELEASE: State.RELEASED,
    Event.RENEW: State.IN_FORCE,
    Event.REPLACE: State.REPLACED,
}


def _with_answers(answers: dict[Event, State], after: Moves) -> Moves:
    waiting = {state: _TO_THE_ANSWER[state] | answers for state in (State.SENT, State.ACKNOWLEDGED)}
    return _TO_THE_ANSWER | waiting | after


def _renewable_hold(state: State) -> dict[Event, State]:
    apply_unasked = {Event.LAPSE: State.LAPSED, Event.REDUCE: State.HELD_PARTLY}
    return _HELD | apply_unasked | {Event.RENEW: state, Event.REPLACE: State.REPLACED}


_MONEY = _with_answers(_KEPT, {state: _renewable_hold(state) for state in HOLDING})
_RECALL = _with_answers(_KEPT, dict.fromkeys(HOLDING, _HELD))
_RESTRICTION = _with_answers(_FORCED, {State.IN_FORCE: _IN_FORCE})
_ONCE = _with_answers({Event.DO: State.DONE}, {})

MOVES: dict[OrderKind, Moves] = {
    OrderKind.RECALL: _RECALL,
    OrderKind.STOP_PAYMENT: _MONEY,
    OrderKind.HOLD: _MONEY,
    OrderKind.FREEZE: _MONEY,
    OrderKind.LIMIT: _RESTRICTION,
    OrderKind.RESTRICTION: _RESTRICTION,
    OrderKind.NUMBER_BLOCK: _RESTRICTION,
    OrderKind.NUMBER_SUSPENSION: _RESTRICTION,
    OrderKind.PRESERVATION: _RESTRICTION,
    OrderKind.TRACE_BACK: _ONCE,
    OrderKind.RENEWAL: _ONCE,
    OrderKind.RELEASE: _ONCE,
    OrderKind.RETURN: _ONCE,
}
"""Written by hand: what the life of each kind is meant to be."""


@pytest.mark.parametrize("kind", list(OrderKind), ids=str)
def test_every_state_and_event(kind: OrderKind) -> None:
    for state, event in product(State, Event):
        expected = MOVES[kind].get(state, {}).get(event)
        if expected is not None:
            assert next_state(kind, state, event) is expected, (state, event)
            assert next_state(str(kind), str(state), event) is expected, "as the columns have it"
            continue
        words = f"an order that is {state.replace('_', ' ')} cannot {event.replace('_', ' ')}"
        with pytest.raises(Conflict) as refused:
            next_state(kind, state, event)
        assert str(refused.value) == words


@pytest.mark.parametrize("kind", list(OrderKind), ids=str)
def test_every_state_can_be_reached_and_every_living_one_ends_by_the_clock(kind: OrderKind) -> None:
    table = TABLES[kind]
    reached = {State.DRAFT}
    while more := {row.next for row in table.values() if row.state in reached} - reached:
        reached |= more
    assert reached == {state for row in table.values() for state in (row.state, row.next)}
    for state in reached & set(LIVE):
        assert (state, Event.EXPIRE) in table
    assert not {row.state for row in table.values()} & set(ENDED), "an end is an end"


def test_groups_of_states_divide_them() -> None:
    assert set(WAITING) | set(STANDING) == set(LIVE)
    assert {State.DRAFT} | set(LIVE) | set(ENDED) == set(State)
    assert not set(LIVE) & set(ENDED)
    assert set(AWAITED) < set(WAITING)
    assert set(HOLDING) < set(STANDING)


def test_groups_of_kinds_divide_them() -> None:
    grouped = [OrderKind.RECALL, *KEEPS_MONEY, *RESTRICTS, OrderKind.TRACE_BACK, *FOLLOWS_UP]
    assert sorted(grouped) == sorted(OrderKind)
    assert set(RENEWABLE) == {kind for kind in OrderKind if any(event == Event.RENEW for _, event in TABLES[kind])}


def test_guards_stand_where_something_besides_the_state_must_hold() -> None:
    for kind in OrderKind:
        assert step(kind, State.DRAFT, Event.APPROVE).guard is Guard.APPROVERS
    for kind in RENEWABLE:
        for state in {row.state for row in TABLES[kind].values()} & set(STANDING):
            assert step(kind, state, Event.RENEW).guard is Guard.RENEWALS_LEFT
            assert step(kind, state, Event.REPLACE).guard is Guard.NEW_ONE_HOLDS
    assert step(OrderKind.HOLD, State.HELD, Event.RELEASE_PARTLY).guard is Guard.REST_IS_KEPT
    for kind, state in product(KEEPS_MONEY, HOLDING):
        assert step(kind, state, Event.LAPSE).guard is Guard.RECEIVER_SAYS
        assert step(kind, state, Event.REDUCE).guard is Guard.RECEIVER_KEEPS_LESS


def test_the_documentation_has_every_kind_once_and_every_row() -> None:
    written = as_markdown()
    titles = [name for line in written.splitlines() if line.startswith("### ") for name in line[4:].split(", ")]
    assert sorted(titles) == sorted(kind.replace("_", " ") for kind in OrderKind)
    rows = [line for line in written.splitlines() if line.startswith("| ") and not line.startswith("| state")]
    tables = {tuple(sorted(table.values())) for table in TABLES.values()}
    assert len(rows) == sum(map(len, tables))
