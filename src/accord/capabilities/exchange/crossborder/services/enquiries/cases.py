"""Under which name a claim of this node is known to a partner: a pseudonym, so that no two partners can compare notes."""

from __future__ import annotations

import secrets
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.queries import InForce
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import OwnCase


@unit_of_work.change
def pseudonym_of(partner_code: str, claim_id: UUID) -> str:
    """The claim's name for this partner, made when it is first needed. An agreement that takes the place of another goes on
    with the names that the partner knows already. Refused where there is no agreement and never was a case."""
    return case_of(partner_code, claim_id).pseudonym


@unit_of_work.change
def case_of(partner_code: str, claim_id: UUID) -> OwnCase:
    """The same, with the offence that the claim is asked about under."""
    known = OwnCase.objects.filter(partner=partner_code, claim=claim_id).order_by("-pk").first()
    if known is not None:
        return known
    agreement = agreements.in_force(partner_code)
    return OwnCase.objects.create(
        partner_id=partner_code,
        agreement=agreement.hash,
        claim_id=claim_id,
        pseudonym=f"case-{secrets.token_hex(12)}",
        offence=_offence(agreement),
    )


def _offence(agreement: InForce) -> str:
    """The first offence that both laws know, until an officer says another."""
    parties = {party.agency for party in agreement.terms.parties}
    for offence in agreement.terms.offences:
        if all(offence.provisions.get(agency) for agency in parties):
            return offence.code
    raise Refused("offences", Msg.AGREEMENT_NAMES_NO_OFFENCE_BOTH_LAWS)
