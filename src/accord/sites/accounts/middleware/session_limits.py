"""Ends sessions that were idle or lasted too long, or were ended from elsewhere; notes when and where one began."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accord.capabilities.people import lockout
from accord.capabilities.people.models import User
from accord.capabilities.people.services import sessions


class SessionLimits:
    """Must stand inside the sign-in and message middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User) and not sessions.is_alive(
            request.session.session_key or "", in_use="X-Poll" not in request.headers
        ):
            logout(request)
            messages.warning(request, _("Your session has ended. Sign in again to go on."))
        return self._get_response(request)


@receiver(user_logged_in, dispatch_uid="accounts_begin_session")
def begin(request: HttpRequest, user: User, **_others: object) -> None:
    """Whichever way somebody signs in, the session is known and limited."""
    if not request.session.session_key:
        request.session.create()
    sessions.begin_session(
        user, str(request.session.session_key), lockout.client_address(request), request.headers.get("User-Agent", "")
    )
