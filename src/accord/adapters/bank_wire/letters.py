"""The letter around a message that is not the reply to a request: a pushed answer, an appeal, a file of a drop.

It names what it is about and who wrote it, so that a renamed file or a misdirected push is noticed, and the whole of it is
what a signature covers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from accord.adapters.bank_wire.errors import Msg
from accord.adapters.bank_wire.messages import decode, encode
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer, EnquiryRequest
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core import clock
from accord.core.errors import BadInput


class LetterType(StrEnum):
    """What a letter carries. `about` is always the id of the order or enquiry."""

    ORDER = "order"
    ENQUIRY = "enquiry"
    STATUS_ASKED = "status.asked"
    ORDER_ACKNOWLEDGED = "order.acknowledged"
    ORDER_ANSWERED = "order.answered"
    ENQUIRY_ACKNOWLEDGED = "enquiry.acknowledged"
    ENQUIRY_ANSWERED = "enquiry.answered"
    STATUS_TOLD = "status.told"
    REJECTED = "rejected"
    APPEAL = "appeal"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a message was not taken, as in RFC 9457: `status` is the HTTP status that the same mistake has over HTTPS."""

    status: int
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The receipt for a letter; `taken` is false where it said nothing new."""

    taken: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the centre calls an appeal that it has taken."""

    reference: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """No message at all: the type says everything."""


@dataclass(frozen=True, slots=True)
class StatusChange:
    """How an order stands; `status` is null where the receiver never got it."""

    status: OrderStatus | None


@dataclass(frozen=True, slots=True)
class Letter:
    """`sender` is the code of the agency or institution that wrote it; `data` is the JSON of the message."""

    type: LetterType
    about: UUID
    sender: str
    sent_at: datetime
    data: msgspec.Raw


CARRIES: Final[dict[LetterType, type[Any]]] = {
    LetterType.ORDER: OrderMessage,
    LetterType.ENQUIRY: EnquiryRequest,
    LetterType.STATUS_ASKED: Nothing,
    LetterType.ORDER_ACKNOWLEDGED: Acknowledged,
    LetterType.ORDER_ANSWERED: OrderAnswer,
    LetterType.ENQUIRY_ACKNOWLEDGED: Acknowledged,
    LetterType.ENQUIRY_ANSWERED: EnquiryAnswer,
    LetterType.STATUS_TOLD: StatusChange,
    LetterType.REJECTED: Problem,
}
"""The dataclass of each letter's data. An appeal's is read by whoever decides appeals."""


def write_letter(type_: LetterType, about: UUID, sender: str, message: Any) -> bytes:
    """The letter as JSON."""
    return encode(Letter(type_, about, sender, clock.now(), msgspec.Raw(encode(message))))


def open_letter(content: bytes) -> Letter:
    """The letter, its message still closed. BadInput where this is no letter."""
    return decode(content, Letter, "letter")


def message_in(letter: Letter, *types: type[Any]) -> Any:
    """The message of a letter, which must be one of `types`. BadInput where it is something else or cannot be read."""
    carried = CARRIES.get(letter.type)
    if carried is None or carried not in types:
        raise BadInput(Msg.LETTER_TYPE_NOT_EXPECTED_HERE, type=letter.type)
    return decode(letter.data, carried, letter.type.value)
