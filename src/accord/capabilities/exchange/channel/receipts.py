"""What a node answers to a batch of envelopes: a receipt for each, and how far each stream was received, signed.

The signature covers the hash of the batch, so that nobody between the two can say that something arrived which did not, nor
show an old answer again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from accord.capabilities.exchange.channel import jose
from accord.capabilities.exchange.channel.envelopes import KeyOf
from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.channel.streams import ReceiptOutcome
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.partners.keyring import KeyRing
from accord.core.errors import BadInput

MOST_IN_BATCH: Final = 500
MOST_BATCH_BYTES: Final = 4 * 1024 * 1024

Envelope = Annotated[str, msgspec.Meta(min_length=1)]


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Envelopes of one sender, in the order of its stream."""

    envelopes: Annotated[tuple[Envelope, ...], msgspec.Meta(min_length=1, max_length=MOST_IN_BATCH)]

    def hash(self) -> str:
        """SHA-256 over the envelopes, each followed by a line feed, in hexadecimal."""
        return hash_of(self.envelopes)


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened to one envelope. `id` and `epoch` stand where it could be opened; `expected` is the next place to be
    received in that epoch; `clause` and `reason` say why it was refused or parked. Where `clause` is "epoch" the epoch is the
    newest one that is known."""

    outcome: ReceiptOutcome
    id: UUID | None = None
    epoch: UUID | None = None
    sequence: int = 0
    expected: int = 0
    clause: str = ""
    reason: str = ""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a batch: whose, when by its clock, to which batch; a receipt for each envelope, in their order.

    `expected`: the next place to be received, by epoch of the streams that the batch belongs to.
    """

    agency: str
    now: datetime
    batch: str
    receipts: tuple[Receipt, ...]
    expected: dict[str, Annotated[int, msgspec.Meta(ge=1)]]


class SignedReply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply as compact JWS."""

    reply: str


def hash_of(envelopes: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for envelope in envelopes:
        digest.update(envelope.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def sign_reply(reply: Reply, ring: KeyRing, kid: str) -> SignedReply:
    """The reply, signed with a key of this node."""
    payload = msgspec.json.encode(reply, order="sorted")  # canonical: its keys are plain, and it has no floats
    return SignedReply(reply=jose.sign(payload, ring, kid, jose.REPLY_TYPE))


def read_reply(signed: str, partner: str, batch: str, key_of: KeyOf) -> Reply:
    """The partner's reply to this very batch. Refused where it is anything else."""
    kid, payload = jose.signer_of(signed, jose.REPLY_TYPE)
    jose.verify(signed, key_of(partner, kid))
    try:
        reply: Reply = _REPLY.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Refused("shape", Msg.NOT_A_REPLY, error=error) from None
    if reply.agency != partner or reply.batch != batch:
        raise Refused("recipient", Msg.REPLY_ANOTHER_CENTRE)
    return reply


def read_batch(raw: bytes) -> Batch:
    """The envelopes of a message; BadInput where it is none."""
    try:
        batch: Batch = _BATCH.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadInput(Msg.NO_BATCH_ENVELOPES, error=error, where="envelopes") from None
    return batch


_REPLY: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(Reply)
_BATCH: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(Batch)
