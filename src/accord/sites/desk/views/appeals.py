"""Appeals: the list by clock, one appeal with what is needed to decide it, its decision."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.capabilities.orders import queries
from accord.capabilities.orders.models import AppealChannel, AppealDecision, AppealState
from accord.capabilities.orders.permissions import AppealPermission
from accord.capabilities.orders.ports import Care
from accord.capabilities.orders.remedies import queries as remedies
from accord.capabilities.orders.remedies.appeal_letter import about_to_be, letter
from accord.capabilities.orders.remedies.services import appeals, care, compensations
from accord.capabilities.orders.remedies.services.appeals import AppealFacts
from accord.capabilities.people.policy import require
from accord.core import clock
from accord.core.errors import BadInput, Conflict
from accord.core.money import Money
from accord.sites.common.requests import officer, page_of
from accord.sites.desk.amounts import minor_units
from accord.sites.desk.presenters.appeal_page import AppealPage
from accord.web.wording import text_of

_LISTS: Final = {
    "open": remedies.open_appeals,
    "overdue": remedies.overdue_appeals,
    "all": remedies.appeals,
}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Open appeals unless chosen otherwise, the first due first."""
    actor = officer(request)
    chosen = request.GET.get("show", "open")
    found = _LISTS.get(chosen, remedies.open_appeals)(actor)
    state, text = request.GET.get("state", ""), request.GET.get("q", "").strip()
    if state in AppealState.values:
        found = found.filter(state=state)
    if text:
        found = remedies.search_appeals(found, text)
    page, now = page_of(request, found), clock.now()
    context = {
        "page": page,
        "rows": [(appeal, appeal.is_overdue(now)) for appeal in page],
        "show": chosen if chosen in _LISTS else "open",
        "state": state,
        "text": text,
        "states": AppealState.choices,
        "open": remedies.open_appeals(actor).count(),
        "overdue": remedies.overdue_appeals(actor).count(),
    }
    return render(request, "desk/appeals.html", context)


@require_GET
def show(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    return _appeal_page(request, appeal_id)


@require_POST
def review(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """Take the appeal on."""
    appeals.begin_review(officer(request), appeal_id)
    messages.success(request, _("You look at this appeal. Decide it before its clock runs out."))
    return redirect("desk:appeal", appeal_id)


@require_POST
def decide(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """First what the appellant will read, then the decision itself."""
    actor = officer(request)
    appeal = remedies.appeal(actor, appeal_id)
    decision, reasons = request.POST.get("decision", ""), request.POST.get("reasons", "").strip()
    try:
        amount = None
        if decision == AppealDecision.RELEASE_PARTLY:
            amount = minor_units(request.POST.get("amount", ""), appeal.order.currency)
        if request.POST.get("confirmed") == "yes":
            appeals.decide(actor, appeal_id, decision, amount, reasons)
            messages.success(request, _("The appeal is decided. The appellant can read the decision now."))
            return redirect("desk:appeal", appeal_id)
        appeals.check_decision(actor, appeal_id, decision, amount, reasons)
    except (BadInput, Conflict) as error:
        return _appeal_page(request, appeal_id, error)
    verdict = about_to_be(appeal, decision, amount, reasons)
    context = {
        "appeal": appeal,
        "decision": decision,
        "decision_words": AppealDecision(decision).label,
        "amount": request.POST.get("amount", ""),
        "reasons": reasons,
        "letter": letter(appeal, verdict, appeal.language),
        "letter_language": "zh-Hans" if appeal.language == "zh-hans" else appeal.language,
        "money": Money(verdict.amount, appeal.order.currency) if verdict.amount else None,
    }
    return render(request, "desk/appeal_confirm.html", context)


@require_POST
def release_again(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """The bank refused; order what was granted once more."""
    appeals.release_again(officer(request), appeal_id)
    messages.success(request, _("The release is ordered once more."))
    return redirect("desk:appeal", appeal_id)


@require_POST
def withdraw(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    appeals.withdraw(officer(request), appeal_id, request.POST.get("reason", ""))
    messages.success(request, _("The appeal is taken back."))
    return redirect("desk:appeal", appeal_id)


@require_POST
def compensate(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """Put on record what the appellant is to get."""
    actor = officer(request)
    currency = request.POST.get("currency", "").strip().upper() or remedies.appeal(actor, appeal_id).order.currency
    try:
        amount = minor_units(request.POST.get("amount", ""), currency)
        compensations.note_compensation(actor, appeal_id, amount, currency, request.POST.get("ground", ""))
    except (BadInput, Conflict) as error:
        return _appeal_page(request, appeal_id, error)
    messages.success(request, _("The compensation is on record."))
    return redirect("desk:appeal", appeal_id)


@require_POST
def compensation_paid(request: HttpRequest, appeal_id: UUID, compensation_id: int) -> HttpResponse:
    compensations.compensation_paid(officer(request), compensation_id, request.POST.get("payment_reference", ""))
    messages.success(request, _("The compensation is noted as paid."))
    return redirect("desk:appeal", appeal_id)


@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Write an appeal down that reached the desk."""
    actor = officer(request)
    order = queries.get(actor, order_id)
    require(actor, AppealPermission.RECORD)
    context: dict[str, Any] = {
        "order": order,
        "given": request.POST,
        "cares": Care.choices,
        "channels": [(value, label) for value, label in AppealChannel.choices if value != AppealChannel.PUBLIC],
    }
    if request.method == "GET":
        return render(request, "desk/appeal_new.html", context)
    given = request.POST
    facts = AppealFacts(
        appellant=given.get("appellant", ""),
        statement=given.get("statement", ""),
        reach=given.get("reach", ""),
        language=given.get("language", "zh-hans"),
        care=given.get("care", ""),
    )
    try:
        appeal = appeals.record(actor, order_id, given.get("channel", AppealChannel.DESK), facts)
    except (BadInput, Conflict) as error:
        problem = {"problem": text_of(error)}
        return render(request, "desk/appeal_new.html", context | problem, status=_status(error))
    messages.success(
        request,
        _("The appeal is received. Tell the appellant: reference %(reference)s, code %(code)s.")
        % {"reference": appeal.reference, "code": appeal.code},
    )
    return redirect("desk:appeal", appeal.pk)


@require_POST
def mark_care(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Mark whom an order touches."""
    care.set_care(officer(request), order_id, request.POST.get("care", ""), request.POST.get("note", ""))
    messages.success(request, _("The mark is on the order."))
    return redirect("desk:order", order_id)


@require_POST
def living_costs(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Leave the holder what they live on, or say why not."""
    actor = officer(request)
    if request.POST.get("choice") == "release":
        release = care.release_living_costs(actor, order_id)
        messages.success(request, _("The bank is told to release %(reference)s.") % {"reference": release.reference})
    else:
        care.decline_living_costs(actor, order_id, request.POST.get("reason", ""))
        messages.success(request, _("The order stays as it is; your reason is on record."))
    return redirect("desk:order", order_id)


def _appeal_page(request: HttpRequest, appeal_id: UUID, error: BadInput | Conflict | None = None) -> HttpResponse:
    """The page; `error` is what kept a decision from being carried out, shown on it with what was typed kept."""
    page = AppealPage(officer(request), appeal_id)
    problem = text_of(error) if error else ""
    context = {"page": page, "appeal": page.appeal, "problem": problem, "given": request.POST}
    return render(request, "desk/appeal.html", context, status=_status(error))


def _status(error: BadInput | Conflict | None) -> int:
    if error is None:
        return 200
    return 400 if isinstance(error, BadInput) else 409
