"""The second step of signing in: the code of an app, a recovery code, or a passkey."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.capabilities.people import passkeys
from accord.capabilities.people import queries as people
from accord.capabilities.people.models import FactorKind, User
from accord.capabilities.people.services import second_factors
from accord.core import clock
from accord.core.errors import NotAllowed
from accord.sites.accounts.errors import Msg
from accord.sites.accounts.views import locked
from accord.sites.accounts.views.signing import HALF_KEY, sign_in

WITHIN: Final = timedelta(minutes=5)
PASSKEY_STATE_KEY: Final = "passkey-state"


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Ask for the code. A wrong one counts like a wrong password."""
    user = half_signed_in(request)
    if user is None:
        return redirect("accounts:sign-in")
    if request.method == "GET":
        return render(request, "accounts/second_step.html", _context(user))
    if _is_locked(request, user):
        return locked.show(request)
    code = request.POST.get("code", "")
    if second_factors.use_app_code(user, code) or second_factors.use_recovery_code(user, code):
        return _done(request, user)
    return _failed(request, user, _("The code is not right. Each code works once; wait for the next one."))


@login_not_required
@never_cache
@require_GET
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser is to sign, as JSON."""
    user = half_signed_in(request)
    if user is None:
        raise NotAllowed(Msg.SIGN_IN_WITH_YOUR_PASSWORD_FIRST)
    options, state = passkeys.ask_to_sign(request.get_host(), second_factors.passkey_credentials(user))
    request.session[PASSKEY_STATE_KEY] = dict(state)
    return JsonResponse(options)


@login_not_required
@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """Accept what the browser signed."""
    user = half_signed_in(request)
    if user is None:
        return redirect("accounts:sign-in")
    if _is_locked(request, user):
        return locked.show(request)
    state = request.session.pop(PASSKEY_STATE_KEY, None)
    try:
        second_factors.use_passkey(user, request.get_host(), state or {}, read_answer(request))
    except NotAllowed:
        return _failed(request, user, _("The passkey was not accepted. Try again."))
    return _done(request, user)


def read_answer(request: HttpRequest) -> Any:
    """The browser's answer about a passkey, which the page's script put into the form; None where it is no JSON."""
    try:
        return json.loads(request.POST.get("answer", ""))
    except ValueError:
        return None


def half_signed_in(request: HttpRequest) -> User | None:
    """Whose password was right a few minutes ago in this browser."""
    kept = request.session.get(HALF_KEY)
    if not isinstance(kept, dict):
        return None
    began = clock.from_micros(int(kept["at"]) * 1_000_000)
    if clock.machine_now() - began > WITHIN:
        request.session.flush()
        return None
    return people.signing_in(kept["user"])


def _done(request: HttpRequest, user: User) -> HttpResponse:
    onward = str(request.session[HALF_KEY]["next"])
    return sign_in(request, user, onward, factor=True)


def _is_locked(request: HttpRequest, user: User) -> bool:
    return bool(AxesProxyHandler.is_locked(request, {"username": user.username}))


def _failed(request: HttpRequest, user: User, message: str) -> HttpResponse:
    """Count the failure, so that codes cannot be tried out; the one that locks is answered by `locked.show`."""
    user_login_failed.send(__name__, credentials={"username": user.username}, request=request)
    return render(request, "accounts/second_step.html", _context(user) | {"error": message}, status=403)


def _context(user: User) -> dict[str, Any]:
    kinds = set(people.own_factors(user).values_list("kind", flat=True))
    return {
        "has_app": FactorKind.TOTP in kinds,
        "has_passkey": FactorKind.PASSKEY in kinds,
        "codes_left": people.recovery_codes_left(user),
    }
