"""Enrolling and removing second factors of one's own. Whoever has one already states the password again before any change."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any, Final
from uuid import UUID

import qrcode
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from qrcode.image.svg import SvgPathImage

from accord.capabilities.people import passkeys, totp
from accord.capabilities.people import queries as people
from accord.capabilities.people.models import FactorKind, User
from accord.capabilities.people.services import second_factors
from accord.core.errors import BadInput, NotAllowed
from accord.sites.accounts.errors import Msg
from accord.sites.accounts.middleware.gate import FACTOR_KEY, open_before_the_gate
from accord.sites.accounts.requests import landing, signed_in
from accord.sites.accounts.views.second_step import PASSKEY_STATE_KEY, read_answer
from accord.web.wording import text_of

NEW_APP_KEY: Final = "new-app-secret"
"""Session: the secret that the enrolment page shows, until the first code proves that an app has it."""
ISSUER: Final = "Accord"


@open_before_the_gate
@require_GET
def enrol(request: HttpRequest) -> HttpResponse:
    """Choose what to enrol."""
    user = signed_in(request)
    _refuse_half(request, user)
    return render(request, "accounts/enrol.html", {"must": _must(request, user)})


@open_before_the_gate
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def app(request: HttpRequest) -> HttpResponse:
    """Show the secret as a QR code and as text; take the app into use once it shows the right code."""
    user = signed_in(request)
    _refuse_half(request, user)
    if request.method == "GET" or NEW_APP_KEY not in request.session:
        request.session[NEW_APP_KEY] = totp.new_secret()
        return _app_page(request, user)
    if not _password_is_right(request, user):
        return _app_page(request, user, password_error=_("This is not your password."))
    try:
        codes = second_factors.enrol_app(user, request.session[NEW_APP_KEY], request.POST.get("code", ""))
    except BadInput as error:
        return _app_page(request, user, code_error=text_of(error))
    del request.session[NEW_APP_KEY]
    return _enrolled(request, user, codes)


def _app_page(request: HttpRequest, user: User, **errors: str) -> HttpResponse:
    secret = str(request.session[NEW_APP_KEY])
    context = {
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "picture": _qr_code(totp.address(secret, user.username, ISSUER)),
        "ask_password": second_factors.has_second_factor(user),
        "replaces": people.own_factors(user).filter(kind=FactorKind.TOTP).exists(),
        **errors,
    }
    return render(request, "accounts/factor_app.html", context, status=400 if errors else 200)


def _qr_code(text: str) -> str:
    """A picture as a data: address, which is all that pages may load besides files of this node."""
    drawn = BytesIO()
    qrcode.make(text, image_factory=SvgPathImage).save(drawn)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode("ascii")


@open_before_the_gate
@never_cache
@require_GET
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser's passkey is to be made for, as JSON."""
    user = signed_in(request)
    _refuse_half(request, user)
    known = second_factors.passkey_credentials(user)
    options, state = passkeys.ask_to_register(request.get_host(), user.pk.bytes, user.username, known)
    request.session[PASSKEY_STATE_KEY] = dict(state)
    return JsonResponse(options)


@open_before_the_gate
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """Take a passkey of this browser or of a key into use."""
    user = signed_in(request)
    _refuse_half(request, user)
    context: dict[str, Any] = {"ask_password": second_factors.has_second_factor(user), "name": request.POST.get("name", "")}
    if request.method == "GET":
        return render(request, "accounts/factor_passkey.html", context)
    state = request.session.pop(PASSKEY_STATE_KEY, None)
    if not _password_is_right(request, user):
        context["password_error"] = _("This is not your password.")
        return render(request, "accounts/factor_passkey.html", context, status=400)
    try:
        codes = second_factors.enrol_passkey(user, context["name"], request.get_host(), state or {}, read_answer(request))
    except NotAllowed as error:
        context["error"] = text_of(error)
        return render(request, "accounts/factor_passkey.html", context, status=400)
    return _enrolled(request, user, codes)


def _enrolled(request: HttpRequest, user: User, codes: list[str]) -> HttpResponse:
    """The session counts as one with a second factor now: its user has just shown one."""
    request.session[FACTOR_KEY] = True
    if codes:
        return _codes_page(request, user, codes)
    messages.success(request, _("The second factor is in use."))
    return redirect("accounts:own")


def _codes_page(request: HttpRequest, user: User, codes: list[str]) -> HttpResponse:
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "onward": landing(user)})


@sensitive_post_parameters()
@never_cache
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them once."""
    user = signed_in(request)
    if not _password_is_right(request, user):
        messages.error(request, _("This is not your password. Nothing was changed."))
        return redirect("accounts:own")
    return _codes_page(request, user, second_factors.renew_recovery_codes(user))


@sensitive_post_parameters()
@require_POST
def remove(request: HttpRequest, factor_id: UUID) -> HttpResponse:
    user = signed_in(request)
    if not _password_is_right(request, user):
        messages.error(request, _("This is not your password. Nothing was changed."))
        return redirect("accounts:own")
    second_factors.remove_factor(user, factor_id)
    messages.success(request, _("The second factor is removed."))
    return redirect("accounts:own")


def _must(request: HttpRequest, user: User) -> bool:
    return second_factors.needs_second_factor(user) and not request.session.get(FACTOR_KEY)


def _refuse_half(request: HttpRequest, user: User) -> None:
    """Whoever has a factor adds another only in a session in which it was shown."""
    if second_factors.has_second_factor(user) and not request.session.get(FACTOR_KEY):
        raise NotAllowed(Msg.SIGN_IN_WITH_YOUR_SECOND_FACTOR)


def _password_is_right(request: HttpRequest, user: User) -> bool:
    """Asked of whoever has a factor. A wrong one counts like a failed sign-in."""
    if not second_factors.has_second_factor(user):
        return True
    return authenticate(request, username=user.username, password=request.POST.get("password", "")) is not None
