"""The originator's consent that partners go on with a claim to third centres by themselves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.claims import services as claims
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.terms import OnwardRule
from accord.capabilities.exchange.audit import ForeignEnquiryAudit
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.services.labels.relabelling import relabel
from accord.capabilities.exchange.crossborder.services.labels.sent_labels import label_of
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Outgoing
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.policy import Actor, require
from accord.core.errors import Conflict


@unit_of_work.change
def let_go_onward(actor: Actor, claim_id: UUID, agencies: Collection[str]) -> int:
    """Name the centres to which partners may go on with a claim of ours, in the place of those named before.

    What is asked from now on bears their names; partners that have been asked already are told by a new label, where the
    agreement with them lets anybody go on. How many were told. Conflict for another centre's claim: that is not ours to say.
    """
    require(actor, ExchangePermission.ANSWER)
    claim = claim_queries.get(actor, claim_id)
    if claim.origin:
        raise Conflict(Msg.CLAIM_ANOTHER_CENTRE)
    for code in agencies:
        partners.confirmed(code)
    claims.go_onward(claim.pk, agencies)
    unit_of_work.record(actor, ForeignEnquiryAudit.ONWARD_CONSENTED, subject=claim.pk, obj=claim, after=sorted(agencies))
    asked = [enquiry.pk for enquiry in claim_queries.enquiries(actor, claim.pk)]
    return sum(_tell(actor, sent, agencies) for sent in Outgoing.objects.filter(kind=MessageKind.ENQUIRY, pk__in=asked))


def _tell(actor: Actor, sent: Outgoing, agencies: Collection[str]) -> bool:
    if agreements.by_hash(sent.partner_id, sent.agreement).terms.onward is OnwardRule.NEVER:
        return False
    label, named = label_of(sent), tuple(sorted(set(agencies) - {sent.partner_id}))
    if label.onward == named:
        return False
    relabel(actor, sent.pk, replace(label, onward=named, recipients=(sent.partner_id, *named)))
    return True
