"""Returns to victims: the list, a return step by step, each step's form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.capabilities.orders.models import Distribution, Order, RestitutionState
from accord.capabilities.orders.permissions import ReturnPermission
from accord.capabilities.orders.remedies import queries as remedies
from accord.capabilities.orders.remedies import returns
from accord.capabilities.orders.remedies.services import payouts, restitutions
from accord.capabilities.orders.remedies.services.restitutions import ClaimantFacts
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import require
from accord.core.errors import BadInput, Conflict
from accord.core.errors import Msg as CoreMsg
from accord.core.money import Money
from accord.sites.common.requests import officer, page_of
from accord.sites.desk.amounts import minor_units
from accord.sites.desk.errors import Msg
from accord.sites.desk.institutions import code_of, known
from accord.sites.desk.presenters.return_page import ReturnPage
from accord.web.wording import text_of

MOST_OFFERED = 100


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = officer(request)
    found, state = remedies.restitutions(actor), request.GET.get("state", "")
    if state in RestitutionState.values:
        found = found.filter(state=state)
    if text := request.GET.get("q", "").strip():
        found = found.filter(reference__icontains=text)
    page = page_of(request, found)
    totals = remedies.restitution_totals(list(page))
    rows = [(restitution, totals[restitution.pk]) for restitution in page]
    context = {"page": page, "rows": rows, "state": state, "states": RestitutionState.choices, "text": text}
    return render(request, "desk/returns.html", context)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose holds, how much of each, and the rule."""
    actor = officer(request)
    require(actor, ReturnPermission.PREPARE)
    problem = ""
    if request.method == "POST":
        try:
            restitution = restitutions.prepare(
                actor, _chosen(request, actor), request.POST.get("distribution", ""), request.POST.get("ground", "")
            )
        except (BadInput, Conflict) as error:
            problem = text_of(error)
        else:
            messages.success(request, _("The return is prepared. Name who gets a part of it."))
            return redirect("desk:return", restitution.pk)
    offered = list(remedies.returnable(actor)[:MOST_OFFERED])
    free = returns.amounts_free(offered)
    context = {
        "rows": [_offer(order, free[order.pk], request) for order in offered],
        "rules": Distribution.choices,
        "problem": problem,
        "given": request.POST,
        "more": max(0, remedies.returnable(actor).count() - MOST_OFFERED),
    }
    return render(request, "desk/return_new.html", context, status=400 if problem else 200)


def _offer(order: Order, free: int, request: HttpRequest) -> dict[str, Any]:
    """A hold that can be chosen, with what is free of it."""
    given = request.POST.get(f"amount-{order.pk}")
    return {
        "order": order,
        "free": Money(free, order.currency),
        "amount": given if given is not None else f"{Money(free, order.currency).decimal():f}",
        "chosen": str(order.pk) in request.POST.getlist("order") or str(order.pk) == request.GET.get("order"),
    }


def _chosen(request: HttpRequest, actor: User) -> list[tuple[UUID, int]]:
    """The holds that were ticked, with the amounts beside them."""
    ticked = set(request.POST.getlist("order"))
    found = [order for order in remedies.returnable(actor) if str(order.pk) in ticked]
    if len(found) < len(ticked):
        raise Conflict(Msg.ONE_HOLDS_KEEPS_NO_MONEY_ANY)
    return [(order.pk, minor_units(request.POST.get(f"amount-{order.pk}", ""), order.currency)) for order in found]


@require_GET
def show(request: HttpRequest, restitution_id: UUID) -> HttpResponse:
    return _page(request, restitution_id)


@require_POST
def add_claimant(request: HttpRequest, restitution_id: UUID) -> HttpResponse:
    def add(actor: User) -> str:
        currency = remedies.restitution(actor, restitution_id).currency
        given = request.POST
        stated = given.get("stated", "").strip()
        claimant = restitutions.add_claimant(
            actor,
            restitution_id,
            ClaimantFacts(
                kind=given.get("kind", ""),
                name=given.get("name", ""),
                claimed=minor_units(given.get("claimed", ""), currency),
                pay_institution=_institution(given.get("pay_institution", "")),
                pay_account=given.get("pay_account", ""),
                claim=_uuid(given.get("claim", "")),
                ground=given.get("ground", ""),
                stated=minor_units(stated, currency) if stated else 0,
            ),
        )
        return _("%(name)s is named.") % {"name": claimant.name}

    return _change(request, restitution_id, add)


@require_POST
def remove_claimant(request: HttpRequest, restitution_id: UUID, claimant_id: int) -> HttpResponse:
    def remove(actor: User) -> str:
        restitutions.remove_claimant(actor, claimant_id, request.POST.get("reason", ""))
        return _("The claimant is taken out.")

    return _change(request, restitution_id, remove)


@require_POST
def correct_payee(request: HttpRequest, restitution_id: UUID, claimant_id: int) -> HttpResponse:
    def correct(actor: User) -> str:
        given = request.POST
        bank = _institution(given.get("pay_institution", ""))
        payouts.correct_payee(actor, claimant_id, bank, given.get("pay_account", ""), given.get("ground", ""))
        return _("The account is corrected. Somebody else must order the payment again.")

    return _change(request, restitution_id, correct)


@require_POST
def notice(request: HttpRequest, restitution_id: UUID) -> HttpResponse:
    def announce(actor: User) -> str:
        days = request.POST.get("days", "")
        restitutions.give_notice(actor, restitution_id, request.POST.get("text", ""), int(days) if days.isdecimal() else 0)
        return _("The notice is on record. Send it to the holders and to all who might claim.")

    return _change(request, restitution_id, announce)


@require_POST
def take_objection(request: HttpRequest, restitution_id: UUID) -> HttpResponse:
    def take(actor: User) -> str:
        restitutions.take_objection(actor, restitution_id, request.POST.get("by", ""), request.POST.get("statement", ""))
        return _("The objection is on record. It must be answered before the return is decided.")

    return _change(request, restitution_id, take)


@require_POST
def answer_objection(request: HttpRequest, restitution_id: UUID, objection_id: int) -> HttpResponse:
    def answer(actor: User) -> str:
        upheld = request.POST.get("upheld", "")
        if upheld not in ("yes", "no"):
            raise BadInput(Msg.SAY_WHETHER_OBJECTION_RIGHT, where="upheld")
        said = request.POST.get("answer", "")
        restitutions.answer_objection(actor, objection_id, upheld=upheld == "yes", answer=said)
        if upheld == "yes":
            return _("The objection is upheld. Change the return and give notice again.")
        return _("The objection is answered.")

    return _change(request, restitution_id, answer)


@require_POST
def decide(request: HttpRequest, restitution_id: UUID) -> HttpResponse:
    """First everything that leaves, then the decision itself."""
    actor = officer(request)
    if request.POST.get("confirmed") != "yes":
        page = ReturnPage(actor, restitution_id)
        if page.state == RestitutionState.NOTICED and page.may_decide and not page.obstacles:
            context = {"page": page, "restitution": page.restitution, "given": request.POST}
            return render(request, "desk/return_confirm.html", context)

    def carry_out(actor: User) -> str:
        payouts.decide(actor, restitution_id, request.POST.get("reasons", ""), request.POST.get("court_reference", ""))
        return _("The return is decided. The banks are told to pay.")

    return _change(request, restitution_id, carry_out)


@require_POST
def pay_again(request: HttpRequest, restitution_id: UUID) -> HttpResponse:
    def pay(actor: User) -> str:
        count = payouts.pay_again(actor, restitution_id, request.POST.get("court_reference", ""))
        return ngettext("%(count)d payment is ordered again.", "%(count)d payments are ordered again.", count) % {
            "count": count
        }

    return _change(request, restitution_id, pay)


@require_POST
def close(request: HttpRequest, restitution_id: UUID) -> HttpResponse:
    def end(actor: User) -> str:
        payouts.close(actor, restitution_id, request.POST.get("reasons", ""))
        return _("The return is closed. What was not paid stays held until its hold ends.")

    return _change(request, restitution_id, end)


@require_POST
def abandon(request: HttpRequest, restitution_id: UUID) -> HttpResponse:
    def give_up(actor: User) -> str:
        restitutions.abandon(actor, restitution_id, request.POST.get("reason", ""))
        return _("The return is given up. The money stays held as before.")

    return _change(request, restitution_id, give_up)


def _change(request: HttpRequest, restitution_id: UUID, act: Callable[[User], str]) -> HttpResponse:
    """Carry a step out and show the page anew; what is wrong is shown on it, with what was typed kept."""
    try:
        said = act(officer(request))
    except (BadInput, Conflict) as error:
        return _page(request, restitution_id, text_of(error), 400 if isinstance(error, BadInput) else 409)
    messages.success(request, said)
    return redirect("desk:return", restitution_id)


def _page(request: HttpRequest, restitution_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
    actor = officer(request)
    page = ReturnPage(actor, restitution_id)
    context = {
        "page": page,
        "restitution": page.restitution,
        "problem": problem,
        "given": request.POST,
        "institutions": known(actor),
    }
    return render(request, "desk/return.html", context, status=status)


def _institution(text: str) -> str:
    """The code of the bank that an officer names."""
    try:
        return code_of(text)
    except ValidationError as error:
        raise BadInput(CoreMsg.VERBATIM, text=error.messages[0]) from error


def _uuid(text: str) -> UUID | None:
    """The claim chosen in a list; None where none was."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise BadInput(Msg.CHOOSE_CLAIM_FROM_LIST, where="claim") from error
