from __future__ import annotations

from typing import Final

from django.db.models import Q

from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import WAITING, State
from accord.capabilities.orders.models import Order

FOR_LIVING: Final = "for_living"
"""Key in the terms of a release that gives living costs back."""


def living_costs_due(order: Order) -> int:
    """Minor units that the order keeps although they should be left for living costs; 0 where the bank knew, or gave them.

    A bank that got the amount with the order has left it available. What has been released for living costs, or is on its
    way, is not due again.
    """
    if not order.is_holding or not order.living_costs:
        return 0
    releases = order.follow_ups.filter(kind=OrderKind.RELEASE)
    if releases.filter(state__in=(State.DRAFT, *WAITING), amount__gte=order.held).exists():
        return 0  # all of it is about to be free
    told = (order.message or {}).get("living_costs", 0)
    given = releases.filter(**{f"terms__{FOR_LIVING}": True})
    gone = given.exclude(Q(state=State.REFUSED) | Q(state=State.EXPIRED) | Q(state=State.DISCARDED))
    released = sum(gone.values_list("amount", flat=True))
    return int(max(0, min(order.living_costs - told - released, order.held)))
