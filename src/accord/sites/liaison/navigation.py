"""What the frame of every page tells of partners: how much of theirs waits for somebody here."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accord.capabilities.exchange.crossborder.queries import foreign_enquiries, orders, requests
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import Permission, allowed


def waiting(request: HttpRequest) -> dict[str, object]:
    """`waiting_for_partners`: requests, enquiries and orders of partners that an officer must decide on; counted when shown."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not allowed(user, Permission.EXCHANGE_READ):
        return {"waiting_for_partners": None}
    return {"waiting_for_partners": SimpleLazyObject(lambda: _count(user))}


def _count(user: User) -> int:
    asked = requests.to_answer(user).count() + foreign_enquiries.waiting(user).count()
    return asked + orders.waiting(user).count()
