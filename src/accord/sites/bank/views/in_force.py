"""What is in force on accounts now, and what was; as a file too."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.capabilities.controls import queries
from accord.capabilities.controls.models import Control
from accord.core.clock import to_iso
from accord.sites.bank.requests import reader
from accord.sites.common.csv_download import csv_response
from accord.sites.common.requests import page_of

_COLUMNS: Final = (
    "order", "reference", "sender", "kind", "account", "amount", "currency", "since", "until", "ended_at", "end_reason",
)  # fmt: skip


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    past, text = request.GET.get("show") == "ended", request.GET.get("q", "").strip()
    found = queries.ended(actor) if past else queries.in_force(actor)
    if text:
        found = found.filter(account__icontains=text)
    page = page_of(request, found)
    return render(request, "bank/in_force.html", {"page": page, "past": past, "text": text, "counts": queries.counts(actor)})


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    found = queries.export_controls(actor, past=request.GET.get("show") == "ended")
    return csv_response("in-force.csv", _COLUMNS, map(_csv_row, found))


def _csv_row(control: Control) -> tuple[object, ...]:
    money = control.money
    return (
        control.pk,
        control.order.reference,
        control.order.sender,
        control.kind,
        control.account,
        money.decimal() if money else "",
        control.currency,
        to_iso(control.since),
        to_iso(control.until),
        to_iso(control.ended_at) if control.ended_at else "",
        control.end_reason,
    )
