"""What the frame of every page says of the desk: how many drafts wait for the reader."""

from __future__ import annotations

from accord.capabilities.orders import queries as orders
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed


def drafts_to_approve(user: User) -> int | None:
    """Drafts that the reader may approve; None for those who approve none."""
    return orders.drafts_to_approve(user).count() if allowed(user, OrderPermission.APPROVE) else None
