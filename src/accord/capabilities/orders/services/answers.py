"""What banks answer. A second answer to the same order changes nothing."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import msgspec

from accord.capabilities.claims import services as claims
from accord.capabilities.claims.messages import credits_from_json
from accord.capabilities.claims.ports import Acknowledged, Credit, TransferLeg
from accord.capabilities.delivery import ask_again_at
from accord.capabilities.orders.life_cycle import Event, State, next_state
from accord.capabilities.orders.models import Order, OrderKind
from accord.capabilities.orders.ports import HoldAnswer, PaymentFacts, RecallAnswer, Refusal, ReleaseAnswer
from accord.capabilities.orders.services.decide import first_hold, first_recall
from accord.capabilities.people import services as people
from accord.capabilities.people.policy import NODE
from accord.core import clock

_AWAITED = (State.SENT, State.ACKNOWLEDGED)


@people.change
def acknowledged(order_id: UUID, reply: Acknowledged) -> None:
    """The bank has the order; ask again when it expects to have carried it out."""
    order = _order(order_id)
    now = clock.now()
    order.next_attempt_at, order.attempts, order.last_error = ask_again_at(now, reply.expected_at), 0, ""
    if order.state in _AWAITED:
        order.state = next_state(order.state, Event.ACKNOWLEDGE)
        order.acknowledged_at = order.acknowledged_at or now
    order.save(update_fields=["state", "acknowledged_at", "next_attempt_at", "attempts", "last_error"])


@people.change
def recall_answered(order_id: UUID, answer: RecallAnswer) -> None:
    """Stopped: the money never left. Settled: the payee's bank gets a hold for exactly that transfer."""
    order = _order(order_id)
    if order.state not in _AWAITED:
        return
    _settle(order, answer.stopped, answer.refusal, "", answer.transfer, answer)
    if answer.refusal is Refusal.ALREADY_SETTLED and answer.transfer and answer.payee_bank:
        # victims may state what arrived, in another currency than what left; then the whole transfer is meant
        same = answer.currency == order.currency
        amount = min(order.amount, answer.amount) if same else answer.amount
        credit = Credit(answer.transfer, amount, answer.currency, ((0, amount),))
        payment = _payment(order)
        if same:
            payment = replace(payment, amount=amount)
        first_hold(None, order.claim, payment, (credit,), answer.payee_bank, answer.payee_account)


@people.change
def hold_answered(order_id: UUID, answer: HoldAnswer) -> None:
    """Book what is held, and follow what is not: the chase goes on from the transfer that the bank matched."""
    order = _order(order_id)
    if order.state not in _AWAITED:
        return
    _settle(order, answer.held, answer.refusal, answer.reason, answer.transfer, answer)
    if order.plan_item_id is not None:
        claims.confirm_share(order.pk, answer.held)
        if answer.held < order.amount:
            claims.note_shortfall(order.plan_item_id, order.amount - answer.held)
            claims.trace_again(NODE, order.claim_id, order.institution, order.account)
        return
    if answer.refusal in (Refusal.NO_SUCH_TRANSFER, Refusal.NO_SUCH_ACCOUNT):
        if not _was_recalled(order):
            first_recall(None, order.claim, _payment(order))
    elif answer.transfer:
        _start_chase(order, answer)


def _start_chase(order: Order, answer: HoldAnswer) -> None:
    """The first hold's bank has found the payment: the claim starts there, with what the bank already told of it."""
    credit = _matched_credit(order, answer)
    matched = _matched_leg(answer)
    if matched is not None and order.account != matched.creditor:
        order.account = matched.creditor  # the victim knew an alias; from here on the account has its own name
        order.save(update_fields=["account"])
    if answer.held:
        place = (order.institution, order.account, order.currency)
        claims.book_first(order.pk, order.claim, place, answer.held, answer.transfer, answer.followed)
    claims.start_at(NODE, order.claim_id, order.institution, credit, answer.followed)


def _matched_credit(order: Order, answer: HoldAnswer) -> Credit:
    """The claimed units of the matched transfer: those ordered, else as many first units as the victim claims."""
    for credit in credits_from_json(order.credits):
        if credit.transfer == answer.transfer:
            return credit
    leg = _matched_leg(answer)
    if leg is None:
        return Credit(answer.transfer, order.amount, order.currency, ((0, order.amount),))
    return Credit(leg.transfer, leg.amount, leg.currency, leg.intervals)


def _matched_leg(answer: HoldAnswer) -> TransferLeg | None:
    """The payment itself, among what the bank told of it."""
    told = answer.followed.flows if answer.followed else ()
    return next((leg for leg in told if leg.transfer == answer.transfer), None)


def _was_recalled(order: Order) -> bool:
    return Order.objects.filter(claim=order.claim_id, kind=OrderKind.RECALL).exists()


def _payment(order: Order) -> PaymentFacts:
    return msgspec.convert(order.payment, PaymentFacts)


def _settle(
    order: Order, held: int, refusal: Refusal | None, reason: str, transfer: str, answer: RecallAnswer | HoldAnswer
) -> None:
    """Move the order to what the bank did of it, with the answer on record."""
    event = Event.REFUSE if held == 0 else Event.HOLD if held >= order.amount else Event.HOLD_PARTLY
    order.state = next_state(order.state, event)
    order.held, order.refusal, order.reason = held, refusal or "", reason
    order.transfer = transfer
    order.answered_at, order.next_attempt_at, order.last_error = answer.answered_at, None, ""
    order.save(
        update_fields=[
            "state",
            "held",
            "refusal",
            "reason",
            "transfer",
            "answered_at",
            "next_attempt_at",
            "last_error",
        ]
    )
    people.record(
        NODE,
        f"{order.kind} {order.state}",
        subject=order.claim_id,
        obj=order,
        institution=order.institution,
        held=held,
        currency=order.currency,
        refusal=order.refusal,
    )


@people.change
def release_answered(order_id: UUID, answer: ReleaseAnswer) -> None:
    """The bank has given the money back to the holder of the account."""
    order = _order(order_id)
    if order.state != State.RELEASING:
        return
    order.state = next_state(order.state, Event.CONFIRM_RELEASE)
    order.ended_at, order.next_attempt_at, order.last_error = answer.answered_at, None, ""
    order.save(update_fields=["state", "ended_at", "next_attempt_at", "last_error"])
    claims.end_share(order.pk)
    people.record(NODE, "hold released", subject=order.claim_id, obj=order, released=answer.released, currency=order.currency)


def _order(order_id: UUID) -> Order:
    return Order.objects.select_for_update().get(pk=order_id)
