"""Both sides of a request end in the same state, in whatever order answers and withdrawals cross."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.capabilities.exchange.crossborder.request_cycle import UNSETTLED, after_answer, after_withdrawal
from accord.capabilities.exchange.kinds import Outcome
from accord.capabilities.exchange.models import RequestState


@pytest.mark.parametrize("state", [RequestState.ANSWERED, RequestState.REFUSED])
def test_what_is_settled_takes_no_further_answer_and_outlasts_a_withdrawal(state: RequestState) -> None:
    assert [after_answer(state, outcome) for outcome in Outcome] == [None, None, None]
    assert after_withdrawal(state) == state


def test_an_answer_in_part_may_be_completed_refused_or_withdrawn() -> None:
    assert after_answer(RequestState.PARTLY, Outcome.ANSWERED) == RequestState.ANSWERED
    assert after_answer(RequestState.PARTLY, Outcome.REFUSED) == RequestState.REFUSED
    assert after_withdrawal(RequestState.PARTLY) == RequestState.WITHDRAWN


@given(
    answers=st.lists(st.sampled_from(list(Outcome)), max_size=4),
    withdrawn_after=st.integers(0, 4),
    arrives_after=st.integers(0, 4),
)
def test_both_sides_end_in_the_same_state(answers: list[Outcome], withdrawn_after: int, arrives_after: int) -> None:
    """The asking side withdraws after it has read so many answers; the other reads that after it has given so many more."""
    there, given_answers, told = RequestState.OPEN, 0, False
    sent: list[Outcome] = []
    reads_withdrawal_at = max(withdrawn_after, arrives_after)  # nobody reads what was not written yet
    for outcome in answers:
        if given_answers == reads_withdrawal_at and not told:
            there, told = after_withdrawal(there), True
        if there in UNSETTLED:
            sent.append(outcome)
            there = after_answer(there, outcome) or there
            given_answers += 1
    here, read, withdrew = RequestState.OPEN, 0, False
    for outcome in sent:
        if read == withdrawn_after and here in UNSETTLED:
            here, withdrew = after_withdrawal(here), True
        after = after_answer(here, outcome)
        assert after is not None, "the asking side could not take an answer that the other gave by its own table"
        here, read = after, read + 1
    if not withdrew and here in UNSETTLED and read == withdrawn_after:
        here, withdrew = after_withdrawal(here), True
    if withdrew and not told:
        there = after_withdrawal(there)
    if withdrew or not told:
        assert here == there
