"""Every state against every event: the table's moves, and a refusal for all the rest."""

from __future__ import annotations

from itertools import product

import pytest

from accord.capabilities.orders.life_cycle import HOLDING, LIVE, TRANSITIONS, WAITING, Event, State, next_state
from accord.core.errors import Conflict

MOVES = {
    State.DRAFT: {Event.APPROVE: State.APPROVED, Event.DISCARD: State.DISCARDED},
    State.APPROVED: {Event.SEND: State.SENT, Event.EXPIRE: State.EXPIRED},
    State.SENT: {
        Event.SEND: State.SENT,
        Event.ACKNOWLEDGE: State.ACKNOWLEDGED,
        Event.HOLD: State.HELD,
        Event.HOLD_PARTLY: State.HELD_PARTLY,
        Event.REFUSE: State.REFUSED,
        Event.EXPIRE: State.EXPIRED,
    },
    State.ACKNOWLEDGED: {
        Event.SEND: State.ACKNOWLEDGED,
        Event.ACKNOWLEDGE: State.ACKNOWLEDGED,
        Event.HOLD: State.HELD,
        Event.HOLD_PARTLY: State.HELD_PARTLY,
        Event.REFUSE: State.REFUSED,
        Event.EXPIRE: State.EXPIRED,
    },
    State.HELD: {Event.EXPIRE: State.EXPIRED, Event.ASK_RELEASE: State.RELEASING},
    State.HELD_PARTLY: {Event.EXPIRE: State.EXPIRED, Event.ASK_RELEASE: State.RELEASING},
    State.RELEASING: {Event.EXPIRE: State.EXPIRED, Event.CONFIRM_RELEASE: State.RELEASED},
}
"""Written by hand: what the life of an order is meant to be."""


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)), ids=str)
def test_every_state_and_event(state: State, event: Event) -> None:
    expected = MOVES.get(state, {}).get(event)
    if expected is not None:
        assert next_state(state, event) is expected
        assert next_state(str(state), event) is expected, "as the column has it"
        return
    with pytest.raises(Conflict, match=f"an order that is {state} cannot {event.replace('_', ' ')}"):
        next_state(state, event)


def test_every_state_can_be_reached_and_every_living_one_can_end() -> None:
    reached, ends = {State.DRAFT}, {State.EXPIRED, State.RELEASED, State.REFUSED, State.DISCARDED}
    while more := {after for (before, _), after in TRANSITIONS.items() if before in reached} - reached:
        reached |= more
    assert reached == set(State)
    for state in LIVE:
        assert (state, Event.EXPIRE) in TRANSITIONS, "whatever lives has an end by the clock"
    assert not {before for before, _ in TRANSITIONS} & ends, "an end is an end"


def test_groups_of_states() -> None:
    assert set(WAITING) | set(HOLDING) == set(LIVE)
    answering = {Event.HOLD, Event.REFUSE, Event.CONFIRM_RELEASE, Event.SEND}
    assert {before for before, event in TRANSITIONS if event in answering} == set(WAITING)
