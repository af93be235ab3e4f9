"""The label of what this centre has sent, by its latest change; and how a change is told."""

from __future__ import annotations

from accord.capabilities.exchange.agreements import labelling
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import RelabelBody
from accord.capabilities.exchange.models import Outgoing, PartnerRequest
from accord.core.labels import Label


def label_of(sent: Outgoing) -> Label:
    """The label of a message that was sent, by the latest change of it. The message itself keeps what was signed."""
    change = Outgoing.objects.filter(kind=MessageKind.RELABEL, about=sent.pk).order_by("queued_at", "sequence").last()
    return labelling.from_json(change.body["label"] if change else sent.label)


def tell_change(sent: Outgoing, label: Label) -> Outgoing:
    """Tell whoever got a message its new label. Part of a running change. Refused where no agreement lets it pass."""
    document = labelling.to_json(label)
    told = sending.queue(sent.partner_id, MessageKind.RELABEL, RelabelBody(message=sent.pk, label=document), about=sent.pk)
    if sent.about is not None:
        PartnerRequest.objects.filter(pk=sent.about, outgoing=True).update(label=document)
    return told
