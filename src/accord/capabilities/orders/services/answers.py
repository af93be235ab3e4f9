"""What receivers answer. A second answer to the same order changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from accord.capabilities import unit_of_work
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.messages import credits_from_json, to_json
from accord.capabilities.claims.ports import Acknowledged, Credit, TransferLeg
from accord.capabilities.claims.services import FirstHold
from accord.capabilities.delivery import ask_again_at
from accord.capabilities.orders import events
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.kinds import KEEPS_MONEY, RESTRICTS, OrderKind
from accord.capabilities.orders.life_cycle import AWAITED, HOLDING, LIVE, STANDING, Event, State, next_state
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import OrderAnswer, PaymentFacts, Refusal
from accord.capabilities.orders.remedies.services import appeal_news, return_news
from accord.capabilities.orders.rules import renewal_due_at
from accord.capabilities.orders.services.decide import first_hold, first_recall
from accord.capabilities.orders.services.drafting import locked_order, locked_orders
from accord.capabilities.orders.services.ending import end_follow_ups
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.engine.tracing.model import Rule

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim


@unit_of_work.change
def acknowledged(order_id: UUID, reply: Acknowledged) -> None:
    """The receiver has the order; ask again when it expects to have carried it out."""
    order = locked_order(order_id)
    now = clock.now()
    if order.state not in AWAITED:
        return
    order.next_attempt_at, order.attempts, order.last_error = ask_again_at(now, reply.expected_at), 0, ""
    order.state = next_state(order.kind, order.state, Event.ACKNOWLEDGE)
    order.acknowledged_at = order.acknowledged_at or now
    order.save(update_fields=["state", "acknowledged_at", "next_attempt_at", "attempts", "last_error"])


def answered(order_id: UUID, answer: OrderAnswer) -> bool:
    """Apply a checked answer; False when the order awaits none (answered before, withdrawn, run out)."""
    return bool(apply_answers({order_id: answer}))


@unit_of_work.change
def apply_answers(answers: Mapping[UUID, OrderAnswer]) -> list[UUID]:
    """Apply checked answers, by order, in one change; the orders that awaited theirs.

    What is told of an order that stands by itself is applied first, all together. What is told of an order about an earlier
    one may change that one, so those follow one by one, each read afresh.
    """
    orders = locked_orders(answers.keys(), without=("message", "payment"))
    alone = [order for order in orders if order.target_id is None and order.replaces_id is None and order.state in AWAITED]
    applied = [order.pk for order in alone]
    together = _Together()
    for order in alone:
        _settle(order, answers[order.pk])
        _CONSEQUENCES[OrderKind(order.kind)](order, answers[order.pk], together)
    together.carry_out()
    events.notify(alone)
    for order in orders:
        if order.target_id is not None or order.replaces_id is not None:
            applied += _apply_follow_up(order if len(orders) == 1 else locked_order(order.pk), answers[order.pk])
    return applied


def _apply_follow_up(order: Order, answer: OrderAnswer) -> list[UUID]:
    if order.state not in AWAITED:
        return []
    _settle(order, answer)
    together = _Together()
    _CONSEQUENCES[OrderKind(order.kind)](order, answer, together)
    together.carry_out()
    events.notify([order])
    return [order.pk]


@dataclass(slots=True)
class _Together:
    """What answers lead to on the side of claims, gathered so that it is written once for all of them."""

    held: dict[UUID, int] = field(default_factory=dict)
    shortfalls: dict[UUID, int] = field(default_factory=dict)
    claims: dict[UUID, Claim] = field(default_factory=dict)
    again: list[tuple[UUID, str, str]] = field(default_factory=list)
    begun: list[FirstHold] = field(default_factory=list)

    def carry_out(self) -> None:
        """Shares first: what the plan proposes next rests on them."""
        if self.held:
            claims.confirm_shares(self.held, self.claims.values())
        for item_id, shortfall in self.shortfalls.items():
            claims.note_shortfall(item_id, shortfall)
        for claim_id, institution, account in self.again:
            claims.trace_again(NODE, claim_id, institution, account)
        if self.begun:
            claims.begin(NODE, self.begun)


_ANSWERED: Final = (
    "state",
    "held",
    "refusal",
    "reason",
    "transfer",
    "answered_at",
    "next_attempt_at",
    "last_error",
    "escalate_at",
    "until",
    "terms",
    "ended_at",
    "renewal_due_at",
)
"""Columns that an answer fills in."""


def _settle(order: Order, answer: OrderAnswer) -> None:
    """Move the order to what happened to it, with the answer on record."""
    order.state = next_state(order.kind, order.state, _event(order, answer))
    order.held, order.refusal, order.reason = answer.amount, answer.refusal or "", answer.reason
    order.transfer = answer.transfer or order.transfer
    order.answered_at, order.next_attempt_at, order.last_error, order.escalate_at = answer.answered_at, None, "", None
    if answer.until is not None and order.kind in (*KEEPS_MONEY, *RESTRICTS):
        order.until = answer.until  # never later than was ordered: checked
    if answer.traced_calls:
        order.terms = {**order.terms, "traced_calls": to_json(answer.traced_calls)}
    if order.state in (State.DONE, State.REFUSED):
        order.ended_at = answer.answered_at
    elif order.state in STANDING:
        order.renewal_due_at = renewal_due_at(order, answer.answered_at)
    order.save(update_fields=_ANSWERED)
    unit_of_work.record(
        NODE,
        OrderAudit.reached(order.state),
        subject=order.subject,
        obj=order,
        kind=order.kind,
        institution=order.institution,
        held=order.held,
        currency=order.currency,
        refusal=order.refusal,
    )


def _event(order: Order, answer: OrderAnswer) -> Event:
    if not answer.carried_out:
        return Event.REFUSE
    if order.kind in (*KEEPS_MONEY, OrderKind.RECALL):
        return Event.HOLD if answer.amount >= order.amount else Event.HOLD_PARTLY
    return Event.PUT_IN_FORCE if order.kind in RESTRICTS else Event.DO


def _after_recall(order: Order, answer: OrderAnswer, _together: _Together) -> None:
    """Stopped: the money never left. Settled: the payee's bank gets a hold for exactly that transfer."""
    settled = answer.settled
    if answer.refusal is not Refusal.ALREADY_SETTLED or settled is None or order.claim is None:
        return
    # victims may state what arrived, in another currency than what left; then the whole transfer is meant
    same = settled.currency == order.currency
    amount = min(order.amount, settled.amount) if same else settled.amount
    credit = Credit(answer.transfer, amount, settled.currency, ((0, amount),))
    payment = _payment(order)
    if same:
        payment = replace(payment, amount=amount)
    first_hold(None, order.claim, payment, (credit,), settled.payee_bank, settled.payee_account)


def _after_hold(order: Order, answer: OrderAnswer, together: _Together) -> None:
    """Book what is held, and follow what is not: the chase goes on from the transfer that the bank matched."""
    if order.replaces_id is not None:
        _replace(order, answer)
        return
    claim = order.claim
    if claim is None:
        return
    if order.plan_item_id is not None:
        together.held[order.pk], together.claims[claim.pk] = answer.amount, claim
        if answer.amount < order.amount:
            together.shortfalls[order.plan_item_id] = order.amount - answer.amount
            together.again.append((claim.pk, order.institution, order.account))
        return
    if answer.refusal in (Refusal.NO_SUCH_TRANSFER, Refusal.NO_SUCH_ACCOUNT):
        # a partner's claim began at a bank of the partner's country, which is not ours to ask
        if order.payment and not claim.origin and not _was_recalled(order):
            first_recall(None, claim, _payment(order))
    elif answer.transfer:
        together.begun.append(_first_hold(order, claim, answer))


def _replace(order: Order, answer: OrderAnswer) -> None:
    """The freeze holds: what it replaces ends in the same change, and its share of the account passes on."""
    replaced = _earlier(order.replaces_id)
    if not answer.carried_out:
        return
    # also where the earlier order was written off while this answer was out: the bank goes on holding the money
    claims.pass_on_share(replaced.pk, order.pk, answer.amount)
    if replaced.state not in HOLDING:
        return
    return_news.order_replaced(replaced, order)
    _end_replaced(replaced, order, answer)


def _end_replaced(replaced: Order, order: Order, answer: OrderAnswer) -> None:
    replaced.state = next_state(replaced.kind, replaced.state, Event.REPLACE)
    replaced.ended_at = answer.answered_at
    replaced.save(update_fields=["state", "ended_at"])
    end_follow_ups(replaced, answer.answered_at)
    unit_of_work.record(
        NODE, OrderAudit.REPLACED, subject=replaced.subject, obj=replaced, kind=replaced.kind, by=order.reference
    )


def _after_restriction(order: Order, answer: OrderAnswer, _together: _Together) -> None:
    """A lasting number block takes the place of a suspension."""
    if order.replaces_id is None or not answer.carried_out:
        return
    replaced = _earlier(order.replaces_id)
    if replaced.state == State.IN_FORCE:
        _end_replaced(replaced, order, answer)


def _after_renewal(order: Order, answer: OrderAnswer, _together: _Together) -> None:
    """The receiver keeps it longer. A refused renewal leaves the end where it was."""
    target = _earlier(order.target_id)
    if not answer.carried_out or target.state not in LIVE:
        return
    target.state = next_state(target.kind, target.state, Event.RENEW)
    target.until, target.renewals, target.renewal_prompted_at = answer.until or order.until, target.renewals + 1, None
    target.renewal_due_at = renewal_due_at(target, answer.answered_at)
    target.save(update_fields=["state", "until", "renewals", "renewal_prompted_at", "renewal_due_at"])
    unit_of_work.record(
        NODE, OrderAudit.RENEWED, subject=target.subject, obj=target, kind=target.kind, until=clock.to_iso(target.until)
    )


def _after_release(order: Order, answer: OrderAnswer, _together: _Together) -> None:
    """The bank has given money back to the holder, lifted a restriction, or withdrawn what it had not carried out yet."""
    appeal_news.release_answered(order, answer.answered_at, carried_out=answer.carried_out)
    target = _earlier(order.target_id)
    if not answer.carried_out or target.state not in LIVE:
        return
    whole = target.state not in HOLDING or order.amount >= target.held
    _give_up(target, order.amount, answer, Event.RELEASE if whole else Event.RELEASE_PARTLY)
    unit_of_work.record(
        NODE,
        OrderAudit.RELEASED if whole else OrderAudit.RELEASED_IN_PART,
        subject=target.subject,
        obj=target,
        kind=target.kind,
        released=answer.amount,
        currency=target.currency,
    )


def _after_return(order: Order, answer: OrderAnswer, _together: _Together) -> None:
    """The bank has paid a part of what it keeps to whom it belongs."""
    return_news.return_answered(order, answer.answered_at)
    target = _earlier(order.target_id)
    if not answer.carried_out or target.state not in HOLDING:
        return
    whole = answer.amount >= target.held
    _give_up(target, answer.amount, answer, Event.RETURN if whole else Event.RETURN_PARTLY)
    unit_of_work.record(
        NODE,
        OrderAudit.RETURNED if whole else OrderAudit.RETURNED_IN_PART,
        subject=target.subject,
        obj=target,
        kind=target.kind,
        returned=answer.amount,
        currency=target.currency,
    )


def _give_up(target: Order, amount: int, answer: OrderAnswer, event: Event) -> None:
    """`amount` is no longer kept under the target; its share of the account shrinks or ends with it."""
    target.state = next_state(target.kind, target.state, event)
    if target.state in HOLDING:
        target.held -= amount
        target.save(update_fields=["state", "held"])
        claims.confirm_share(target.pk, target.held)
        return
    target.ended_at, target.next_attempt_at, target.escalate_at = answer.answered_at, None, None
    target.save(update_fields=["state", "ended_at", "next_attempt_at", "escalate_at"])
    claims.end_share(target.pk)
    end_follow_ups(target, answer.answered_at)


def _nothing_more(_order: Order, _answer: OrderAnswer, _together: _Together) -> None:
    """The answer itself is all there is to it."""


_CONSEQUENCES: Final[dict[OrderKind, Callable[[Order, OrderAnswer, _Together], None]]] = {
    OrderKind.RECALL: _after_recall,
    **dict.fromkeys(KEEPS_MONEY, _after_hold),
    **dict.fromkeys(RESTRICTS, _after_restriction),
    OrderKind.TRACE_BACK: _nothing_more,
    OrderKind.RENEWAL: _after_renewal,
    OrderKind.RELEASE: _after_release,
    OrderKind.RETURN: _after_return,
}


def _earlier(order_id: UUID | None) -> Order:
    """The order that another one is about."""
    assert order_id is not None
    return locked_order(order_id)


def _first_hold(order: Order, claim: Claim, answer: OrderAnswer) -> claims.FirstHold:
    """The first hold's bank has found the payment: the claim starts there, with what the bank already told of it."""
    asked = order.institution  # which may be one of many behind a partner's place
    known = _matched_place(order, answer)
    credit = _matched_credit(order, answer)
    if known != (order.institution, order.account):
        order.institution, order.account = known
        order.save(update_fields=["institution", "account"])
    place = (order.institution, order.account, order.currency)
    return claims.FirstHold(order.pk, claim, place, answer.amount, asked, credit, answer.followed)


def _matched_credit(order: Order, answer: OrderAnswer) -> Credit:
    """The claimed units of the matched transfer: those ordered, else as many first units as the victim claims."""
    for credit in credits_from_json(order.credits):
        if credit.transfer == answer.transfer:
            return credit
    leg = _matched_leg(answer)
    if leg is not None:
        return Credit(leg.transfer, leg.amount, leg.currency, leg.intervals)
    settled = answer.settled
    if settled is None:
        return Credit(answer.transfer, order.amount, order.currency, ((0, order.amount),))
    # the whole payment is followed, as where a bank tells of it: victims round, and may state what arrived, not what left
    units = ((0, settled.amount),) if Rule(order.rule).keeps_parcels else ()
    return Credit(answer.transfer, settled.amount, settled.currency, units)


def _matched_place(order: Order, answer: OrderAnswer) -> tuple[str, str]:
    """Where the payment arrived. The victim knew an alias; from here on the account has its own name.

    A partner's centre says how it calls the place in its answers, which may be a whole bank.
    """
    leg = _matched_leg(answer)
    if leg is not None:
        return order.institution, leg.creditor
    if answer.settled is not None:
        return answer.settled.payee_bank, answer.settled.payee_account
    return order.institution, order.account


def _matched_leg(answer: OrderAnswer) -> TransferLeg | None:
    """The payment itself, among what the bank told of it."""
    told = answer.followed.flows if answer.followed else ()
    return next((leg for leg in told if leg.transfer == answer.transfer), None)


def _was_recalled(order: Order) -> bool:
    return Order.objects.filter(claim=order.claim_id, kind=OrderKind.RECALL).exists()


def _payment(order: Order) -> PaymentFacts:
    return msgspec.convert(order.payment, PaymentFacts)
