"""An originator changes the label of what it has sent; whoever received it treats it by the new label from then on."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.agreements import labelling
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.errors import Msg
from accord.capabilities.exchange.audit import AgreementAudit
from accord.capabilities.exchange.crossborder.services.enquiries import enquiries
from accord.capabilities.exchange.crossborder.services.labels import passing_on, retention
from accord.capabilities.exchange.crossborder.services.labels.sent_labels import label_of, tell_change
from accord.capabilities.exchange.errors import Parked, Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import RelabelBody
from accord.capabilities.exchange.models import (
    ForeignEnquiry,
    ForeignOrder,
    Incoming,
    IncomingState,
    Outgoing,
    PartnerRequest,
)
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.policy import NODE, Actor, require
from accord.core import clock
from accord.core.errors import NotFound
from accord.core.labels import Label


@unit_of_work.change
def relabel(actor: Actor, message_id: UUID, label: Label) -> Outgoing:
    """Tell a partner the new label of a message that this centre sent it. Refused where it is not this centre's to relax.

    The message as it was sent keeps its label: that is what was signed. `label_of` gives the one that counts.
    """
    require(actor, ExchangePermission.ANSWER)
    sent = Outgoing.objects.select_for_update().filter(pk=message_id).exclude(label=None).first()
    if sent is None:
        raise NotFound(Msg.NO_SUCH_MESSAGE_WITH_LABEL)
    labelling.relaxed_by(label_of(sent), label, settings.ACCORD_AGENCY)
    told = tell_change(sent, label)
    after = labelling.to_json(label)
    unit_of_work.record(
        actor, AgreementAudit.LABEL_CHANGED, subject=None, obj=sent, partner=sent.partner_id, before=sent.label, after=after
    )
    return told


def take_relabel(message: Incoming, body: RelabelBody) -> None:
    """Treat a message, and what was made of it, by its originator's new label; whoever was told of it here learns what is
    stricter now. A time that has come, or a label that names this centre no longer, deletes it at once."""
    row = Incoming.objects.select_for_update().filter(pk=body.message, partner=message.partner_id).first()
    if row is None:
        raise Parked(Msg.LABELLED_MESSAGE_NOT_ARRIVED)
    if row.state == IncomingState.DELETED:
        return
    if row.label is None:
        if row.state in (IncomingState.READY, IncomingState.PARKED):
            raise Parked(Msg.LABELLED_MESSAGE_NOT_APPLIED)
        raise Refused("labels", Msg.MESSAGE_BEARS_NO_LABEL)
    new = _new_label(message, body, labelling.from_json(row.label))
    if new is None:
        return
    terms = agreements.by_hash(row.partner_id, row.agreement).terms
    latest = row.received_at + timedelta(days=terms.retention_days)
    row.label, row.retain_until = labelling.to_json(new), min(new.retain_until or latest, latest)
    if labelling.leaves_nothing(new, settings.ACCORD_AGENCY):
        row.retain_until = clock.now()
    row.save(update_fields=["label", "retain_until"])
    _relabel_derived(row)
    passing_on.pass_on(row)
    unit_of_work.record(
        NODE, AgreementAudit.LABEL_CHANGED_BY_THE_PARTNER, subject=None, obj=row, partner=row.partner_id, after=row.label
    )
    if row.retain_until <= clock.now():
        retention.delete([row], "recalled")


def _new_label(message: Incoming, body: RelabelBody, before: Label) -> Label | None:
    """The label that counts from now on. None where a later change was applied before, because this one had to
    wait: of the sender's own label the later word counts, and of another's what is stricter."""
    stated, overtaken = labelling.from_json(body.label), _is_overtaken(message, body)
    if overtaken and before.originator == message.partner_id:
        return None
    try:
        return labelling.adopted(before, stated, message.partner_id)
    except Refused:
        if overtaken:
            return None
        raise


def _is_overtaken(message: Incoming, body: RelabelBody) -> bool:
    """Whether a later change of the same label was applied before this one."""
    later = Q(epoch=message.epoch, sequence__gt=message.sequence) | Q(epoch__gt=message.epoch)
    same = Incoming.objects.filter(partner=message.partner_id, kind=MessageKind.RELABEL, body__message=str(body.message))
    return same.filter(later, state=IncomingState.APPLIED).exists()


def _relabel_derived(row: Incoming) -> None:
    """Rows that were made of it bear its label, and a claim is followed to those whom it names now."""
    ForeignOrder.objects.filter(message=row.pk).update(label=row.label)
    if row.about is not None:
        PartnerRequest.objects.filter(pk=row.about, partner=row.partner_id, outgoing=False).update(label=row.label)
    for enquiry in ForeignEnquiry.objects.filter(message=row.pk):
        enquiry.label = row.label
        enquiry.save(update_fields=["label"])
        enquiries.relabelled(enquiry.pk)
