"""The life of an appeal, as an explicit table. Whatever is not in the table is refused.

An appeal is received, looked at and decided by somebody who did not order. What it grants leaves as a release order; the
appeal ends when the receiver has confirmed it. A release that is refused, or that nobody can carry out any more while the
money is still kept, brings the appeal back to a person.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.models.appeal import AppealState
from accord.capabilities.transitions import Move, Moves, moves_of, next_of


class AppealEvent(StrEnum):
    BEGIN_REVIEW = "begin_review"
    WITHDRAW = "withdraw"
    GRANT = "grant"
    FIND_WRONG = "find_wrong"
    KEEP = "keep"
    CONFIRM = "confirm"
    FALL_THROUGH = "fall_through"
    RELEASE_AGAIN = "release_again"
    END = "end"


class AppealGuard(StrEnum):
    """What must hold besides the state."""

    NOT_WHO_ORDERED = "decided by somebody who neither drafted nor approved the order, its renewals or what replaced it"
    AND_STANDING = "as for keep; the order still has its effect"
    AND_OVER = "as for keep; the order is over, so that nothing is left to release"
    RELEASE_ANSWERED = "the receiver has confirmed the release"
    RELEASE_FAILED = "the release is refused or has run out, and the order still has its effect"
    ORDER_OVER = "the order has ended in another way"


_OPEN: Final = (AppealState.RECEIVED, AppealState.UNDER_REVIEW)

MOVES: Final[Moves[AppealState, AppealEvent]] = moves_of(
    [
        *(Move(state, AppealEvent.BEGIN_REVIEW, AppealState.UNDER_REVIEW) for state in _OPEN),
        *(Move(state, AppealEvent.WITHDRAW, AppealState.WITHDRAWN) for state in _OPEN),
        *(Move(state, AppealEvent.GRANT, AppealState.RELEASING, AppealGuard.AND_STANDING) for state in _OPEN),
        *(Move(state, AppealEvent.FIND_WRONG, AppealState.CLOSED, AppealGuard.AND_OVER) for state in _OPEN),
        *(Move(state, AppealEvent.KEEP, AppealState.CLOSED, AppealGuard.NOT_WHO_ORDERED) for state in _OPEN),
        Move(AppealState.RELEASING, AppealEvent.CONFIRM, AppealState.CLOSED, AppealGuard.RELEASE_ANSWERED),
        Move(AppealState.RELEASING, AppealEvent.FALL_THROUGH, AppealState.DECIDED, AppealGuard.RELEASE_FAILED),
        Move(AppealState.RELEASING, AppealEvent.END, AppealState.CLOSED, AppealGuard.ORDER_OVER),
        Move(AppealState.DECIDED, AppealEvent.RELEASE_AGAIN, AppealState.RELEASING),
        Move(AppealState.DECIDED, AppealEvent.END, AppealState.CLOSED, AppealGuard.ORDER_OVER),
    ]
)


def next_appeal_state(state: str, event: AppealEvent) -> AppealState:
    """Where `event` leads from `state`; Conflict where the table has no such step."""
    return next_of(MOVES, Msg.APPEAL_NO_SUCH_STEP, AppealState(state), event)
