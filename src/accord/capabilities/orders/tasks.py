"""The worker's part: deliver due orders, take over what receivers answer, watch the clocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import Min

from accord.capabilities import unit_of_work
from accord.capabilities.claims.ports import Acknowledged, check_moment
from accord.capabilities.clocks import keep_each
from accord.capabilities.delivery import Courier, lease_due, take_together
from accord.capabilities.orders import services
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import KEEPS_MONEY
from accord.capabilities.orders.life_cycle import LIVE, WAITING
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderTaker
from accord.core import clock
from accord.core.errors import AccordError, Conflict, NotFound, Unavailable

BATCH: Final = 64

TakerOf = Callable[[str], OrderTaker]
"""Finds the port for an institution; raises Unavailable when there is no line to it."""

Reply = Acknowledged | OrderAnswer

OrderCourier = Courier[Order, Reply]


def send_due_orders(taker_of: TakerOf, courier: OrderCourier) -> int:
    """Send the orders that are due; how many were sent."""
    waiting = Order.objects.filter(state__in=WAITING).exclude(institution__in=courier.crowded())
    due = lease_due(waiting, clock.now(), BATCH)
    if due:
        services.mark_sent(due)
    for order in due:
        courier.send(order, partial(_send, message_of(order), taker_of))
    return len(due)


def take_order_replies(courier: OrderCourier, wait_seconds: float) -> int:
    """Take over what banks have answered; how many answers there were."""
    replies = courier.collect(wait_seconds)
    if replies:
        take_together({order.pk: (order, reply) for order, reply in replies}, _take_all, services.fail)
    return len(replies)


def _send(message: OrderMessage, taker_of: TakerOf) -> Reply:
    """The receiver's checked reply. Runs in a thread: what it opens of the database is closed after it."""
    taker = taker_of(message.institution)
    try:
        reply = taker.carry_out(message)
    except Conflict as conflict:
        reply = _carried_out_before(message, taker, conflict)
    _check(message, reply)
    return reply


def _carried_out_before(message: OrderMessage, taker: OrderTaker, conflict: Conflict) -> OrderAnswer:
    """The answer to an order that the receiver knows with another content.

    A node that was restored writes an order for a partner anew, under the id that it had and with a later end: what the
    receiver keeps under that id already is what counts; a status names no transfer, so it is one that the order stands on.
    Raises the conflict where it keeps nothing, or where only the receiver could say which payment it is.
    """
    status = taker.status(message.order_id) if message.kind in KEEPS_MONEY else None
    if status is None or status.ended_at is not None or status.amount <= 0 or not message.credits:
        raise conflict
    until = min(status.until, message.until)
    return OrderAnswer(clock.now(), status.amount, transfer=message.credits[0].transfer, until=until)


def _check(message: OrderMessage, reply: Reply, *, of_partner: bool = False) -> None:
    """Refuse a reply that cannot be true; raises Nonsense."""
    if isinstance(reply, OrderAnswer):
        check_order_answer(message, reply, of_partner=of_partner)
    else:
        check_moment(message.institution, reply.expected_at)


def receive(institution: str, order_id: UUID, reply: Reply) -> bool:
    """An answer that the receiver sends by itself, before it is asked again; False when the order awaits none.

    It passes the same checks as any answer. Raises NotFound where this institution has no such order, Nonsense where the
    answer cannot be true; then nothing is taken over.
    """
    if not Order.objects.filter(pk=order_id, institution=institution).exists():
        raise NotFound(Msg.NO_SUCH_ORDER_FOR_INSTITUTION)
    return take_over(order_id, reply)


def take_over(order_id: UUID, reply: Reply, *, of_partner: bool = False) -> bool:
    """The same for a reply whose sender has been found to be the order's receiver: a bank, or a partner's centre."""
    order = Order.objects.get(pk=order_id)
    _check(message_of(order), reply, of_partner=of_partner)
    if isinstance(reply, OrderAnswer):
        return services.answered(order_id, reply)
    services.acknowledged(order_id, reply)
    return True


@unit_of_work.change
def _take_all(told: Mapping[UUID, tuple[Order, Reply | AccordError]]) -> None:
    for order, reply in told.values():
        _take(order, reply)


def _take(order: Order, reply: Reply | AccordError) -> None:
    if isinstance(reply, Acknowledged):
        services.acknowledged(order.pk, reply)
    elif isinstance(reply, OrderAnswer):
        services.answered(order.pk, reply)
    elif isinstance(reply, Unavailable):
        services.retry_later(order, reply.stored())
    else:
        services.fail(order.pk, reply.stored())


def watch_clocks(now: datetime) -> int:
    """End what has run out, prompt renewals, climb contact lists; how many orders were touched."""
    return keep_each((services.expire_due, services.prompt_renewals, services.escalate_due), now)


def next_order_due() -> datetime | None:
    """When the next order is to be sent, asked about or ended."""
    waiting = Order.objects.filter(state__in=WAITING).aggregate(at=Min("next_attempt_at"))["at"]
    lapsing = Order.objects.filter(state__in=LIVE).aggregate(at=Min("until"))["at"]
    return min((moment for moment in (waiting, lapsing) if moment is not None), default=None)
