"""The same envelopes as files, for partners without a line: what waits goes out with how far the other side was received.

There is no reply at once: the next file of the partner says what it has. So exporting again repeats what waits, and taking a
file in again does nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal

import msgspec
from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import ChannelAudit
from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.channel.receipts import (
    MOST_BATCH_BYTES,
    MOST_IN_BATCH,
    Receipt,
    Reply,
    read_reply,
    sign_reply,
)
from accord.capabilities.exchange.channel.services import delivering, outgoing, receiving
from accord.capabilities.exchange.models import Outgoing, OutgoingState, OutStream, Partner
from accord.capabilities.exchange.partners import keyring
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.exchange.partners.services import own_keys
from accord.capabilities.exchange.permissions import PartnerPermission
from accord.capabilities.people.policy import Actor, require
from accord.core import clock
from accord.core.canonical import canonical_json
from accord.core.errors import BadInput

MOST_BYTES: Final = MOST_BATCH_BYTES + 1024 * 1024
VALID: Final = timedelta(days=60)
"""How long an envelope in a file is valid: files travel slowly."""


class EnvelopeFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file. `reply` is a signed reply to no batch, which says how far the recipient's stream was received."""

    type: Literal["accord envelopes 1"] = "accord envelopes 1"
    sender: str
    recipient: str
    made_at: str
    envelopes: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_IN_BATCH)]
    reply: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A file's bytes, how many messages are in it, and how many wait for another one."""

    data: bytes
    messages: int
    left: int


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What happened to a file: a receipt for each envelope, and how far our own stream is received by its sender."""

    partner: str
    receipts: list[Receipt]
    acknowledged: int


@unit_of_work.change
def export(actor: Actor, code: str) -> Exported:
    """What waits for a partner, as a file. Refused where it is not confirmed or has no key left."""
    require(actor, PartnerPermission.MANAGE)
    partner = partners.confirmed(code)
    now = clock.now()
    stream = outgoing.open_stream(code)
    sealed = delivering.next_batch(stream, now, VALID)
    envelopes = () if sealed is None else sealed.batch.envelopes
    received = outgoing.received_of(code)
    expected = {} if received is None else {str(received.epoch): received.sequence}
    reply = Reply(agency=settings.ACCORD_AGENCY, now=now, batch="", receipts=(), expected=expected)
    signed = sign_reply(reply, keyring.ring(), own_keys.signing_for(code).kid)
    file = EnvelopeFile(
        sender=settings.ACCORD_AGENCY,
        recipient=code,
        made_at=clock.to_iso(now),
        envelopes=envelopes,
        reply=signed.reply,
    )
    unit_of_work.record(actor, ChannelAudit.ENVELOPES_EXPORTED, subject=None, obj=partner, partner=code, number=len(envelopes))
    data = canonical_json({"type": file.type, **msgspec.to_builtins(file)}) + b"\n"
    return Exported(data, len(envelopes), _waiting(code) - len(envelopes))


def take_in(actor: Actor, data: bytes) -> TakenIn:
    """Take a partner's file in. BadInput where it is none or for somebody else; Refused where its sender did not sign it."""
    require(actor, PartnerPermission.MANAGE)
    file = _read(data)
    reply = read_reply(file.reply, file.sender, "", receiving.known_keys(clock.now()))
    receipts = receiving.receive(file.envelopes)
    return _note(actor, file, reply, receipts)


@unit_of_work.change
def _note(actor: Actor, file: EnvelopeFile, reply: Reply, receipts: list[Receipt]) -> TakenIn:
    """What the sender has of our own stream is delivered; an older file says nothing new."""
    partner = Partner.objects.get(pk=file.sender)
    stream = OutStream.objects.select_for_update().filter(partner=partner, closed_at=None).first()
    expected = None if stream is None else reply.expected.get(str(stream.epoch))
    if stream is not None and expected is not None:
        delivering.acknowledge(stream, expected, clock.now())
    unit_of_work.record(
        actor, ChannelAudit.ENVELOPES_IMPORTED, subject=None, obj=partner, partner=partner.pk, number=len(receipts)
    )
    return TakenIn(partner.pk, receipts, 0 if stream is None else stream.acknowledged)


def _read(data: bytes) -> EnvelopeFile:
    try:
        file = msgspec.json.decode(data, type=EnvelopeFile)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadInput(Msg.NO_FILE_ENVELOPES, error=error, where="file") from None
    if file.recipient != settings.ACCORD_AGENCY:
        raise BadInput(
            Msg.FOR_ANOTHER_RECIPIENT, recipient=file.recipient[:40], agency=settings.ACCORD_AGENCY, where="recipient"
        )
    return file


def _waiting(code: str) -> int:
    return Outgoing.objects.filter(partner=code, state=OutgoingState.QUEUED).count()
