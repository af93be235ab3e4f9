"""All partners at a glance: whether they are reached, what waits, what is wrong."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accord.capabilities.exchange.partners.services import alarms
from accord.capabilities.exchange.permissions import ExchangePermission, PartnerPermission
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed
from accord.sites.liaison.presenters import partner_rows, waits
from accord.sites.liaison.readers import partner_reader


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "liaison/overview.html", _context(partner_reader(request)))


@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The part of the page that is polled."""
    return render(request, "liaison/_overview.html", _context(partner_reader(request)))


def _context(actor: User) -> dict[str, Any]:
    manages = allowed(actor, PartnerPermission.MANAGE)
    may_clear = manages or allowed(actor, ExchangePermission.ANSWER)
    return {"rows": partner_rows(actor), "may_manage": manages, "may_clear": may_clear} | waits(actor)


@require_POST
def alarm_seen(request: HttpRequest, alarm_id: int) -> HttpResponse:
    alarms.note_seen(partner_reader(request), alarm_id)
    messages.success(request, _("Noted: you have looked at the alarm. It stays on record."))
    return redirect("liaison:overview")
