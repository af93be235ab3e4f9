"""What a draft says of the person it touches: who that is, what stays free for living, from when they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import Care
from accord.capabilities.orders.regime import regime
from accord.capabilities.orders.services.drafting import locked_order
from accord.capabilities.orders.services.requests import set_delay
from accord.capabilities.people import services as people
from accord.capabilities.people.policy import Permission, require
from accord.core.errors import Conflict

if TYPE_CHECKING:
    from accord.capabilities.people.models import User


@dataclass(frozen=True, slots=True)
class HolderTerms:
    """`tell_from` None: the holder is told as soon as the order is carried out. A care leaves living costs free."""

    holder_name: str = ""
    care: Care = Care.NONE
    tell_from: datetime | None = None
    delay_reason: str = ""


@people.change
def set_holder_terms(actor: User, order_id: UUID, terms: HolderTerms) -> Order:
    """Change a draft before somebody else approves it: whoever approves it approves these terms too.

    Living costs are those of the order's regime in the currency of the account. Conflict unless it is one's own draft.
    """
    require(actor, Permission.ORDERS_DRAFT)
    order = locked_order(order_id)
    if order.state != State.DRAFT:
        raise Conflict("the order is no draft any more; what it says cannot be changed")
    if order.drafted_by_id != actor.pk:
        raise Conflict("only its drafter changes a draft; discard it, or ask the drafter")
    order.holder_name, order.care = terms.holder_name.strip()[:150], terms.care
    order.living_costs = living_costs(order.regime, order.currency, terms.care)
    order.tell_from, order.delay_reason = None, ""
    set_delay(order, terms.tell_from, terms.delay_reason)
    order.save(update_fields=["holder_name", "care", "living_costs", "tell_from", "delay_reason"])
    people.record(actor, "draft changed", subject=order.subject, obj=order, care=order.care, reason=order.delay_reason)
    return order


def living_costs(code: str, currency: str, care: Care) -> int:
    """Minor units that stay available to whom care is due, by the regime's table; 0 for everybody else."""
    return regime(code).living_costs.get(currency, 0) if care else 0
