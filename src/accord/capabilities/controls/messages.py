"""Port messages as they come in: refused here when they contradict themselves, before anything is written."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, Final

import msgspec

from accord.capabilities.claims.ports import Credit, EnquiryRequest
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
            raise BadInput(f"at most {most} characters are taken in", where=name)
    for name in ("grounds", "legal_basis", "data_wanted", "contact", "court_reference"):
        if len(getattr(order, name)) > MOST_TEXT:
            raise BadInput(f"at most {MOST_TEXT} characters are taken in", where=name)
    if not 0 <= order.amount <= MAX_MINOR or not 0 <= order.living_costs <= MAX_MINOR:
        raise BadInput(f"an amount is 0 or more and at most {MAX_MINOR} minor units", where="amount")
    if order.until.tzinfo is None:
        raise BadInput("the time does not say in which zone it is", where="until")
    if order.kind in FOLLOWS_UP:
        if order.target is None:
            raise BadInput(f"a {order.kind} names the order that it is about", where="target")
    elif order.kind in ON_MONEY:
        _check_money(order)
    elif order.kind in (OrderKind.LIMIT, OrderKind.RESTRICTION) and not order.account:
        raise BadInput(f"a {order.kind} names an account", where="account")
    if order.kind is OrderKind.LIMIT and order.limits is None:
        raise BadInput("a limit says what is limited", where="limits")
    if order.currency:
        exponent(order.currency)
    return content


def _check_money(order: OrderMessage) -> None:
    if order.amount <= 0:
        raise BadInput(f"an order needs an amount above 0, not {order.amount}", where="amount")
    if not order.currency:
        raise BadInput("an order on money names its currency", where="currency")
    if not order.credits and order.payment is None:
        raise BadInput("an order names the credits it stands on, or the facts of the payment", where="credits")
    if order.kind in KEEPS_MONEY and not order.account and order.payment is None:
        raise BadInput("an order that keeps money names the account", where="account")
    _check_credits(order.credits)


def check_enquiry(request: EnquiryRequest, institution: str) -> bytes:
    """The enquiry as JSON; BadInput that says what in it contradicts itself or cannot be for this bank."""
    content = _check_frame(request, request.institution, institution)
    if len(request.authority) > _LENGTHS["authority"]:
        raise BadInput(f"at most {_LENGTHS['authority']} characters are taken in", where="authority")
    if not request.credits:
        raise BadInput("an enquiry names the credits that it asks about", where="credits")
    if request.until is not None and request.until.tzinfo is None:
        raise BadInput("the time does not say in which zone it is", where="until")
    _check_credits(request.credits)
    return content


def _check_credits(credits_: tuple[Credit, ...]) -> None:
    if len(credits_) > MOST_CREDITS:
        raise BadInput(f"{len(credits_)} credits in one message; at most {MOST_CREDITS} are taken in", where="credits")
    for credit in credits_:
        if not 0 < credit.amount <= MAX_MINOR:
            raise BadInput(f"the credit {credit.transfer[:40]!r} is of {credit.amount} minor units", where="credits")
        if not credit.transfer or len(credit.transfer) > 128:
            raise BadInput("a credit names its transfer with at most 128 characters", where="credits")
        exponent(credit.currency)


def _check_frame(message: OrderMessage | EnquiryRequest, named: str, institution: str) -> bytes:
    if named != institution:
        raise BadInput(f"this message is for {named[:64]}; {institution} does not answer for it", where="institution")
    content = encoded(message)
    if _NUL in content:
        raise BadInput("a text holds NUL characters; send plain text")
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
