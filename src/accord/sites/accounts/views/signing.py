"""Signing in and out, the language of the pages, and the purpose for which someone works.

The password comes first. Where the user has a second factor, nobody is signed in yet: the session only remembers, for a few
minutes, whose password was right, until the factor is shown too.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accord.capabilities.people import services as people
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import ROLE_PURPOSES
from accord.capabilities.people.services import second_factors, sessions
from accord.core import clock
from accord.core.errors import BadInput
from accord.sites.accounts.errors import Msg
from accord.sites.accounts.middleware.gate import FACTOR_KEY, open_before_the_gate
from accord.sites.accounts.middleware.record_of_reads import PURPOSE_KEY
from accord.sites.accounts.requests import landing, signed_in

HALF_KEY: Final = "half-signed-in"
"""Session: {"user", "at" (epoch seconds of the machine), "next"} of someone whose password was right."""
_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


class SignIn(LoginView):
    """Ask for name and password; then for the second factor of whoever has one."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        user = self.request.user
        return resolve_url(landing(user) if isinstance(user, User) else settings.LOGIN_REDIRECT_URL)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        assert isinstance(user, User)
        if not second_factors.has_second_factor(user):
            return sign_in(self.request, user, self.get_redirect_url())
        self.request.session.flush()
        self.request.session[HALF_KEY] = {
            "user": str(user.pk),
            "at": clock.to_micros(clock.machine_now()) // 1_000_000,
            "next": self.get_redirect_url(),
        }
        return redirect("accounts:second-step")


def sign_in(request: HttpRequest, user: User, onward: str, *, factor: bool = False) -> HttpResponse:
    """Begin the session, in the user's own language; `factor` says that a second one was shown."""
    request.session.pop(HALF_KEY, None)
    login(request, user, _BACKEND)
    if factor:
        request.session[FACTOR_KEY] = True
    response = redirect(onward or landing(user))
    _keep_language(response, user.language)
    return response


@open_before_the_gate
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    sessions.leave(signed_in(request), request.session.session_key or "")
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language of the pages, for good where someone is signed in."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        raise BadInput(Msg.UNKNOWN_LANGUAGE, where="language")
    if isinstance(request.user, User):
        people.set_language(request.user, code)
    response = redirect(_onward(request))
    _keep_language(response, code)
    return response


@require_POST
def purpose(request: HttpRequest) -> HttpResponse:
    """What the user works for from now on; it stands in every entry of the audit."""
    chosen = request.POST.get("purpose", "")
    if chosen not in ROLE_PURPOSES.get(signed_in(request).role, ()):
        raise BadInput(Msg.CHOOSE_PURPOSE_FROM_LIST, where="purpose")
    request.session[PURPOSE_KEY] = chosen
    return redirect(_onward(request))


def _onward(request: HttpRequest) -> str:
    """The page of this node that a form names, else the first one."""
    onward: str = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        return onward
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def _keep_language(response: HttpResponse, code: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 24 * 3600, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
