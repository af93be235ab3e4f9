"""Parity with one partner: what each side asked and answered, and how fast; the partner's node shows the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.crossborder import figures
from accord.capabilities.exchange.crossborder.figures import Parity
from accord.capabilities.exchange.models import PartnerState
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.people.models import User
from accord.capabilities.supervision.audit import FigureAudit
from accord.core import clock
from accord.core.errors import BadInput
from accord.sites.common.csv_download import csv_response
from accord.sites.liaison.errors import Msg
from accord.sites.liaison.readers import reader

DAYS: Final = 30
"""Days that are shown where nothing else is asked for."""
_COLUMNS: Final = ("asker", "kind", "figure", "value")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)


class PeriodForm(forms.Form):
    """The first and the last day, both included, in UTC: the partner counts by the same days."""

    since = forms.DateField(required=False)
    until = forms.DateField(required=False)


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    found, first, last = _figures(request, actor)
    context: dict[str, Any] = {
        "partners": partners.partners(actor).exclude(state=PartnerState.PENDING),
        "code": request.GET.get("partner", "") or _first_partner(actor),
        "figures": found,
        "since": first,
        "until": last,
    }
    return render(request, "liaison/parity.html", context)


def _figures(request: HttpRequest, actor: User) -> tuple[Parity | None, date, date]:
    first, last = _period(request)
    code = request.GET.get("partner", "") or _first_partner(actor)
    if not code:
        return None, first, last
    partner = partners.partner(actor, code)
    since, until = (datetime.combine(day, time.min, tzinfo=UTC) for day in (first, last + timedelta(days=1)))
    return figures.parity(actor, partner.code, since, until), first, last


def _first_partner(actor: User) -> str:
    row = partners.partners(actor).filter(state=PartnerState.CONFIRMED).first()
    return row.code if row else ""


def _period(request: HttpRequest) -> tuple[date, date]:
    form = PeriodForm(request.GET)
    if not form.is_valid():
        raise BadInput(Msg.GIVE_BOTH_DAYS_YYYY_MM_DD, where="period")
    today = clock.now().date()
    last = form.cleaned_data["until"] or today
    first = form.cleaned_data["since"] or last - timedelta(days=DAYS - 1)
    if not _EARLIEST <= first <= last <= _LATEST:
        raise BadInput(Msg.FIRST_DAY_MUST_NOT_LIE_AFTER, where="period")
    return first, last


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    found, _first, _last = _figures(request, actor)
    if found is None:
        raise BadInput(Msg.CHOOSE_PARTNER, where="partner")
    unit_of_work.record(actor, FigureAudit.EXPORTED, subject=None, obj=actor, taken="parity.csv")
    return csv_response("parity.csv", _COLUMNS, _lines(found))


def _lines(found: Parity) -> Iterator[tuple[object, ...]]:
    for side in found.sides:
        for name in ("asked", "answered", "partly", "refused", "waiting", "in_time"):
            yield side.asker, side.kind, name, getattr(side, name)
        yield side.asker, side.kind, "median_seconds", "" if side.median is None else side.median
        yield side.asker, side.kind, "p95_seconds", "" if side.p95 is None else side.p95
        for ground, number in side.grounds:
            yield side.asker, side.kind, f"refused:{ground}", number
    for sender, kind, number in found.messages:
        yield sender, kind, "messages", number
