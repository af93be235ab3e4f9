"""One's own account: password, second factors, the browsers in which one is signed in."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.capabilities.people import queries
from accord.capabilities.people import services as people
from accord.capabilities.people.services import second_factors, sessions
from accord.core.errors import BadInput
from accord.sites.accounts.forms import PasswordForm, refuse
from accord.sites.accounts.middleware.gate import open_before_the_gate
from accord.sites.accounts.requests import landing, signed_in


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    context = {
        "factors": queries.own_factors(user),
        "codes_left": queries.recovery_codes_left(user),
        "needs_factor": second_factors.needs_second_factor(user),
        "sessions": queries.own_sessions(user),
        "this_session": request.session.session_key,
    }
    return render(request, "accounts/own.html", context)


@open_before_the_gate
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the password; all other browsers are signed out by that."""
    user = signed_in(request)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            people.change_own_password(user, form.cleaned_data["old"], form.cleaned_data["new"])
        except BadInput as error:
            refuse(form, error if error.where in form.fields else BadInput(error.wording, where="new"))
        else:
            sessions.end_other_sessions(user, request.session.session_key)
            _keep_signed_in(request)
            messages.success(request, _("Your password is changed. All other browsers are signed out."))
            return redirect(landing(user))
    status = 400 if form.is_bound else 200
    return render(request, "accounts/password.html", {"form": form, "must": user.must_change_password}, status=status)


def _keep_signed_in(request: HttpRequest) -> None:
    """A changed password ends every session of Django's; this one goes on, under a new key."""
    user = signed_in(request)
    before = request.session.session_key or ""
    update_session_auth_hash(request, user)
    sessions.renamed(user, before, request.session.session_key or "")


@require_POST
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    sessions.end_own_session(signed_in(request), session_id)
    messages.success(request, _("That browser is signed out."))
    return redirect("accounts:own")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    ended = sessions.end_other_sessions(signed_in(request), request.session.session_key)
    text = ngettext("%(count)d other browser is signed out.", "%(count)d other browsers are signed out.", ended)
    messages.success(request, text % {"count": ended})
    return redirect("accounts:own")
