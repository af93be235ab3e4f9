"""Orders about earlier orders: give back, prolong, replace; and an order sent once more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims import services as claims
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import KEEPS_MONEY, RENEWABLE, OrderKind
from accord.capabilities.orders.life_cycle import AWAITED, HOLDING, STANDING, State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.regime import regime
from accord.capabilities.orders.rules import rule_of
from accord.capabilities.orders.services.drafting import locked_order, write
from accord.capabilities.people.policy import require
from accord.core import clock
from accord.core.errors import BadInput, Conflict
from accord.core.wording import Messages

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

OPEN = (State.DRAFT, State.APPROVED, *AWAITED)


@unit_of_work.change
def send_again(actor: User, order_id: UUID) -> Order:
    """Send an order once more whose answer could not be used; the receiver knows it by its id and does nothing twice."""
    require(actor, OrderPermission.APPROVE)
    order = locked_order(order_id)
    if not order.is_stuck:
        raise Conflict(Msg.ORDER_NOT_WAITING_FOR_PERSON)
    order.next_attempt_at, order.answer_due_at = clock.now(), clock.now() + rule_of(order).execute_within
    order.save(update_fields=["next_attempt_at", "answer_due_at"])
    unit_of_work.record(actor, OrderAudit.SENT_AGAIN, subject=order.subject, obj=order, institution=order.institution)
    return order


@unit_of_work.change
def ask_release(actor: User, order_id: UUID, reason: str, amount: int | None = None) -> Order:
    """Give back what an order keeps, or `amount` of it (minor units), or lift what it restricts; the release is an order.

    The plan does not propose again what is given back. Where the answer is still out, the order is withdrawn.
    """
    require(actor, OrderPermission.RELEASE)
    return give_back(actor, order_id, reason, amount)


def give_back(actor: User | None, order_id: UUID, reason: str, amount: int | None = None, *, standing: str = "") -> Order:
    """As `ask_release`, for whoever has already been found to be allowed to. Call inside a change.

    A renewal under way keeps nobody from being released: its confirmation finds nothing left to prolong. `actor` None: at a
    partner's request under the authority `standing`; then the plan may propose the money again, should the partner ask again.
    """
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_HOLD_RELEASED, where="reason")
    target = locked_order(order_id)
    _refuse_unless(target, (*STANDING, *AWAITED), Msg.RELEASED, beside=OrderKind.RENEWAL)
    if target.kind == OrderKind.RECALL:
        raise Conflict(Msg.RECALL_HOLDS_NOTHING_ON_ACCOUNT)
    given_back = _amount_of_release(target, amount)
    release = write(about(target, OrderKind.RELEASE, given_back, reason), actor, standing=standing)
    release.answer_due_at = clock.now() + regime(target.regime).rule(target.kind).release_within
    release.save(update_fields=["answer_due_at"])
    if actor is not None and target.kind in KEEPS_MONEY and given_back and target.claim is not None:
        claims.rule_out(actor, target.claim, (target.institution, target.account, target.currency), given_back, reason)
    return release


def _amount_of_release(target: Order, amount: int | None) -> int:
    if target.kind not in KEEPS_MONEY:
        if amount is not None:
            raise BadInput(Msg.ONLY_ORDER_KEEPS_MONEY_CAN_BE, where="amount")
        return 0
    kept = target.held if target.state in HOLDING else target.amount
    if amount is None:
        return kept
    if target.state not in HOLDING:
        raise Conflict(Msg.BANK_NOT_ANSWERED_YET)
    if not 0 < amount <= kept:
        raise BadInput(Msg.RELEASE_MORE_THAN_0_AT_MOST, count=kept, where="amount")
    return amount


@unit_of_work.change
def renew(actor: User, order_id: UUID, reason: str, emergency: str = "") -> Order:
    """Ask to prolong an order before it lapses, as often as its regime allows. It lapses as before unless this is confirmed."""
    require(actor, OrderPermission.DRAFT)
    return prolong(actor, order_id, reason, emergency=emergency)


def prolong(
    actor: User | None,
    order_id: UUID,
    reason: str,
    *,
    emergency: str = "",
    standing: str = "",
    ends_by: datetime | None = None,
) -> Order:
    """As `renew`, for whoever has already been found to be allowed to; at the latest until `ends_by`. Call inside a change."""
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_ORDER_MUST_LAST_LONGER, where="reason")
    target = locked_order(order_id)
    _refuse_unless(target, STANDING, Msg.RENEWED)
    rule = rule_of(target)
    if target.kind not in RENEWABLE or target.renewals >= rule.renewals:
        raise Conflict(Msg.REGIME_ALLOWS_RENEWALS_USED, cap=rule.renewals, used=target.renewals)
    renewal = about(target, OrderKind.RENEWAL, target.held, reason)
    if ends_by is not None:
        renewal.terms = {"ends_by": clock.to_iso(ends_by)}
    span = _renewed_span(target, rule.renewal_lasts)
    return write(renewal, actor, lasts=span, emergency=emergency, standing=standing)


def _renewed_span(target: Order, more: timedelta) -> timedelta:
    """From now to the new end: a renewal is counted from the end of what it renews, not from today."""
    return target.until - clock.now() + more


@unit_of_work.change
def freeze(actor: User, order_id: UUID, reason: str, court_reference: str = "", emergency: str = "") -> Order:
    """Replace a stop payment or hold by a freeze of the same money: the bank ends the one when it confirms the other."""
    require(actor, OrderPermission.DRAFT)
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_MONEY_FROZEN, where="reason")
    replaced = locked_order(order_id)
    _refuse_unless(replaced, HOLDING, Msg.REPLACED_BY_A_FREEZE, also=replaced.replacements.filter(state__in=OPEN).exists())
    if replaced.kind not in KEEPS_MONEY or replaced.kind == OrderKind.FREEZE:
        raise Conflict(Msg.ONLY_STOP_PAYMENT_HOLD_CAN)
    order = Order(
        kind=OrderKind.FREEZE,
        claim=replaced.claim,
        report=replaced.report,
        replaces=replaced,
        institution=replaced.institution,
        account=replaced.account,
        holder_name=replaced.holder_name,
        amount=replaced.held,
        currency=replaced.currency,
        rule=replaced.rule,
        credits=replaced.credits,
        payment=replaced.payment,
        transfer=replaced.transfer,
        court_reference=court_reference.strip(),
        grounds=reason.strip(),
        care=replaced.care,
        living_costs=replaced.living_costs,
    )
    return write(order, actor, emergency=emergency)


def about(target: Order, kind: OrderKind, amount: int, grounds: str) -> Order:
    """An unsaved order about an earlier one, to the same receiver."""
    return Order(
        kind=kind,
        claim=target.claim,
        report=target.report,
        target=target,
        institution=target.institution,
        account=target.account,
        holder_name=target.holder_name,
        identifier=target.identifier,
        amount=amount,
        currency=target.currency,
        rule=target.rule,
        grounds=grounds.strip(),
    )


def _refuse_unless(
    target: Order, states: tuple[State, ...], done: Messages, *, also: bool = False, beside: OrderKind | None = None
) -> None:
    """Conflict unless the target is in one of the states and no other order about it is open, those `beside` left aside."""
    if target.state not in states:
        raise Conflict(Msg.STATE_FORBIDS_FOLLOW_UP, state=State(target.state), event=done)
    if also or target.follow_ups.filter(state__in=OPEN).exclude(kind=beside).exists():
        raise Conflict(Msg.ANOTHER_ORDER_ABOUT_STILL_OPEN)
