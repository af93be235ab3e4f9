"""An order and what took its place: a freeze follows a stop payment, a lasting block a suspension."""

from __future__ import annotations

from uuid import UUID

from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import LIVE, State
from accord.capabilities.orders.models import Order

_NEVER_CAME_TO_BE = (State.DRAFT, State.DISCARDED, State.REFUSED)


def chain_of(order: Order) -> list[Order]:
    """The order with those that it replaced and those that replaced it, the earliest first."""
    chain = [order]
    while (earlier := chain[0].replaces) is not None:
        chain.insert(0, earlier)
    while later := chain[-1].replacements.exclude(state__in=_NEVER_CAME_TO_BE).order_by("drafted_at", "id").first():
        chain.append(later)
    return chain


def in_force(order: Order) -> Order | None:
    """What of the chain has its effect now, or is about to; None once all of it is over."""
    chain = chain_of(order)
    standing = [link for link in chain if link.is_standing]
    live = standing or [link for link in chain if link.state in LIVE]
    return live[0] if live else None


def who_ordered(order: Order) -> dict[UUID, list[str]]:
    """Everybody who drafted or approved the order, its renewals or what is in its chain → the references they did."""
    links = chain_of(order)
    renewals = Order.objects.filter(target__in=links, kind=OrderKind.RENEWAL)
    found: dict[UUID, list[str]] = {}
    for link in (*links, *renewals):
        for person in {link.drafted_by_id, link.approved_by_id} - {None}:
            assert person is not None
            found.setdefault(person, []).append(link.reference)
    return found
