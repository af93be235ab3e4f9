"""Orders as the desk meets them under a regime that asks for two people: drafts, emergencies, holds, follow-ups."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from desk_claims_world import MULE, SECOND, Chase, chased, held

from accord.capabilities.orders import services
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import CallFacts, Limits, OrderAnswer
from accord.capabilities.orders.services import OrderFacts
from accord.core import clock

if TYPE_CHECKING:
    from accord.capabilities.people.models import User


def planned(actor: User, *accounts: str, emergency: str = "") -> list[Order]:
    """Orders for lines of a chase's plan: drafts, unless there is an emergency or one officer is enough."""
    chase = chased(actor)
    return of_plan(actor, chase, *accounts, emergency=emergency)


def of_plan(actor: User, chase: Chase, *accounts: str, emergency: str = "") -> list[Order]:
    lines = {line.account: line.pk for line in chase.claim.plan.all()}
    return services.approve_plan(actor, chase.claim.pk, [lines[account] for account in accounts or (MULE, SECOND)], emergency)


def standing(actor: User, colleague: User) -> Order:
    """A hold of 500.00 that a colleague approved and the bank confirmed."""
    (draft,) = planned(actor, SECOND)
    if draft.state == "draft":
        services.approve(colleague, [draft.pk])
    held(draft, draft.amount)
    draft.refresh_from_db()
    return draft


FACTS: dict[OrderKind, dict[str, Any]] = {
    OrderKind.LIMIT: {"account": "70-9999", "currency": "CNY", "limits": Limits(100_000, 3, 0, 120)},
    OrderKind.RESTRICTION: {"account": "70-9999"},
    OrderKind.NUMBER_BLOCK: {"number": "+8613900000009"},
    OrderKind.NUMBER_SUSPENSION: {"number": "+8613900000009"},
    OrderKind.TRACE_BACK: {
        "call": CallFacts("+8613900000009", "+8613900000001", datetime.fromisoformat("2026-03-05T03:00:00Z"))
    },
    OrderKind.PRESERVATION: {"data_wanted": "sessions of the web shop in March"},
}
"""What each kind that stands on no trace states."""


def drafted(actor: User, kind: OrderKind, **more: Any) -> Order:
    """An order of a kind that stands on no trace."""
    facts = {"institution": "NEXTBANK", "grounds": "seen in three reports", **FACTS[kind], **more}
    return services.draft_order(actor, kind, OrderFacts(**facts))


def confirmed(order: Order) -> Order:
    """The receiver carries an approved order out."""
    services.mark_sent([Order.objects.get(pk=order.pk)])
    services.answered(order.pk, OrderAnswer(clock.now(), order.amount if order.is_on_money else 0))
    order.refresh_from_db()
    return order
