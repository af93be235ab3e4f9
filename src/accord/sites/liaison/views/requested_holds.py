"""A hold that a partner's people ask for: a person orders it here, from a form that is filled in as far as the facts go."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accord.capabilities.exchange.crossborder.errors import Msg as CrossborderMsg
from accord.capabilities.exchange.crossborder.queries import requests as queries
from accord.capabilities.exchange.crossborder.services.orders import requested_holds as services
from accord.capabilities.exchange.models import PartnerRequest
from accord.capabilities.orders.permissions import OrderPermission
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.money import Money
from accord.sites.common.confirm import Question, ask
from accord.sites.liaison.forms import RequestedHoldForm
from accord.sites.liaison.readers import reader
from accord.web.wording import message_of


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Order the hold, after it was shown once more; what is wrong with it stands on the form."""
    actor = reader(request, OrderPermission.DRAFT)
    shown = queries.request(actor, request_id)
    if shown.outgoing:
        raise NotFound(CrossborderMsg.NO_SUCH_REQUEST)
    form = RequestedHoldForm(request.POST if request.method == "POST" else None, initial=_first(shown))
    problem, status = "", 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        if "confirmed" not in request.POST:
            return ask(request, _question(shown, form.cleaned_data["money"]))
        try:
            ordered = services.order_hold(actor, request_id, form.facts())
        except (BadInput, Conflict) as error:
            problem, status = message_of(error), 409 if isinstance(error, Conflict) else 400
        else:
            messages.success(request, _("Orders of this centre are drawn up under its own regime."))
            return redirect("liaison:order", ordered.pk)
    context = {"shown": shown, "form": form, "problem": problem, "traced": services.is_traced(shown)}
    return render(request, "liaison/request_hold.html", context, status=status)


def _first(shown: PartnerRequest) -> dict[str, Any]:
    """What the partner's people said, in the fields of the form."""
    body = shown.body
    first = {name: body.get(name, "") for name in ("account", "institution", "currency")}
    first["reason"] = body.get("reasons") or body.get("wanted", "")
    if body.get("amount") and body.get("currency"):
        amount: Decimal = Money(body["amount"], body["currency"]).decimal()
        first["amount"] = str(amount)
    return first


def _question(shown: PartnerRequest, money: Money) -> Question:
    lines = [
        _("This centre orders it of its own banks, under its own regime and in its own name."),
        _("Where the regime asks for two people, its orders wait as drafts for the second."),
    ]
    heading = _("Hold what %(partner)s asks for?") % {"partner": shown.partner}
    return Question(heading, _("Order it"), lines, totals=[money], back=reverse("liaison:request-hold", args=[shown.pk]))
