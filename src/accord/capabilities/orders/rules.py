from __future__ import annotations

from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.regime import KindRule, regime


def rule_of(order: Order) -> KindRule:
    """What the regime says of an order. A renewal stands on the rule of what it renews."""
    kind = order.target.kind if order.kind == OrderKind.RENEWAL and order.target else order.kind
    return regime(order.regime).rule(kind)
