"""Envelopes that come in: opened and verified first, then a whole batch kept in one short change. A worker applies them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

import msgspec
from django.conf import settings
from django.db.models import Q

from accord.capabilities import unit_of_work
from accord.capabilities.delivery import LEASE
from accord.capabilities.exchange.channel.envelopes import KeyOf, Opened, open_envelope
from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.channel.jose import SecretOf
from accord.capabilities.exchange.channel.receipts import Batch, Receipt, Reply, SignedReply, sign_reply
from accord.capabilities.exchange.channel.streams import (
    NOWHERE,
    RULES,
    WORDS,
    Arrival,
    Known,
    Position,
    ReceiptOutcome,
    arrival_of,
    expired_words,
    waits_for,
)
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.models import Incoming, IncomingState, InStream, OutStream, Partner
from accord.capabilities.exchange.partners import keyring
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.exchange.partners.jwk import Jwk
from accord.capabilities.exchange.partners.services import own_keys
from accord.capabilities.exchange.partners.services.raising import raise_alarm
from accord.core import clock
from accord.core.errors import AccordError
from accord.core.wording import Wording, stored

_SUSPICIOUS = frozenset({"suite", "key", "recipient"})
"""Refusals that never happen between nodes that are set up well: somebody tries something, or a key was not told."""


def answer(batch: Batch) -> SignedReply:
    """Take a batch in and say, signed, what happened to it."""
    receipts, senders = _receive(batch.envelopes)
    expected = {str(one.epoch): one.expected for one in receipts if one.epoch is not None and one.expected}
    reply = Reply(
        agency=settings.ACCORD_AGENCY, now=clock.now(), batch=batch.hash(), receipts=tuple(receipts), expected=expected
    )
    return sign_reply(reply, keyring.ring(), _signing_kid(senders))


def _signing_kid(senders: Sequence[str]) -> str:
    """The key that whoever handed a batch in knows: a newer one may be on a card that is still on its way there."""
    key = own_keys.signing_for(senders[0]) if len(senders) == 1 else own_keys.answering()
    return key.kid


def receive(envelopes: Sequence[str]) -> list[Receipt]:
    """Take envelopes in; a receipt for each, in their order. What was taken is kept when this returns."""
    receipts, _ = _receive(envelopes)
    return receipts


def _receive(envelopes: Sequence[str]) -> tuple[list[Receipt], list[str]]:
    """The receipts, and who sent what could be opened."""
    now = clock.now()
    secret_of, key_of = own_secrets(), known_keys(now)
    receipts: list[Receipt | None] = [None] * len(envelopes)
    by_sender: dict[str, list[tuple[int, Opened]]] = {}
    suspicions: dict[str, Wording] = {}
    for number, envelope in enumerate(envelopes):
        try:
            opened = open_envelope(envelope, secret_of, settings.ACCORD_AGENCY, key_of)
        except Refused as refused:
            receipts[number] = Receipt(outcome=ReceiptOutcome.REFUSED, clause=refused.clause, reason=refused.message)
            if refused.clause in _SUSPICIOUS:
                cause = refused.__cause__
                known = cause if isinstance(cause, AccordError) else refused  # more than the sender is told
                suspicions[refused.clause] = known.wording
        else:
            by_sender.setdefault(opened.content.sender, []).append((number, opened))
    for sender, arrived in by_sender.items():
        taken = _take(sender, [opened for _, opened in arrived], now)
        for (number, _), receipt in zip(arrived, taken, strict=True):
            receipts[number] = receipt
    for clause, detail in suspicions.items():
        raise_alarm(None, clause, detail)
    return [receipt for receipt in receipts if receipt is not None], list(by_sender)


def own_secrets() -> SecretOf:
    """What keys of this node open, each looked up once for a batch: one that was revoked opens nothing."""
    ring = keyring.ring()
    opening = cache(own_keys.opening)

    def secret_of(kid: str, public: Jwk) -> bytes:
        return ring.shared_secret(opening(kid).kid, public)

    return secret_of


def known_keys(now: datetime) -> KeyOf:
    """The signing keys of confirmed partners, each looked up once for a batch."""

    @cache
    def key_of(sender: str, kid: str) -> Jwk:
        partners.confirmed(sender)
        return partners.verifying_key(sender, kid, now)

    return key_of


@unit_of_work.change
def _take(sender: str, arrived: Sequence[Opened], now: datetime) -> list[Receipt]:
    """Keep what is to be kept of one sender's envelopes; a receipt for each."""
    intake = _Intake(sender, arrived, now)
    for opened in arrived:
        intake.take(opened)
    intake.write()
    _note_heard(sender, now)
    return intake.receipts()


def _note_heard(sender: str, now: datetime) -> None:
    """The partner is there: what waits for it in a long pause is due at once."""
    Partner.objects.filter(pk=sender).update(heard_at=now)
    pausing = OutStream.objects.filter(partner_id=sender, closed_at=None, next_attempt_at__gt=now + LEASE)
    pausing.update(next_attempt_at=now)


class _Intake:
    """One sender's envelopes on their way into the store: everything is looked up once and written once."""

    def __init__(self, sender: str, arrived: Sequence[Opened], now: datetime) -> None:
        self._sender = sender
        self._now = now
        stream = InStream.objects.select_for_update().filter(partner_id=sender).order_by("-epoch").first()
        self._before = self._position = NOWHERE if stream is None else Position(stream.epoch, stream.expected)
        self._ids: dict[UUID, Known] = {}
        self._places: dict[tuple[UUID, int], Known] = {}
        self._load(arrived)
        self._rows: dict[UUID, Incoming] = {}
        self._released: list[UUID] = []
        self._receipts: list[Receipt] = []

    def _load(self, arrived: Sequence[Opened]) -> None:
        """What is known of the same ids and places, and everything that waits for an earlier message."""
        epochs = {opened.place.epoch for opened in arrived}
        sequences = [opened.place.sequence for opened in arrived]
        own = Q(partner_id=self._sender)
        wanted = (
            Q(pk__in=[opened.content.id for opened in arrived])
            | own & Q(epoch__in=epochs, sequence__in=sequences)
            | own & Q(state=IncomingState.PARKED, next_attempt_at=None)
        )
        columns = ("id", "content_hash", "state", "next_attempt_at", "epoch", "sequence", "partner_id")
        for row_id, content, state, due, epoch, sequence, partner in Incoming.objects.filter(wanted).values_list(*columns):
            known = Known(row_id, content, state == IncomingState.PARKED and due is None)
            self._ids[row_id] = known
            if partner == self._sender:
                self._places[epoch, sequence] = known

    def take(self, opened: Opened) -> None:
        """Judge one envelope, and note what follows."""
        place = opened.place
        same_id, same_place = self._ids.get(opened.content.id), self._places.get((place.epoch, place.sequence))
        arrival = arrival_of(opened, self._position, same_id, same_place, self._now)
        rule = RULES[arrival]
        if rule.keep or rule.advance:
            self._position = self._position.at(place.epoch)
        if rule.keep:
            self._keep(opened, waiting=not rule.advance)
        if rule.advance:
            self._advance()
        if rule.alarm:
            raise_alarm(
                self._sender,
                rule.clause,
                Msg.SUSPICIOUS_ARRIVAL.with_(
                    arrival=arrival, message=opened.content.id, epoch=place.epoch, sequence=place.sequence
                ),
            )
        self._receipts.append(self._receipt(opened, arrival))

    def _receipt(self, opened: Opened, arrival: Arrival) -> Receipt:
        rule = RULES[arrival]
        reason = expired_words(self._now) if arrival is Arrival.EXPIRED else WORDS.get(rule.clause, "")
        if rule.outcome is ReceiptOutcome.PARKED:
            reason = str(waits_for(self._position))
        place = opened.place
        return Receipt(
            outcome=rule.outcome,
            id=opened.content.id,
            epoch=place.epoch,
            sequence=place.sequence,
            clause=rule.clause,
            reason=reason,
        )

    def _keep(self, opened: Opened, *, waiting: bool) -> None:
        content = opened.content
        row = self._rows[content.id] = Incoming(
            id=content.id,
            partner_id=self._sender,
            epoch=opened.place.epoch,
            sequence=opened.place.sequence,
            kind=content.kind,
            agreement=content.agreement,
            label=content.label,
            in_reply_to=content.in_reply_to,
            about=content.about,
            body={} if content.body is None else content.body,
            chunks=msgspec.to_builtins(content.chunks),
            signed=opened.signed,
            content_hash=opened.content_hash,
            received_at=self._now,
            state=IncomingState.PARKED if waiting else IncomingState.READY,
            next_attempt_at=None if waiting else self._now,
            reason=stored(waits_for(self._position)) if waiting else "",
        )
        known = Known(row.id, row.content_hash, waiting)
        self._ids[row.id] = self._places[row.epoch, row.sequence] = known

    def _advance(self) -> None:
        """The next place is received, and with it all that waited for nothing else."""
        epoch, expected = self._position.epoch, self._position.expected + 1
        while (known := self._places.get((epoch, expected))) is not None and known.waiting:
            self._release((epoch, expected))
            expected += 1
        self._position = Position(epoch, expected)

    def _release(self, place: tuple[UUID, int]) -> None:
        known = self._places[place]
        self._ids[known.id] = self._places[place] = Known(known.id, known.content_hash, waiting=False)
        row = self._rows.get(known.id)
        if row is None:
            self._released.append(known.id)
        else:
            row.state, row.next_attempt_at, row.reason = IncomingState.READY, self._now, ""

    def write(self) -> None:
        """Everything that was noted, in a handful of statements."""
        if self._position == self._before:
            Incoming.objects.bulk_create(self._rows.values())
            return
        if self._position.epoch != self._before.epoch:
            waiting = Incoming.objects.filter(partner_id=self._sender, state=IncomingState.PARKED, next_attempt_at=None)
            waiting.exclude(epoch=self._position.epoch).delete()  # never acknowledged: they come again in the newer stream
        Incoming.objects.bulk_create(self._rows.values())
        ready = Incoming.objects.filter(pk__in=self._released)
        ready.update(state=IncomingState.READY, next_attempt_at=self._now, reason="")
        InStream.objects.update_or_create(
            partner_id=self._sender,
            epoch=self._position.epoch,
            defaults={"expected": self._position.expected},
            create_defaults={"expected": self._position.expected, "opened_at": self._now},
        )

    def receipts(self) -> list[Receipt]:
        """The receipts, with how far the stream was received in the end; one of an older epoch names the newest."""
        here = self._position
        return [
            msgspec.structs.replace(receipt, epoch=here.epoch, expected=here.expected)
            if receipt.clause == "epoch" or receipt.epoch == here.epoch
            else receipt
            for receipt in self._receipts
        ]
