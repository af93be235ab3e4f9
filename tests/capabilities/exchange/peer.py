"""A partner's node played by the test: it seals envelopes to this node and opens what this node seals to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from federation_kit.partner_centre import OtherCentre, confirmed_partner

from accord.capabilities.exchange.channel.envelopes import Content, Opened, Place, Seal, new_content, open_envelope
from accord.capabilities.exchange.channel.receipts import Batch, Receipt, Reply, SignedReply, sign_reply
from accord.capabilities.exchange.channel.services.receiving import receive
from accord.capabilities.exchange.channel.streams import ReceiptOutcome
from accord.capabilities.exchange.models import KeyUse, OwnKey
from accord.capabilities.exchange.partners.services import own_keys
from accord.core import clock
from accord.core.object_ids import new_id


class Peer:
    """A confirmed partner with a stream of its own. `own` is this node's code."""

    def __init__(self, code: str = "SG-ASC", own: str = "CN-ASC") -> None:
        self.code, self.own = code, own
        self.centre = OtherCentre(code, code[:2], address=f"https://{code.lower()}.example")
        confirmed_partner(self.centre)
        self.epoch = new_id()
        self.sequence = 0
        self.received: dict[UUID, Opened] = {}
        self.clock_ahead = timedelta()

    def content(self, **said: Any) -> Content:
        stated = {"id": new_id(), "kind": "test_call", "sender": self.code, "recipient": self.own, "body": call()}
        return new_content(**(stated | said))

    def seal(
        self,
        content: Content | None = None,
        *,
        sequence: int | None = None,
        epoch: UUID | None = None,
        sent: datetime | None = None,
    ) -> str:
        """An envelope; at the next place of the stream unless `sequence` says otherwise."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        content = content or self.content()
        seal = Seal(self.centre.ring, self.centre.signing_kids()[0], own_keys.current(KeyUse.ENCRYPTION).public)
        sent = sent or clock.now()
        return seal.close(content.canonical(), Place(epoch or self.epoch, sequence), sent, sent + timedelta(minutes=15))

    def send(self, *envelopes: str) -> list[Receipt]:
        """The receipts."""
        return receive(envelopes)

    def deliver(self, _partner: str, _address: str, batch: Batch) -> SignedReply:
        """This node's transport to the peer: takes everything in, in order, and signs the reply."""
        opened = [self.open(envelope) for envelope in batch.envelopes]
        return self.reply(batch, [self.take(one) for one in opened])

    def open(self, envelope: str) -> Opened:
        def key_of(_sender: str, kid: str) -> Any:
            return OwnKey.objects.get(kid=kid).public

        return open_envelope(envelope, self.centre.ring.shared_secret, self.code, key_of)

    def take(self, opened: Opened) -> Receipt:
        taken = ReceiptOutcome.DUPLICATE if opened.content.id in self.received else ReceiptOutcome.TAKEN
        self.received[opened.content.id] = opened
        place = opened.place
        return Receipt(
            outcome=taken, id=opened.content.id, epoch=place.epoch, sequence=place.sequence, expected=place.sequence + 1
        )

    def reply(self, batch: Batch, receipts: Sequence[Receipt], **changes: Any) -> SignedReply:
        stated = {
            "agency": self.code,
            "now": clock.now() + self.clock_ahead,
            "batch": batch.hash(),
            "receipts": tuple(receipts),
            "expected": {str(one.epoch): one.expected for one in receipts if one.epoch},
        }
        return sign_reply(Reply(**(stated | changes)), self.centre.ring, self.centre.signing_kids()[0])


def call() -> dict[str, str]:
    return {"asked_at": "2026-03-20T12:00:00Z"}
