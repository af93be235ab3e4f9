"""A partner has changed the label of what it told; whoever was told of it by this centre learns what is stricter now.

Only what is stricter is passed on: whoever got it from here cannot tell whether a wider label is the originator's word.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.exchange.agreements import enforcement, labelling
from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.audit import AgreementAudit
from accord.capabilities.exchange.crossborder.services.labels.sent_labels import label_of, tell_change
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import RelabelBody
from accord.capabilities.exchange.models import (
    ForeignEnquiry,
    ForeignOrder,
    ForeignOrderPart,
    Incoming,
    Outgoing,
    OutgoingState,
    PartnerRequest,
)
from accord.capabilities.exchange.partners.services.raising import raise_alarm
from accord.capabilities.orders import queries as order_queries
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.core.labels import Label

_log = logging.getLogger(__name__)

NOT_TOLD = "label_not_told"
"""The alarm that a partner keeps something by a label that is stricter now, and could not be told."""


def pass_on(row: Incoming) -> int:
    """Tell the new label of a partner's message to every other centre that was told of it; how many messages were relabelled.

    Part of a running change, before anything of the message is deleted. A centre to which the label leaves nothing is told to
    delete it. What cannot be told raises an alarm, and changes nothing here.
    """
    new = labelling.from_json(row.label)
    sent = Outgoing.objects.filter(pk__in=_told_of(row)).exclude(label=None).exclude(partner=row.partner_id)
    sent = sent.exclude(state__in=(OutgoingState.REFUSED, OutgoingState.DELETED)).exclude(kind=MessageKind.RELABEL)
    return sum(_pass_on(row, message, new) for message in sent.order_by("queued_at", "sequence"))


def _pass_on(row: Incoming, sent: Outgoing, new: Label) -> bool:
    before = label_of(sent)
    if row.kind == MessageKind.ENQUIRY_ANSWER and not labelling.originators(new) <= labelling.originators(before):
        return False  # this answer of ours was not made of it
    if row.kind in (MessageKind.ORDER, MessageKind.REQUEST):
        new = replace(new, recipients=before.recipients, onward=before.onward)  # the enquiry says to whom a claim may go on
    label = labelling.strictest(before, new)
    if labelling.is_no_looser(before, label):
        return False
    try:
        with unit_of_work.part():
            tell_change(sent, _as_agreed(sent, before, label))
    except Refused as refused:
        _log.warning("the stricter label of message %s cannot be told to %s: %s", sent.pk, sent.partner_id, refused)
        raise_alarm(sent.partner_id, NOT_TOLD, Msg.LABEL_CANNOT_BE_PASSED_ON.with_(message=sent.pk, why=refused))
        return False
    unit_of_work.record(
        NODE, AgreementAudit.LABEL_PASSED_ON, subject=None, obj=sent, partner=sent.partner_id, by=row.partner_id
    )
    return True


def _as_agreed(sent: Outgoing, before: Label, label: Label) -> Label:
    """The label as it passes under the agreement that it is told under, which may be another than it was sent under; a recall
    where it leaves the recipient nothing."""
    partner = sent.partner_id
    body = RelabelBody(message=sent.pk, label=labelling.to_json(label))
    terms = enforcement.agreement_for(partner, MessageKind.RELABEL, body).terms
    recalled = labelling.leaves_nothing(label, partner)
    if recalled:
        purposes = tuple(purpose for purpose in before.purposes if purpose in terms.purposes)
        label = replace(before, purposes=purposes, retain_until=clock.now())
    agreed = Label(
        originator=settings.ACCORD_AGENCY,
        tlp=terms.labels.tlp,
        handling=terms.labels.handling,
        pap=terms.labels.pap,
        purposes=terms.purposes,
        recipients=label.recipients or (partner,),
        onward=label.onward,
    )
    return labelling.strictest(label, agreed)


def _told_of(row: Incoming) -> set[UUID]:
    """Ids of the messages in which other centres may have been told of a partner's message."""
    if row.kind == MessageKind.ENQUIRY:
        return _about_claims(_claims_behind(row))
    if row.kind in (MessageKind.ORDER, MessageKind.REQUEST):
        return _about_orders(row)
    if row.kind == MessageKind.ENQUIRY_ANSWER and row.about is not None:
        return _answers_made_of(row.about)
    return set()


def _claims_behind(row: Incoming) -> set[UUID]:
    """Where a newer enquiry of the same case has taken its place, the claim of that one."""
    claims: set[UUID] = set()
    for enquiry in ForeignEnquiry.objects.filter(message=row.pk):
        same = ForeignEnquiry.objects.filter(partner=row.partner_id, case=enquiry.case, rule=enquiry.rule).exclude(claim=None)
        claims |= {enquiry.claim_id} if enquiry.claim_id else set(same.values_list("claim", flat=True))
    return claims


def _about_claims(claims: Iterable[UUID]) -> set[UUID]:
    """The enquiries, orders and requests that a claim led to: messages bear the ids of what they ask."""
    found: set[UUID] = set()
    for claim_id in claims:
        found |= {enquiry.pk for enquiry in claim_queries.enquiries(NODE, claim_id)}
        found |= {order.pk for order in order_queries.by_claims(NODE, [claim_id])[claim_id]}
        found |= set(PartnerRequest.objects.filter(claim=claim_id, outgoing=True).values_list("pk", flat=True))
    return found


def _about_orders(row: Incoming) -> set[UUID]:
    found: set[UUID] = set()
    for foreign in ForeignOrder.objects.filter(message=row.pk):
        parts = list(ForeignOrderPart.objects.filter(foreign=foreign).values_list("order", flat=True))
        ours = Q(pk__in=parts) | Q(target__in=parts) | Q(replaces__in=parts)
        found |= set(order_queries.orders(NODE).filter(ours).values_list("pk", flat=True))
        if foreign.claim_id and not ForeignEnquiry.objects.filter(claim=foreign.claim_id).exists():
            found |= _about_claims([foreign.claim_id])
    return found


def _answers_made_of(enquiry_id: UUID) -> set[UUID]:
    """Our answers to whoever asked for the claim that this enquiry of ours is about, also to what it asked before."""
    enquiry = claim_queries.enquiry_of(NODE, enquiry_id)
    if enquiry is None:
        return set()
    asked: set[UUID] = set()
    for one in ForeignEnquiry.objects.filter(claim=enquiry.claim_id):
        same = ForeignEnquiry.objects.filter(partner=one.partner_id, case=one.case, rule=one.rule)
        asked |= set(same.values_list("pk", flat=True))
    answers = Outgoing.objects.filter(about__in=asked, kind=MessageKind.ENQUIRY_ANSWER)
    return set(answers.values_list("pk", flat=True))
