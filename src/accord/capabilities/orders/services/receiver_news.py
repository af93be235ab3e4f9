"""What a receiver says of an order unasked, after its answer: a partner's centre, whose own orders may end or shrink."""

from __future__ import annotations

from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims import services as claims
from accord.capabilities.orders import events
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.checks import check_status
from accord.capabilities.orders.life_cycle import HOLDING, Event, next_state
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import OrderStatus
from accord.capabilities.orders.rules import renewal_due_at
from accord.capabilities.orders.services.drafting import locked_order
from accord.capabilities.orders.services.ending import end_follow_ups
from accord.capabilities.people.policy import NODE


@unit_of_work.change
def apply_unasked(order_id: UUID, status: OrderStatus, why: str) -> bool:
    """Apply how an order stands at its receiver; False where it holds nothing here (ended, or never answered).

    What is said is the whole state, so the same news twice changes nothing. More than is held here, or a later end, is
    never applied: only an order of ours makes it so. Nonsense where the news cannot be true.
    """
    order = locked_order(order_id)
    if order.state not in HOLDING:
        return False
    check_status(message_of(order), status)
    amount = min(status.amount, order.held)
    if status.ended_at is not None or amount == 0:
        _lapse(order, status, why)
    else:
        _keep(order, amount, status, why)
    events.notify([order])
    return True


def _lapse(order: Order, status: OrderStatus, why: str) -> None:
    """Nothing is kept any more: whoever has a claim to the money may propose to hold it again."""
    ended_at = status.ended_at or order.until
    order.state, order.reason = next_state(order.kind, order.state, Event.LAPSE), why
    order.ended_at, order.next_attempt_at, order.escalate_at, order.renewal_due_at = ended_at, None, None, None
    order.save(update_fields=["state", "reason", "ended_at", "next_attempt_at", "escalate_at", "renewal_due_at"])
    claims.end_share(order.pk)
    end_follow_ups(order, ended_at)
    unit_of_work.record(
        NODE,
        OrderAudit.LAPSED,
        subject=order.subject,
        obj=order,
        kind=order.kind,
        institution=order.institution,
        held=order.held,
        currency=order.currency,
        reason=why,
    )


def _keep(order: Order, amount: int, status: OrderStatus, why: str) -> None:
    """Less may be kept, or until earlier."""
    until = min(status.until, order.until)
    if amount == order.held and until == order.until:
        return
    lost = order.held - amount
    if lost:
        order.state, order.held = next_state(order.kind, order.state, Event.REDUCE), amount
    if until != order.until:
        order.until, order.renewal_due_at = until, renewal_due_at(order, order.answered_at or order.drafted_at)
    order.save(update_fields=["state", "held", "until", "renewal_due_at"])
    if lost:
        claims.confirm_share(order.pk, amount)
        unit_of_work.record(
            NODE,
            OrderAudit.REDUCED,
            subject=order.subject,
            obj=order,
            kind=order.kind,
            released=lost,
            held=amount,
            currency=order.currency,
            reason=why,
        )
