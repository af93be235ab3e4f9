"""What happened on this node, and whether the record of it is whole. For supervisors."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.capabilities.claims import queries as claims
from accord.capabilities.people import queries as people
from accord.capabilities.people import services as people_services
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.reports import queries as reports
from accord.core import clock
from accord.core.canonical import canonical_json
from accord.sites.desk.csv_download import csv_response
from accord.sites.desk.requests import officer, page_of

PAGE_ROWS: Final = 100


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    actor = officer(request)
    page = page_of(request, _filtered(request, actor), PAGE_ROWS)
    context: dict[str, Any] = {"page": page, "q": request.GET.get("q", ""), "subject": request.GET.get("subject", "")}
    if request.GET.get("verify"):
        context |= {"verified": True, "broken": people.first_broken_audit_entry()}
    return render(request, "desk/audit.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The filtered entries as a file, with their links, so that the chain can be checked elsewhere."""
    actor = officer(request)
    entries = _filtered(request, actor).order_by("seq")
    rows = [
        (
            entry.seq,
            clock.to_iso(entry.at),
            entry.actor,
            entry.action,
            entry.subject or "",
            entry.object_type,
            entry.object_id,
            canonical_json(entry.details).decode(),
            entry.link,
        )
        for entry in entries
    ]
    people_services.record(actor, "audit exported", subject=None, obj=actor, rows=len(rows))
    header = ("seq", "at", "actor", "action", "subject", "object_type", "object_id", "details", "link")
    return csv_response("audit.csv", header, rows)


def _filtered(request: HttpRequest, actor: User) -> QuerySet[AuditEntry]:
    found = people.audit_entries(actor)
    if text := request.GET.get("q", "").strip():
        found = found.filter(Q(actor__icontains=text) | Q(action__icontains=text) | Q(object_id__icontains=text))
    if subject := request.GET.get("subject", "").strip():
        found = found.filter(subject__in=_subjects(actor, subject))
    return found


def _subjects(actor: User, text: str) -> list[UUID]:
    """The ids that a reference or an id names: a report and its claim go together. None found: nothing matches."""
    try:
        named = [UUID(text)]
    except ValueError:
        named = list(reports.reports(actor).filter(reference__iexact=text).values_list("pk", flat=True))
        named += claims.claims(actor).filter(reference__iexact=text).values_list("pk", flat=True)
    together = claims.claims(actor).filter(Q(pk__in=named) | Q(report_id__in=named)).values_list("pk", "report_id")
    return [*named, *(found for pair in together for found in pair)]
