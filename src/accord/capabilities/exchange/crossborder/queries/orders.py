"""What people may see of orders across the border: those that partners ask for, and ours at partners' centres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.services.orders import foreign_answers
from accord.capabilities.exchange.models import ForeignOrder, ForeignOrderPart, ForeignOrderState, SentOrder
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.orders import queries as order_queries
from accord.capabilities.people.policy import Actor, allowed
from accord.capabilities.people.services import note_read
from accord.core.errors import NotFound

if TYPE_CHECKING:
    from accord.capabilities.exchange.messages import OrderBody
    from accord.capabilities.orders.models import Order


@dataclass(frozen=True, slots=True)
class ForeignOrderSight:
    """A partner's order with what it asks for and our own orders behind it (those that the actor may see)."""

    row: ForeignOrder
    asks: OrderBody
    own: tuple[Order, ...]


def foreign_orders(actor: Actor) -> QuerySet[ForeignOrder]:
    """Every order that partners asked for, newest first, for those who work with partners; none for anyone else."""
    rows = ForeignOrder.objects.select_related("partner", "claim").order_by("-received_at", "pk")
    return rows if allowed(actor, ExchangePermission.READ) else rows.none()


def waiting(actor: Actor) -> QuerySet[ForeignOrder]:
    """Those that wait for an officer: to be decided, or to be confirmed before they lapse; the first due first."""
    undecided = Q(state=ForeignOrderState.PROPOSED)
    unconfirmed = Q(automatic=True, confirm_by__isnull=False, state__in=(ForeignOrderState.ORDERED, ForeignOrderState.ANSWERED))
    return foreign_orders(actor).filter(undecided | unconfirmed).order_by("confirm_by", "answer_due_at", "pk")


def foreign_order(actor: Actor, foreign_order_id: UUID) -> ForeignOrderSight:
    """One order of a partner; NotFound where there is none that the actor may see."""
    row = foreign_orders(actor).filter(pk=foreign_order_id).first()
    if row is None:
        raise NotFound(Msg.NO_SUCH_ORDER_PARTNER)
    note_read(actor, row, subject=row.claim_id)
    seen = {order.pk: order for order in order_queries.orders(actor).filter(pk__in=row.parts.values("order"))}
    own = tuple(seen[order.pk] for order in foreign_answers.own_orders(row) if order.pk in seen)
    return ForeignOrderSight(row, foreign_answers.body_of(row), own)


def asked_for_by(actor: Actor, order_ids: Sequence[UUID]) -> dict[UUID, ForeignOrder]:
    """Which of our orders a partner asked for → its order, so that a list of orders can say so."""
    parts = ForeignOrderPart.objects.filter(order__in=order_ids, foreign__in=foreign_orders(actor))
    return {part.order_id: part.foreign for part in parts.select_related("foreign__partner").order_by("pk")}


def sent_order(actor: Actor, order_id: UUID) -> SentOrder | None:
    """How an order of ours stands at a partner's centre; None where it went to none, or the actor may not see it."""
    if not allowed(actor, ExchangePermission.READ):
        return None
    return SentOrder.objects.filter(order_id=order_id).select_related("partner").first()


def sent_orders(actor: Actor, order_ids: Sequence[UUID]) -> dict[UUID, SentOrder]:
    """The same for many orders."""
    if not allowed(actor, ExchangePermission.READ):
        return {}
    return {row.order_id: row for row in SentOrder.objects.filter(order__in=order_ids).select_related("partner")}
