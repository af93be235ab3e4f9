from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from accord.capabilities.orders.life_cycle import HOLDING, WAITING
from accord.capabilities.orders.models import Order
from accord.capabilities.people.policy import Actor
from accord.core import clock
from accord.core.errors import NotFound

EXPIRING_WITHIN: Final = timedelta(hours=6)


def orders(actor: Actor) -> QuerySet[Order]:
    """Every order the actor may see, newest first."""
    return Order.objects.visible_to(actor).select_related("claim", "approved_by")


def get(actor: Actor, order_id: UUID) -> Order:
    """One order; NotFound when there is none that the actor may see."""
    order = orders(actor).filter(pk=order_id).first()
    if order is None:
        raise NotFound("there is no such order")
    return order


def by_claims(actor: Actor, claim_ids: Sequence[UUID]) -> dict[UUID, list[Order]]:
    """The orders of each claim, oldest first."""
    found: dict[UUID, list[Order]] = {claim_id: [] for claim_id in claim_ids}
    for order in orders(actor).filter(claim_id__in=claim_ids).order_by("drafted_at", "id"):
        found[order.claim_id].append(order)
    return found


def overdue(actor: Actor) -> QuerySet[Order]:
    """Orders that a bank should have answered by now, the longest silent first."""
    return orders(actor).filter(state__in=WAITING, answer_due_at__lt=clock.now()).order_by("answer_due_at")


def expiring(actor: Actor) -> QuerySet[Order]:
    """Holds that lapse soon, the first to lapse first."""
    return orders(actor).filter(state__in=HOLDING, until__lte=clock.now() + EXPIRING_WITHIN).order_by("until")
