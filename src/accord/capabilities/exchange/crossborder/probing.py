"""Whether a partner may ask about a transfer at all: it has to enter from the partner's own institutions, or a referral of the
centre that it did enter from has to say that the partner follows it. Anything else would be looking into our ledgers.

Nothing of a claim is told before our own holder has said where each of its transfers came from; and a transfer that nobody
knows here is refused in the same words as one that may not be asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from accord.capabilities.claims.picture import Picture
from accord.capabilities.claims.ports import TransferLeg
from accord.capabilities.exchange.crossborder import referrals
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.messages import WireCredit
from accord.capabilities.exchange.partners import queries as partners

REFUSAL: Final = Msg.NO_SUCH_TRANSFER_ENTERS


class Standing(Enum):
    """What may be told of a claim."""

    MAY_BE_TOLD = "every transfer is the partner's to ask about"
    NOT_YET = "no holder has said yet where a transfer came from"
    UNKNOWN = "a transfer is not known here"
    PROBING = "a transfer is not the partner's to ask about"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be told, and (for our own eyes) which transfer decided it."""

    standing: Standing
    transfer: str = ""


def judge(partner_code: str, credits_: Sequence[WireCredit], picture: Picture, at: datetime) -> Verdict:
    """May this partner be told of the claim that starts at these credits?"""
    waiting = ""
    for credit in credits_:
        leg = picture.found.get(credit.transfer)
        if leg is not None:
            if not _is_the_partners(partner_code, credit, leg, at):
                return Verdict(Standing.PROBING, credit.transfer)
        elif credit.transfer in picture.unknown:
            return Verdict(Standing.UNKNOWN, credit.transfer)
        else:
            waiting = credit.transfer
    return Verdict(Standing.NOT_YET, waiting) if waiting else Verdict(Standing.MAY_BE_TOLD)


def _is_the_partners(partner_code: str, credit: WireCredit, leg: TransferLeg, at: datetime) -> bool:
    came_from = partners.partner_of(leg.debtor_bank)
    if came_from == partner_code:
        return True
    if not came_from or not credit.referral:
        return False
    try:
        referral = referrals.read(credit.referral, came_from, at)
    except Refused:
        return False
    return referrals.covers(referral, partner_code, credit.transfer, credit.amount, credit.currency, credit.intervals)
