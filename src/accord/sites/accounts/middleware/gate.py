"""What must be done before any other page: a password of one's own, and a second factor where the role needs one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from accord.capabilities.people.models import User
from accord.capabilities.people.services import second_factors

FACTOR_KEY: Final = "second-factor"
"""The session's mark that a second factor was shown in it."""

_OPEN: Final = "open_before_the_gate"
_View = TypeVar("_View", bound=Callable[..., HttpResponse])


def open_before_the_gate(view: _View) -> _View:
    """Marks a view that is needed to pass the gate: enrolling, changing the password, signing out."""
    setattr(view, _OPEN, True)
    return view


class Gate:
    """Leads to the page where what is lacking can be done. Views that are open to everyone stay open."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _arguments: Any, _named: Any
    ) -> HttpResponse | None:
        user = request.user
        if not isinstance(user, User) or not getattr(view, "login_required", True) or getattr(view, _OPEN, False):
            return None
        to = self._lacking(request, user)
        if to is None:
            return None
        if request.headers.get("HX-Request") == "true":
            return HttpResponseClientRedirect(resolve_url(to))
        return redirect(to)

    def _lacking(self, request: HttpRequest, user: User) -> str | None:
        if user.must_change_password:
            return "accounts:password"
        if not second_factors.needs_second_factor(user) or request.session.get(FACTOR_KEY):
            return None
        if not second_factors.has_second_factor(user):
            return "accounts:enrol"
        logout(request)  # the role has changed, or the factor came in another browser: sign in with it
        return "accounts:sign-in"
