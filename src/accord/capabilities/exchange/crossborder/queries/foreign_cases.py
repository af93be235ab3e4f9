"""Claims that partners know under a case of theirs, and the cases under which they know them."""

from __future__ import annotations

from uuid import UUID

from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.models import ForeignEnquiry, ForeignOrder, OwnCase, PartnerRequest
from accord.core.errors import NotFound


def claim_of_case(partner: str, case: str) -> UUID | None:
    """The claim that a partner's case is about: one that follows its enquiry or order, or one of this node that was asked
    about under that pseudonym; None where there is none."""
    own = OwnCase.objects.filter(partner=partner, pseudonym=case).values_list("claim_id", flat=True).first()
    if own is not None:
        return own
    for rows in (ForeignEnquiry.objects.all(), ForeignOrder.objects.all()):
        found = rows.filter(partner=partner, case=case).exclude(claim=None).order_by("-received_at")
        if (claim := found.values_list("claim_id", flat=True).first()) is not None:
            return claim
    return None


def case_of_claim(partner: str, claim: UUID) -> str:
    """The case by which a partner knows a claim that follows what it asked; NotFound where it asked nothing about it."""
    for rows in (ForeignEnquiry.objects.all(), ForeignOrder.objects.all(), PartnerRequest.objects.filter(outgoing=False)):
        found = rows.filter(partner=partner, claim=claim).values_list("case", flat=True).first()
        if found is not None:
            return str(found)
    raise NotFound(Msg.PARTNER_ASKED_NOTHING_ABOUT_CLAIM)
