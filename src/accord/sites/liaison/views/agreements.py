"""Agreements with partners: every clause in words, what changed since the last, and what is decided about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.capabilities.exchange.agreements import documents, queries, templates
from accord.capabilities.exchange.agreements.services import agreements as services
from accord.capabilities.exchange.models import Agreement, AgreementState, PartnerState
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.exchange.permissions import AgreementPermission, ExchangePermission
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed
from accord.core import clock
from accord.core.errors import AccordError, BadInput
from accord.sites.common.confirm import Question, ask
from accord.sites.common.requests import page_of
from accord.sites.liaison.clause_words import clauses_in_words
from accord.sites.liaison.difference_words import changes
from accord.sites.liaison.errors import Msg
from accord.sites.liaison.readers import reader
from accord.web.templatetags.accord import bank_name
from accord.web.wording import message_of

MOST_BYTES: Final = 256 * 1024


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    now = clock.now()
    page = page_of(request, queries.agreements(actor))
    rows = [(row, _is_in_force(row, now)) for row in page]
    context = {"page": page, "rows": rows, "may_draft": allowed(actor, AgreementPermission.DRAFT)}
    return render(request, "liaison/agreements.html", context)


def _is_in_force(row: Agreement, now: Any) -> bool:
    over = row.replaced_at is not None and row.replaced_at <= now
    return row.state == AgreementState.SIGNED and row.starts_at <= now < row.ends_at and not over


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Draft an agreement from a file that was filled in; nothing leaves."""
    actor = reader(request, AgreementPermission.DRAFT)
    problem = ""
    if request.method == "POST":
        try:
            row = _draft(actor, *_uploaded(request))
        except AccordError as error:
            problem = message_of(error)
        else:
            messages.success(request, _("The draft is here. Nothing was sent."))
            return redirect("liaison:agreement", row.pk)
    context = {"problem": problem, "partners": partners.partners(actor).filter(state=PartnerState.CONFIRMED)}
    return render(request, "liaison/agreement_new.html", context, status=400 if problem else 200)


def _draft(actor: User, data: bytes, name: str) -> Agreement:
    """A draft of a file that was filled in; what the partner signed and handed over as a file comes in as received."""
    if data.lstrip()[:1] == b"{" and b'"signatures"' in data:
        return services.import_file(actor, data)
    return services.draft(actor, templates.read_file(data, name))


def _uploaded(request: HttpRequest) -> tuple[bytes, str]:
    file = request.FILES.get("document")
    if file is None:
        raise BadInput(Msg.CHOOSE_FILE_WITH_AGREEMENT)
    if (file.size or 0) > MOST_BYTES:
        raise BadInput(Msg.AGREEMENT_AT_MOST_BYTES, count=MOST_BYTES)
    return file.read(), file.name or "document"


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """A whole example to fill in, between this centre and the partner that the address names."""
    actor = reader(request, AgreementPermission.DRAFT)
    partner = partners.partner(actor, request.GET.get("partner", ""))
    text = templates.template(str(settings.ACCORD_AGENCY), partner.code)
    response = HttpResponse(text, content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="agreement-{partner.code}.toml"'
    return response


@require_GET
def show(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    actor = reader(request)
    row = queries.agreement(actor, agreement_id)
    before = queries.predecessor(row)
    context = {
        "agreement": row,
        "clauses": clauses_in_words(queries.terms_of(row)),
        "in_force": _is_in_force(row, clock.now()),
        "before": before,
        "changes": list(changes(documents.diff(before.document, row.document))) if before else [],
        "may_sign": allowed(actor, AgreementPermission.SIGN),
        "may_export": allowed(actor, AgreementPermission.DRAFT),
    }
    return render(request, "liaison/agreement.html", context)


@require_GET
def document(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    """The document exactly as it is signed, with both signatures, to be kept with other papers."""
    actor = reader(request, AgreementPermission.DRAFT)
    row = queries.agreement(actor, agreement_id)
    response = HttpResponse(services.export_file(actor, row.pk), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="agreement-{row.hash[:12]}.json"'
    return response


def _decide(
    request: HttpRequest,
    agreement_id: UUID,
    heading: str,
    button: str,
    lines: list[str],
    carry_out: Callable[[User, UUID], Any],
    told: str,
    *,
    danger: bool = False,
) -> HttpResponse:
    """Ask once more, then do it."""
    actor = reader(request, AgreementPermission.SIGN)
    row = queries.agreement(actor, agreement_id)
    if "confirmed" not in request.POST:
        name = {"title": row.document["title"], "partner": bank_name(row.partner_id)}
        back = reverse("liaison:agreement", args=[row.pk])
        return ask(request, Question(heading % name, button, lines, danger=danger, back=back))
    carry_out(actor, row.pk)
    messages.success(request, told)
    return redirect("liaison:agreement", row.pk)


@require_POST
def offer(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    lines = [
        _("It is signed with this centre’s key and goes to the partner, who signs or declines it."),
        _("It cannot be changed any more."),
    ]
    told = _("Signed here and on its way to the partner.")
    heading = _("Sign “%(title)s” and offer it to %(partner)s?")
    return _decide(request, agreement_id, heading, _("Sign and offer"), lines, services.offer, told)


@require_POST
def sign(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    lines = [
        _("Both sides have signed it then. From its beginning on it says what passes, in both directions."),
        _("It takes the place of the agreement that it names as the one before."),
    ]
    told = _("Signed. The partner is told.")
    heading = _("Sign “%(title)s” with %(partner)s?")
    return _decide(request, agreement_id, heading, _("Sign"), lines, services.sign, told)


@require_POST
def decline(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    reason = request.POST.get("reason", "")
    lines = [_("The partner is told. An agreement that is in force stays so.")]
    told = _("Declined. The partner is told.")
    heading = _("Decline “%(title)s” of %(partner)s?")

    def carry_out(actor: User, row: UUID) -> None:
        services.decline(actor, row, reason)

    return _decide(request, agreement_id, heading, _("Decline"), lines, carry_out, told, danger=True)


@require_POST
def end(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    reason = request.POST.get("reason", "")
    lines = [
        _("At once and for both sides: nothing about any case passes any more."),
        _("What is held stays held until it ends or is released."),
    ]
    told = _("It has ended. The partner is told.")
    heading = _("End “%(title)s” with %(partner)s?")

    def carry_out(actor: User, row: UUID) -> None:
        services.end(actor, row, reason)

    return _decide(request, agreement_id, heading, _("End it"), lines, carry_out, told, danger=True)


@require_POST
def ask_first(request: HttpRequest, code: str) -> HttpResponse:
    """Everything that this centre would do by itself for the partner waits for a person from now on, or no longer."""
    actor = reader(request, ExchangePermission.ANSWER)
    on = request.POST.get("on") == "yes"
    services.set_ask_first(actor, code, on)
    told = _("Nothing is done automatically for this partner any more; the partner is told.")
    messages.success(request, told if on else _("What the agreement lets this centre do by itself, it does again."))
    return redirect("liaison:partner", code)
