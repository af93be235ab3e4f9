"""How a request by people stands after each thing that happens to it; the same table on both sides.

Answers and withdrawals may cross on the way. Whichever order the two sides meet them in, both end in the same state: an
answer in full and a refusal outlast a withdrawal, an answer in part does not.
"""

from __future__ import annotations

from typing import Final

from accord.capabilities.exchange.kinds import Outcome
from accord.capabilities.exchange.models import RequestState
from accord.capabilities.transitions import Move, Moves, moves_of

UNSETTLED: Final = frozenset({RequestState.OPEN, RequestState.PARTLY})
"""States in which people may still answer or withdraw."""

WITHDRAW: Final = "withdraw"
"""The asking side needs no answer any more."""

MOVES: Final[Moves[RequestState, str]] = moves_of(
    [
        *(
            Move(state, event, after)
            for state in (RequestState.OPEN, RequestState.PARTLY)
            for event, after in (
                (Outcome.ANSWERED, RequestState.ANSWERED),
                (Outcome.PARTLY, RequestState.PARTLY),
                (Outcome.REFUSED, RequestState.REFUSED),
                (WITHDRAW, RequestState.WITHDRAWN),
            )
        ),
        # the answer left before the withdrawal arrived
        Move(RequestState.WITHDRAWN, Outcome.ANSWERED, RequestState.ANSWERED),
        Move(RequestState.WITHDRAWN, Outcome.PARTLY, RequestState.WITHDRAWN),
        Move(RequestState.WITHDRAWN, Outcome.REFUSED, RequestState.REFUSED),
        # what is settled stays so
        *(Move(state, WITHDRAW, state) for state in (RequestState.ANSWERED, RequestState.REFUSED, RequestState.WITHDRAWN)),
    ]
)


def after_answer(state: RequestState, outcome: Outcome) -> RequestState | None:
    """The state after an answer; None where no answer may come any more."""
    move = MOVES.get((state, outcome))
    return None if move is None else move.next


def after_withdrawal(state: RequestState) -> RequestState:
    """The state after the asking side has withdrawn; what is settled stays so."""
    return MOVES[state, WITHDRAW].next
