"""Requests between people: what partners ask, what this centre asks, and one of them with the thread of its case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claims
from accord.capabilities.claims.permissions import ClaimPermission
from accord.capabilities.exchange.agreements import queries as agreement_queries
from accord.capabilities.exchange.audit import RequestAudit
from accord.capabilities.exchange.crossborder.queries import requests as queries
from accord.capabilities.exchange.crossborder.request_cycle import UNSETTLED
from accord.capabilities.exchange.crossborder.services import requests as services
from accord.capabilities.exchange.crossborder.services.orders.requested_holds import hold_of
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import Outcome, RequestKind
from accord.capabilities.exchange.models import PartnerRequest, PartnerState, RequestState
from accord.capabilities.exchange.partners import queries as partner_queries
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.people import queries as people_queries
from accord.capabilities.people import services as people
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed
from accord.core import clock
from accord.core.clock import to_iso
from accord.core.errors import AccordError, BadInput
from accord.sites.common.csv_download import csv_response
from accord.sites.common.requests import page_of
from accord.sites.liaison.agreed import offence_name
from accord.sites.liaison.errors import Msg
from accord.sites.liaison.forms import RequestForm
from accord.sites.liaison.readers import reader
from accord.sites.liaison.words import LANGUAGE_NAMES
from accord.web.wording import message_of

if TYPE_CHECKING:
    from accord.capabilities.exchange.agreements.queries import InForce

_COLUMNS: Final = (
    "reference", "direction", "partner", "case", "kind", "state", "urgent", "escalated", "asked_at", "due_at", "answered_at",
    "ground", "asked_by", "taken_by", "answered_by",
)  # fmt: skip
_SHOWN: Final = {"to_answer": queries.to_answer, "overdue": queries.overdue, "open": queries.unsettled}


def _found(request: HttpRequest, actor: User) -> QuerySet[PartnerRequest]:
    """The list as the address narrows it; `show` is "open" where it says nothing."""
    given = request.GET
    text = given.get("q", "").strip().replace("\x00", "")
    show = given.get("show", "all" if text else "open")
    found = _SHOWN.get(show, queries.requests)(actor)
    if show == "asked":
        found = queries.requests(actor).filter(outgoing=True)
    if text:
        found = found.filter(pk__in=queries.search(actor, text).order_by().values("pk"))
    for column in ("partner", "kind", "state"):
        if value := given.get(column, ""):
            found = found.filter(**{column: value})
    return found


def _list(request: HttpRequest) -> dict[str, Any]:
    actor = reader(request)
    now = clock.now()
    page = page_of(request, _found(request, actor))
    return {
        "page": page,
        "rows": [(row, row.state in UNSETTLED and row.due_at < now) for row in page],
        "unsettled": UNSETTLED,
        "counts": queries.counts(actor),
    }


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    context = _list(request) | {
        "kinds": dict(RequestKind.choices),
        "states": RequestState.choices,
        "partners": partner_queries.partners(actor),
        "may_ask": allowed(actor, ExchangePermission.ASK),
        "show": request.GET.get("show", "all" if request.GET.get("q") else "open"),
    }
    return render(request, "liaison/requests.html", context)


@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The list alone, for the page that keeps itself up to date."""
    return render(request, "liaison/_requests.html", _list(request))


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The list as chosen, all pages of it, without what was asked and answered; that it was taken is on record."""
    actor = reader(request)
    lines = [_csv_row(row) for row in _found(request, actor)]
    people.note_read(actor, PartnerRequest, taken="requests.csv", rows=len(lines))
    unit_of_work.record(actor, RequestAudit.PARTNER_REQUESTS_EXPORTED, subject=None, obj=actor, rows=len(lines))
    return csv_response("requests.csv", _COLUMNS, lines)


def _csv_row(row: PartnerRequest) -> tuple[object, ...]:
    return (
        row.reference,
        "asked here" if row.outgoing else "asked of us",
        row.partner_id,
        row.case,
        row.kind,
        row.state,
        "yes" if row.body.get("urgent") else "no",
        "yes" if row.escalated else "no",
        to_iso(row.asked_at),
        to_iso(row.due_at),
        to_iso(row.answered_at) if row.answered_at else "",
        (row.answer or {}).get("ground", ""),
        row.asked_by,
        row.taken_by,
        row.answered_by,
    )


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask a partner about a claim: `?claim=` names it, `?partner=` whom to ask. The agreement's template stands ready."""
    actor = reader(request, ExchangePermission.ASK)
    if not request.GET.get("claim"):
        return redirect("liaison:requests")  # which says how to begin
    claim = claims.get(actor, _uuid(request.GET["claim"]))
    partners = partner_queries.partners(actor).filter(state=PartnerState.CONFIRMED)
    code = request.GET.get("partner", "") or claim.origin
    context: dict[str, Any] = {"claim": claim, "partners": partners, "code": code, "problem": ""}
    if not code:
        return render(request, "liaison/request_new.html", context)
    context["partner"] = partner_queries.partner(actor, code)
    try:
        agreement = agreement_queries.in_force(code)
    except Refused as error:
        return render(request, "liaison/request_new.html", context | {"problem": message_of(error)}, status=409)
    posted = request.POST if request.method == "POST" else None
    form = RequestForm(agreement, posted, initial=_first(request, agreement, claim.currency))
    context |= {"form": form, "templates": agreement.terms.templates, "clocks": agreement.terms.clocks}
    if form.is_bound and form.is_valid():
        try:
            asked = services.ask(actor, code, form.facts(claim.pk))
        except (Refused, BadInput) as error:
            context["problem"] = message_of(error)
        else:
            messages.success(request, _("%(reference)s is on its way to the partner.") % {"reference": asked.reference})
            return redirect("liaison:request", asked.pk)
    return render(request, "liaison/request_new.html", context, status=400 if form.is_bound else 200)


def _first(request: HttpRequest, agreement: InForce, currency: str) -> dict[str, Any]:
    """What the form says before anybody types: the agreement's template, and what the page that leads here knows."""
    kind = request.GET.get("kind") or str(RequestKind.INFORMATION)
    first = {"kind": kind, "wanted": agreement.terms.templates.get(kind, ""), "currency": currency}
    first |= {"tlp": agreement.terms.labels.tlp.value, "pap": agreement.terms.labels.pap.value}
    return first | {name: request.GET[name] for name in ("account", "institution", "amount", "currency") if name in request.GET}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(Msg.REQUEST_ABOUT_CLAIM) from None


@require_GET
def show(request: HttpRequest, request_id: UUID) -> HttpResponse:
    return _page(request, request_id)


def _page(request: HttpRequest, request_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
    actor = reader(request)
    shown = queries.request(actor, request_id)
    open_ = shown.state in UNSETTLED
    for_hold = shown.kind == RequestKind.HOLD and not shown.outgoing
    context = {
        "shown": shown,
        "body": shown.body,
        "problem": problem,
        "typed": request.POST,
        "thread": queries.thread(actor, shown),
        "others": queries.of_case(actor, shown),
        "is_open": open_,
        "overdue": open_ and shown.due_at < clock.now(),
        "offence": offence_name(shown.partner_id, shown.agreement, str(shown.body.get("offence", ""))),
        "language": LANGUAGE_NAMES.get(str(shown.body.get("language", "")).lower(), shown.body.get("language", "")),
        "outcomes": dict(Outcome.choices),
        "grounds": _grounds(shown) if open_ and not shown.outgoing else [],
        "may_answer": open_ and not shown.outgoing and allowed(actor, ExchangePermission.ANSWER),
        "may_withdraw": open_ and shown.outgoing and allowed(actor, ExchangePermission.ASK),
        "may_note": allowed(actor, ExchangePermission.ASK if shown.outgoing else ExchangePermission.ANSWER),
        "may_draft": open_ and for_hold and allowed(actor, OrderPermission.DRAFT),
        "hold": hold_of(shown.pk) if for_hold else None,
        "history": people_queries.history(actor, shown.claim_id, ClaimPermission.READ) if shown.claim_id else [],
    }
    return render(request, "liaison/request.html", context, status=status)


def _grounds(shown: PartnerRequest) -> list[tuple[str, Any]]:
    terms = agreement_queries.by_hash(shown.partner_id, shown.agreement).terms
    return [(ground.value, ground.label) for ground in terms.refusal_grounds]


@require_POST
def take(request: HttpRequest, request_id: UUID) -> HttpResponse:
    services.take(reader(request, ExchangePermission.ANSWER), request_id)
    messages.success(request, _("You deal with it from now on."))
    return redirect("liaison:request", request_id)


@require_POST
def answer(request: HttpRequest, request_id: UUID) -> HttpResponse:
    actor = reader(request, ExchangePermission.ANSWER)
    queries.request(actor, request_id)
    given = request.POST
    try:
        if given.get("outcome") not in list(Outcome):
            raise BadInput(Msg.CHOOSE_WHETHER_ANSWERED_IN_FULL, where="outcome")
        services.answer(actor, request_id, Outcome(given["outcome"]), given.get("text", ""), given.get("ground", ""))
    except AccordError as error:
        return _page(request, request_id, message_of(error), 400)
    messages.success(request, _("The answer is on its way."))
    return redirect("liaison:request", request_id)


@require_POST
def note(request: HttpRequest, request_id: UUID) -> HttpResponse:
    actor = reader(request)
    queries.request(actor, request_id)
    escalate = "escalate" in request.POST
    try:
        services.note(actor, request_id, request.POST.get("text", ""), escalate)
    except BadInput as error:
        return _page(request, request_id, message_of(error), 400)
    told = _("Escalated: it stands first in the partner’s list.") if escalate else _("The note is on its way to the partner.")
    messages.success(request, told)
    return redirect("liaison:request", request_id)


@require_POST
def withdraw(request: HttpRequest, request_id: UUID) -> HttpResponse:
    actor = reader(request, ExchangePermission.ASK)
    queries.request(actor, request_id)
    try:
        services.withdraw(actor, request_id, request.POST.get("reason", ""))
    except BadInput as error:
        return _page(request, request_id, message_of(error), 400)
    messages.success(request, _("Withdrawn. The partner is told."))
    return redirect("liaison:request", request_id)
