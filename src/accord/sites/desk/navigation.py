"""What the frame of every page of the desk tells: how many drafts wait for the reader."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accord.capabilities.orders import queries as orders
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed


def waiting(request: HttpRequest) -> dict[str, object]:
    """`waiting_for_me`: drafts that the reader may approve; absent for those who approve none. Counted when it is shown."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not allowed(user, OrderPermission.APPROVE):
        return {"waiting_for_me": None}
    return {"waiting_for_me": SimpleLazyObject(lambda: orders.drafts_to_approve(user).count())}
