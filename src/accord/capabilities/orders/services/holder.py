"""What a draft says of the holder it touches: the name that the bank checks, and from when the holder is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.services.drafting import locked_order
from accord.capabilities.orders.services.requests import set_delay
from accord.capabilities.people.policy import require
from accord.core.errors import Conflict

if TYPE_CHECKING:
    from accord.capabilities.people.models import User


@dataclass(frozen=True, slots=True)
class HolderTerms:
    """`tell_from` None: the holder is told as soon as the order is carried out."""

    holder_name: str = ""
    tell_from: datetime | None = None
    delay_reason: str = ""


@unit_of_work.change
def set_holder_terms(actor: User, order_id: UUID, terms: HolderTerms) -> Order:
    """Change a draft before somebody else approves it: whoever approves it approves these terms too.

    Conflict unless it is one's own draft.
    """
    require(actor, OrderPermission.DRAFT)
    order = locked_order(order_id)
    if order.state != State.DRAFT:
        raise Conflict(Msg.ORDER_NO_DRAFT_ANY_MORE)
    if order.drafted_by_id != actor.pk:
        raise Conflict(Msg.ONLY_DRAFTER_CHANGES_DRAFT)
    order.holder_name = terms.holder_name.strip()[:150]
    order.tell_from, order.delay_reason = None, ""
    set_delay(order, terms.tell_from, terms.delay_reason)
    order.save(update_fields=["holder_name", "tell_from", "delay_reason"])
    unit_of_work.record(actor, OrderAudit.DRAFT_CHANGED, subject=order.subject, obj=order, reason=order.delay_reason)
    return order
