"""Service accounts of other systems, and their tokens."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accord.capabilities.people import queries
from accord.capabilities.people import services as people
from accord.capabilities.people.errors import Msg as PeopleMsg
from accord.capabilities.people.models import User
from accord.core import clock
from accord.core.errors import BadInput, NotFound
from accord.sites.accounts.forms import ServiceAccountForm, TokenForm, refuse
from accord.sites.accounts.requests import signed_in


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The list; a POST adds an account."""
    actor = signed_in(request)
    form = ServiceAccountForm(actor, request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            people.add_service_account(actor, form.cleaned_data["name"], form.cleaned_data["agency"])
        except BadInput as error:
            refuse(form, error)
        else:
            messages.success(request, _("Added. Issue a token for it now."))
            return redirect("accounts:services")
    return _page(request, actor, form, TokenForm(), status=400 if form.is_bound else 200)


@never_cache
@require_POST
def issue(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Issue a token and show its secret, this once."""
    actor = signed_in(request)
    account = queries.service_accounts(actor).filter(pk=account_id).first()
    if account is None:
        raise NotFound(PeopleMsg.NO_SUCH_SERVICE_ACCOUNT)
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            token, secret = people.issue_token(actor, account, form.granted(), form.lasts())
        except BadInput as error:
            refuse(form, error)
        else:
            return render(request, "accounts/token.html", {"account": account, "token": token, "secret": secret})
    return _page(request, actor, ServiceAccountForm(actor), form, account_id, status=400)


@require_POST
def set_active(request: HttpRequest, account_id: UUID) -> HttpResponse:
    people.set_service_account_active(signed_in(request), account_id, request.POST.get("active") == "yes")
    messages.success(request, _("Changed."))
    return redirect("accounts:services")


@require_POST
def revoke(request: HttpRequest, prefix: str) -> HttpResponse:
    people.revoke_token(signed_in(request), prefix)
    messages.success(request, _("Revoked. Whoever shows it is refused from now on."))
    return redirect("accounts:services")


def _page(
    request: HttpRequest,
    actor: User,
    form: ServiceAccountForm,
    token_form: TokenForm,
    issuing: UUID | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    now = clock.machine_now()
    tokens = [(token, token.revoked_at is None and token.expires_at > now) for token in queries.service_tokens(actor)]
    context = {
        "form": form,
        "token_form": token_form,
        "issuing": issuing,
        "rows": [
            (account, [pair for pair in tokens if pair[0].account_id == account.pk])
            for account in queries.service_accounts(actor)
        ],
    }
    return render(request, "accounts/services.html", context, status=status)
