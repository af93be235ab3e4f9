"""How an order comes to be: drafted, approved by whom the regime asks for, discarded, or sent in an emergency.

Where the regime is content with one officer, drafting and approving are one act. Where it asks for two, the draft waits
for somebody else. In an emergency the drafter may send it at once; that leaves a mark which a supervisor must clear.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims import services as claims
from accord.capabilities.orders import events
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.escalations import contacts_at, escalates_at
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import Event, State, next_state
from accord.capabilities.orders.messages import write_message
from accord.capabilities.orders.models import UNDER_AUTHORITY, Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.regime import Approval, KindRule, current_regime
from accord.capabilities.orders.rules import rule_of
from accord.capabilities.people.policy import NODE, Actor, require
from accord.capabilities.vocabulary import AuditAction
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound

if TYPE_CHECKING:
    from accord.capabilities.people.models import User


def write(
    order: Order, drafter: User | None, *, lasts: timedelta | None = None, emergency: str = "", standing: str = ""
) -> Order:
    """Fill in what the regime says and save the order: approved where one officer is enough, else as a draft.

    `drafter` None: carried on by the node under an earlier approval, which `covering` finds; or, at a partner's request,
    under the authority that `standing` names, which the caller has found to be verified. Call inside a change.
    """
    return write_all([order], drafter, lasts=lasts, emergency=emergency, standing=standing)[0]


def write_all(
    orders: Sequence[Order],
    drafter: User | None,
    *,
    lasts: timedelta | None = None,
    emergency: str = "",
    standing: str = "",
) -> list[Order]:
    """The same for many orders in one go."""
    rules = [_fill_in(order, drafter, lasts) for order in orders]
    for order, rule in zip(orders, rules, strict=True):
        if standing:
            order.approval = UNDER_AUTHORITY
            _mark_approved(order, None, rule)
        elif drafter is None:
            _carry_on(order, rule)
        elif order.approval == Approval.ONE_OFFICER:
            _mark_approved(order, drafter, rule)
    _set_escalation([order for order in orders if order.state == State.APPROVED])
    Order.objects.bulk_create(orders)
    for order in orders:
        if standing:
            _record(None, OrderAudit.APPROVED_UNDER_STANDING_AUTHORITY, order, authority=standing)
        else:
            action = OrderAudit.APPROVED if order.state == State.APPROVED else OrderAudit.DRAFTED
            _record(order.approved_by or drafter, action, order)
    if drafter is None or not emergency.strip():
        return list(orders)
    return [send_in_emergency(drafter, order.pk, emergency) if order.state == State.DRAFT else order for order in orders]


def _fill_in(order: Order, drafter: User | None, lasts: timedelta | None) -> KindRule:
    """What the regime says of a new draft; returns its rule."""
    rules, now = current_regime(), clock.now()
    order.regime, order.authority = rules.code, rules.authority
    rule = rule_of(order)
    order.approval = rule.approval if not rule.asks_for_two or rule.approval is Approval.COURT else Approval.TWO_OFFICERS
    if order.approval == Approval.COURT and not order.court_reference.strip():
        raise BadInput(Msg.REGIME_ASKS_FOR_COURT_DECISION, where="court reference")
    order.rule = order.rule or (order.claim.rule if order.claim else rules.tracing_rule)
    order.until = now + (lasts or rule.lasts)
    order.drafted_at, order.drafted_by = now, drafter
    order.acknowledge_due_at, order.answer_due_at = now + rule.acknowledge_within, now + rule.execute_within
    order.state = State.DRAFT
    return rule


def _carry_on(order: Order, rule: KindRule) -> None:
    """Under the first approval of the claim, if that is one the regime accepts for this order; else the draft waits."""
    first = covering(order, rule)
    order.drafted_by = first.drafted_by if first else None
    if first is not None:
        _mark_approved(order, first.approved_by, rule)


def covering(order: Order, rule: KindRule) -> Order | None:
    """The earliest approved order of the claim whose approval covers another on the same money.

    An approval by one officer covers nothing for which the regime asks for two.
    """
    approved = Order.objects.filter(claim=order.claim).exclude(approved_by=None).select_related("approved_by", "drafted_by")
    if rule.asks_for_two:
        approved = approved.exclude(approval=Approval.ONE_OFFICER)
    return approved.order_by("drafted_at", "id").first()


_APPROVED: Final = (
    "state",
    "until",
    "approved_by",
    "approved_at",
    "next_attempt_at",
    "acknowledge_due_at",
    "answer_due_at",
    "escalate_at",
    "delay_approved_by",
    "message",
)
"""Columns that an approval fills in."""


def _mark_approved(order: Order, approver: User | None, rule: KindRule) -> None:
    now = clock.now()
    order.state = next_state(order.kind, order.state, Event.APPROVE)
    if order.kind != OrderKind.RENEWAL:  # whose end is counted from the end of what it renews
        order.until += now - order.drafted_at
    _end_in_time(order)
    order.approved_by, order.approved_at, order.next_attempt_at = approver, now, now
    order.acknowledge_due_at, order.answer_due_at = now + rule.acknowledge_within, now + rule.execute_within
    if order.tell_from is not None:
        order.delay_approved_by = approver
    order.message = write_message(order)


def _set_escalation(orders: Sequence[Order]) -> None:
    """When these orders, approved just now, go to the first contact if they stay unanswered."""
    contacts = contacts_at({order.institution for order in orders}, 1)
    for order in orders:
        order.escalate_at = escalates_at(order, contacts.get(order.institution))


def _end_in_time(order: Order) -> None:
    """A partner has asked for it until a moment, and longer it never lasts; Conflict where that moment is over."""
    if ends_by := order.terms.get("ends_by"):
        order.until = min(order.until, datetime.fromisoformat(ends_by))
        if order.until <= clock.now():
            raise Conflict(Msg.PARTNER_ASKED_FOR_UNTIL, order=order.reference, time=ends_by)


def _record(actor: User | None, action: AuditAction, order: Order, **more: str) -> None:
    unit_of_work.record(
        actor or NODE,
        action,
        subject=order.subject,
        obj=order,
        kind=order.kind,
        institution=order.institution,
        account=order.account or order.identifier,
        amount=order.amount,
        currency=order.currency,
        until=clock.to_iso(order.until),
        **more,
    )


def locked_order(order_id: UUID) -> Order:
    """The order's row, locked until the end of the change; NotFound where there is none."""
    return locked_orders([order_id])[0]


def locked_orders(order_ids: Collection[UUID], without: Sequence[str] = ()) -> list[Order]:
    """The rows of these orders with their claims, by id, locked until the end of the change; NotFound where one is missing.

    Columns that are mostly not needed may be left out; they are read where they are asked for.
    """
    rows = Order.objects.select_for_update(of=("self",)).select_related("claim").filter(pk__in=set(order_ids))
    orders = list(rows.order_by("pk").defer(*without))
    if len(orders) != len(set(order_ids)):
        raise NotFound(Msg.NO_SUCH_ORDER)
    return orders


@unit_of_work.change
def approve(actor: User, order_ids: Sequence[UUID], note: str = "") -> list[Order]:
    """Approve drafts, all or none: one decision may cover a plan, each order has its own life.

    Nobody approves their own draft. Conflict names the order that cannot be approved and why.
    """
    require(actor, OrderPermission.APPROVE)
    if not order_ids:
        raise BadInput(Msg.CHOOSE_AT_LEAST_ONE_DRAFT)
    orders = locked_orders(order_ids)
    for order in orders:
        if order.drafted_by_id == actor.pk:
            raise Conflict(Msg.YOUR_OWN_DRAFT, order=order.reference)
        _mark_approved(order, actor, rule_of(order))
    _set_escalation(orders)
    for order in orders:
        order.save(update_fields=_APPROVED)
        _record(actor, OrderAudit.APPROVED, order)
        if note.strip():
            unit_of_work.record(actor, OrderAudit.APPROVAL_NOTED, subject=order.subject, obj=order, note=note.strip())
    events.notify(orders)
    return orders


@unit_of_work.change
def send_in_emergency(actor: User, order_id: UUID, reason: str) -> Order:
    """Send one's own draft at once, without a second person; the mark stays until a supervisor clears it."""
    require(actor, OrderPermission.OVERRIDE)
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_CANNOT_WAIT_FOR_SECOND, where="reason")
    order = locked_order(order_id)
    if order.approval == Approval.COURT:
        raise Conflict(Msg.COURT_ORDER_CANNOT_BE_SENT)
    _mark_approved(order, actor, rule_of(order))
    _set_escalation([order])
    order.override_reason = reason.strip()
    order.save(update_fields=[*_APPROVED, "override_reason"])
    _record(actor, OrderAudit.APPROVED, order)
    unit_of_work.record(actor, OrderAudit.OVERRIDDEN, subject=order.subject, obj=order, reason=order.override_reason)
    events.notify([order])
    return order


@unit_of_work.change
def clear_override(actor: User, order_id: UUID, note: str) -> Order:
    """A supervisor has looked at an emergency: the mark goes, what was found stays on record."""
    require(actor, OrderPermission.CLEAR)
    if not note.strip():
        raise BadInput(Msg.SAY_WHAT_YOU_FOUND, where="note")
    order = locked_order(order_id)
    if not order.needs_clearing:
        raise Conflict(Msg.NO_MARK_TO_CLEAR_ON_ORDER)
    if order.approved_by_id == actor.pk:
        raise Conflict(Msg.YOU_SENT_ORDER_YOURSELF)
    order.cleared_by, order.cleared_at, order.cleared_note = actor, clock.now(), note.strip()
    order.save(update_fields=["cleared_by", "cleared_at", "cleared_note"])
    unit_of_work.record(actor, OrderAudit.OVERRIDE_CLEARED, subject=order.subject, obj=order, note=order.cleared_note)
    return order


@unit_of_work.change
def discard(actor: User, order_id: UUID, reason: str) -> Order:
    """Throw a draft away; what it had set aside on the account is free again and may be proposed anew."""
    require(actor, OrderPermission.DRAFT)
    return throw_away(actor, order_id, reason)


def throw_away(actor: Actor, order_id: UUID, reason: str) -> Order:
    """As `discard`, for whoever has already been found to be allowed to. Call inside a change."""
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_DRAFT_DISCARDED, where="reason")
    order = locked_order(order_id)
    order.state = next_state(order.kind, order.state, Event.DISCARD)
    order.reason, order.ended_at = reason.strip(), clock.now()
    order.save(update_fields=["state", "reason", "ended_at"])
    claims.end_share(order.pk)
    unit_of_work.record(actor, OrderAudit.DISCARDED, subject=order.subject, obj=order, reason=order.reason)
    events.notify([order])
    return order
