"""Reports: the list, one report's page, and what an officer adds to it."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claims
from accord.capabilities.claims import services as claims_services
from accord.capabilities.claims.models import Claim
from accord.capabilities.claims.permissions import ClaimPermission
from accord.capabilities.orders import queries as orders
from accord.capabilities.people import queries as people
from accord.capabilities.people import services as people_services
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import require
from accord.capabilities.reports import queries, services
from accord.capabilities.reports.audit import ReportAudit
from accord.capabilities.reports.models import IdentifierState, Report, ReportState
from accord.capabilities.reports.permissions import ReportPermission
from accord.core import clock
from accord.core.errors import BadInput, Conflict
from accord.sites.common.csv_download import csv_response
from accord.sites.common.requests import go, is_htmx, officer, page_of
from accord.sites.common.words import REFUSALS
from accord.sites.desk import institutions
from accord.sites.desk.errors import Msg
from accord.sites.desk.forms.reports import ReportFilter, StartForm, StatementForm, first_error, start_choices
from accord.sites.desk.statements import MAPS, Statement, read_statement
from accord.sites.desk.views.new_orders import report_links
from accord.web.wording import message_of

CANDIDATES_SHOWN: Final = 30
REASON_LENGTH: Final = 2_000
NARRATIVE_SHOWN: Final = 100_000
"""Characters of a narrative that the page's box holds; a longer one is shown cut and not editable."""


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    form = ReportFilter(request.GET)
    page = page_of(request, _filtered(officer(request), form))
    found = claims.by_reports(officer(request), [report.pk for report in page])
    rows = [(report, found.get(report.pk)) for report in page]
    context = {"form": form, "page": page, "rows": rows, "states": ReportState.choices}
    return render(request, "desk/reports.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as a file; that it was taken is on record."""
    actor = officer(request)
    require(actor, ReportPermission.READ)
    found = list(_filtered(actor, ReportFilter(request.GET)))
    people_services.note_read(actor, Report, taken="reports.csv", rows=len(found))
    unit_of_work.record(actor, ReportAudit.REPORTS_EXPORTED, subject=None, obj=actor, rows=len(found))
    header = (
        "reference", "state", "taken_at", "taken_by", "callback_number", "payer_bank", "payer_account", "payee_bank",
        "payee_account", "amount", "currency", "about_when", "still_pending", "duplicate_of",
    )  # fmt: skip
    return csv_response("reports.csv", header, map(_exported, found))


def _exported(report: Report) -> tuple[object, ...]:
    return (
        report.reference,
        report.state,
        clock.to_iso(report.created_at),
        report.taken_by or "",
        report.callback_number,
        report.payer_bank,
        report.payer_account,
        report.payee_bank,
        report.payee_account,
        report.money.decimal(),
        report.currency,
        clock.to_iso(report.about_when),
        "yes" if report.still_pending else "no",
        report.duplicate_of or "",
    )


def _filtered(actor: User, form: ReportFilter) -> QuerySet[Report]:
    form.is_valid()
    found = queries.search(actor, form.value("q") or "")
    if state := form.value("state"):
        found = found.filter(state=state)
    if form.value("mine"):
        found = found.filter(taken_by=actor)
    if since := form.value("since"):
        found = found.filter(created_at__gte=timezone.make_aware(datetime.combine(since, time.min)))
    return found


@require_GET
def show(request: HttpRequest, report_id: UUID) -> HttpResponse:
    return render(request, "desk/report.html", _context(officer(request), report_id))


@require_GET
def live(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """The part of the page that is polled: what the banks did so far."""
    report = queries.get(officer(request), report_id)
    return render(request, "desk/_report_live.html", {"report": report, **_response(officer(request), report)})


def _context(actor: User, report_id: UUID) -> dict[str, Any]:
    report = queries.get(actor, report_id)
    response = _response(actor, report)
    claim: Claim | None = response["claim"]
    history = people.history(actor, report.pk, ClaimPermission.READ)
    history += people.history(actor, claim.pk, ClaimPermission.READ) if claim else []
    now = clock.now()
    locked = report.locked_by is not None and report.locked_until is not None and report.locked_until > now
    return {
        "report": report,
        "locked": locked,
        "locked_by_other": locked and report.locked_by_id != actor.pk,
        "narrative": report.narrative[:NARRATIVE_SHOWN],
        "narrative_is_cut": len(report.narrative) > NARRATIVE_SHOWN,
        "identifiers": queries.identifiers(actor, report.pk),
        "joined": queries.joined_to(actor, report.pk),
        "other_orders": orders.on_report(actor, report.pk),
        "order_links": report_links(actor, report),
        "history": sorted(history, key=lambda entry: entry.seq),
        **response,
        **_candidates(actor, report),
    }


def _response(actor: User, report: Report) -> dict[str, Any]:
    """The claim and orders that answer a report; for a joined one, those of the report it is joined to."""
    answered_by = report.duplicate_of_id or report.pk
    claim = claims.by_reports(actor, [answered_by]).get(answered_by)
    found = orders.by_claims(actor, [claim.pk])[claim.pk] if claim else []
    first = [order for order in found if order.plan_item_id is None]
    return {"claim": claim, "orders": found, "first_orders": first, "refusals": REFUSALS}


def _candidates(actor: User, report: Report) -> dict[str, Any]:
    lines = queries.candidates(actor, report.pk)
    return {
        "candidates": start_choices(report, lines[:CANDIDATES_SHOWN]),
        "candidates_count": len(lines),
        "institutions": institutions.known(actor),
        "maps": MAPS,
    }


@require_POST
def narrative(request: HttpRequest, report_id: UUID) -> HttpResponse:
    text = request.POST.get("narrative", "")
    services.add_narrative(officer(request), report_id, text)
    if not is_htmx(request):
        return go(request, "desk:report", report_id, fragment="narrative")
    context = {"report": queries.get(officer(request), report_id), "saved": True}
    context["identifiers"] = queries.identifiers(officer(request), report_id)
    return render(request, "desk/_identifiers.html", context)


@require_POST
def identifier(request: HttpRequest, report_id: UUID, identifier_id: int) -> HttpResponse:
    """Confirm, reject, or take either back."""
    stated = request.POST.get("state", "")
    if stated not in IdentifierState.values:
        raise BadInput(Msg.CHOOSE_STATE, where="state")
    decided = services.decide_identifier(officer(request), report_id, identifier_id, IdentifierState(stated))
    if not is_htmx(request):
        return go(request, "desk:report", report_id, fragment="narrative")
    return render(request, "desk/_identifier.html", {"identifier": decided, "report_id": report_id, "focus": True})


@require_POST
def statement(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Keep the rows of an uploaded statement and show which could be the payment, and which rows could not be read."""
    actor = officer(request)
    form = StatementForm(request.POST, request.FILES)
    told: Statement | None = None
    error = ""
    if not form.is_valid():
        error = _("Choose a file: CSV or Parquet, up to 20 MB.")
    else:
        upload: UploadedFile[bytes] = form.cleaned_data["file"]
        try:
            told = read_statement(upload, form.cleaned_data["map"])
            services.add_statement(actor, report_id, told.lines)
        except BadInput as refused:
            error = message_of(refused)
    status = 400 if error else 200
    added = {"statement": told, "statement_error": error, "chosen_map": request.POST.get("map", "")}
    if is_htmx(request):
        report = queries.get(actor, report_id)
        context = {"report": report, **_response(actor, report), **_candidates(actor, report), **added}
        return render(request, "desk/_statement.html", context)
    return render(request, "desk/report.html", _context(actor, report_id) | added, status=status)


@require_POST
def start(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """The claim starts at the chosen payment: the chase begins there."""
    actor = officer(request)
    report = queries.get(actor, report_id)
    claim = claims.by_reports(actor, [report.pk]).get(report.pk)
    if claim is None:
        raise Conflict(Msg.REPORT_NO_CLAIM_OWN)
    form = StartForm(queries.candidates(actor, report.pk), request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return go(request, "desk:report", report.pk, fragment="statement")
    if claims_services.start_at(actor, claim.pk, form.cleaned_data["institution"], form.credit()) is None:
        messages.info(request, _("The trace already starts at this payment."))
    else:
        messages.success(request, _("The receiving bank is being asked; the trace grows as banks answer."))
    return go(request, "desk:claim", claim.pk)


def _done(request: HttpRequest, report_id: UUID, message: str) -> HttpResponse:
    messages.success(request, message)
    return go(request, "desk:report", report_id)


@require_POST
def lock(request: HttpRequest, report_id: UUID) -> HttpResponse:
    services.lock(officer(request), report_id)
    return _done(request, report_id, _("You are working on this report."))


@require_POST
def unlock(request: HttpRequest, report_id: UUID) -> HttpResponse:
    services.unlock(officer(request), report_id)
    return _done(request, report_id, _("Others may work on it now."))


@require_POST
def called_back(request: HttpRequest, report_id: UUID) -> HttpResponse:
    services.called_back(officer(request), report_id, request.POST.get("note", "")[:REASON_LENGTH])
    return _done(request, report_id, _("The call-back is on record."))


@require_POST
def close(request: HttpRequest, report_id: UUID) -> HttpResponse:
    services.close_report(officer(request), report_id, request.POST.get("reason", "")[:REASON_LENGTH])
    return _done(request, report_id, _("The report is closed."))


@require_POST
def reopen(request: HttpRequest, report_id: UUID) -> HttpResponse:
    services.reopen_report(officer(request), report_id, request.POST.get("reason", "")[:REASON_LENGTH])
    return _done(request, report_id, _("The report is open again."))
