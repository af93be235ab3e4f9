"""The rules of a stream: what an envelope that was opened is, by what is known of its stream, and what follows from that.

Each node numbers its messages to a partner from 1 within an epoch. Epochs are UUIDs compared as numbers: the greater one is the
newer, and once it has begun, the older one takes nothing more. Nothing is judged by a time but whether an envelope has run out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from accord.capabilities.exchange.channel.envelopes import Opened, Place
from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.messages import SCHEMA
from accord.core.clock import to_iso
from accord.core.wording import Wording

WINDOW: Final = 5_000
"""How far ahead of the next expected message one may be to be kept."""


class Arrival(StrEnum):
    """What an envelope is that was opened."""

    NEXT = "next"  # in its turn
    AHEAD = "ahead"  # an earlier one is missing
    AGAIN = "again"  # known already, the very same
    AGAIN_IN_TURN = "again in turn"  # known already, and sent again at the next place of a newer epoch
    AGAIN_AHEAD = "again ahead"  # the same, and an earlier place is missing
    TOO_FAR = "too far"  # so far ahead that it is not kept
    EXPIRED = "expired"
    OLD_EPOCH = "old epoch"
    OTHER_CONTENT = "other content"  # a known id says something else
    OTHER_MESSAGE = "other message"  # another message has had this place
    OTHER_SCHEMA = "other schema"  # of a major version that is not spoken here


class ReceiptOutcome(StrEnum):
    """What the sender is told of one envelope."""

    TAKEN = "taken"
    DUPLICATE = "duplicate"
    PARKED = "parked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows: what the sender is told, whether the message is kept, whether its place counts as received, and whether
    it never happens by accident."""

    outcome: ReceiptOutcome
    keep: bool = False
    advance: bool = False
    alarm: bool = False
    clause: str = ""


RULES: Final[Mapping[Arrival, Rule]] = MappingProxyType(
    {
        Arrival.NEXT: Rule(ReceiptOutcome.TAKEN, keep=True, advance=True),
        Arrival.AHEAD: Rule(ReceiptOutcome.PARKED, keep=True),
        Arrival.AGAIN: Rule(ReceiptOutcome.DUPLICATE),
        Arrival.AGAIN_IN_TURN: Rule(ReceiptOutcome.DUPLICATE, advance=True),
        Arrival.AGAIN_AHEAD: Rule(ReceiptOutcome.PARKED),
        Arrival.TOO_FAR: Rule(ReceiptOutcome.PARKED),
        Arrival.EXPIRED: Rule(ReceiptOutcome.REFUSED, clause="expired"),
        Arrival.OLD_EPOCH: Rule(ReceiptOutcome.REFUSED, clause="epoch"),
        Arrival.OTHER_CONTENT: Rule(ReceiptOutcome.REFUSED, alarm=True, clause="conflict"),
        Arrival.OTHER_MESSAGE: Rule(ReceiptOutcome.REFUSED, alarm=True, clause="conflict"),
        Arrival.OTHER_SCHEMA: Rule(ReceiptOutcome.REFUSED, clause="schema"),
    }
)

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "expired": "the envelope had run out when it came; seal it anew by the time of this receipt",
        "epoch": "a newer stream has begun; open one that is newer still",
        "conflict": "another message has had this id or this place",
        "schema": f"messages of version {SCHEMA} are spoken here",
    }
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a message with the same id, or at the same place."""

    id: UUID
    content_hash: str
    waiting: bool  # kept, but an earlier one is missing


@dataclass(frozen=True, slots=True)
class Position:
    """How far the partner's newest stream was received: everything below `expected`."""

    epoch: UUID
    expected: int

    def at(self, epoch: UUID) -> Position:
        """The position in a stream that may be newer than this one; it begins at 1."""
        return self if epoch <= self.epoch else Position(epoch, 1)

    def received(self, sequence: int) -> bool:
        return sequence < self.expected


NOWHERE: Final = Position(UUID(int=0), 1)


def arrival_of(opened: Opened, position: Position, same_id: Known | None, same_place: Known | None, now: datetime) -> Arrival:
    """What an envelope is. `position` is the newest stream's; `now` is this node's time."""
    if opened.content.schema.partition(".")[0] != SCHEMA.partition(".")[0]:
        return Arrival.OTHER_SCHEMA
    if same_id is not None and same_id.content_hash != opened.content_hash:
        return Arrival.OTHER_CONTENT
    if same_place is not None and same_place.id != opened.content.id:
        return Arrival.OTHER_MESSAGE
    if same_id is not None:
        return _again(opened.place, position, same_id)
    if opened.place.epoch < position.epoch:
        return Arrival.OLD_EPOCH
    if opened.expires <= now:
        return Arrival.EXPIRED
    return _first_time(opened.place, position.at(opened.place.epoch))


def _again(place: Place, position: Position, known: Known) -> Arrival:
    if place.epoch < position.epoch:
        return Arrival.AGAIN
    here = position.at(place.epoch)
    if known.waiting:
        return Arrival.AGAIN_AHEAD
    if place.sequence == here.expected:
        return Arrival.AGAIN_IN_TURN
    return Arrival.AGAIN if here.received(place.sequence) else Arrival.AGAIN_AHEAD


def _first_time(place: Place, here: Position) -> Arrival:
    if place.sequence == here.expected:
        return Arrival.NEXT
    if here.received(place.sequence):
        return Arrival.OTHER_MESSAGE
    return Arrival.AHEAD if place.sequence - here.expected < WINDOW else Arrival.TOO_FAR


def waits_for(position: Position) -> Wording:
    """Why a message is parked whose turn has not come."""
    return Msg.WAITS_FOR_MESSAGE.with_(number=position.expected)


def expired_words(now: datetime) -> str:
    """What is told with an envelope that had run out."""
    return f"{WORDS['expired']} ({to_iso(now)})"
