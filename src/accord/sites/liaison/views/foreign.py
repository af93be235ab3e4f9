"""What partners ask this centre to follow and to hold: what waits for an officer, and one of each in full."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accord.capabilities.claims.permissions import ClaimPermission
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.crossborder.queries import foreign_enquiries, orders
from accord.capabilities.exchange.crossborder.services.enquiries import enquiries as enquiry_services
from accord.capabilities.exchange.crossborder.services.orders import foreign_orders as order_services
from accord.capabilities.exchange.models import ForeignEnquiry, ForeignOrder, ForeignOrderState
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.people import queries as people
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed
from accord.core import clock
from accord.core.errors import BadInput
from accord.core.errors import Msg as CoreMsg
from accord.core.money import Money
from accord.sites.common.confirm import Question, ask
from accord.sites.common.requests import page_of
from accord.sites.common.words import REFUSALS, RULES
from accord.sites.liaison.agreed import offence_name
from accord.sites.liaison.errors import Msg
from accord.sites.liaison.readers import reader
from accord.web.templatetags.accord import bank_name
from accord.web.vocabulary import code_label
from accord.web.wording import message_of


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "liaison/waiting.html", _waiting(request))


@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The part of the page that is polled."""
    return render(request, "liaison/_waiting.html", _waiting(request))


def _waiting(request: HttpRequest) -> dict[str, Any]:
    actor = reader(request)
    waiting = list(orders.waiting(actor))
    page = page_of(request, orders.foreign_orders(actor))
    return {
        "enquiries": [(row, totals_asked(row)) for row in foreign_enquiries.waiting(actor)],
        "to_decide": [(row, order_money(row)) for row in waiting if not row.automatic],
        "to_confirm": [(row, order_money(row)) for row in waiting if row.automatic],
        "page": page,
        "orders": [(row, order_money(row)) for row in page],
        "recent": [(row, totals_asked(row)) for row in foreign_enquiries.foreign_enquiries(actor)[:50]],
    }


def totals_asked(row: ForeignEnquiry) -> list[Money]:
    """What is claimed, in each currency."""
    sums: dict[str, int] = {}
    for credit in row.credits:
        sums[credit["currency"]] = sums.get(credit["currency"], 0) + credit["amount"]
    return [Money(minor, currency) for currency, minor in sums.items()]


def order_money(row: ForeignOrder) -> Money | None:
    currency = row.body.get("currency", "")
    return Money(row.body.get("amount", 0), currency) if currency else None


@require_GET
def enquiry(request: HttpRequest, enquiry_id: UUID) -> HttpResponse:
    return _enquiry_page(request, enquiry_id)


def _enquiry_page(request: HttpRequest, enquiry_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
    actor = reader(request)
    shown = foreign_enquiries.foreign_enquiry(actor, enquiry_id)
    waits = shown.waits_for_officer and shown.answered_at is None
    context = {
        "shown": shown,
        "problem": problem,
        "typed": request.POST,
        "totals": totals_asked(shown),
        "rule": RULES.get(shown.rule, shown.rule),
        "waits": waits,
        "overdue": shown.answered_at is None and shown.answer_due_at < clock.now(),
        "may_decide": waits and allowed(actor, ExchangePermission.ANSWER),
        "history": _history(actor, shown.claim_id),
    }
    return render(request, "liaison/enquiry.html", context, status=status)


def _history(actor: User, claim_id: UUID | None) -> Any:
    return people.history(actor, claim_id, ClaimPermission.READ) if claim_id else []


@require_POST
def decide_enquiry(request: HttpRequest, enquiry_id: UUID) -> HttpResponse:
    actor = reader(request, ExchangePermission.ANSWER)
    foreign_enquiries.foreign_enquiry(actor, enquiry_id)
    try:
        accept = _accepted(request)
        enquiry_services.decide(actor, enquiry_id, accept, request.POST.get("reason", ""))
    except BadInput as error:
        return _enquiry_page(request, enquiry_id, message_of(error), 400)
    told = _("This centre follows the money now and answers by itself.") if accept else _("Refused. The partner is told.")
    messages.success(request, told)
    return redirect("liaison:enquiry", enquiry_id)


def _accepted(request: HttpRequest) -> bool:
    choice = request.POST.get("decision", "")
    if choice not in ("accept", "refuse"):
        raise BadInput(Msg.CHOOSE_WHETHER_CENTRE_DOES_REFUSES, where="decision")
    if not request.POST.get("reason", "").strip():
        raise BadInput(CoreMsg.GIVE_REASON, where="reason")
    return choice == "accept"


@require_GET
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    return _order_page(request, order_id)


def _order_page(request: HttpRequest, order_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
    actor = reader(request)
    sight = orders.foreign_order(actor, order_id)
    shown = sight.row
    to_confirm = _is_to_confirm(shown)
    context = {
        "shown": shown,
        "body": sight.asks,
        "problem": problem,
        "typed": request.POST,
        "money": order_money(shown),
        "held": Money(shown.held, sight.asks.currency) if sight.asks.currency else None,
        "kind": code_label(OrderKind, sight.asks.kind),
        "rule": RULES.get(sight.asks.rule, ""),
        "offence": offence_name(shown.partner_id, shown.agreement, sight.asks.offence),
        "refusal": REFUSALS.get(shown.refusal, shown.refusal),
        "own_orders": sight.own,
        "proposed": shown.state == ForeignOrderState.PROPOSED,
        "to_confirm": to_confirm,
        "grounds": _grounds(shown),
        "may_decide": shown.state == ForeignOrderState.PROPOSED and allowed(actor, OrderPermission.DRAFT),
        "may_confirm": to_confirm and allowed(actor, OrderPermission.APPROVE),
        "history": _history(actor, shown.claim_id),
    }
    return render(request, "liaison/order.html", context, status=status)


def _is_to_confirm(shown: ForeignOrder) -> bool:
    live = shown.state in (ForeignOrderState.ORDERED, ForeignOrderState.ANSWERED)
    return shown.automatic and live and not shown.confirmed_by and shown.confirm_by is not None


def _grounds(shown: ForeignOrder) -> list[tuple[str, Any]]:
    if shown.state != ForeignOrderState.PROPOSED:
        return []
    terms = agreements.by_hash(shown.partner_id, shown.agreement).terms
    return [(ground.value, ground.label) for ground in terms.refusal_grounds]


@require_POST
def decide_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Let a partner's order become orders of this centre, or refuse it."""
    actor = reader(request, OrderPermission.DRAFT)
    shown = orders.foreign_order(actor, order_id).row
    given = request.POST
    try:
        accept = _accepted(request)
        if accept and "confirmed" not in given:
            return ask(request, _acceptance(shown))
        order_services.decide(actor, order_id, accept, given.get("reason", ""), given.get("ground", ""))
    except BadInput as error:
        return _order_page(request, order_id, message_of(error), 400)
    told = _("Orders of this centre are drawn up under its own regime.") if accept else _("Refused. The partner is told.")
    messages.success(request, told)
    return redirect("liaison:order", order_id)


def _acceptance(shown: ForeignOrder) -> Question:
    lines = [
        _("This centre orders it of its own banks, under its own regime and in its own name."),
        _("Where the regime asks for two people, its orders wait as drafts for the second."),
    ]
    money = order_money(shown)
    back = reverse("liaison:order", args=[shown.pk])
    heading = _("Do what %(partner)s asks?") % {"partner": bank_name(shown.partner_id)}
    return Question(heading, _("Order it"), lines, totals=[money] if money else (), back=back)


@require_POST
def confirm_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Stand by a hold that was placed automatically, before it lapses."""
    actor = reader(request, OrderPermission.APPROVE)
    shown = orders.foreign_order(actor, order_id).row
    if "confirmed" not in request.POST:
        lines = [
            _("It was ordered automatically. Without a confirmation it lapses."),
            _("With yours it lasts as long as the regime says."),
        ]
        held = Money(shown.held, shown.body["currency"]) if shown.held else order_money(shown)
        back = reverse("liaison:order", args=[shown.pk])
        heading = _("Confirm the hold for %(partner)s?") % {"partner": bank_name(shown.partner_id)}
        return ask(request, Question(heading, _("Confirm it"), lines, totals=[held] if held else (), back=back))
    order_services.confirm(actor, order_id)
    messages.success(request, _("Confirmed: the hold no longer lapses by itself. The partner is told."))
    return redirect("liaison:order", order_id)
