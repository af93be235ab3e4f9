"""Orders to banks: the list, one order as a bank's lawyer reads it, its release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accord.capabilities.claims import queries as claims
from accord.capabilities.orders import queries, services
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import AWAITED, HOLDING
from accord.capabilities.orders.models import ORDER_STATES, Order
from accord.capabilities.orders.ports import PaymentFacts
from accord.capabilities.orders.regime import regime
from accord.capabilities.orders.rules import rule_of
from accord.capabilities.people import services as people_services
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import Permission, allowed, require
from accord.capabilities.reports import queries as reports
from accord.core import clock
from accord.core.clock import to_iso
from accord.sites.desk.csv_download import csv_response
from accord.sites.desk.presenters.life_cycle_picture import life_cycle_picture
from accord.sites.desk.presenters.words import REFUSALS, RULES

PAGE: Final = 50
_COLUMNS: Final = (
    "reference", "kind", "state", "claim", "institution", "account", "limit", "held", "currency", "until", "approved_at",
    "sent_at", "acknowledged_at", "answered_at", "ended_at", "refusal", "authority", "regime",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What the list is narrowed to, as the address says it. `clock` is "", "overdue" or "expiring"."""

    text: str
    state: str
    bank: str
    clock: str

    @classmethod
    def of(cls, request: HttpRequest) -> OrderFilter:
        query = request.GET
        return cls(query.get("q", "").strip(), query.get("state", ""), query.get("bank", ""), query.get("clock", ""))

    def apply(self, actor: User) -> QuerySet[Order]:
        found = {"overdue": queries.overdue, "expiring": queries.expiring}.get(self.clock, queries.orders)(actor)
        if self.text:
            found = found.filter(pk__in=queries.search(actor, self.text).order_by().values("pk"))
        if self.state:
            found = found.filter(state=self.state)
        return found.filter(institution=self.bank) if self.bank else found


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = cast("User", request.user)
    chosen = OrderFilter.of(request)
    page = Paginator(chosen.apply(actor), PAGE).get_page(request.GET.get("page"))
    now = clock.now()
    context = {
        "page": page,
        "rows": [(order, order.is_overdue(now), order.state in HOLDING) for order in page],
        "filter": chosen,
        "states": ORDER_STATES,
        "banks": queries.orders(actor).order_by("institution").values_list("institution", flat=True).distinct(),
        "overdue": queries.overdue(actor).count(),
        "expiring": queries.expiring(actor).count(),
        "refusals": REFUSALS,
    }
    return render(request, "desk/orders.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The list as chosen, all pages of it; that it was taken is on record."""
    actor = cast("User", request.user)
    require(actor, Permission.ORDERS_READ)
    found = list(OrderFilter.of(request).apply(actor))
    people_services.note_read(actor, Order, taken="orders.csv", rows=len(found))
    people_services.record(actor, "orders exported", subject=None, obj=actor, rows=len(found))
    return csv_response("orders.csv", _COLUMNS, map(_csv_row, found))


@require_GET
def show(request: HttpRequest, order_id: UUID) -> HttpResponse:
    return _order_page(request, order_id)


@require_POST
def release(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Give a hold back; the reason stays on record."""
    order = services.ask_release(cast("User", request.user), order_id, request.POST.get("reason", ""))
    messages.success(request, _("The bank is told to release %(reference)s.") % {"reference": order.reference})
    return redirect("desk:order", order_id)


@require_POST
def send_again(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Send an order once more whose answer could not be used."""
    order = services.send_again(cast("User", request.user), order_id)
    messages.success(request, _("%(reference)s is sent to the bank again.") % {"reference": order.reference})
    return redirect("desk:order", order_id)


def _order_page(request: HttpRequest, order_id: UUID) -> HttpResponse:
    actor = cast("User", request.user)
    order = queries.get(actor, order_id)
    claim = claims.get(actor, order.claim_id) if order.claim_id else None
    report_id = claim.report_id if claim else order.report_id
    context: dict[str, Any] = {
        "order": order,
        "claim": claim,
        "report": reports.by_ids(actor, [report_id]).get(report_id) if report_id else None,
        "payment": msgspec.convert(order.payment, PaymentFacts) if order.payment else None,
        "regime": regime(order.regime),
        "law": rule_of(order),
        "rule": RULES[order.rule],
        "refusal": REFUSALS.get(order.refusal, ""),
        "picture": life_cycle_picture(order),
        "overdue": order.is_overdue(clock.now()),
        "holding": order.state in HOLDING,
        "may_release": allowed(actor, Permission.ORDERS_RELEASE),
        "is_recall": order.kind == OrderKind.RECALL,
        "awaits_answer": order.state in AWAITED,
        "may_approve": allowed(actor, Permission.ORDERS_APPROVE),
    }
    return render(request, "desk/order.html", context)


def _csv_row(order: Order) -> tuple[object, ...]:
    moments = (order.until, order.approved_at, order.sent_at, order.acknowledged_at, order.answered_at, order.ended_at)
    return (
        order.reference,
        order.kind,
        order.state,
        order.claim.reference if order.claim else "",
        order.institution,
        order.account,
        order.money.decimal(),
        order.held_money.decimal(),
        order.currency,
        *(to_iso(moment) if moment else "" for moment in moments),
        order.refusal,
        order.authority,
        order.regime,
    )
