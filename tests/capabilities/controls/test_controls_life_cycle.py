"""Every state with every event: it moves as the table says, or is refused with words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.capabilities.controls.life_cycle import (
    AT_WORK,
    BEFORE_THE_ACT,
    CARRIED_OUT,
    OPEN,
    TABLE,
    Event,
    State,
    as_markdown,
    next_state,
)
from accord.core.errors import Conflict

OVER = {State.REFUSED, State.EXPIRED, State.LIFTED, State.RELEASED, State.REPLACED, State.RETURNED}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_event_moves_or_is_refused(state: State, event: Event) -> None:
    step = TABLE.get((state, event))
    if step is None:
        with pytest.raises(Conflict, match="cannot"):
            next_state(state, event)
    else:
        assert next_state(state, event) is step.next


def test_what_is_over_stays_over() -> None:
    assert {step.state for step in TABLE.values()}.isdisjoint(OVER)
    assert set(State) == OVER | set(OPEN) | set(CARRIED_OUT)
    assert set(AT_WORK) < set(OPEN)
    assert set(BEFORE_THE_ACT) < set(OPEN)


@given(st.lists(st.sampled_from(list(Event)), max_size=40))
def test_nothing_is_in_force_that_was_not_checked_and_started(events: list[Event]) -> None:
    """Whatever happens in whatever order: only an order that was checked and started is ever carried out."""
    state, seen = State.RECEIVED, []
    for event in events:
        try:
            state = next_state(state, event)
        except Conflict:
            continue
        seen.append(event)
        if state in CARRIED_OUT:
            assert seen.index(Event.CHECK) < seen.index(Event.START) < len(seen)


def test_the_docs_show_the_table() -> None:
    docs = Path(__file__).parents[3] / "docs" / "bank.md"
    assert as_markdown() in docs.read_text(encoding="utf-8")
