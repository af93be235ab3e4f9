"""The administrator's pages about users: who they are, what they are here for, and help with signing in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.capabilities.people import queries
from accord.capabilities.people import services as people
from accord.capabilities.people.models import User
from accord.capabilities.people.services import second_factors, sessions
from accord.core.errors import BadInput, NotFound
from accord.sites.accounts.errors import Msg
from accord.sites.accounts.forms import NewUserForm, StationForm, refuse
from accord.sites.accounts.requests import PAGE_ROWS, signed_in


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")
    page = Paginator(queries.users(signed_in(request), text), PAGE_ROWS).get_page(request.GET.get("page"))
    return render(request, "accounts/users.html", {"page": page, "q": text})


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    actor = signed_in(request)
    form = NewUserForm(actor, request.POST or None, initial={"language": actor.language})
    if request.method == "POST" and form.is_valid():
        stated = form.cleaned_data
        try:
            user = people.add_user(actor, stated["username"], stated["password"], form.station())
        except BadInput as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s may sign in, and chooses a password then.") % {"name": user.username})
            return redirect("accounts:user", user.pk)
    return render(request, "accounts/user_add.html", {"form": form}, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One user; a POST changes where they stand."""
    actor = signed_in(request)
    user = queries.user(actor, user_id)
    form = StationForm(actor, request.POST or None, initial=_stated(user))
    if request.method == "POST" and form.is_valid():
        try:
            people.change_user(actor, user_id, form.station())
        except BadInput as error:
            refuse(form, error)
        else:
            messages.success(request, _("Changed."))
            return redirect("accounts:user", user_id)
    context = {
        "shown": user,
        "form": form,
        "sessions": queries.sessions_of(actor, user_id),
        "needs_factor": second_factors.needs_second_factor(user),
        "is_self": user.pk == actor.pk,
    }
    return render(request, "accounts/user.html", context, status=400 if form.is_bound else 200)


def _stated(user: User) -> dict[str, Any]:
    return {
        "full_name": user.full_name,
        "role": user.role,
        "agency": user.agency_id or "",
        "team": str(user.team_id or ""),
        "language": user.language,
        "must_enrol": user.must_enrol,
    }


_ACTIONS: Final[dict[str, tuple[Callable[[User, UUID, HttpRequest], object], Promise]]] = {
    "deactivate": (
        lambda actor, user, _request: people.set_active(actor, user, False),
        gettext_lazy("Deactivated, and signed out everywhere."),
    ),
    "reactivate": (lambda actor, user, _request: people.set_active(actor, user, True), gettext_lazy("Reactivated.")),
    "end-sessions": (
        lambda actor, user, _request: sessions.end_sessions_of(actor, user),
        gettext_lazy("Signed out everywhere."),
    ),
    "reset-factor": (
        lambda actor, user, _request: second_factors.reset_factors(actor, user),
        gettext_lazy("The second factors are reset; the user enrols again."),
    ),
    "unlock": (lambda actor, user, _request: people.unlock_user(actor, user), gettext_lazy("Unlocked.")),
    "password": (
        lambda actor, user, request: people.give_password(actor, user, request.POST.get("password", "")),
        gettext_lazy("The password is set; the user changes it when they next sign in."),
    ),
}


@sensitive_post_parameters()
@require_POST
def act(request: HttpRequest, user_id: UUID, action: str) -> HttpResponse:
    """What a button of a user's page does."""
    if action not in _ACTIONS:
        raise NotFound(Msg.NO_SUCH_PAGE)
    service, done = _ACTIONS[action]
    service(signed_in(request), user_id, request)
    messages.success(request, str(done))
    return redirect("accounts:user", user_id)
