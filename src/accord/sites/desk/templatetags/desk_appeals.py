"""{% order_appeals order %}   appeals against an order, returns of its money, whom it touches
{% care_badge appeal %}      a badge for a minor, a vulnerable person, a deceived mule
"""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accord.capabilities.orders.kinds import KEEPS_MONEY
from accord.capabilities.orders.life_cycle import LIVE, State
from accord.capabilities.orders.models import Appeal, Order
from accord.capabilities.orders.notices import TOLD_TO_HOLDER
from accord.capabilities.orders.permissions import AppealPermission, OrderPermission, ReturnPermission
from accord.capabilities.orders.ports import Care
from accord.capabilities.orders.remedies import queries as remedies
from accord.capabilities.orders.remedies.living_costs import living_costs_due
from accord.capabilities.people.policy import allowed
from accord.core.money import Money

register = template.Library()

_NOT_OUT = (State.DRAFT, State.APPROVED, State.DISCARDED, State.REFUSED)


@register.inclusion_tag("desk/_order_appeals.html", takes_context=True)
def order_appeals(context: dict[str, Any], order: Order) -> dict[str, Any]:
    """What was said against an order and what happens to its money, with what the reader may do about it."""
    actor = context["request"].user
    due = living_costs_due(order)
    told = order.kind in TOLD_TO_HOLDER
    return {
        "request": context["request"],
        "csrf_token": context.get("csrf_token"),
        "order": order,
        "appeals": remedies.appeals_of_order(actor, order.pk),
        "returns": remedies.restitutions_of_order(actor, order.pk) if order.kind in KEEPS_MONEY else [],
        "living_costs": Money(due, order.currency) if due else None,
        "appealable": told and order.state not in _NOT_OUT,
        "returnable": order.kind in KEEPS_MONEY and order.is_holding,
        "markable": told and order.state in (State.DRAFT, *LIVE) and allowed(actor, OrderPermission.DRAFT),
        "cares": Care.choices,
        "may_record": allowed(actor, AppealPermission.RECORD),
        "may_prepare": allowed(actor, ReturnPermission.PREPARE),
        "may_release": allowed(actor, OrderPermission.RELEASE),
    }


@register.simple_tag
def care_badge(marked: Appeal | Order) -> SafeString | str:
    """Whom it touches, where the ordinary path would be too hard; nothing otherwise."""
    if not marked.care:
        return ""
    return format_html('<span class="badge state state-flag">{}</span>', marked.get_care_display())
