"""One partner: its card, the words by which its keys are known, its keys and agreement; and this centre's own card."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.adapters.partner_cards import fetch_card
from accord.capabilities.exchange.agreements import queries as agreement_queries
from accord.capabilities.exchange.models import Partner
from accord.capabilities.exchange.partners import cards, queries
from accord.capabilities.exchange.partners.services import partners as services
from accord.capabilities.exchange.permissions import ExchangePermission, PartnerPermission
from accord.capabilities.exchange.vocabulary import TestResult
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed
from accord.core.errors import AccordError, BadInput, NotFound
from accord.sites.common.confirm import Question, ask
from accord.sites.liaison.errors import Msg
from accord.sites.liaison.presenters import partner_row, sees_cases
from accord.sites.liaison.readers import partner_reader, reader
from accord.web.templatetags.accord import bank_name
from accord.web.wording import message_of

_LANGUAGES: Final = (("en", "English", "en"), ("zh-Hans", "中文", "zh-hans"))
"""(language tag, its own name, word list) in which words are compared."""


@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """What this centre hands to partners, and the words by which they check it."""
    actor = partner_reader(request)
    try:
        card = cards.read_signed(queries.own_card(actor).signed)
    except NotFound:  # nobody has made keys yet; the page says how
        return render(request, "liaison/own.html", {"card": None})
    lists = [(tag, name, queries.own_fingerprint(actor, language).words) for tag, name, language in _LANGUAGES]
    return render(request, "liaison/own.html", {"card": card, "word_lists": lists})


@require_GET
def own_card(request: HttpRequest) -> HttpResponse:
    """The signed card as a file."""
    card = queries.own_card(partner_reader(request))
    response = HttpResponse(cards.card_bytes(card.signed), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="card-{card.serial}.json"'
    return response


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A partner's card from a file or from its address; it counts for nothing until its words were compared."""
    actor = reader(request, PartnerPermission.MANAGE)
    problem = ""
    if request.method == "POST":
        try:
            partner = _added(actor, request)
        except AccordError as error:
            problem = message_of(error)
        else:
            told = _("The card of %(name)s is here. Compare its words with the partner now.")
            messages.success(request, told % {"name": bank_name(partner.code)})
            return redirect("liaison:partner", partner.code)
    context = {"problem": problem, "address": request.POST.get("address", "")}
    return render(request, "liaison/add.html", context, status=400 if problem else 200)


def _added(actor: User, request: HttpRequest) -> Partner:
    file, address = request.FILES.get("card"), request.POST.get("address", "").strip()
    if bool(file) == bool(address):
        raise BadInput(Msg.CHOOSE_FILE_GIVE_ADDRESS)
    if file is None:
        return services.add(actor, fetch_card(address))
    if (file.size or 0) > cards.MOST_BYTES:
        raise BadInput(Msg.CARD_AT_MOST_BYTES, count=cards.MOST_BYTES)
    return services.add(actor, file.read())


@require_GET
def show(request: HttpRequest, code: str) -> HttpResponse:
    return _page(request, code)


def _page(request: HttpRequest, code: str, problem: str = "", status: int = 200) -> HttpResponse:
    actor = partner_reader(request)
    partner = queries.partner(actor, code)
    lists = [(tag, name, queries.fingerprint(actor, code, language)) for tag, name, language in _LANGUAGES]
    context: dict[str, Any] = {
        "partner": partner,
        "row": partner_row(actor, partner),
        "problem": problem,
        "word_lists": [(tag, name, shown.words) for tag, name, shown in lists],
        "asked_for": lists[0][2].asked,
        "keys": queries.keys_of(actor, code),
        "alarms": queries.alarms(actor, code),
        "uncovered": queries.uncovered(actor, code),
        "agreements": agreement_queries.agreements(actor, code)[:20],
        "may_manage": allowed(actor, PartnerPermission.MANAGE),
        "may_answer": allowed(actor, ExchangePermission.ANSWER),
        "may_clear": allowed(actor, PartnerPermission.MANAGE) or allowed(actor, ExchangePermission.ANSWER),
        "may_call": allowed(actor, PartnerPermission.MANAGE) or allowed(actor, ExchangePermission.ASK),
        "call_results": dict(TestResult.choices),
        "sees_cases": sees_cases(actor),
    }
    return render(request, "liaison/partner.html", context, status=status)


@require_POST
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The words were compared out of band: whoever says so types the two that are asked for."""
    actor = reader(request, PartnerPermission.MANAGE)
    given = {place: request.POST.get(f"word-{place}", "") for place in range(1, cards.WORDS + 1)}
    try:
        partner = services.confirm(actor, code, given)
    except BadInput as error:
        return _page(request, code, message_of(error), 400)
    messages.success(
        request,
        _("%(name)s is confirmed. What carries its signature is taken from now on.") % {"name": bank_name(partner.code)},
    )
    return redirect("liaison:partner", code)


@require_POST
def revoke(request: HttpRequest, code: str) -> HttpResponse:
    actor = reader(request, PartnerPermission.MANAGE)
    queries.partner(actor, code)
    if "confirmed" not in request.POST:
        lines = [
            _("From now on nothing of this partner is taken and nothing is sent to it. What it holds for us stays as it is."),
            _("To work with it again, its card is added and its words are compared anew."),
        ]
        back = reverse("liaison:partner", args=[code])
        heading = _("Stop trusting %(name)s?") % {"name": bank_name(code)}
        return ask(request, Question(heading, _("Stop trusting it"), lines, danger=True, back=back))
    services.revoke(actor, code, request.POST.get("reason", ""))
    messages.success(request, _("%(name)s is no longer trusted.") % {"name": bank_name(code)})
    return redirect("liaison:partner", code)


@require_POST
def revoke_key(request: HttpRequest, code: str, kid: str) -> HttpResponse:
    """One key of the partner is in wrong hands: what it signs is taken no longer."""
    services.revoke_key(reader(request, PartnerPermission.MANAGE), code, kid, request.POST.get("reason", ""))
    messages.success(request, _("The key is trusted no longer."))
    return redirect("liaison:partner", code)


@require_POST
def accept_coverage(request: HttpRequest, code: str) -> HttpResponse:
    """Let the partner answer for what its newest card names."""
    services.accept_coverage(reader(request, PartnerPermission.MANAGE), code)
    messages.success(request, _("Money that goes there is asked of this partner from now on."))
    return redirect("liaison:partner", code)


@require_POST
def test_call(request: HttpRequest, code: str) -> HttpResponse:
    """Somebody rang the partner's contact: what came of it."""
    services.note_test_call(partner_reader(request), code, request.POST.get("result", ""))
    messages.success(request, _("The test call is on record."))
    return redirect("liaison:partner", code)
