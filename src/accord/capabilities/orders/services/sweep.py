"""What the worker writes down by itself: orders that left, lines that were down, holds whose time is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accord.capabilities.claims import services as claims
from accord.capabilities.delivery import LEASE, next_retry
from accord.capabilities.orders.life_cycle import HOLDING, WAITING, Event, State, next_state
from accord.capabilities.orders.models import Order
from accord.capabilities.people import services as people
from accord.capabilities.people.policy import NODE
from accord.core import clock


@people.change
def mark_sent(orders: Sequence[Order]) -> None:
    """Approved orders are about to leave; written before the call, so that no order leaves without a trace of it here."""
    now = clock.now()
    fresh = [order for order in orders if order.state == State.APPROVED]
    sent = next_state(State.APPROVED, Event.SEND)
    Order.objects.filter(pk__in=[order.pk for order in fresh]).update(state=sent, sent_at=now)
    for order in fresh:
        order.state, order.sent_at = sent, now
        people.record(NODE, f"{order.kind} sent", subject=order.claim_id, obj=order, institution=order.institution)


def retry_later(order: Order, error: str) -> None:
    """The line is down: try again, later each time; the order stays open and shows why."""
    waiting = Order.objects.filter(pk=order.pk, state__in=WAITING)
    waiting.update(next_attempt_at=next_retry(clock.now(), order.attempts), last_error=error)


@people.change
def fail(order_id: UUID, error: str) -> None:
    """The bank's answer cannot be used: nothing of it is taken over, the order stays open, a person must look.

    An order that was answered meanwhile stays as it is.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.state not in WAITING:
        return
    order.last_error, order.next_attempt_at = error, None
    order.save(update_fields=["last_error", "next_attempt_at"])
    people.record(NODE, "answer unusable", subject=order.claim_id, obj=order, institution=order.institution, error=error)


def expire_due(now: datetime) -> int:
    """End every order whose time is over; the banks lift their holds by themselves. How many ended."""
    due = _run_out(now).values_list("pk", flat=True)
    return sum(_expire(order_id, now) for order_id in list(due))


def _run_out(now: datetime) -> QuerySet[Order]:
    """Holds past their time; and orders without an answer past theirs, unless they are asked after now or within a minute.

    A node that was down while a hold ran out thus still learns what was held, and where the rest went.
    """
    silent = Q(state__in=WAITING) & (Q(next_attempt_at=None) | Q(next_attempt_at__gt=now + LEASE))
    return Order.objects.filter(Q(state__in=(*HOLDING, State.RELEASING)) | silent, until__lte=now)


@people.change
def _expire(order_id: UUID, now: datetime) -> int:
    order = _run_out(now).select_for_update().filter(pk=order_id).first()
    if order is None:
        return 0
    order.state, order.ended_at, order.next_attempt_at = next_state(order.state, Event.EXPIRE), now, None
    order.save(update_fields=["state", "ended_at", "next_attempt_at"])
    claims.end_share(order.pk)
    people.record(NODE, f"{order.kind} expired", subject=order.claim_id, obj=order, held=order.held)
    return 1
