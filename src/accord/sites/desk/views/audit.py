"""What happened on this node, who looked at what, and whether the record of both is whole. For whoever may read it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claims
from accord.capabilities.people import queries as people
from accord.capabilities.people.audit import RecordAudit
from accord.capabilities.people.models import User
from accord.capabilities.people.queries import CHAINS, CHANGES, Chain, Wanted
from accord.capabilities.reports import queries as reports
from accord.core import clock
from accord.core.canonical import canonical_json
from accord.sites.common.csv_download import csv_response
from accord.sites.common.requests import officer, page_of
from accord.web.vocabulary import action_label

PAGE_ROWS: Final = 100
_COLUMNS: Final = (
    "seq", "at", "actor", "action", "purpose", "session", "subject", "object_type", "object_id", "details", "link",
)  # fmt: skip


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    actor = officer(request)
    chain = _chain(request)
    page = page_of(request, _filtered(request, actor, chain), PAGE_ROWS)
    stated = {name: request.GET.get(name, "") for name in ("q", "subject", "action", "since", "until")}
    actions = sorted((action_label(code), code) for code in people.actions(actor))
    context: dict[str, Any] = {"page": page, "chain": chain.name, "actions": actions, **stated}
    if request.GET.get("verify"):
        context["checked"] = [(name, people.first_broken(each)) for name, each in CHAINS.items()]
    return render(request, "desk/audit.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The filtered entries as a file, with their links; that it was taken is on record."""
    actor = officer(request)
    chain = _chain(request)
    entries = _filtered(request, actor, chain).order_by("seq")
    rows = [tuple(_cell(getattr(entry, column, "")) for column in _COLUMNS) for entry in entries]
    unit_of_work.record(actor, RecordAudit.AUDIT_EXPORTED, subject=None, obj=actor, rows=len(rows), chain=chain.name)
    return csv_response("audit.csv", _COLUMNS, rows)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return clock.to_iso(value)
    if isinstance(value, dict):
        return canonical_json(value).decode()
    return "" if value is None else value


def _chain(request: HttpRequest) -> Chain:
    return CHAINS.get(request.GET.get("chain", ""), CHANGES)


def _filtered(request: HttpRequest, actor: User, chain: Chain) -> QuerySet[Any]:
    query = request.GET
    subject = query.get("subject", "").strip()
    wanted = Wanted(
        action=query.get("action", ""),
        subjects=_subjects(actor, subject) if subject else None,
        since=_midnight(query.get("since", ""), 0),
        until=_midnight(query.get("until", ""), 1),
        text=query.get("q", ""),
    )
    return people.search_record(actor, chain, wanted)


def _midnight(text: str, days_later: int) -> datetime | None:
    """The beginning of a day in the node's zone, or of the next one; None where no day is stated."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=days_later), time.min))


def _subjects(actor: User, text: str) -> list[UUID]:
    """The ids that a reference or an id names: a report and its claim go together. None found: nothing matches."""
    try:
        named = [UUID(text)]
    except ValueError:
        named = list(reports.reports(actor).filter(reference__iexact=text).values_list("pk", flat=True))
        named += claims.claims(actor).filter(reference__iexact=text).values_list("pk", flat=True)
    together = claims.claims(actor).filter(Q(pk__in=named) | Q(report_id__in=named)).values_list("pk", "report_id")
    return [*named, *(found for pair in together for found in pair)]
