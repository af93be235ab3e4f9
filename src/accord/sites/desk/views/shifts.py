"""Handing the desk over: what is open, a note for the next officer, and their acknowledgement."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accord.capabilities.claims import queries as claims
from accord.capabilities.orders import queries as orders
from accord.capabilities.people.models import User
from accord.capabilities.reports import queries, services
from accord.sites.common.requests import go, officer

PAST_SHIFTS: Final = 15
NOTE_LENGTH: Final = 10_000


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/shift.html", _context(officer(request)))


@require_POST
def hand_over(request: HttpRequest) -> HttpResponse:
    note = request.POST.get("note", "").strip()
    if not note or len(note) > NOTE_LENGTH:
        error = _("Write what the next officer must know.") if not note else _("The note is too long; keep to what matters.")
        context = _context(officer(request)) | {"note": note, "note_error": error}
        return render(request, "desk/shift.html", context, status=400)
    services.hand_over(officer(request), note)
    messages.success(request, _("Handed over. The next officer sees your note on the queue and acknowledges it."))
    return go(request, "desk:shift")


@require_POST
def acknowledge(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    shift = services.acknowledge_hand_over(officer(request), shift_id)
    messages.success(request, _("You have the desk from %s.") % shift.officer)
    return go(request, "desk:queue")


def _context(actor: User) -> dict[str, Any]:
    open_items = [
        (_("Open reports"), queries.open_reports(actor).count(), "desk:reports"),
        (_("Holds to approve"), claims.proposed_items(actor).filter(transfer="").count(), "desk:queue"),
        (_("Call-backs due"), queries.call_backs_due(actor).count(), "desk:queue"),
        (_("Enquiries without an answer in time"), claims.silent_holders(actor).count(), "desk:queue"),
        (_("Orders overdue"), orders.overdue(actor).count(), "desk:orders"),
        (_("Orders that expire soon"), orders.expiring(actor).count(), "desk:orders"),
        (_("Drafts to approve"), orders.drafts_to_approve(actor).count(), "desk:to-approve"),
        (_("Emergencies to look at"), orders.overrides_to_clear(actor).count(), "desk:orders"),
        (_("Renewals to decide"), orders.renewals_to_decide(actor).count(), "desk:orders"),
        (_("Orders gone up the contact list"), orders.escalated(actor).count(), "desk:orders"),
    ]
    return {
        "shift": queries.running_shift(actor),
        "open_items": open_items,
        "mine": queries.open_reports(actor).filter(locked_by=actor),
        "hand_overs": queries.hand_overs_to_acknowledge(actor),
        "past": queries.shifts(actor).exclude(handed_over_at=None)[:PAST_SHIFTS],
        "note": "\n".join(f"{label}: {count}" for label, count, _page in open_items if count) + "\n",
    }
