"""A new call: six facts, and the first order leaves."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.regime import current_regime
from accord.capabilities.orders.services import respond_to_call
from accord.capabilities.people.policy import require
from accord.capabilities.reports.permissions import ReportPermission
from accord.core import clock
from accord.core.errors import BadInput
from accord.sites.common.requests import officer
from accord.sites.desk import institutions
from accord.sites.desk.forms.call import MINUTES_AGO, CallForm
from accord.web.wording import message_of

CURRENCIES = {"CN": "CNY", "SG": "SGD", "TH": "THB", "HK": "HKD", "MY": "MYR", "GB": "GBP", "US": "USD", "JP": "JPY"}


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    actor = officer(request)
    require(actor, ReportPermission.TAKE)
    sent = request.POST if request.method == "POST" else None
    form = CallForm(sent, initial={"currency": CURRENCIES.get(settings.ACCORD_JURISDICTION, "USD")})
    if form.is_bound and form.is_valid():
        try:
            response = respond_to_call(actor, form.facts(), form.emergency_reason)
        except BadInput as error:
            form.add_error(None, message_of(error))
        else:
            if response.report.duplicate_of is not None:
                original = response.report.duplicate_of.reference
                messages.info(request, _("The same payment was reported before: this call is joined to %s.") % original)
            elif response.order.state == State.DRAFT:
                text = _("The first order, %s, waits for a colleague to approve it. Tell them now.")
                messages.warning(request, text % response.order.reference)
            return redirect("desk:report", response.report.pk)
    regime = current_regime()
    return render(
        request,
        "desk/call_new.html",
        {
            "form": form,
            "minutes_ago": MINUTES_AGO,
            "institutions": institutions.known(actor),
            "opened_at": _opened_at(request),
            "law": regime.rule(regime.first_order),
            "first_order": OrderKind(regime.first_order).label,
        },
        status=400 if form.errors else 200,
    )


def _opened_at(request: HttpRequest) -> int:
    """When the form was opened, in epoch milliseconds; kept over a form that came back with errors."""
    stated = request.POST.get("opened_at", "")
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 15 else clock.to_micros(clock.now()) // 1000
