"""Every state of an appeal against every event: the table's moves, and a refusal for all the rest."""

from __future__ import annotations

from itertools import product

import pytest

from accord.capabilities.orders.models import AppealState
from accord.capabilities.orders.remedies.appeal_cycle import MOVES, AppealEvent, next_appeal_state
from accord.core.errors import Conflict

_OPEN = {
    AppealEvent.BEGIN_REVIEW: AppealState.UNDER_REVIEW,
    AppealEvent.WITHDRAW: AppealState.WITHDRAWN,
    AppealEvent.GRANT: AppealState.RELEASING,
    AppealEvent.FIND_WRONG: AppealState.CLOSED,
    AppealEvent.KEEP: AppealState.CLOSED,
}
EXPECTED = {
    AppealState.RECEIVED: _OPEN,
    AppealState.UNDER_REVIEW: _OPEN,
    AppealState.RELEASING: {
        AppealEvent.CONFIRM: AppealState.CLOSED,
        AppealEvent.FALL_THROUGH: AppealState.DECIDED,
        AppealEvent.END: AppealState.CLOSED,
    },
    AppealState.DECIDED: {AppealEvent.RELEASE_AGAIN: AppealState.RELEASING, AppealEvent.END: AppealState.CLOSED},
}
"""Written by hand: what the life of an appeal is meant to be."""


@pytest.mark.parametrize(("state", "event"), list(product(AppealState, AppealEvent)), ids=str)
def test_every_state_and_event(state: AppealState, event: AppealEvent) -> None:
    expected = EXPECTED.get(state, {}).get(event)
    if expected is not None:
        assert next_appeal_state(state, event) is expected
        assert next_appeal_state(state.value, event) is expected, "as the column has it"
        return
    words = f"an appeal that is {state.value.replace('_', ' ')} cannot {event.replace('_', ' ')}"
    with pytest.raises(Conflict, match=words):
        next_appeal_state(state, event)


def test_every_state_can_be_reached_and_every_open_one_can_end() -> None:
    reached = {AppealState.RECEIVED}
    while more := {move.next for move in MOVES.values() if move.state in reached} - reached:
        reached |= more
    assert reached == set(AppealState)
    ends = set(AppealState) - {state for state, _ in MOVES}
    assert ends == {AppealState.CLOSED, AppealState.WITHDRAWN}
    for state in set(AppealState) - ends:
        assert any(before == state and move.next in ends for (before, _), move in MOVES.items())
