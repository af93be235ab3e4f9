"""How a request by people stands after each thing that happens to it; the same table on both sides.

Answers and withdrawals may cross on the way. Whichever order the two sides meet them in, both end in the same state: an
answer in full and a refusal outlast a withdrawal, an answer in part does not.
"""

from __future__ import annotations

from typing import Final

from accord.capabilities.exchange.kinds import Outcome
from accord.capabilities.exchange.models import RequestState

UNSETTLED: Final = frozenset({RequestState.OPEN, RequestState.PARTLY})
"""States in which people may still answer or withdraw."""

_OF_OUTCOME: Final = {
    Outcome.ANSWERED: RequestState.ANSWERED,
    Outcome.PARTLY: RequestState.PARTLY,
    Outcome.REFUSED: RequestState.REFUSED,
}


def after_answer(state: RequestState, outcome: Outcome) -> RequestState | None:
    """The state after an answer; None where no answer may come any more."""
    if state in UNSETTLED:
        return _OF_OUTCOME[outcome]
    if state == RequestState.WITHDRAWN:  # the answer left before the withdrawal arrived
        return RequestState.WITHDRAWN if outcome is Outcome.PARTLY else _OF_OUTCOME[outcome]
    return None


def after_withdrawal(state: RequestState) -> RequestState:
    """The state after the asking side has withdrawn; what is settled stays so."""
    return RequestState.WITHDRAWN if state in UNSETTLED else state
