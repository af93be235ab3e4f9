from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from accord.capabilities.orders.kinds import RENEWABLE, OrderKind
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.regime import KindRule, regime


def rule_of(order: Order) -> KindRule:
    """What the regime says of an order. A renewal stands on the rule of what it renews."""
    kind = order.target.kind if order.kind == OrderKind.RENEWAL and order.target else order.kind
    return regime(order.regime).rule(kind)


PROMPT_BEFORE: Final = timedelta(hours=6)
"""A renewal is prompted this long before the end, or at three quarters of a shorter life."""


def renewal_due_at(order: Order, began_at: datetime) -> datetime | None:
    """When the desk is to be asked whether a standing order is renewed; None where the regime allows no renewal more."""
    if order.kind not in RENEWABLE or order.renewals >= rule_of(order).renewals:
        return None
    return max(order.until - PROMPT_BEFORE, began_at + (order.until - began_at) * 3 / 4)
