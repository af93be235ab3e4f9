from __future__ import annotations

from datetime import datetime

from accord.capabilities import unit_of_work
from accord.capabilities.orders import events
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import WAITING, Event, State, next_state
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.remedies.services import appeal_news
from accord.capabilities.people.policy import NODE


def end_follow_ups(target: Order, at: datetime) -> None:
    """What was still asked about an order that is over is over too: there is nothing left to release or to renew."""
    appeal_news.order_ended(target, at)
    if target.kind == OrderKind.RELEASE and target.target is not None:
        appeal_news.release_lapsed(target, target.target, at)
    ended = list(target.follow_ups.select_for_update().filter(state__in=(State.DRAFT, *WAITING)))
    for order in ended:
        event = Event.DISCARD if order.state == State.DRAFT else Event.EXPIRE
        order.state, order.ended_at, order.next_attempt_at = next_state(order.kind, order.state, event), at, None
        order.escalate_at = None
        order.save(update_fields=["state", "ended_at", "next_attempt_at", "escalate_at"])
        unit_of_work.record(NODE, OrderAudit.reached(order.state), subject=order.subject, obj=order, kind=order.kind)
        if order.kind == OrderKind.RELEASE:
            appeal_news.release_lapsed(order, target, at)
    if ended:
        events.notify(ended)
