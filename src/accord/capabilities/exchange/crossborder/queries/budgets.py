"""The one budget of a chase over several centres: how many in a row, how small an amount, until when.

What a partner is given is what the agreement with it allows, and never more than is left of what another centre gave us.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.queries import InForce
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.messages import Budget
from accord.capabilities.exchange.models import ForeignEnquiry

_SHARE_OF_TIME: Final = 0.8
"""What a partner that we ask in turn gets of the time that another centre leaves us; the rest is for answering."""


def enquiry_behind(claim_id: UUID) -> ForeignEnquiry | None:
    """The enquiry of another centre for which a claim is followed here; None for a claim of our own."""
    return ForeignEnquiry.objects.filter(claim=claim_id).order_by("-received_at", "-pk").first()


def budget_for(agreement: InForce, behind: ForeignEnquiry | None, now: datetime) -> Budget:
    """What a partner may use that is asked now. Refused ("depth") where the centre behind the question lets no more follow."""
    terms = agreement.terms
    if behind is None:
        return Budget(depth=terms.most_depth, floor=terms.floor_minor, answer_by=_answer_by(agreement, None, now))
    given = msgspec.convert(behind.budget, Budget)
    if given.depth <= 1:
        raise Refused("depth", Msg.LETS_QUESTION_PASS_THROUGH_NO_FURTHER, partner=behind.partner_id)
    return Budget(
        depth=min(terms.most_depth, given.depth - 1),
        floor=max(terms.floor_minor, given.floor),
        answer_by=_answer_by(agreement, behind, now),
    )


def floors_of(claim_ids: Collection[UUID]) -> dict[UUID, int]:
    """For the claims room: the floor of each of these claims that another centre asks about, by its newest enquiry."""
    rows = ForeignEnquiry.objects.filter(claim__in=claim_ids).order_by("received_at", "pk").values_list("claim_id", "budget")
    return {claim_id: budget.get("floor", 0) for claim_id, budget in rows if claim_id is not None}


def answer_due_at(partner: str, claim_id: UUID, now: datetime) -> datetime | None:
    """For the claims room: by when a partner that is asked now is to answer; None where no agreement is in force."""
    try:
        agreement = agreements.in_force(partner)
    except Refused:
        return None
    return _answer_by(agreement, enquiry_behind(claim_id), now)


def _answer_by(agreement: InForce, behind: ForeignEnquiry | None, now: datetime) -> datetime:
    agreed = now + timedelta(minutes=agreement.terms.clocks.enquiry_minutes)
    if behind is None:
        return agreed
    return min(agreed, now + max(timedelta(), behind.answer_due_at - now) * _SHARE_OF_TIME)
