"""Appealing against an order with the reference and the code of the bank's notice, and following the appeal."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accord.capabilities.orders.ports import Care
from accord.capabilities.orders.remedies import queries as remedies
from accord.capabilities.orders.remedies.services import appeals
from accord.capabilities.people.lockout import client_address
from accord.capabilities.reports.guessing import TooManyTries, slowed
from accord.core.errors import AccordError, NotFound
from accord.sites.public import visits
from accord.sites.public.forms import AppealForm
from accord.sites.public.views.codes import OPENED, ask
from accord.sites.public.wording import appeal_steps, too_many_tries
from accord.web.wording import message_of


@sensitive_post_parameters("code", "statement")
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Take an appeal. An unknown reference and a wrong code get the same page; what was written stays in the form."""
    form = AppealForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = _receive(request, form) if form.is_valid() else 400
        if status == OPENED:
            return redirect("public:appeal-received")
    return render(request, "public/appeal.html", {"form": form}, status=status)


def _receive(request: HttpRequest, form: AppealForm) -> int:
    """The status of the answer; OPENED when the appeal was taken, else the form has the error."""
    told = form.cleaned_data
    facts = appeals.AppealFacts(
        appellant=told["appellant"],
        statement=told["statement"],
        reach=told["reach"],
        language=get_language() or "en",
        care=Care(told["care"]),
    )
    try:
        with slowed(client_address(request), told["reference"]):
            appeal = appeals.receive_public(told["reference"], told["code"], facts)
    except NotFound:
        form.add_error(None, _("No order fits this reference and code. Both stand in the notice from your bank."))
        return 404
    except TooManyTries:
        form.add_error(None, too_many_tries())
        return 429
    except AccordError as refused:
        form.add_error(None, message_of(refused))
        return 409
    visits.open_with(request, visits.APPEAL, appeal.reference, appeal.code)
    return OPENED


@login_not_required
@never_cache
@require_GET
def received(request: HttpRequest) -> HttpResponse:
    """The appeal's own reference and code, to write down."""
    opened = visits.opened(request, visits.APPEAL)
    if opened is None:
        return redirect("public:appeal-follow")
    return render(request, "public/appeal_received.html", {"opened": opened})


@sensitive_post_parameters("code")
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Ask for the appeal's reference and code."""
    nothing_fits = _("No appeal fits this reference and code. Check both.")
    form, status = ask(request, visits.APPEAL, remedies.appeal_by_code, nothing_fits)
    if status == OPENED:
        return redirect("public:appeal-status")
    return render(request, "public/appeal_follow.html", {"form": form}, status=status)


@login_not_required
@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """How the opened appeal stands; asks for the code again where none is open any more."""
    opened = visits.opened(request, visits.APPEAL)
    if opened is None:
        return redirect("public:appeal-follow")
    try:
        appeal = remedies.appeal_by_code(opened.reference, opened.code)
    except NotFound:
        visits.close(request)
        return redirect("public:appeal-follow")
    page = render(request, "public/appeal_status.html", {"appeal": appeal, "steps": appeal_steps(appeal)})
    return visits.closes_by_itself(page, "public:appeal-follow")
