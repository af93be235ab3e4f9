"""The life of a return to the victims, as an explicit table. Whatever is not in the table is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.models.restitution import RestitutionState
from accord.capabilities.transitions import Move, Moves, moves_of, next_of


class ReturnEvent(StrEnum):
    CHANGE = "change"
    GIVE_NOTICE = "give_notice"
    OBJECT = "object"
    REJECT_OBJECTION = "reject_objection"
    UPHOLD_OBJECTION = "uphold_objection"
    DECIDE = "decide"
    PAY = "pay"
    CLOSE = "close"
    ABANDON = "abandon"


class ReturnGuard(StrEnum):
    """What must hold besides the state."""

    COMPLETE = "there are claimants, and what they get by the rule is more than nothing"
    NOT_THE_PREPARER = "by somebody who did not prepare it"
    MAY_BE_DECIDED = (
        "by somebody who did not prepare it; the time for objections is over and none is open; the money is still held, "
        "and no appeal against its holds is open"
    )
    ORDERS_LEAVE = "return orders leave for every part that is not paid or under way"
    ALL_ANSWERED = "every return order is confirmed, or given up with reasons; none is under way"


_S, _E, _G = RestitutionState, ReturnEvent, ReturnGuard

MOVES: Final[Moves[RestitutionState, ReturnEvent]] = moves_of(
    [
        Move(_S.PREPARED, _E.CHANGE, _S.PREPARED),
        Move(_S.PREPARED, _E.GIVE_NOTICE, _S.NOTICED, _G.COMPLETE),
        Move(_S.PREPARED, _E.ABANDON, _S.ABANDONED),
        Move(_S.NOTICED, _E.OBJECT, _S.NOTICED),
        Move(_S.NOTICED, _E.REJECT_OBJECTION, _S.NOTICED, _G.NOT_THE_PREPARER),
        Move(_S.NOTICED, _E.UPHOLD_OBJECTION, _S.PREPARED, _G.NOT_THE_PREPARER),
        Move(_S.NOTICED, _E.DECIDE, _S.DECIDED, _G.MAY_BE_DECIDED),
        Move(_S.NOTICED, _E.ABANDON, _S.ABANDONED),
        Move(_S.DECIDED, _E.PAY, _S.PAYING, _G.ORDERS_LEAVE),
        Move(_S.PAYING, _E.PAY, _S.PAYING, _G.ORDERS_LEAVE),
        Move(_S.PAYING, _E.CLOSE, _S.CLOSED, _G.ALL_ANSWERED),
    ]
)


def next_return_state(state: str, event: ReturnEvent) -> RestitutionState:
    """Where `event` leads from `state`; Conflict where the table has no such step."""
    return next_of(MOVES, Msg.RETURN_NO_SUCH_STEP, RestitutionState(state), event)
