"""What the frame of every page says of partners: how much of theirs waits for somebody here."""

from __future__ import annotations

from accord.capabilities.exchange.crossborder.queries import foreign_enquiries, orders, requests
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed


def waiting_for_partners(user: User) -> int:
    """Requests, enquiries and orders of partners that an officer must decide on; 0 for those who see none of them."""
    if not allowed(user, ExchangePermission.READ):
        return 0
    asked = requests.to_answer(user).count() + foreign_enquiries.waiting(user).count()
    return asked + orders.waiting(user).count()
