"""The life of a partner, as an explicit table. Whatever is not in the table is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from accord.capabilities.exchange.models import PartnerState
from accord.capabilities.exchange.partners.errors import Msg
from accord.capabilities.transitions import Machine, Move, moves_of


class PartnerEvent(StrEnum):
    INTRODUCE = "introduce"
    CONFIRM = "confirm"
    LOSE_KEYS = "lose keys"
    REVOKE = "revoke"


class PartnerGuard(StrEnum):
    """What must hold besides the state."""

    CARD = "its card holds by itself; the words are compared afresh"
    WORDS = "the words of its card were compared by telephone, and nobody else answers for the same places"
    NO_KEY = "no key that was trusted vouches for its card any more"
    REASON = "somebody says why; it stays on record"


LIFE: Final = Machine(
    Msg.NO_SUCH_STEP_OF_PARTNER,
    moves_of(
        [
            Move(PartnerState.PENDING, PartnerEvent.INTRODUCE, PartnerState.PENDING, PartnerGuard.CARD),
            Move(PartnerState.REVOKED, PartnerEvent.INTRODUCE, PartnerState.PENDING, PartnerGuard.CARD),
            Move(PartnerState.PENDING, PartnerEvent.CONFIRM, PartnerState.CONFIRMED, PartnerGuard.WORDS),
            Move(PartnerState.CONFIRMED, PartnerEvent.LOSE_KEYS, PartnerState.PENDING, PartnerGuard.NO_KEY),
            Move(PartnerState.PENDING, PartnerEvent.REVOKE, PartnerState.REVOKED, PartnerGuard.REASON),
            Move(PartnerState.CONFIRMED, PartnerEvent.REVOKE, PartnerState.REVOKED, PartnerGuard.REASON),
        ]
    ),
)
