"""Port messages as they come in: refused here when they contradict themselves, before anything is written."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, Final

import msgspec

from accord.capabilities.claims.ports import Credit, EnquiryRequest
from accord.capabilities.controls.errors import Msg
from accord.capabilities.controls.models import ReceivedOrder
from accord.capabilities.controls.ports import MOST_TEXT
from accord.capabilities.orders.kinds import FOLLOWS_UP, KEEPS_MONEY, ON_MONEY, OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage
from accord.core.errors import BadInput
from accord.core.money import MAX_MINOR, exponent

MOST_CREDITS: Final = 1_000
_LENGTHS: Final = {"reference": 40, "authority": 120, "account": 128, "holder_name": 150, "identifier": 128, "currency": 3}
_NUL: Final = b"\\u0000"


def encoded(message: OrderMessage | EnquiryRequest) -> bytes:
    return msgspec.json.encode(message, order="deterministic")


def fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def check_order(order: OrderMessage, institution: str) -> bytes:
    """The order as JSON; BadInput that says what in it contradicts itself or cannot be for this bank."""
    content = _check_frame(order, order.institution, institution)
    for name, most in _LENGTHS.items():
        if len(getattr(order, name)) > most:
            raise BadInput(Msg.AT_MOST_CHARACTERS_TAKEN, most=most, where=name)
    for name in ("grounds", "legal_basis", "data_wanted", "contact", "court_reference"):
        if len(getattr(order, name)) > MOST_TEXT:
            raise BadInput(Msg.AT_MOST_CHARACTERS_TAKEN, most=MOST_TEXT, where=name)
    if not 0 <= order.amount <= MAX_MINOR or not 0 <= order.living_costs <= MAX_MINOR:
        raise BadInput(Msg.AMOUNT_OUT_OF_RANGE, most=MAX_MINOR, where="amount")
    if order.until.tzinfo is None:
        raise BadInput(Msg.TIME_DOES_NOT_SAY, where="until")
    if order.kind in FOLLOWS_UP:
        if order.target is None:
            raise BadInput(Msg.KIND_NAMES_ORDER, kind=order.kind, where="target")
    elif order.kind in ON_MONEY:
        _check_money(order)
    elif order.kind in (OrderKind.LIMIT, OrderKind.RESTRICTION) and not order.account:
        raise BadInput(Msg.KIND_NAMES_ACCOUNT, kind=order.kind, where="account")
    if order.kind is OrderKind.LIMIT and order.limits is None:
        raise BadInput(Msg.LIMIT_SAYS_WHAT_LIMITED, where="limits")
    if order.currency:
        exponent(order.currency)
    return content


def _check_money(order: OrderMessage) -> None:
    if order.amount <= 0:
        raise BadInput(Msg.ORDER_NEEDS_AMOUNT_ABOVE_0, amount=order.amount, where="amount")
    if not order.currency:
        raise BadInput(Msg.ORDER_ON_MONEY_NAMES_CURRENCY, where="currency")
    if not order.credits and order.payment is None:
        raise BadInput(Msg.ORDER_NAMES_CREDITS_STANDS, where="credits")
    if order.kind in KEEPS_MONEY and not order.account and order.payment is None:
        raise BadInput(Msg.ORDER_KEEPS_MONEY_NAMES_ACCOUNT, where="account")
    _check_credits(order.credits)


def check_enquiry(request: EnquiryRequest, institution: str) -> bytes:
    """The enquiry as JSON; BadInput that says what in it contradicts itself or cannot be for this bank."""
    content = _check_frame(request, request.institution, institution)
    if len(request.authority) > _LENGTHS["authority"]:
        raise BadInput(Msg.AT_MOST_CHARACTERS_TAKEN, most=_LENGTHS["authority"], where="authority")
    if not request.credits:
        raise BadInput(Msg.ENQUIRY_NAMES_CREDITS_ASKS_ABOUT, where="credits")
    if request.until is not None and request.until.tzinfo is None:
        raise BadInput(Msg.TIME_DOES_NOT_SAY, where="until")
    _check_credits(request.credits)
    return content


def _check_credits(credits_: tuple[Credit, ...]) -> None:
    if len(credits_) > MOST_CREDITS:
        raise BadInput(Msg.CREDITS_IN_ONE_MESSAGE, count=len(credits_), most=MOST_CREDITS, where="credits")
    for credit in credits_:
        if not 0 < credit.amount <= MAX_MINOR:
            raise BadInput(Msg.CREDIT_AMOUNT_OUT_OF_RANGE, transfer=credit.transfer[:40], amount=credit.amount, where="credits")
        if not credit.transfer or len(credit.transfer) > 128:
            raise BadInput(Msg.CREDIT_NAMES_TRANSFER_WITH_AT_MOST, where="credits")
        exponent(credit.currency)


def _check_frame(message: OrderMessage | EnquiryRequest, named: str, institution: str) -> bytes:
    if named != institution:
        raise BadInput(Msg.MESSAGE_FOR_ANOTHER, addressee=named[:64], institution=institution, where="institution")
    content = encoded(message)
    if _NUL in content:
        raise BadInput(Msg.TEXT_HOLDS_NUL_CHARACTERS)
    return content


def message_of(order: ReceivedOrder) -> OrderMessage:
    """The order as it was received."""
    return msgspec.convert(order.message, OrderMessage)


def as_carried_out(order: ReceivedOrder) -> OrderMessage:
    """What the core is asked to do: the order as received, within what the bank allowed of it. The same each time."""
    message = message_of(order)
    if order.decided_amount is not None:
        message = replace(message, amount=order.decided_amount)
    if order.decided_until is not None:
        message = replace(message, until=order.decided_until)
    return message


def answer_of(document: Any) -> OrderAnswer:
    return msgspec.convert(document, OrderAnswer)


def document_of(content: bytes) -> Any:
    """The message for a JSON column."""
    return msgspec.json.decode(content)
