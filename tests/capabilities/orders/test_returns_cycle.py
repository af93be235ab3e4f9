"""Every state of a return against every event: the table's moves, and a refusal for all the rest."""

from __future__ import annotations

from itertools import product

import pytest

from accord.capabilities.orders.models import RestitutionState
from accord.capabilities.orders.remedies.restitution_cycle import MOVES, ReturnEvent, next_return_state
from accord.core.errors import Conflict

EXPECTED = {
    RestitutionState.PREPARED: {
        ReturnEvent.CHANGE: RestitutionState.PREPARED,
        ReturnEvent.GIVE_NOTICE: RestitutionState.NOTICED,
        ReturnEvent.ABANDON: RestitutionState.ABANDONED,
    },
    RestitutionState.NOTICED: {
        ReturnEvent.OBJECT: RestitutionState.NOTICED,
        ReturnEvent.REJECT_OBJECTION: RestitutionState.NOTICED,
        ReturnEvent.UPHOLD_OBJECTION: RestitutionState.PREPARED,
        ReturnEvent.DECIDE: RestitutionState.DECIDED,
        ReturnEvent.ABANDON: RestitutionState.ABANDONED,
    },
    RestitutionState.DECIDED: {ReturnEvent.PAY: RestitutionState.PAYING},
    RestitutionState.PAYING: {ReturnEvent.PAY: RestitutionState.PAYING, ReturnEvent.CLOSE: RestitutionState.CLOSED},
}
"""Written by hand: what the life of a return is meant to be."""


@pytest.mark.parametrize(("state", "event"), list(product(RestitutionState, ReturnEvent)), ids=str)
def test_every_state_and_event(state: RestitutionState, event: ReturnEvent) -> None:
    expected = EXPECTED.get(state, {}).get(event)
    if expected is not None:
        assert next_return_state(state, event) is expected
        assert next_return_state(state.value, event) is expected, "as the column has it"
        return
    with pytest.raises(Conflict, match=f"a return that is {state.value} cannot {event.replace('_', ' ')}"):
        next_return_state(state, event)


def test_every_state_can_be_reached_and_every_open_one_can_end() -> None:
    reached = {RestitutionState.PREPARED}
    while more := {move.next for move in MOVES.values() if move.state in reached} - reached:
        reached |= more
    assert reached == set(RestitutionState)
    ends = set(RestitutionState) - {state for state, _ in MOVES}
    assert ends == {RestitutionState.CLOSED, RestitutionState.ABANDONED}
