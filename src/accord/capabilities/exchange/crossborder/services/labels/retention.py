"""What partners told is kept as long as its label says, at most as long as the agreement; then it goes, and they are told.

A message keeps its row, its hash and what happened to it. What this centre made of it goes with it, but for its own acts. What
an agreement did not let pass goes at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from django.db.models import QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import ChannelAudit
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.crossborder.services.labels.forgetting import forget_derived
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import BODIES, ReceiptBody
from accord.capabilities.exchange.models import Incoming, IncomingState, Outgoing, OutgoingState
from accord.capabilities.people.policy import NODE
from accord.core import clock

AT_ONCE: Final = 200
"""Messages deleted in one change, and named in one receipt."""

Why = Literal["retention", "recalled"]

_CARETAKING: Final = (MessageKind.RELABEL, MessageKind.RECEIPT)


def delete_due(now: datetime) -> int:
    """For the worker: delete what may be kept no longer; how many messages. One read where nothing is due."""
    done = 0
    while _due(now).exists():
        done += _delete_some(now)
    return done


@unit_of_work.change
def _delete_some(now: datetime) -> int:
    rows = list(_due(now).select_for_update().order_by("retain_until")[:AT_ONCE])
    delete(rows, "retention")
    return len(rows)


def _due(now: datetime) -> QuerySet[Incoming]:
    return Incoming.objects.filter(retain_until__lte=now)


def delete(rows: Iterable[Incoming], why: Why) -> None:
    """Delete the content of messages and what was made of it, and tell those who sent them. Part of a running change."""
    gone: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        if row.state == IncomingState.APPLIED:
            forget_derived(row)
        row.body, row.signed, row.label, row.retain_until, row.next_attempt_at = {}, "", None, None, None
        if row.state != IncomingState.REFUSED:
            row.state = IncomingState.DELETED
        row.save()
        Incoming.objects.filter(kind=MessageKind.CHUNK, partner=row.partner_id, about=row.pk).update(signed="")
        if row.kind in BODIES and row.kind not in _CARETAKING:
            gone[row.partner_id].append(row.pk)
    for partner, messages in sorted(gone.items()):
        _tell(partner, messages, why)


def _tell(partner: str, messages: list[UUID], why: Why) -> None:
    """A receipt. Whoever is no partner any more is owed none; the content goes in any case."""
    now = clock.now()
    told = True
    try:
        with unit_of_work.part():
            body = ReceiptBody(messages=tuple(messages), deleted_at=now, why=why)
            sending.queue(partner, MessageKind.RECEIPT, body)
    except Refused:
        told = False
    row = Incoming.objects.get(pk=messages[0])
    unit_of_work.record(
        NODE,
        ChannelAudit.PARTNER_MESSAGES_DELETED,
        subject=None,
        obj=row,
        partner=partner,
        rows=len(messages),
        why=why,
        told=told,
    )


def take_receipt(message: Incoming, body: ReceiptBody) -> None:
    """The partner has deleted what this centre sent it: noted on each message. Ids of messages to others count for nothing."""
    sent = Outgoing.objects.filter(pk__in=body.messages, partner=message.partner_id)
    settled = sent.filter(state=OutgoingState.DELIVERED).update(state=OutgoingState.DELETED)
    unit_of_work.record(
        NODE,
        ChannelAudit.DELETION_TOLD_BY_PARTNER,
        subject=None,
        obj=message,
        partner=message.partner_id,
        rows=settled,
        why=body.why,
    )
