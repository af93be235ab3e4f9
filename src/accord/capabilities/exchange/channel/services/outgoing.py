"""Places in the streams to partners: opened, given to messages, and opened anew where one can no longer be trusted.

Everything here is part of a running change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from django.conf import settings
from django.db.models import Q, QuerySet

from accord.capabilities.exchange.channel.envelopes import Content, Place, hash_of, new_content
from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.channel.stream_messages import HelloBody, NextPlace, Why
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Chunk, InStream, Outgoing, OutgoingState, OutStream
from accord.capabilities.exchange.partners.services.raising import raise_alarm
from accord.core import clock
from accord.core.object_ids import new_id
from accord.core.wording import Wording, stored

MOST_EPOCHS: Final = 4
"""Streams to one partner begun in `EPOCH_TIME`, its first one too, while what the partner says is what asks for another."""

EPOCH_TIME: Final = timedelta(hours=1)

_REST: Final = timedelta(minutes=15)
"""How long a stream rests that may not be begun anew; a row that is put off for longer counts as due (`lease_due`)."""

_MOST_NAMED: Final = 8
_RANDOM_BITS: Final = 80
_AT_ONCE: Final = 500


_streams: ContextVar[dict[str, OutStream] | None] = ContextVar("streams_in_one_go", default=None)


@contextmanager
def in_one_go() -> Iterator[None]:
    """Messages that are queued within the block share the place of their stream, which is read and kept once.

    For a part of a change of which all stays or nothing, and in which no stream is begun anew.
    """
    streams: dict[str, OutStream] = {}
    token = _streams.set(streams)
    try:
        yield
    finally:
        _streams.reset(token)
    for stream in streams.values():
        stream.save(update_fields=["next_sequence", "next_attempt_at"])


def is_known_confirmed(partner: str) -> bool:
    """Whether the partner was found to be confirmed before, in the same go."""
    return partner in (_streams.get() or ())


def open_stream(partner: str) -> OutStream:
    """The stream to a partner, locked; begun with its first message where there is none."""
    shared = _streams.get()
    if shared is None:
        return _open_stream(partner)
    if partner not in shared:
        shared[partner] = _open_stream(partner)
    return shared[partner]


def _open_stream(partner: str) -> OutStream:
    stream = OutStream.objects.select_for_update().filter(partner_id=partner, closed_at=None).first()
    return stream or _begin(partner, Why.FIRST, new_id())


def add(
    partner: str,
    kind: MessageKind,
    body: object,
    *,
    message_id: UUID | None = None,
    about: UUID | None = None,
    stream: OutStream | None = None,
) -> Outgoing:
    """Queue a message between the nodes themselves, which needs no agreement."""
    content = new_content(
        id=message_id or new_id(),
        kind=kind,
        sender=settings.ACCORD_AGENCY,
        recipient=partner,
        about=about,
        body=msgspec.to_builtins(body),
    )
    return place(content, content.canonical(), stream=stream)


def place(content: Content, canonical: bytes, *, stream: OutStream | None = None) -> Outgoing:
    """Give a message the next place of its recipient's stream: it goes as soon as those before it have gone."""
    stream = stream or open_stream(content.recipient)
    row = Outgoing.objects.create(
        id=content.id,
        partner_id=content.recipient,
        epoch=stream.epoch,
        sequence=stream.next_sequence,
        kind=content.kind,
        agreement=content.agreement,
        label=content.label,
        in_reply_to=content.in_reply_to,
        about=content.about,
        body={} if content.body is None else content.body,
        chunks=msgspec.to_builtins(content.chunks),
        content_hash=hash_of(canonical),
        queued_at=clock.now(),
    )
    stream.next_sequence += 1
    if stream.next_attempt_at is None:
        stream.next_attempt_at = clock.now()
    if (_streams.get() or {}).get(content.recipient) is not stream:  # else it is kept at the end
        stream.save(update_fields=["next_sequence", "next_attempt_at"])
    return row


def reopen(
    partner: str, why: Why, *, since: Place | None = None, last: NextPlace | None = None, after: UUID | None = None
) -> OutStream:
    """Begin a newer stream, and put into it what still waits and what was sent from `since` on.

    `last` asks the partner what this node said from there on; nothing else is sent until it has answered. `after` is an epoch
    that the new one must be newer than.
    """
    again = list(_to_send_again(partner, since))
    now = clock.now()
    OutStream.objects.filter(partner_id=partner, closed_at=None).update(closed_at=now, next_attempt_at=None)
    stream = _begin(partner, why, _newer_epoch(partner, after), last)
    for sequence, row in enumerate(again, stream.next_sequence):
        row.epoch, row.sequence = stream.epoch, sequence
        row.state, row.delivered_at = OutgoingState.QUEUED, None
    Outgoing.objects.bulk_update(again, ["epoch", "sequence", "state", "delivered_at"], batch_size=_AT_ONCE)
    stream.next_sequence += len(again)
    stream.save(update_fields=["next_sequence"])
    return stream


def reopen_as_stated(
    stream: OutStream, why: Why, *, since: Place | None = None, last: NextPlace | None = None, after: UUID | None = None
) -> bool:
    """Begin a newer stream because the partner's reply calls for one; False where it has called for too many.

    Each one sends again what the partner says it lacks, so a node that lies, or loses all that it takes, would be written to
    without end. The stream then rests with the reason, and an alarm tells people; it goes on when `EPOCH_TIME` has passed.
    """
    until = rests_until(stream.partner_id)
    if until is None:
        reopen(stream.partner_id, why, since=since, last=last, after=after)
        return True
    detail = Msg.TOO_MANY_NEW_STREAMS.with_(most=MOST_EPOCHS, why=why)
    raise_alarm(stream.partner_id, "epochs", detail)
    stream.next_attempt_at, stream.last_error = (
        min(until, clock.now() + _REST),
        stored(Wording(detail.text, detail.params, "epochs")),
    )
    stream.save(update_fields=["next_attempt_at", "last_error"])
    return False


def rests_until(partner: str) -> datetime | None:
    """Until when no newer stream is begun because the partner calls for one; None where one may be begun at once."""
    begun = OutStream.objects.filter(partner_id=partner, opened_at__gt=clock.now() - EPOCH_TIME).order_by("-opened_at")
    opened = list(begun.values_list("opened_at", flat=True)[:MOST_EPOCHS])
    return opened[-1] + EPOCH_TIME if len(opened) == MOST_EPOCHS else None


def _to_send_again(partner: str, since: Place | None) -> QuerySet[Outgoing]:
    """In the order in which they were said. What opens a stream belongs to that stream alone."""
    wanted = Q(state=OutgoingState.QUEUED)
    if since is not None:
        later = Q(epoch=since.epoch, sequence__gte=since.sequence) | Q(epoch__gt=since.epoch)
        wanted |= Q(state=OutgoingState.DELIVERED) & later
    rows = Outgoing.objects.filter(wanted, partner_id=partner)
    rows.filter(kind=MessageKind.HELLO).update(state=OutgoingState.DELETED)
    rows = rows.exclude(kind=MessageKind.HELLO).order_by("epoch", "sequence")
    gone = _without_parts(partner, rows)
    if not gone:
        return rows
    named = [str(message) for message in sorted(gone)[:_MOST_NAMED]]
    raise_alarm(partner, "parts_gone", Msg.PARTS_ARE_GONE.with_(count=len(gone), names=named))
    return rows.exclude(pk__in=gone).exclude(kind=MessageKind.CHUNK, about__in=gone)


def _without_parts(partner: str, rows: QuerySet[Outgoing]) -> set[UUID]:
    """The large messages among these, or that parts among these belong to, of which no part is kept any more."""
    large = set(rows.filter(chunks__isnull=False).values_list("pk", flat=True))
    large |= {whole for whole in rows.filter(kind=MessageKind.CHUNK).values_list("about", flat=True) if whole is not None}
    kept = Chunk.objects.filter(outgoing=True, partner_id=partner, whole__in=large)
    return large - set(kept.values_list("whole", flat=True).distinct())


def _begin(partner: str, why: Why, epoch: UUID, last: NextPlace | None = None) -> OutStream:
    now = clock.now()
    stream = OutStream.objects.create(
        partner_id=partner, epoch=epoch, opened_at=now, next_attempt_at=now, recovering=last is not None
    )
    hello = HelloBody(why=why, received=received_of(partner), last=last)
    add(partner, MessageKind.HELLO, hello, stream=stream)
    return stream


def received_of(partner: str) -> NextPlace | None:
    """How far the partner's newest stream was received here."""
    stream = InStream.objects.filter(partner_id=partner).order_by("-epoch").first()
    return None if stream is None else NextPlace(epoch=stream.epoch, sequence=stream.expected)


def _newer_epoch(partner: str, after: UUID | None) -> UUID:
    """A new epoch, newer than all before it, whatever the machine's clock says."""
    known = OutStream.objects.filter(partner_id=partner).order_by("-epoch").values_list("epoch", flat=True).first()
    floor = max((epoch for epoch in (known, after) if epoch is not None), default=UUID(int=0))
    fresh = new_id()
    if fresh > floor:
        return fresh
    return UUID(int=((floor.int >> _RANDOM_BITS) + 1) << _RANDOM_BITS | fresh.int & ((1 << _RANDOM_BITS) - 1))
