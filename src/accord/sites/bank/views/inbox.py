"""The inbox of orders: what is due next first, narrowed down by what the address says; as a file too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.capabilities.controls import queries
from accord.capabilities.controls.life_cycle import OPEN, State
from accord.capabilities.controls.models import ReceivedOrder
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.people.models import User
from accord.core import clock
from accord.core.clock import to_iso
from accord.core.wording import sentence_of
from accord.sites.bank.requests import reader
from accord.sites.common.csv_download import csv_response
from accord.sites.common.requests import page_of

_COLUMNS: Final = (
    "id", "reference", "sender", "kind", "state", "account", "amount", "kept", "currency", "until", "received_at",
    "acknowledged_at", "execute_due_at", "answered_at", "ended_at", "refusal", "reason", "authority", "automatic", "decided_by",
    "told_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What the list is narrowed to. `show` is "open" (the default), "for_decision", "overdue", "stuck" or "all"."""

    text: str
    show: str
    state: str
    kind: str
    sender: str

    @classmethod
    def of(cls, request: HttpRequest) -> InboxFilter:
        query = request.GET
        wide = query.get("q") or query.get("state")
        return cls(
            query.get("q", "").strip(),
            query.get("show", "all" if wide else "open"),
            query.get("state", ""),
            query.get("kind", ""),
            query.get("sender", ""),
        )

    def apply(self, actor: User) -> QuerySet[ReceivedOrder]:
        chosen = {"for_decision": queries.for_decision, "overdue": queries.overdue, "stuck": queries.stuck}
        found = chosen.get(self.show, queries.orders)(actor)
        if self.show == "open":
            found = found.filter(state__in=OPEN)
        if self.text:
            found = found.filter(pk__in=queries.search(actor, self.text).order_by().values("pk"))
        for column in ("state", "kind", "sender"):
            if value := getattr(self, column):
                found = found.filter(**{column: value})
        return found


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    senders = queries.orders(actor).order_by("sender").values_list("sender", flat=True).distinct()
    context = _rows(request, actor) | {"states": State.choices, "kinds": OrderKind.choices, "senders": senders}
    return render(request, "bank/inbox.html", context)


@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The list and its counts alone, for the page that keeps itself up to date."""
    return render(request, "bank/_inbox.html", _rows(request, reader(request)))


def _rows(request: HttpRequest, actor: User) -> dict[str, Any]:
    chosen, now = InboxFilter.of(request), clock.now()
    page = page_of(request, chosen.apply(actor))
    return {
        "page": page,
        "rows": [(order, order.is_overdue(now)) for order in page],
        "filter": chosen,
        "counts": queries.counts(actor),
    }


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The list as chosen, all pages of it."""
    actor = reader(request)
    found = queries.export(actor, InboxFilter.of(request).apply(actor))
    return csv_response("inbox.csv", _COLUMNS, map(_csv_row, found))


def _csv_row(order: ReceivedOrder) -> tuple[object, ...]:
    money, kept = order.money, order.kept_money
    moments = (order.received_at, order.acknowledged_at, order.execute_due_at, order.answered_at, order.ended_at)
    return (
        order.pk,
        order.reference,
        order.sender,
        order.kind,
        order.state,
        order.account,
        money.decimal() if money else "",
        kept.decimal() if kept else "",
        order.currency,
        to_iso(order.until),
        *(to_iso(moment) if moment else "" for moment in moments),
        order.refusal,
        sentence_of(order.reason),
        order.authority,
        "yes" if order.rule_id else "no",
        order.decided_by or "",
        to_iso(order.told_at) if order.told_at else "",
    )
