"""Following a report by its reference and code."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accord.capabilities.orders.reporter_status import reporter_status
from accord.core.errors import NotFound
from accord.sites.public import visits
from accord.sites.public.views.codes import OPENED, ask
from accord.sites.public.wording import advice, next_for, steps


@sensitive_post_parameters("code")
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Ask for reference and code. An unknown reference and a wrong code get the same page."""
    form, status = ask(request, visits.REPORT, reporter_status, _("No report fits this reference and code. Check both."))
    if status == OPENED:
        return redirect("public:report-status")
    return render(request, "public/report.html", {"form": form}, status=status)


@login_not_required
@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """How the opened report stands; asks for the code again where none is open any more."""
    opened = visits.opened(request, visits.REPORT)
    if opened is None:
        return redirect("public:report")
    try:
        found = reporter_status(opened.reference, opened.code)
    except NotFound:
        visits.close(request)
        return redirect("public:report")
    context = {"status": found, "steps": steps(found), "next": next_for(found), "advice": advice(found)}
    return visits.closes_by_itself(render(request, "public/report_status.html", context), "public:report")
