"""The worker's part: deliver due orders, take over the banks' answers, end what has run out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import msgspec
from django.db.models import Min

from accord.capabilities.claims.messages import credits_from_json
from accord.capabilities.claims.ports import Acknowledged, check_moment
from accord.capabilities.delivery import Courier, lease_due, take_together
from accord.capabilities.orders import services
from accord.capabilities.orders.life_cycle import LIVE, WAITING, State
from accord.capabilities.orders.models import Order, OrderKind
from accord.capabilities.orders.ports import (
    HoldAnswer,
    OrderMessage,
    OrderTaker,
    PaymentFacts,
    RecallAnswer,
    ReleaseAnswer,
    check_hold_answer,
    check_recall_answer,
    check_release_answer,
)
from accord.capabilities.people import services as people
from accord.core import clock
from accord.core.errors import AccordError, Unavailable
from accord.engine.tracing.model import Rule

BATCH: Final = 64

TakerOf = Callable[[str], OrderTaker]
"""Finds the port for an institution; raises Unavailable when there is no line to it."""

Reply = Acknowledged | RecallAnswer | HoldAnswer | ReleaseAnswer


OrderCourier = Courier[Order, Reply]


def send_due_orders(taker_of: TakerOf, courier: OrderCourier) -> int:
    """Send the orders that are due; how many were sent."""
    waiting = Order.objects.filter(state__in=WAITING).exclude(institution__in=courier.crowded())
    due = lease_due(waiting, clock.now(), BATCH)
    if due:
        services.mark_sent(due)
    for order in due:
        courier.send(order, partial(_send, order, taker_of))
    return len(due)


def take_order_replies(courier: OrderCourier, wait_seconds: float) -> int:
    """Take over what banks have answered; how many answers there were."""
    replies = courier.collect(wait_seconds)
    if replies:
        take_together({order.pk: (order, reply) for order, reply in replies}, _take_all, services.fail)
    return len(replies)


def message_of(order: Order) -> OrderMessage:
    """The message that an order row stands for."""
    return OrderMessage(
        order_id=UUID(str(order.pk)),
        authority=order.authority,
        institution=order.institution,
        account=order.account,
        amount=order.amount,
        currency=order.currency,
        rule=Rule(order.rule),
        until=order.until,
        credits=credits_from_json(order.credits),
        payment=msgspec.convert(order.payment, PaymentFacts) if order.payment else None,
    )


def _send(order: Order, taker_of: TakerOf) -> Reply:
    """The bank's checked reply. Runs in a thread: touches no database."""
    message = message_of(order)
    taker = taker_of(order.institution)
    if order.state == State.RELEASING:
        return _checked(message, taker.release(message.order_id, message.authority))
    if order.kind == OrderKind.RECALL:
        return _checked(message, taker.recall(message))
    return _checked(message, taker.place_hold(message))


def _checked(order: OrderMessage, reply: Reply) -> Reply:
    """The reply, unless it cannot be true; raises Nonsense."""
    if isinstance(reply, HoldAnswer):
        check_hold_answer(order, reply)
    elif isinstance(reply, RecallAnswer):
        check_recall_answer(order, reply)
    elif isinstance(reply, ReleaseAnswer):
        check_release_answer(order.institution, reply)
    else:
        check_moment(order.institution, reply.expected_at)
    return reply


@people.change
def _take_all(told: Mapping[UUID, tuple[Order, Reply | AccordError]]) -> None:
    for order, reply in told.values():
        _take(order, reply)


def _take(order: Order, reply: Reply | AccordError) -> None:
    if isinstance(reply, Acknowledged):
        services.acknowledged(order.pk, reply)
    elif isinstance(reply, HoldAnswer):
        services.hold_answered(order.pk, reply)
    elif isinstance(reply, RecallAnswer):
        services.recall_answered(order.pk, reply)
    elif isinstance(reply, ReleaseAnswer):
        services.release_answered(order.pk, reply)
    elif isinstance(reply, Unavailable):
        services.retry_later(order, str(reply))
    else:
        services.fail(order.pk, str(reply))


def next_order_due() -> datetime | None:
    """When the next order is to be sent, asked about or ended."""
    waiting = Order.objects.filter(state__in=WAITING).aggregate(at=Min("next_attempt_at"))["at"]
    lapsing = Order.objects.filter(state__in=LIVE).aggregate(at=Min("until"))["at"]
    return min((moment for moment in (waiting, lapsing) if moment is not None), default=None)
