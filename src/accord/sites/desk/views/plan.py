"""Decisions on the lines of a hold plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accord.capabilities.claims import queries as claims
from accord.capabilities.claims import services
from accord.capabilities.claims.models import PlanAction
from accord.capabilities.orders.errors import Msg as OrdersMsg
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.regime import current_regime
from accord.capabilities.orders.services import approve_plan
from accord.capabilities.people.models import User
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.money import Money
from accord.sites.desk.errors import Msg
from accord.sites.desk.views.claims import claim_page
from accord.web.wording import message_of

if TYPE_CHECKING:
    from accord.capabilities.claims.models import PlanItem
    from accord.capabilities.orders.models import Order

REASON_LENGTH = 2_000

_DECISIONS = {"dismiss": None, "hold": PlanAction.HOLD, "enquire": PlanAction.ENQUIRE}


@require_POST
def approve(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """First show what would leave, then, once confirmed, let it leave."""
    actor = cast("User", request.user)
    try:
        items = _chosen(request)
        if "confirmed" not in request.POST:
            return _confirmation(request, claim_id, items)
        orders = approve_plan(actor, claim_id, items, _emergency(request))
    except (Conflict, NotFound) as error:
        return claim_page(request, claim_id, _("Nothing was sent. %(why)s") % {"why": message_of(error)}, status=409)
    messages.success(request, _told(orders, len(items)))
    return redirect("desk:claim", claim_id)


@require_POST
def decide(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Dismiss a line, or change it from hold to enquiry or back; the reason stays on record."""
    decision = request.POST.get("action", "")
    if decision not in _DECISIONS:
        raise BadInput(Msg.CHOOSE_WHAT_TO_DO_WITH_LINE, where="action")
    item = services.decide_item(cast("User", request.user), item_id, _DECISIONS[decision], request.POST.get("reason", ""))
    messages.success(request, _("Noted: %(account)s.") % {"account": item.account})
    return redirect("desk:claim", item.claim_id)


@require_POST
def done(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """The action on an exit was carried out; the note says how."""
    item = services.mark_done(cast("User", request.user), item_id, request.POST.get("reason", ""))
    messages.success(request, _("Noted as done: %(action)s.") % {"action": item.get_action_display()})
    return redirect("desk:claim", item.claim_id)


def _emergency(request: HttpRequest) -> str:
    """Why the orders cannot wait for a second person; empty where they can. BadInput where no reason is given."""
    if "at_once" not in request.POST:
        return ""
    reason = request.POST.get("emergency", "").strip()
    if not reason:
        raise BadInput(OrdersMsg.SAY_WHY_CANNOT_WAIT_FOR_SECOND, where="reason")
    return reason[:REASON_LENGTH]


def _chosen(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(text) for text in request.POST.getlist("item")]
    except ValueError as error:
        raise BadInput(Msg.NOT_A_LINE_OF_PLAN) from error


def _confirmation(request: HttpRequest, claim_id: UUID, chosen: Sequence[UUID]) -> HttpResponse:
    """What the officer is about to order, as a dialog's content for htmx and as a page without it."""
    if not chosen:
        raise BadInput(OrdersMsg.CHOOSE_AT_LEAST_ONE_LINE_PLAN)
    items = [item for item in claims.plan(cast("User", request.user), claim_id) if item.pk in chosen]
    if len(items) != len(set(chosen)) or any(item.state != "proposed" for item in items):
        raise Conflict(Msg.SOME_THESE_LINES_DECIDED_WITHDRAWN_MEANWHILE)
    holds = [item for item in items if item.action == PlanAction.HOLD]
    regime = current_regime()
    context = {
        "claim": claims.get(cast("User", request.user), claim_id),
        "items": items,
        "holds": holds,
        "questions": [item for item in items if item.action == PlanAction.ENQUIRE],
        "totals": totals_of(holds),
        "law": regime.rule(regime.plan_order),
    }
    template = "desk/_plan_confirm.html" if request.headers.get("HX-Request") == "true" else "desk/plan_confirm.html"
    return render(request, template, context)


def totals_of(items: Sequence[PlanItem] | Sequence[Order]) -> list[Money]:
    """What lines or orders come to in each currency."""
    sums: dict[str, int] = {}
    for item in items:
        sums[item.currency] = sums.get(item.currency, 0) + item.amount
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]


def _told(orders: Sequence[Order], chosen: int) -> str:
    """What left, in one sentence; lines on which nothing was left to hold fall away."""
    total = ", ".join(map(str, totals_of(orders)))
    if not orders:
        return _("No hold left the desk: the banks are asked first, or nothing was left to hold.")
    if orders[0].state == State.DRAFT:
        text = ngettext(
            "%(count)d hold waits for a colleague’s approval: %(total)s.",
            "%(count)d holds wait for a colleague’s approval: %(total)s.",
            len(orders),
        )
    else:
        text = ngettext("%(count)d hold is on its way: %(total)s.", "%(count)d holds are on their way: %(total)s.", len(orders))
    others = chosen - len(orders)
    rest = ngettext(" %(count)d other line is asked about first.", " %(count)d other lines are asked about first.", others)
    return text % {"count": len(orders), "total": total} + (rest % {"count": others} if others else "")
