"""What happened on the bank's node, and whether the record of it is whole."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.capabilities import unit_of_work
from accord.capabilities.people import queries as people
from accord.capabilities.people.audit import RecordAudit
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.permissions import AuditPermission
from accord.core import clock
from accord.core.canonical import canonical_json
from accord.sites.bank.requests import reader
from accord.sites.common.csv_download import csv_response
from accord.sites.common.requests import page_of

_ROWS: Final = 100


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    actor = reader(request, AuditPermission.READ)
    page = page_of(request, _filtered(request, actor), _ROWS)
    context: dict[str, Any] = {"page": page, "q": request.GET.get("q", "")}
    if request.GET.get("verify"):
        context |= {"verified": True, "broken": people.first_broken_audit_entry()}
    return render(request, "bank/audit.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The chosen entries as a file, with their links, so that the chain can be checked elsewhere."""
    actor = reader(request, AuditPermission.READ)
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
        for entry in _filtered(request, actor).order_by("seq")
    ]
    unit_of_work.record(actor, RecordAudit.AUDIT_EXPORTED, subject=None, obj=actor, rows=len(rows))
    header = ("seq", "at", "actor", "action", "subject", "object_type", "object_id", "details", "link")
    return csv_response("audit.csv", header, rows)


def _filtered(request: HttpRequest, actor: User) -> QuerySet[AuditEntry]:
    found = people.audit_entries(actor)
    text = request.GET.get("q", "").strip()
    if not text:
        return found
    try:
        return found.filter(subject=UUID(text))
    except ValueError:
        return found.filter(Q(actor__icontains=text) | Q(action__icontains=text) | Q(object_id__icontains=text))
