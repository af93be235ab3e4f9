"""What the worker writes down by itself: orders that left, lines that were down, clocks that ran out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef, Q, QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.claims import services as claims
from accord.capabilities.delivery import next_retry
from accord.capabilities.orders import events
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.escalations import contact_at, escalation_at
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import AWAITED, STANDING, WAITING, Event, State, next_state
from accord.capabilities.orders.models import Escalation, Order
from accord.capabilities.orders.services.ending import end_follow_ups
from accord.capabilities.people.policy import NODE
from accord.core import clock

_log = logging.getLogger(__name__)

RENEWAL_IN_DOUBT: Final = timedelta(hours=1)
"""How long after its end an order is not written off while the receiver may have renewed or replaced it: its answer is out."""

ASKED_SOON: Final = timedelta(minutes=1)
"""An order without an answer that is asked about within this is not written off before."""

AT_ONCE: Final = 200
"""Orders that end in one change; what is left over follows in the next sweep."""


@unit_of_work.change
def mark_sent(orders: Sequence[Order]) -> None:
    """Approved orders are about to leave; written before the call, so that no order leaves without a trace of it here."""
    now = clock.now()
    fresh = [order for order in orders if order.state == State.APPROVED]
    Order.objects.filter(pk__in=[order.pk for order in fresh]).update(state=State.SENT, sent_at=now)
    for order in fresh:
        order.state, order.sent_at = next_state(order.kind, order.state, Event.SEND), now
        unit_of_work.record(
            NODE, OrderAudit.SENT, subject=order.subject, obj=order, kind=order.kind, institution=order.institution
        )


def retry_later(order: Order, error: str) -> None:
    """The line is down: try again, later each time; the order stays open and shows why."""
    waiting = Order.objects.filter(pk=order.pk, state__in=WAITING)
    waiting.update(next_attempt_at=next_retry(clock.now(), order.attempts), last_error=error)


@unit_of_work.change
def fail(order_id: UUID, error: str) -> None:
    """The receiver's answer cannot be used: nothing of it is applied, the order stays open, a person must look.

    An order that was answered meanwhile stays as it is.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.state not in WAITING:
        return
    order.last_error, order.next_attempt_at = error, None
    order.save(update_fields=["last_error", "next_attempt_at"])
    unit_of_work.record(
        NODE, OrderAudit.ANSWER_UNUSABLE, subject=order.subject, obj=order, institution=order.institution, error=error
    )


def expire_due(now: datetime) -> int:
    """End orders whose time is over; the receivers end what they keep by themselves. How many ended."""
    return _on_each(due_to_end(now), partial(_expire, now=now))


def due_to_end(now: datetime) -> list[UUID]:
    """The orders that end in the next change, those that ran out first before the others."""
    return list(_run_out(now).order_by("until").values_list("pk", flat=True)[:AT_ONCE])


def _on_each(due: Sequence[UUID], act: Callable[[Sequence[UUID]], int]) -> int:
    """Act on orders in one change; where that fails, on one after the other, so that an odd row holds up no other's clock.

    How many were acted on. What stood in the way of the odd ones is raised when all others are done.
    """
    if not due:
        return 0
    try:
        return act(due)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(due) == 1:
            raise
        _log.exception("the clocks of %d orders could not be acted on together; going on one by one", len(due))
    done, problem = 0, None
    for order_id in due:
        try:
            done += act([order_id])
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - raised below
            problem = problem or error
    if problem is not None:
        raise problem
    return done


def _run_out(now: datetime) -> QuerySet[Order]:
    """Orders past their time; and those without an answer past theirs, unless they are asked after now or within a minute.

    A node that was down while a hold ran out thus still learns what was held, and where the rest went. An order that may
    have been renewed, or replaced by a freeze, is not written off before that is known, or an hour has passed.
    """
    silent = Q(state__in=WAITING) & (Q(next_attempt_at=None) | Q(next_attempt_at__gt=now + ASKED_SOON))
    renewals = Order.objects.filter(target=OuterRef("pk"), kind=OrderKind.RENEWAL, state__in=AWAITED)
    successors = Order.objects.filter(replaces=OuterRef("pk"), state__in=AWAITED)
    in_doubt = Q(until__gt=now - RENEWAL_IN_DOUBT) & (Exists(renewals) | Exists(successors))
    return Order.objects.filter(Q(state__in=STANDING) | silent, until__lte=now).exclude(in_doubt)


@unit_of_work.change
def _expire(order_ids: Sequence[UUID], now: datetime) -> int:
    orders = list(_run_out(now).select_for_update(of=("self",)).filter(pk__in=order_ids).order_by("until"))
    for order in orders:
        order.state = next_state(order.kind, order.state, Event.EXPIRE)
        order.ended_at, order.next_attempt_at, order.escalate_at, order.renewal_due_at = now, None, None, None
        unit_of_work.record(NODE, OrderAudit.EXPIRED, subject=order.subject, obj=order, kind=order.kind, held=order.held)
    Order.objects.bulk_update(orders, ["state", "ended_at", "next_attempt_at", "escalate_at", "renewal_due_at"])
    claims.end_shares([order.pk for order in orders])
    for order in orders:
        end_follow_ups(order, now)
    events.notify(orders)
    return len(orders)


@unit_of_work.change
def _prompt(order_ids: Sequence[UUID], now: datetime) -> int:
    orders = list(Order.objects.select_for_update().filter(pk__in=order_ids, state__in=STANDING, renewal_due_at__lte=now))
    for order in orders:
        order.renewal_prompted_at, order.renewal_due_at = now, None
        unit_of_work.record(
            NODE, OrderAudit.RENEWAL_PROMPTED, subject=order.subject, obj=order, until=clock.to_iso(order.until)
        )
    Order.objects.bulk_update(orders, ["renewal_prompted_at", "renewal_due_at"])
    return len(orders)


def prompt_renewals(now: datetime) -> int:
    """Mark orders that lapse soon and may still be renewed, so that the desk decides in time. How many were marked."""
    due = list(Order.objects.filter(renewal_due_at__lte=now, state__in=STANDING).values_list("pk", flat=True)[:AT_ONCE])
    return _on_each(due, partial(_prompt, now=now))


def escalate_due(now: datetime) -> int:
    """Unanswered orders go one contact up. How many did."""
    due = Order.objects.filter(escalate_at__lte=now, state__in=WAITING).order_by("escalate_at")
    return _on_each(list(due.values_list("pk", flat=True)[:AT_ONCE]), partial(_escalate, now=now))


@unit_of_work.change
def _escalate(order_ids: Sequence[UUID], now: datetime) -> int:
    return sum(_escalate_one(order_id, now) for order_id in order_ids)


def _escalate_one(order_id: UUID, now: datetime) -> int:
    order = Order.objects.select_for_update().filter(pk=order_id, escalate_at__lte=now, state__in=WAITING).first()
    if order is None:
        return 0
    step = order.escalation_step + 1
    contact = contact_at(order.institution, step)
    order.escalation_step, order.escalate_at = step, escalation_at(order, step + 1)
    if contact is None:  # the list was shortened meanwhile
        order.escalation_step, order.escalate_at = step - 1, None
    order.save(update_fields=["escalation_step", "escalate_at"])
    if contact is None:
        return 0
    Escalation.objects.create(order=order, step=step, contact_name=contact.name, contact_reach=contact.reach, at=now)
    unit_of_work.record(
        NODE, OrderAudit.ESCALATED, subject=order.subject, obj=order, institution=order.institution, step=step, to=contact.name
    )
    return 1
