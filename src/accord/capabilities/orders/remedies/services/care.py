"""The marked path of a minor, a vulnerable person or a mule who was deceived: living costs stay with them.

An order that leaves with the mark tells the bank what must stay available. One that is already out may keep it from them:
then the release of that much is proposed at once, and goes when somebody who may release approves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import KEEPS_MONEY
from accord.capabilities.orders.life_cycle import LIVE, State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.ports import Care
from accord.capabilities.orders.regime import regime
from accord.capabilities.orders.remedies.living_costs import FOR_LIVING, living_costs_due
from accord.capabilities.orders.services.drafting import locked_order
from accord.capabilities.orders.services.following import ask_release
from accord.capabilities.people.policy import Actor, require
from accord.core.errors import BadInput, Conflict

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

_MARKABLE: Final = (State.DRAFT, *LIVE)


@unit_of_work.change
def set_care(actor: User, order_id: UUID, care: str, note: str) -> Order:
    """Mark whom an order touches. The living costs of the regime are proposed at once where the order is already out."""
    require(actor, OrderPermission.DRAFT)
    if care not in [known.value for known in Care]:
        raise BadInput(Msg.UNKNOWN_CARE, where="care")
    if not note.strip():
        raise BadInput(Msg.SAY_HOW_KNOWN, where="note")
    order = locked_order(order_id)
    if order.state not in _MARKABLE:
        raise Conflict(Msg.ORDER_TOUCHES_NOBODY_ANY_MORE, state=State(order.state))
    return mark(actor, order, care, note.strip())


def mark(actor: Actor, order: Order, care: str, note: str = "") -> Order:
    """Write the mark and what the regime leaves for living costs. Call inside a change, with the order's row locked.

    What an appellant says of itself never weakens a mark that is there.
    """
    if order.state not in _MARKABLE or order.care == care:
        return order
    order.care = care
    living = regime(order.regime).living_costs.get(order.currency, 0) if order.kind in KEEPS_MONEY and care else 0
    order.living_costs = living
    order.save(update_fields=["care", "living_costs"])
    unit_of_work.record(
        actor,
        OrderAudit.CARE_NOTED,
        subject=order.subject,
        obj=order,
        care=care,
        living_costs=living,
        currency=order.currency,
        note=note,
    )
    return order


@unit_of_work.change
def release_living_costs(actor: User, order_id: UUID) -> Order:
    """Give the holder what the order should have left for living costs; the release is an order like any other."""
    require(actor, OrderPermission.RELEASE)
    order = locked_order(order_id)
    due = living_costs_due(order)
    if not due:
        raise Conflict(Msg.NOTHING_MORE_TO_BE_LEFT)
    release = ask_release(actor, order_id, "living costs of the holder", due if due < order.held else None)
    release.terms = {**release.terms, FOR_LIVING: True}
    release.save(update_fields=["terms"])
    return release


@unit_of_work.change
def decline_living_costs(actor: User, order_id: UUID, reason: str) -> Order:
    """Leave an order as it is although the holder needs care: they have what they live on elsewhere."""
    require(actor, OrderPermission.RELEASE)
    if not reason.strip():
        raise BadInput(Msg.SAY_WHAT_HOLDER_LIVES, where="reason")
    order = locked_order(order_id)
    if not living_costs_due(order):
        raise Conflict(Msg.NOTHING_MORE_TO_BE_LEFT)
    order.living_costs = 0
    order.save(update_fields=["living_costs"])
    unit_of_work.record(actor, OrderAudit.LIVING_COSTS_DECLINED, subject=order.subject, obj=order, reason=reason.strip())
    return order
