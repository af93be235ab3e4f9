"""What a receiver answers is hostile until it has passed here: an answer that cannot be true is refused whole."""

from __future__ import annotations

from typing import Final

from accord.capabilities.claims.ports import (
    Credit,
    EnquiryAnswer,
    EnquiryRequest,
    Nonsense,
    check_amount,
    check_answer,
    check_moment,
    check_name,
)
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import KEEPS_MONEY, ON_MONEY, OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus, Refusal
from accord.core.money import EXPONENTS, MAX_MINOR

MOST_REASON: Final = 2_000
MOST_CALLS: Final = 50


def check_order_answer(order: OrderMessage, answer: OrderAnswer, *, of_partner: bool = False) -> None:
    """Raise Nonsense, which says what is wrong, unless the answer can be true.

    A bank names the transfer that it holds money of. A partner's centre (`of_partner`) may hold under several orders of its
    own, of several transfers, and an agreement may keep it from naming any; what it holds is known by what it was asked.
    """
    bank = order.institution
    check_moment(bank, answer.answered_at)
    if answer.until is not None:
        check_moment(bank, answer.until)
        if answer.until > order.until:
            raise Nonsense(Msg.SAYS_LASTS_UNTIL, bank=bank, order=order.reference, until=answer.until)
    if len(answer.reason) > MOST_REASON or "\x00" in answer.reason:
        raise Nonsense(Msg.GIVES_REASON_CHARACTERS, bank=bank, count=len(answer.reason), most=MOST_REASON)
    _check_amount(order, answer)
    if answer.transfer:
        check_name(bank, "transfer", answer.transfer)
    if order.kind is OrderKind.RECALL:
        _check_recall(order, answer)
    elif order.kind in KEEPS_MONEY:
        _check_hold(order, answer, of_partner=of_partner)
    elif order.kind is OrderKind.TRACE_BACK:
        _check_traced_calls(order, answer)


def _check_amount(order: OrderMessage, answer: OrderAnswer) -> None:
    bank = order.institution
    if answer.amount < 0 or answer.amount > MAX_MINOR:
        raise Nonsense(Msg.STATES_AMOUNT, bank=bank, amount=answer.amount)
    if answer.amount and answer.refusal:
        raise Nonsense(Msg.BOTH_CARRIES_OUT_REFUSES, bank=bank, amount=answer.amount, refusal=answer.refusal)
    if answer.amount and order.kind not in ON_MONEY:
        raise Nonsense(Msg.STATES_AMOUNT_FOR, bank=bank, amount=answer.amount)
    # more than was ordered may be stopped: victims round, and a payment is stopped whole
    if order.kind is not OrderKind.RECALL and answer.amount > order.amount:
        raise Nonsense(Msg.STATES_UNDER_ORDER_LIMITED, bank=bank, amount=answer.amount, limit=order.amount)


def _check_recall(order: OrderMessage, answer: OrderAnswer) -> None:
    bank = order.institution
    if not answer.amount and not answer.refusal:
        raise Nonsense(Msg.NEITHER_STOPS_ANYTHING_NOR_SAYS_WHY, bank=bank)
    if answer.refusal is not Refusal.ALREADY_SETTLED:
        return
    check_name(bank, "transfer", answer.transfer)
    if answer.settled is None:
        raise Nonsense(Msg.SAYS_PAYMENT_SETTLED_BUT_NOT_WHERE, bank=bank)
    _check_settled(order, answer)


def _check_settled(order: OrderMessage, answer: OrderAnswer) -> None:
    bank, settled = order.institution, answer.settled
    assert settled is not None
    check_name(bank, "institution", settled.payee_bank)
    check_name(bank, "account", settled.payee_account)
    check_moment(bank, settled.time)
    check_amount(bank, Msg.PAID_BY_TRANSFER.with_(transfer=answer.transfer), settled.amount)
    if settled.currency not in EXPONENTS:
        raise Nonsense(Msg.UNKNOWN_CURRENCY, bank=bank, currency=settled.currency[:8])


def check_status(order: OrderMessage, status: OrderStatus) -> None:
    """Raise Nonsense unless what a receiver says of an order unasked can be true."""
    check_moment(order.institution, status.until)
    if status.ended_at is not None:
        check_moment(order.institution, status.ended_at)
    if not 0 <= status.amount <= order.amount:
        raise Nonsense(
            Msg.SAYS_KEEPS_UNDER_ORDER_LIMITED, institution=order.institution, amount=status.amount, limit=order.amount
        )


def _check_hold(order: OrderMessage, answer: OrderAnswer, *, of_partner: bool) -> None:
    if not answer.amount and not answer.refusal:
        raise Nonsense(Msg.NEITHER_HOLDS_ANYTHING_NOR_SAYS_WHY, institution=order.institution)
    if answer.amount and not answer.transfer and not of_partner:
        raise Nonsense(Msg.HOLDS_WITHOUT_NAMING_TRANSFER, institution=order.institution, amount=answer.amount)
    if answer.followed is not None:
        _check_followed(order, answer.transfer, answer.followed)
    if answer.settled is not None:
        _check_settled(order, answer)


def _check_followed(order: OrderMessage, transfer: str, followed: EnquiryAnswer) -> None:
    """What the bank tells of the credit must be an answer to the enquiry that the order stands for."""
    credits_ = order.credits
    if not credits_:
        named = [leg for leg in followed.flows if leg.transfer == transfer]
        if len(named) != 1:
            raise Nonsense(Msg.FOLLOWS_PAYMENT_WITHOUT_SAYING_ONCE_WHAT, institution=order.institution, transfer=transfer)
        credits_ = (Credit(transfer, named[0].amount, named[0].currency, named[0].intervals),)
    request = EnquiryRequest(order.order_id, order.authority, order.institution, credits_, order.rule)
    check_answer(request, followed)


def _check_traced_calls(order: OrderMessage, answer: OrderAnswer) -> None:
    if len(answer.traced_calls) > MOST_CALLS:
        raise Nonsense(Msg.NAMES_CALLS_FOR_ONE, institution=order.institution, count=len(answer.traced_calls), most=MOST_CALLS)
    for call in answer.traced_calls:
        check_name(order.institution, "institution", call.handed_over_by)
        check_moment(order.institution, call.time)
