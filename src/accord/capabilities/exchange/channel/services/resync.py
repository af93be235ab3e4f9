"""After a restore: a new stream to every partner, and what was said since the backup brought back from those who heard it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings
from django.db.models import Q, QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import ChannelAudit
from accord.capabilities.exchange.channel.envelopes import Opened, Place, read_signed
from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.channel.services import chunks, outgoing
from accord.capabilities.exchange.channel.stream_messages import HelloBody, NextPlace, RecoveredBody, Why, read
from accord.capabilities.exchange.errors import Parked, Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Incoming, IncomingState, Outgoing, OutgoingState, OutStream, OwnKey
from accord.capabilities.exchange.partners.jwk import Jwk
from accord.capabilities.exchange.partners.services.raising import raise_alarm
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.core.wording import Messages

MOST_TOGETHER: Final = 400 * 1024
"""Characters of signed messages that go back in one message."""

_UNDER_WAY: Final = timedelta(minutes=5)
"""How long after a greeting a delivery may still be noted that was made to the node as it was before its restore."""


@unit_of_work.change
def open_new_epochs() -> int:
    """Begin a new stream to every partner, because this node was restored and does not know what it said since; how many."""
    streams = list(OutStream.objects.select_for_update().filter(closed_at=None))
    for stream in streams:
        last = NextPlace(epoch=stream.epoch, sequence=stream.acknowledged + 1)
        begun = outgoing.reopen(stream.partner_id, Why.RESTORED, last=last)
        unit_of_work.record(
            NODE, ChannelAudit.STREAM_BEGUN_ANEW, subject=None, obj=begun, partner=stream.partner_id, why=Why.RESTORED
        )
    return len(streams)


def greeted(message: Incoming, body: Any) -> None:
    """A partner begins a new stream. One that was restored gets again what it lost, and hears what it said itself.

    Both cost this node far more than one message, so they are done as often in an hour as new streams are begun; a greeting
    beyond that waits its turn, and an alarm tells people.
    """
    hello = read(body, HelloBody)
    if hello.why is not Why.RESTORED:
        return
    if _restored_lately(message) >= outgoing.MOST_EPOCHS:
        raise _too_often(Msg.RESTORED_TOO_OFTEN)
    if hello.last is not None:
        _tell_what_was_said(message, hello.last)
    since = Place(UUID(int=0), 1) if hello.received is None else Place(hello.received.epoch, hello.received.sequence)
    # a greeting that had to wait does not call for what has been delivered since it came
    if _sent_since(message.partner_id, since).filter(delivered_at__lt=message.received_at + _UNDER_WAY).exists():
        if outgoing.rests_until(message.partner_id) is not None:
            raise _too_often(Msg.NEW_STREAMS_TOO_OFTEN)
        outgoing.reopen(message.partner_id, Why.REWOUND, since=since)


def _sent_since(partner: str, since: Place) -> QuerySet[Outgoing]:
    later = Q(epoch=since.epoch, sequence__gte=since.sequence) | Q(epoch__gt=since.epoch)
    return Outgoing.objects.filter(later, partner=partner, state=OutgoingState.DELIVERED).exclude(kind=MessageKind.HELLO)


def _restored_lately(message: Incoming) -> int:
    """How many of a partner's greetings after a restore were followed within the hour."""
    greetings = Incoming.objects.filter(partner=message.partner_id, kind=MessageKind.HELLO, state=IncomingState.APPLIED)
    return greetings.filter(applied_at__gt=clock.now() - outgoing.EPOCH_TIME, body__why=Why.RESTORED.value).count()


def _too_often(what: Messages) -> Parked:
    often = what.with_(most=outgoing.MOST_EPOCHS - 1)
    return Parked(Msg.FOLLOWED_WHEN_HOUR_OVER, why=often, alarm="epochs")


def _tell_what_was_said(message: Incoming, last: NextPlace) -> None:
    from accord.capabilities.exchange.channel.services import sending

    groups = [*_grouped(_said_since(message, last)), ()]
    for group, following in pairwise(groups):
        said = RecoveredBody(messages=group, more=bool(following))
        sending.queue(message.partner_id, MessageKind.RECOVERED, said, in_reply_to=message.pk)


def _said_since(message: Incoming, last: NextPlace) -> Iterator[str]:
    """What the partner said from a place on, before it began the stream of `message`."""
    later = Q(epoch=last.epoch, sequence__gte=last.sequence) | Q(epoch__gt=last.epoch, epoch__lt=message.epoch)
    rows = Incoming.objects.filter(later, partner=message.partner_id).exclude(state=IncomingState.DELETED)
    yield from rows.exclude(signed="").order_by("epoch", "sequence").values_list("signed", flat=True).iterator(100)


def _grouped(messages: Iterator[str]) -> Iterator[tuple[str, ...]]:
    """Groups that fit a message each; one, which may be empty, at least."""
    group: list[str] = []
    size = 0
    for message in messages:
        if group and size + len(message) > MOST_TOGETHER:
            yield tuple(group)
            group, size = [], 0
        group.append(message)
        size += len(message)
    yield tuple(group)


def recovered(message: Incoming, body: Any) -> None:
    """Keep what this node had said and forgot. Once all is here, the stream goes on."""
    told = read(body, RecoveredBody)
    for signed in told.messages:
        _keep(message.partner_id, signed)
    if not told.more:
        streams = OutStream.objects.filter(partner=message.partner_id, closed_at=None, recovering=True)
        streams.update(recovering=False, next_attempt_at=clock.now())


def _keep(partner: str, signed: str) -> None:
    try:
        opened = read_signed(signed, _own_key)
    except Refused as refused:
        raise_alarm(
            partner,
            refused.clause,
            Msg.GIVEN_BACK_CANNOT_BE_TAKEN.with_(why=refused.said),
        )
        return
    if opened.content.sender != settings.ACCORD_AGENCY or opened.content.recipient != partner:
        raise Refused("recipient", Msg.GIVES_BACK_MESSAGE_CENTRE_DID)
    known = Outgoing.objects.filter(pk=opened.content.id).first()
    if known is None:
        _keep_new(partner, opened)
    elif known.content_hash != opened.content_hash and known.state == OutgoingState.QUEUED:
        # it was said with other words before; the partner keeps those, and takes the message for one that it knows
        for name, value in _said(opened).items():
            setattr(known, name, value)
        known.recovered = True
        known.save()


def _keep_new(partner: str, opened: Opened) -> None:
    """As delivered, at the place that it had."""
    place, now = opened.place, clock.now()
    if Outgoing.objects.filter(partner=partner, epoch=place.epoch, sequence=place.sequence).exists():
        raise_alarm(partner, "conflict", Msg.GIVEN_BACK_FOR_TAKEN_PLACE.with_(message=opened.content.id))
        return
    row = Outgoing(
        id=opened.content.id,
        partner_id=partner,
        epoch=place.epoch,
        sequence=place.sequence,
        queued_at=opened.sent,
        delivered_at=now,
        state=OutgoingState.DELIVERED,
        recovered=True,
        **_said(opened),
    )
    if row.kind == MessageKind.CHUNK:
        chunks.keep_given_back(row)
    row.save(force_insert=True)


def _said(opened: Opened) -> dict[str, Any]:
    content = opened.content
    return {
        "kind": content.kind,
        "agreement": content.agreement,
        "label": content.label,
        "in_reply_to": content.in_reply_to,
        "about": content.about,
        "body": {} if content.body is None else content.body,
        "chunks": msgspec.to_builtins(content.chunks),
        "content_hash": opened.content_hash,
    }


def _own_key(_sender: str, kid: str) -> Jwk:
    """A public key of this node, whether it is still used or not."""
    key = OwnKey.objects.filter(kid=kid).first()
    if key is None:
        raise Refused("key", Msg.GIVES_BACK_MESSAGE_SIGNED_WITH_KEY)
    public: Jwk = key.public
    return public
