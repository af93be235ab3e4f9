"""News of orders for later capabilities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from accord.capabilities.news import Changed

if TYPE_CHECKING:
    from uuid import UUID

    from accord.capabilities.orders.models import Order

changed: Final = Changed()
"""Orders were approved, answered, given back in part or as a whole, prolonged, or ended. For whatever capability comes next."""

changed_for_others: Final = Changed()
"""The same of orders that were written at another centre's request, which is told of it, or that are about an earlier order."""


def notify(orders: Iterable[Order]) -> None:
    """These orders have changed, and with them the orders that they are about."""
    known: set[UUID] = set()
    for_others: set[UUID] = set()
    for order in orders:
        concerned = {one for one in (order.pk, order.target_id, order.replaces_id) if one is not None}
        known |= concerned
        if order.is_for_partner or len(concerned) > 1:
            for_others |= concerned
    changed.send(known)
    changed_for_others.send(for_others)
