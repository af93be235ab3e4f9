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
            raise Nonsense(f"{bank} says that {order.reference} lasts until {answer.until}, longer than was ordered")
    if len(answer.reason) > MOST_REASON or "\x00" in answer.reason:
        raise Nonsense(f"{bank} gives a reason of {len(answer.reason)} characters; at most {MOST_REASON} are taken over")
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
        raise Nonsense(f"{bank} states the amount {answer.amount}")
    if answer.amount and answer.refusal:
        raise Nonsense(f"{bank} both carries out {answer.amount} and refuses ({answer.refusal})")
    if answer.amount and order.kind not in ON_MONEY:
        raise Nonsense(f"{bank} states an amount ({answer.amount}) for an order that is not about money")
    # more than was ordered may be stopped: victims round, and a payment is stopped whole
    if order.kind is not OrderKind.RECALL and answer.amount > order.amount:
        raise Nonsense(f"{bank} states {answer.amount} under an order limited to {order.amount}")


def _check_recall(order: OrderMessage, answer: OrderAnswer) -> None:
    bank = order.institution
    if not answer.amount and not answer.refusal:
        raise Nonsense(f"{bank} neither stops anything nor says why not")
    if answer.refusal is not Refusal.ALREADY_SETTLED:
        return
    check_name(bank, "transfer", answer.transfer)
    if answer.settled is None:
        raise Nonsense(f"{bank} says that the payment has settled but not where it went")
    _check_settled(order, answer)


def _check_settled(order: OrderMessage, answer: OrderAnswer) -> None:
    bank, settled = order.institution, answer.settled
    assert settled is not None
    check_name(bank, "institution", settled.payee_bank)
    check_name(bank, "account", settled.payee_account)
    check_moment(bank, settled.time)
    check_amount(bank, f"was paid by transfer {answer.transfer}", settled.amount)
    if settled.currency not in EXPONENTS:
        raise Nonsense(f"{bank} names the currency {settled.currency[:8]!r}, which does not exist")


def check_status(order: OrderMessage, status: OrderStatus) -> None:
    """Raise Nonsense unless what a receiver says of an order unasked can be true."""
    check_moment(order.institution, status.until)
    if status.ended_at is not None:
        check_moment(order.institution, status.ended_at)
    if not 0 <= status.amount <= order.amount:
        raise Nonsense(f"{order.institution} says that it keeps {status.amount} under an order limited to {order.amount}")


def _check_hold(order: OrderMessage, answer: OrderAnswer, *, of_partner: bool) -> None:
    if not answer.amount and not answer.refusal:
        raise Nonsense(f"{order.institution} neither holds anything nor says why not")
    if answer.amount and not answer.transfer and not of_partner:
        raise Nonsense(f"{order.institution} holds {answer.amount} without naming the transfer")
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
            raise Nonsense(f"{order.institution} follows a payment without saying once what it was ({transfer!r})")
        credits_ = (Credit(transfer, named[0].amount, named[0].currency, named[0].intervals),)
    request = EnquiryRequest(order.order_id, order.authority, order.institution, credits_, order.rule)
    check_answer(request, followed)


def _check_traced_calls(order: OrderMessage, answer: OrderAnswer) -> None:
    if len(answer.traced_calls) > MOST_CALLS:
        raise Nonsense(
            f"{order.institution} names {len(answer.traced_calls)} calls for one; at most {MOST_CALLS} are taken over"
        )
    for call in answer.traced_calls:
        check_name(order.institution, "institution", call.handed_over_by)
        check_moment(order.institution, call.time)
