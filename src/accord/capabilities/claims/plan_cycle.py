"""The life of a line of a hold plan, as an explicit table. Whatever is not in the table is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from accord.capabilities.claims.errors import Msg
from accord.capabilities.claims.models import PlanItemState
from accord.capabilities.transitions import Machine, Move, moves_of


class PlanEvent(StrEnum):
    CHOOSE = "choose"
    APPROVE = "approve"
    DISMISS = "dismiss"
    FINISH = "finish"


class PlanGuard(StrEnum):
    """What must hold besides the state."""

    ASK_OR_HOLD = "ask first or hold: one becomes the other, with a reason"
    MONEY_LEFT = "some of the claimed money is left there and under no other order"
    REASON = "somebody says why; it stays on record"
    OUTSIDE = "it was carried out outside Accord"


LIFE: Final = Machine(
    Msg.PLAN_LINE_NO_SUCH_STEP,
    moves_of(
        [
            Move(PlanItemState.PROPOSED, PlanEvent.CHOOSE, PlanItemState.PROPOSED, PlanGuard.ASK_OR_HOLD),
            Move(PlanItemState.PROPOSED, PlanEvent.APPROVE, PlanItemState.APPROVED, PlanGuard.MONEY_LEFT),
            Move(PlanItemState.PROPOSED, PlanEvent.DISMISS, PlanItemState.DISMISSED, PlanGuard.REASON),
            Move(PlanItemState.PROPOSED, PlanEvent.FINISH, PlanItemState.DONE, PlanGuard.OUTSIDE),
        ]
    ),
)
