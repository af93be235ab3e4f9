"""Bodies that are too large for one envelope: sent in parts before their message, put together when it is applied.

Each part is an ordinary message of the stream, so that a transfer that breaks off goes on where it stopped. The message
itself is signed like any other and names the hash of its body.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db.models import Q

from accord.capabilities.exchange.channel.envelopes import Content, InChunks, canonical_document
from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.channel.services import outgoing
from accord.capabilities.exchange.channel.stream_messages import ChunkBody, read
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Chunk, Incoming, Outgoing, OutgoingState
from accord.core.canonical import canonical_json
from accord.core.errors import BadInput, Corrupt

PART: Final = 360 * 1024
"""Bytes of a part; in base64 it just fits the content of an envelope."""

MOST_PARTS: Final = 180
"""64 MB. Neither side keeps more of one message in memory."""


def send_in_parts(content: Content) -> Content:
    """Queue the parts of a large body; the content that names them instead of it. BadInput where it is too large for that."""
    body = canonical_json(content.body)
    parts = [body[start : start + PART] for start in range(0, len(body), PART)]
    if len(parts) > MOST_PARTS:
        raise BadInput(Msg.MESSAGE_TOO_LONG, count=len(body), most=MOST_PARTS * PART, where=content.kind)
    stream = outgoing.open_stream(content.recipient)
    for number, part in enumerate(parts, 1):
        body_of_part = ChunkBody(whole=content.id, number=number, part=base64.b64encode(part).decode("ascii"))
        row = outgoing.add(content.recipient, MessageKind.CHUNK, body_of_part, about=content.id, stream=stream)
        Outgoing.objects.filter(pk=row.pk).update(body={"whole": str(content.id), "number": number})  # the part lies beside it
        Chunk.objects.create(outgoing=True, partner_id=content.recipient, whole=content.id, number=number, part=part)
    where = InChunks(count=len(parts), sha256=hashlib.sha256(body).hexdigest(), size=len(body))
    return msgspec.structs.replace(content, body=None, chunks=where)


def body_of(row: Outgoing) -> Any:
    """The body of a part as it is sent. Corrupt where the part is not kept."""
    kept = Chunk.objects.filter(outgoing=True, partner=row.partner_id, whole=row.body["whole"], number=row.body["number"])
    chunk = kept.first()
    if chunk is None:
        raise Corrupt(Msg.PART_NOT_KEPT, number=row.body["number"], where=str(row.body["whole"]))
    return {**row.body, "part": base64.b64encode(chunk.part).decode("ascii")}


def keep_given_back(row: Outgoing) -> None:
    """Lay aside a part of a message of ours that a partner has given back, as if it had never been forgotten."""
    chunk = read(row.body, ChunkBody)
    Chunk.objects.update_or_create(
        outgoing=True,
        partner_id=row.partner_id,
        whole=chunk.whole,
        number=chunk.number,
        defaults={"part": base64.b64decode(chunk.part)},
    )
    row.body = {"whole": str(chunk.whole), "number": chunk.number}


def remove_sent(before: datetime, dry_run: bool) -> int:
    """Remove the parts of our own large messages that were delivered, or given up, before a moment; of how many messages.

    After that the message cannot be sent again; its row stays, and so do those of its parts, with their hashes.
    """
    waiting = Outgoing.objects.filter(kind=MessageKind.CHUNK, state=OutgoingState.QUEUED).values("about")
    settled = Outgoing.objects.exclude(state=OutgoingState.QUEUED).exclude(pk__in=waiting).filter(chunks__isnull=False)
    settled = settled.filter(Q(delivered_at__lt=before) | Q(delivered_at=None, queued_at__lt=before))
    parts = Chunk.objects.filter(outgoing=True, whole__in=settled.values("pk"))
    count = parts.values("whole").distinct().count()
    if not dry_run:
        parts.delete()
    return count


def take_part(message: Incoming, body: Any) -> None:
    """Keep a part until its message comes."""
    chunk = read(body, ChunkBody)
    if chunk.number > MOST_PARTS or len(chunk.part) > 4 * PART // 3 + 4:
        raise Refused("size", Msg.TOO_MANY_PARTS, most=MOST_PARTS, size=PART)
    try:
        part = base64.b64decode(chunk.part, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("shape", Msg.PART_NO_BASE64) from None
    Chunk.objects.update_or_create(
        outgoing=False, partner_id=message.partner_id, whole=chunk.whole, number=chunk.number, defaults={"part": part}
    )
    message.body = {"whole": str(chunk.whole), "number": chunk.number}


def put_together(message: Incoming) -> None:
    """Give a message the body that came in parts before it. Refused where the parts are not those that it names."""
    where = read(message.chunks, InChunks)
    parts = Chunk.objects.filter(outgoing=False, partner=message.partner_id, whole=message.pk)
    body = b"".join(bytes(part) for part in parts.order_by("number").values_list("part", flat=True)[: MOST_PARTS + 1])
    if len(body) != where.size or hashlib.sha256(body).hexdigest() != where.sha256:
        raise Refused("chunks", Msg.PARTS_NOT_ALL_HERE)
    message.body = canonical_document(body)
    message.chunks = None
    parts.delete()


def discard(message: Incoming) -> None:
    """The parts of a message that was refused are of no use to anybody."""
    if message.chunks is not None:
        Chunk.objects.filter(outgoing=False, partner=message.partner_id, whole=message.pk).delete()
