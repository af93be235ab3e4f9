"""Agencies, and the teams within them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accord.capabilities.people import queries
from accord.capabilities.people import services as people
from accord.capabilities.people.models import AgencyKind
from accord.core.errors import BadInput
from accord.sites.accounts.forms import AgencyForm, TeamForm, refuse
from accord.sites.accounts.requests import signed_in


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The list; a POST adds an agency, or a team where it names one (`team_name`)."""
    actor = signed_in(request)
    adds_team = "team_name" in request.POST
    agency_form = AgencyForm(request.POST if request.method == "POST" and not adds_team else None)
    team_form = TeamForm(actor, request.POST if adds_team else None)
    form = team_form if adds_team else agency_form
    if form.is_bound and form.is_valid():
        stated = form.cleaned_data
        try:
            if adds_team:
                people.add_team(actor, stated["agency"], stated["team_name"])
            else:
                people.add_agency(actor, stated["code"], stated["name"], stated["name_zh"], AgencyKind(stated["kind"]))
        except BadInput as error:
            refuse(form, error)
        else:
            messages.success(request, _("Added."))
            return redirect("accounts:teams")
    context = {
        "agencies": queries.agencies(actor),
        "teams": queries.teams(actor),
        "agency_form": agency_form,
        "team_form": team_form,
    }
    return render(request, "accounts/teams.html", context, status=400 if form.is_bound else 200)
