"""Messages on their way out: sealed in batches when they are sent, and settled by what the partner's node answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.delivery import next_retry
from accord.capabilities.exchange.channel.envelopes import Content, InChunks, Place, Seal, hash_of
from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.channel.receipts import (
    MOST_BATCH_BYTES,
    MOST_IN_BATCH,
    Batch,
    Receipt,
    Reply,
    SignedReply,
    read_reply,
)
from accord.capabilities.exchange.channel.services import chunks, outgoing
from accord.capabilities.exchange.channel.services.receiving import known_keys
from accord.capabilities.exchange.channel.stream_messages import NextPlace, Why
from accord.capabilities.exchange.channel.streams import ReceiptOutcome
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import SCHEMA
from accord.capabilities.exchange.models import Outgoing, OutgoingState, OutStream, Partner
from accord.capabilities.exchange.partners import keyring
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.exchange.partners.services import own_keys
from accord.capabilities.exchange.partners.services.raising import raise_alarm
from accord.core import clock
from accord.core.canonical import canonical_json

VALID: Final = timedelta(minutes=15)
"""How long an envelope over a line is valid; one that comes late is sealed anew."""

ANSWER_WITHIN: Final = timedelta(minutes=10)
"""How long a restored node waits for what it said, once the partner has its question."""

_MOST_MEASURED: Final = timedelta(seconds=30)
"""A call that took longer says little of the partner's clock."""

_GIVEN_UP: Final = frozenset({"shape", "size"})
"""Refusals of the message itself, which would be the same again."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch as it goes to a partner's node: of which stream, how much of it the partner had by then, and where."""

    stream: int
    acknowledged: int
    partner: str
    address: str
    batch: Batch


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came back for a batch, and when it went and came by this node's clock."""

    sealed: Sealed
    reply: SignedReply
    started: datetime
    ended: datetime


def next_batch(stream: OutStream, now: datetime, valid: timedelta = VALID) -> Sealed | None:
    """The next messages of a stream, sealed with the keys of this moment; None where nothing is to be sent.

    Refused where the partner is not confirmed or has no key, NotFound where this node has none.
    """
    rows = Outgoing.objects.filter(partner=stream.partner_id, epoch=stream.epoch, state=OutgoingState.QUEUED)
    if _waits_for_recovery(stream, now):
        rows = rows.filter(sequence=1)
    waiting = list(rows.order_by("sequence")[:MOST_IN_BATCH])
    if not waiting:
        return None
    partner = partners.confirmed(stream.partner_id)
    signing = own_keys.signing_for(partner.code)
    seal = Seal(keyring.ring(), signing.kid, partners.encryption_key(partner.code))
    sent = now + timedelta(microseconds=partner.skew_micros or 0)
    envelopes: list[str] = []
    size = 0
    for row in waiting:
        envelope = seal.close(canonical_of(row), Place(row.epoch, row.sequence), sent, sent + valid)
        size += len(envelope) + 3
        if envelopes and size > MOST_BATCH_BYTES:
            break
        envelopes.append(envelope)
    return Sealed(stream.pk, stream.acknowledged, partner.code, partner.address, Batch(envelopes=tuple(envelopes)))


def _waits_for_recovery(stream: OutStream, now: datetime) -> bool:
    """Whether a restored node still has to hear what it said before it says more."""
    if not stream.recovering:
        return False
    hello = Outgoing.objects.filter(partner=stream.partner_id, epoch=stream.epoch, sequence=1).first()
    return hello is None or hello.delivered_at is None or now - hello.delivered_at < ANSWER_WITHIN


def canonical_of(row: Outgoing) -> bytes:
    """The canonical content of a queued message: the very bytes that its hash was made of."""
    content = Content(
        id=row.id,
        kind=row.kind,
        schema=SCHEMA,
        sender=settings.ACCORD_AGENCY,
        recipient=row.partner_id,
        agreement=row.agreement,
        label=row.label,
        in_reply_to=row.in_reply_to,
        about=row.about,
        body=_body_of(row),
        chunks=None if row.chunks is None else msgspec.convert(row.chunks, InChunks),
    )
    quick = msgspec.json.encode(content, order="sorted")  # the same bytes for all but keys outside of the first plane
    return quick if hash_of(quick) == row.content_hash else canonical_json(msgspec.to_builtins(content))


def _body_of(row: Outgoing) -> object:
    if row.chunks is not None:
        return None
    return chunks.body_of(row) if row.kind == MessageKind.CHUNK else row.body


@unit_of_work.change
def settle(delivered: Delivered) -> None:
    """Apply what a partner's node answered to a batch. Refused where the answer is not its answer to this batch."""
    sealed, now = delivered.sealed, clock.now()
    reply = read_reply(delivered.reply.reply, sealed.partner, sealed.batch.hash(), known_keys(now))
    _measure(delivered, reply)
    stream = OutStream.objects.select_for_update().filter(pk=sealed.stream, closed_at=None).first()
    if stream is not None:
        _settle(stream, reply, sealed.acknowledged, now)


def _settle(stream: OutStream, reply: Reply, had: int, now: datetime) -> None:
    """`had`: how much of the stream the partner had when the batch was sealed. It has less only where it was restored."""
    expected = reply.expected.get(str(stream.epoch))
    before = stream.acknowledged
    if expected is not None and expected <= had:
        outgoing.reopen_as_stated(stream, Why.REWOUND, since=Place(stream.epoch, expected))
        return
    if expected is not None:
        acknowledge(stream, expected, now)
    refused = next((one for one in reply.receipts if one.outcome is ReceiptOutcome.REFUSED), None)
    if refused is not None and _refused(stream, refused, reply):
        return
    first = _first_waiting(stream)
    if expected is not None and first is not None and first > expected:
        outgoing.reopen_as_stated(stream, Why.SKIPPED)
        return
    moved = stream.acknowledged > before or (refused is not None and refused.clause == "expired" and stream.attempts < 2)
    if first is None:
        stream.next_attempt_at, stream.attempts = None, 0
    elif moved:
        stream.next_attempt_at, stream.attempts = now, stream.attempts if refused else 0
    else:
        stream.next_attempt_at = next_retry(now, stream.attempts)
    stream.last_error = "" if refused is None else f"{refused.clause}: {refused.reason}"[:2_000]
    stream.save(update_fields=["next_attempt_at", "attempts", "last_error"])


def acknowledge(stream: OutStream, expected: int, now: datetime) -> None:
    """Note that the partner has everything before `expected`."""
    arrived = min(expected, stream.next_sequence) - 1
    if arrived <= stream.acknowledged:
        return
    stream.acknowledged = arrived
    stream.save(update_fields=["acknowledged"])
    rows = Outgoing.objects.filter(partner=stream.partner_id, epoch=stream.epoch, state=OutgoingState.QUEUED)
    rows.filter(sequence__lte=arrived).update(state=OutgoingState.DELIVERED, delivered_at=now, last_error="")


def _first_waiting(stream: OutStream) -> int | None:
    rows = Outgoing.objects.filter(partner=stream.partner_id, epoch=stream.epoch, state=OutgoingState.QUEUED)
    return rows.order_by("sequence").values_list("sequence", flat=True).first()


def _refused(stream: OutStream, receipt: Receipt, reply: Reply) -> bool:
    """What a refusal leads to besides another attempt; True where the stream was begun anew, or rests."""
    if receipt.clause in ("epoch", "conflict"):
        if receipt.clause == "conflict":
            raise_alarm(stream.partner_id, "conflict", Msg.OTHER_CONTENT_KNOWN.with_(message=receipt.id))
            _give_up(stream, receipt)
        last = NextPlace(epoch=stream.epoch, sequence=stream.acknowledged + 1)
        newest = max((UUID(epoch) for epoch in reply.expected), default=None)
        outgoing.reopen_as_stated(stream, Why.RESTORED, last=last, after=newest)
        return True
    if receipt.clause in _GIVEN_UP:
        _give_up(stream, receipt)
    return False


def _give_up(stream: OutStream, receipt: Receipt) -> None:
    """The message will never be taken; it stays on record with the reason."""
    if receipt.id is None:
        return
    rows = Outgoing.objects.filter(partner=stream.partner_id, pk=receipt.id, state=OutgoingState.QUEUED)
    rows.update(state=OutgoingState.REFUSED, refusal=receipt.clause, last_error=receipt.reason[:2_000])


def _measure(delivered: Delivered, reply: Reply) -> None:
    """How far the partner's clock is ahead, by the middle of a call that was quick enough to tell; and that it is there."""
    seen: dict[str, object] = {"heard_at": delivered.ended}
    if timedelta() <= delivered.ended - delivered.started < _MOST_MEASURED:
        middle = delivered.started + (delivered.ended - delivered.started) / 2
        seen["skew_micros"] = (reply.now - middle) // timedelta(microseconds=1)
    Partner.objects.filter(pk=delivered.sealed.partner).update(**seen)


@unit_of_work.change
def put_off(stream: OutStream, error: str) -> None:
    """A batch did not arrive, or its answer did not: the same messages are sent again later."""
    now = clock.now()
    OutStream.objects.filter(pk=stream.pk, closed_at=None).update(
        next_attempt_at=next_retry(now, stream.attempts), last_error=error[:2_000]
    )


@unit_of_work.change
def rest(stream: OutStream) -> None:
    """Nothing is to be sent, unless something was queued a moment ago."""
    now = clock.now()
    fresh = OutStream.objects.select_for_update().filter(pk=stream.pk, closed_at=None).first()
    if fresh is None:
        return
    waiting = fresh.recovering or _first_waiting(fresh) is not None
    fresh.next_attempt_at, fresh.attempts = (next_retry(now, 0), fresh.attempts) if waiting else (None, 0)
    fresh.save(update_fields=["next_attempt_at", "attempts"])
