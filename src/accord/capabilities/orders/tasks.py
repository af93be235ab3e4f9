"""The worker's part: deliver due orders, take over the banks' answers, end what has run out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from django.db.models import Min

from accord.capabilities.claims.messages import credits_from_json
from accord.capabilities.claims.ports import Acknowledged
from accord.capabilities.delivery import call_out, lease_due
from accord.capabilities.orders import services
from accord.capabilities.orders.life_cycle import HOLDING, WAITING, State
from accord.capabilities.orders.models import Order, OrderKind
from accord.capabilities.orders.ports import (
    HoldAnswer,
    OrderMessage,
    OrderTaker,
    PaymentFacts,
    RecallAnswer,
    ReleaseAnswer,
    check_hold_answer,
)
from accord.core import clock
from accord.core.errors import AccordError, Unavailable
from accord.engine.tracing.model import Rule

BATCH: Final = 32

TakerOf = Callable[[str], OrderTaker]
"""Finds the port for an institution; raises Unavailable when there is no line to it."""

Reply = Acknowledged | RecallAnswer | HoldAnswer | ReleaseAnswer


def deliver_orders(taker_of: TakerOf, executor: Executor) -> int:
    """Send due orders, all of a batch at once, so that a slow bank delays no other; how many were sent."""
    due = lease_due(Order.objects.filter(state__in=WAITING), clock.now(), BATCH)
    if not due:
        return 0
    services.mark_sent(due)
    replies = executor.map(lambda order: call_out(order.institution, lambda: _send(order, taker_of)), due)
    for order, reply in zip(due, replies, strict=True):
        _take(order, reply)
    return len(due)


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
        return taker.release(message.order_id, message.authority)
    if order.kind == OrderKind.RECALL:
        return taker.recall(message)
    reply = taker.place_hold(message)
    if isinstance(reply, HoldAnswer):
        check_hold_answer(message, reply)
    return reply


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
    lapsing = Order.objects.filter(state__in=HOLDING).aggregate(at=Min("until"))["at"]
    return min((moment for moment in (waiting, lapsing) if moment is not None), default=None)
