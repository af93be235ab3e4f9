"""The worker's part: deliver due orders, apply what receivers answer, watch the clocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims import territory
from accord.capabilities.claims.ports import Acknowledged, Nonsense, check_moment
from accord.capabilities.clocks import keep_each
from accord.capabilities.delivery import Courier, call_out, lease_due, take_together
from accord.capabilities.jobs import Clock, Dispatch, attempts, earliest
from accord.capabilities.orders import services
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import KEEPS_MONEY
from accord.capabilities.orders.life_cycle import LIVE, STANDING, WAITING
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import UNDECIDED, UNRELEASED, Order
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderTaker, OutboxTaker
from accord.capabilities.orders.remedies.services.appeals import appeals_overdue, unheard
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
    sent = _send_through_outbox([order for order in due if territory.is_abroad(order.institution)], taker_of)
    for order in due:
        if order.pk not in sent:
            courier.send(order, partial(_send, message_of(order), taker_of))
    return len(due)


def _send_through_outbox(orders: Sequence[Order], taker_of: TakerOf) -> set[UUID]:
    """Send to partners' centres, which get orders through rows of ours: all orders to one in one change, so that they leave in
    one batch. Returns the orders that were dealt with; the others are sent by themselves."""
    replies: dict[UUID, tuple[Order, Reply | AccordError]] = {}
    for institution in dict.fromkeys(order.institution for order in orders):
        some = [order for order in orders if order.institution == institution]
        got = call_out(institution, partial(_carry_out_all, some, taker_of))
        if isinstance(got, AccordError) or not got:
            continue
        for order, reply in zip(some, got, strict=True):
            if not isinstance(reply, Conflict):
                replies[order.pk] = order, reply
    if replies:
        take_together(replies, _take_all, services.fail)
    return set(replies)


def _carry_out_all(orders: Sequence[Order], taker_of: TakerOf) -> Sequence[Acknowledged | AccordError]:
    """The receiver's replies; none where it cannot be sent to so."""
    taker = taker_of(orders[0].institution)
    return taker.carry_out_all([message_of(order) for order in orders]) if isinstance(taker, OutboxTaker) else ()


def take_order_replies(courier: OrderCourier, wait_seconds: float) -> int:
    """Apply what banks have answered; how many answers there were."""
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
    answer cannot be true; then nothing is applied.
    """
    order = Order.objects.filter(pk=order_id, institution=institution).first()
    if order is None:
        raise NotFound(Msg.NO_SUCH_ORDER_FOR_INSTITUTION)
    _check(message_of(order), reply)
    if isinstance(reply, OrderAnswer):
        return services.answered(order_id, reply)
    services.acknowledged(order_id, reply)
    return True


def apply_all(replies: Mapping[UUID, Reply]) -> None:
    """Apply what a partner's centre says of orders that it was asked for. Call inside a change.

    What cannot be true spoils its own order alone: that stays open, and a person must look.
    """
    orders = Order.objects.in_bulk(list(replies))
    answers: dict[UUID, OrderAnswer] = {}
    for order_id, reply in replies.items():
        try:
            _check(message_of(orders[order_id]), reply, of_partner=True)
        except Nonsense as error:
            services.fail(order_id, error.stored())
            continue
        if isinstance(reply, OrderAnswer):
            answers[order_id] = reply
        else:
            services.acknowledged(order_id, reply)
    if answers:
        services.apply_answers(answers)


@unit_of_work.change
def _take_all(told: Mapping[UUID, tuple[Order, Reply | AccordError]]) -> None:
    answers = {order_id: reply for order_id, (_, reply) in told.items() if isinstance(reply, OrderAnswer)}
    if answers:
        services.apply_answers(answers)
    for order, reply in told.values():
        if not isinstance(reply, OrderAnswer):
            _note(order, reply)


def _note(order: Order, reply: Acknowledged | AccordError) -> None:
    if isinstance(reply, Acknowledged):
        services.acknowledged(order.pk, reply)
    elif isinstance(reply, Unavailable):
        services.retry_later(order, reply.stored())
    else:
        services.fail(order.pk, reply.stored())


class SendsOrders(Protocol):
    """What a node needs outside to send orders."""

    @property
    def taker_of(self) -> TakerOf: ...


def _dispatch(outside: SendsOrders, courier: OrderCourier) -> int:
    return send_due_orders(outside.taker_of, courier)


CLOCKS: Final = (
    Clock("ends of orders", services.expire_due, (earliest(Order.objects.all, "until", states=LIVE),)),
    Clock(
        "renewals of orders",
        services.prompt_renewals,
        (earliest(lambda: Order.objects.filter(state__in=STANDING), "renewal_due_at"),),
    ),
    Clock(
        "escalations of orders",
        services.escalate_due,
        (earliest(lambda: Order.objects.filter(state__in=WAITING), "escalate_at"),),
    ),
    Clock(
        "appeals",
        appeals_overdue,
        (
            earliest(lambda: unheard().filter(state__in=UNDECIDED), "due_at"),
            earliest(lambda: unheard().filter(state__in=UNRELEASED), "release_due_at"),
        ),
    ),
)

DISPATCHES: Final = (
    Dispatch(
        "orders",
        send=_dispatch,
        take=take_order_replies,
        line_of=lambda order: str(order.institution),
        looks=attempts(lambda: Order.objects.filter(state__in=WAITING)),
        rank=20,
    ),
)


def watch_clocks(now: datetime) -> int:
    """Act on every clock of orders that has run out by `now`; on how many rows. The worker does so clock by clock."""
    return keep_each((each.run for each in CLOCKS), now)
