"""Orders: the list, those that wait for a second person, one order as a bank's lawyer reads it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.crossborder.queries import orders as exchange_orders
from accord.capabilities.orders import queries
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.rules import rule_of
from accord.capabilities.people import services as people
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import require
from accord.core import clock
from accord.core.clock import to_iso
from accord.core.errors import NotFound
from accord.sites.common.csv_download import csv_response
from accord.sites.common.requests import officer, page_of
from accord.sites.common.words import REFUSALS
from accord.sites.desk.errors import Msg
from accord.sites.desk.presenters.order_page import OrderPage

_CLOCKS: Final = {
    "overdue": queries.overdue,
    "escalated": queries.escalated,
    "expiring": queries.expiring,
    "renewals": queries.renewals_to_decide,
    "marks": queries.overrides_to_clear,
}
"""Choices of the list that a query of their own answers, by their name in the address."""

_COLUMNS: Final = (
    "reference", "kind", "state", "claim", "target", "replaces", "institution", "account", "identifier", "limit", "held",
    "currency", "until", "renewals", "drafted_by", "drafted_at", "approval", "approved_by", "approved_at", "emergency",
    "cleared_by", "cleared_at", "court_reference", "acknowledge_due_at", "answer_due_at", "sent_at", "acknowledged_at",
    "answered_at", "ended_at", "escalation_step", "refusal", "care", "authority", "regime", "verified",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What the list is narrowed to, as the address says it. `clock` is "" or one of _CLOCKS; `mine` drafted or approved."""

    text: str
    kind: str
    state: str
    bank: str
    clock: str
    mine: bool

    @classmethod
    def of(cls, request: HttpRequest) -> OrderFilter:
        def given(name: str) -> str:
            return request.GET.get(name, "").strip().replace("\x00", "")

        chosen = (given("q"), given("kind"), given("state"), given("bank"), given("clock"))
        return cls(*chosen, mine="mine" in request.GET)

    def apply(self, actor: User) -> QuerySet[Order]:
        found = _CLOCKS.get(self.clock, queries.orders)(actor)
        if self.text:
            found = found.filter(pk__in=queries.search(actor, self.text).order_by().values("pk"))
        for column, value in (("kind", self.kind), ("state", self.state), ("institution", self.bank)):
            if value:
                found = found.filter(**{column: value})
        return found.filter(Q(drafted_by=actor) | Q(approved_by=actor)) if self.mine else found


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = officer(request)
    chosen = OrderFilter.of(request)
    page = page_of(request, chosen.apply(actor))
    now = clock.now()
    ids = [order.pk for order in page]
    asked, sent = exchange_orders.asked_for_by(actor, ids), exchange_orders.sent_orders(actor, ids)
    context = {
        "page": page,
        "rows": [(order, order.is_overdue(now), asked.get(order.pk), sent.get(order.pk)) for order in page],
        "filter": chosen,
        "kinds": OrderKind.choices,
        "states": State.choices,
        "banks": queries.receivers(actor),
        "counts": {name: query(actor).count() for name, query in _CLOCKS.items()},
        "refusals": REFUSALS,
    }
    return render(request, "desk/orders.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The list as chosen, all pages of it; that it was taken is on record."""
    actor = officer(request)
    require(actor, OrderPermission.READ)
    found = OrderFilter.of(request).apply(actor).select_related("cleared_by")
    rows = [_csv_row(order) for order in found.iterator(chunk_size=2_000)]
    people.note_read(actor, Order, taken="orders.csv", rows=len(rows))
    unit_of_work.record(actor, OrderAudit.ORDERS_EXPORTED, subject=None, obj=actor, rows=len(rows))
    return csv_response("orders.csv", _COLUMNS, rows)


@require_GET
def to_approve(request: HttpRequest) -> HttpResponse:
    """Drafts that wait for the reader, by claim; and the reader's own, which wait for somebody else."""
    actor = officer(request)
    drafts = sorted(queries.drafts_to_approve(actor), key=lambda order: order.claim.reference if order.claim else "")
    by_claim = groupby(drafts, key=lambda order: order.claim)
    groups = [(claim, [(order, rule_of(order)) for order in of_claim]) for claim, of_claim in by_claim]
    groups.sort(key=lambda group: min(order.drafted_at for order, _law in group[1]))
    context = {"groups": groups, "count": len(drafts), "own": queries.own_drafts(actor)}
    return render(request, "desk/to_approve.html", context)


@require_GET
def show(request: HttpRequest, order_id: UUID) -> HttpResponse:
    return order_page(request, order_id)


def order_page(request: HttpRequest, order_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
    """The whole page; `problem` is what kept a decision from being carried out, shown above everything else."""
    page = OrderPage(officer(request), order_id)
    context: dict[str, Any] = {"page": page, "order": page.order, "problem": problem, "typed": request.POST}
    return render(request, "desk/order.html", context, status=status)


@require_GET
def printed(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The order on paper: everything in full, nothing to press."""
    page = OrderPage(officer(request), order_id)
    return render(request, "desk/order_print.html", {"page": page, "order": page.order, "printed_at": page.now})


@require_GET
def message_json(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The message exactly as its receiver gets it."""
    page = OrderPage(officer(request), order_id)
    return _download(page.message_document, f"{page.order.reference}.json")


@require_GET
def evidence_json(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The trace that was saved when the order was drafted."""
    page = OrderPage(officer(request), order_id)
    saved = page.evidence.saved
    if saved is None:
        raise NotFound(Msg.NO_TRACE_SAVED_FOR_ORDER)
    return _download(saved.document, f"{page.order.reference}-trace.json")


def _download(document: Any, name: str) -> HttpResponse:
    response = JsonResponse(document, safe=False, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _csv_row(order: Order) -> tuple[object, ...]:
    clocks = (
        order.acknowledge_due_at, order.answer_due_at, order.sent_at, order.acknowledged_at, order.answered_at, order.ended_at
    )  # fmt: skip
    return (
        order.reference,
        order.kind,
        order.state,
        order.claim.reference if order.claim else "",
        order.target or "",
        order.replaces or "",
        order.institution,
        order.account,
        order.identifier,
        order.money.decimal() if order.currency and order.is_on_money else "",
        order.held_money.decimal() if order.currency and order.is_on_money else "",
        order.currency,
        _moment(order.until),
        order.renewals,
        order.drafted_by or "",
        _moment(order.drafted_at),
        order.approval,
        order.approved_by or "",
        _moment(order.approved_at),
        order.override_reason,
        order.cleared_by or "",
        _moment(order.cleared_at),
        order.court_reference,
        *map(_moment, clocks),
        order.escalation_step,
        order.refusal,
        order.care,
        order.authority,
        order.regime,
        "yes" if rule_of(order).verified else "no",
    )


def _moment(moment: Any) -> str:
    return to_iso(moment) if moment else ""
