"""Signing in and out, and the language of the pages."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accord.capabilities.people import services as people
from accord.capabilities.people.models import User
from accord.core.errors import BadInput


class SignIn(LoginView):
    """Sign in with name and password; afterwards the pages speak the user's own language."""

    template_name = "desk/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        assert isinstance(user, User)
        _keep_language(response, user.language)
        return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language of the pages, for good where someone is signed in."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        raise BadInput("unknown language; choose English or Chinese", where="language")
    if isinstance(request.user, User):
        people.set_language(request.user, code)
    onward = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        onward = settings.LOGIN_REDIRECT_URL
    response = redirect(onward)
    _keep_language(response, code)
    return response


def _keep_language(response: HttpResponse, code: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 24 * 3600, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
