"""The outcome figures on a page and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accord.capabilities import unit_of_work
from accord.capabilities.people.models import User
from accord.capabilities.people.permissions import FigurePermission
from accord.capabilities.people.policy import require
from accord.capabilities.supervision.audit import FigureAudit
from accord.capabilities.supervision.figures import Duration, Figure, OutcomeFigures, Share
from accord.capabilities.supervision.queries import outcome_figures
from accord.capabilities.supervision.truth import exercise_truth
from accord.core import clock
from accord.core.errors import BadInput
from accord.core.money import Money
from accord.sites.common.csv_download import csv_response
from accord.sites.common.requests import officer
from accord.sites.oversight.errors import Msg
from accord.sites.oversight.wording import LOAD, WORDS, Words

DAYS: Final = 30
"""Days that are shown where nothing else is asked for."""


_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)
_BETWEEN: Final = {"first": _EARLIEST, "last": _LATEST}


class PeriodForm(forms.Form):
    """The first and the last day, both included, in the node's zone."""

    since = forms.DateField(required=False)
    until = forms.DateField(required=False)


class Section(NamedTuple):
    """One figure as the page shows it."""

    figure: Figure
    words: Words
    shares: tuple[Share, ...]
    duration: Duration | None


@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Every figure with its definition beside it."""
    first, last = _period(request)
    figures = _figures(officer(request), first, last)
    context: dict[str, Any] = {"sections": _sections(figures), "load": figures.load, "load_words": LOAD}
    return render(request, "oversight/figures.html", {**context, "first": first, "last": last})


@never_cache
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The same as a file; that it was taken is on record."""
    actor = officer(request)
    require(actor, FigurePermission.READ)
    first, last = _period(request)
    rows = list(_rows(_figures(actor, first, last)))
    unit_of_work.record(actor, FigureAudit.EXPORTED, subject=None, obj=actor, rows=len(rows))
    header = (
        "figure", "group", "currency", "numerator", "denominator", "n", "percent", "median_seconds", "p95_seconds",
        "missing", "name", "definition",
    )  # fmt: skip
    return csv_response(f"figures-{first:%Y%m%d}-{last:%Y%m%d}.csv", header, rows)


def _period(request: HttpRequest) -> tuple[date, date]:
    """The days asked for; the last thirty where none are. BadInput says which one is no date."""
    form = PeriodForm(request.GET)
    if not form.is_valid():
        raise BadInput(Msg.NOT_A_DATE, where=next(iter(form.errors)))
    last = form.cleaned_data["until"] or timezone.localtime(clock.now()).date()
    if not _EARLIEST <= last <= _LATEST:
        raise BadInput(Msg.NO_DAY_OF_NODE, **_BETWEEN, where="until")
    return form.cleaned_data["since"] or last - timedelta(days=DAYS - 1), last


def _figures(actor: User, first: date, last: date) -> OutcomeFigures:
    truth = exercise_truth(settings.HOME.world) if settings.ACCORD_EXERCISE and settings.HOME.world.exists() else None
    return outcome_figures(actor, _midnight(first), _midnight(last + timedelta(days=1)), truth)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _sections(figures: OutcomeFigures) -> Iterator[Section]:
    """In the order of the definitions; a figure that says something only sometimes is left out when it has nothing to say."""
    times = {duration.figure: duration for duration in figures.durations}
    for figure, words in WORDS.items():
        shares = figures.of(figure)
        if shares or figure in times or figure not in (Figure.HELD_ELSEWHERE, Figure.INNOCENT_TRUTH):
            yield Section(figure, words, shares, times.get(figure))


def _rows(figures: OutcomeFigures) -> Iterator[tuple[object, ...]]:
    """One row a number. Amounts are decimal in their currency, times are seconds."""
    for share in figures.shares:
        words = WORDS[share.figure]
        numbers = (_decimal(share, share.numerator), _decimal(share, share.denominator), share.n, share.percent)
        yield (share.figure, share.group, share.currency, *numbers, "", "", "", words.name, words.definition)
    for duration in figures.durations:
        words = WORDS[duration.figure]
        times = (duration.median, duration.p95, duration.missing)
        yield (duration.figure, "", "", "", "", duration.n, "", *times, words.name, words.definition)
    for row in figures.load:
        for name, count in (
            ("calls", row.calls), ("orders_drafted", row.drafted), ("orders_approved", row.approved),
            ("appeals_decided", row.appeals),
        ):  # fmt: skip
            what = f"load_{name}"
            yield (what, f"{row.day} {row.officer}", "", count, "", count, "", "", "", "", LOAD.name, LOAD.definition)


def _decimal(share: Share, minor: int) -> object:
    return Money(minor, share.currency).decimal() if share.currency else minor
