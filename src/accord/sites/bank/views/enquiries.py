"""Questions of other agencies about credits: the list, one of them, and what a person decides about it."""

from __future__ import annotations

import json
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accord.capabilities.claims.ports import AccountKind, EnquiryAnswer
from accord.capabilities.controls import queries, services
from accord.capabilities.controls.models import EnquiryState
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.controls.services.enquiries import request_of
from accord.capabilities.orders.ports import Refusal
from accord.capabilities.people import queries as people
from accord.capabilities.people.policy import allowed
from accord.core import clock
from accord.sites.bank.requests import reader
from accord.sites.bank.words import CHANNELS, FOR_PEOPLE_TO_CHOOSE, check_rows
from accord.sites.common.requests import page_of
from accord.sites.common.words import RULES
from accord.sites.common.words import TRACE_WORDS as EXITS
from accord.web.vocabulary import code_label


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    text, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    found = queries.search_enquiries(actor, text)
    page = page_of(request, found.filter(state=state) if state else found)
    now = clock.now()
    context = {
        "page": page,
        "rows": [(enquiry, enquiry.is_overdue(now)) for enquiry in page],
        "text": text,
        "state": state,
        "states": EnquiryState.choices,
        "counts": queries.counts(actor),
    }
    return render(request, "bank/enquiries.html", context)


@require_GET
def show(request: HttpRequest, enquiry_id: UUID) -> HttpResponse:
    actor = reader(request)
    enquiry = queries.enquiry(actor, enquiry_id)
    asked = request_of(enquiry)
    answer = msgspec.convert(enquiry.answer, EnquiryAnswer) if enquiry.answer else None
    context = {
        "enquiry": enquiry,
        "asked": asked,
        "answer": answer,
        "standing": [(place, AccountKind(place.kind).label) for place in answer.standing] if answer else [],
        "exits": [(exit_, EXITS[exit_.kind]) for exit_ in answer.exits] if answer else [],
        "checks": check_rows(enquiry.checks),
        "channel": CHANNELS.get(enquiry.channel, enquiry.channel),
        "rule_words": RULES.get(asked.rule.value, asked.rule.value),
        "refusal": code_label(Refusal, enquiry.refusal),
        "refusals": [(code.value, code.label) for code in FOR_PEOPLE_TO_CHOOSE],
        "overdue": enquiry.is_overdue(clock.now()),
        "may_decide": allowed(actor, InboxPermission.DECIDE),
        "for_decision": enquiry.state == EnquiryState.FOR_DECISION,
        "history": people.history(actor, enquiry.pk, InboxPermission.READ),
        "raw": json.dumps(enquiry.message, ensure_ascii=False, indent=2, sort_keys=True),
    }
    return render(request, "bank/enquiry.html", context)


@require_POST
def answer(request: HttpRequest, enquiry_id: UUID) -> HttpResponse:
    services.answer_enquiry(reader(request, InboxPermission.DECIDE), enquiry_id, request.POST.get("note", ""))
    messages.success(request, _("The enquiry is being answered."))
    return redirect("bank:enquiry", enquiry_id)


@require_POST
def refuse(request: HttpRequest, enquiry_id: UUID) -> HttpResponse:
    actor = reader(request, InboxPermission.DECIDE)
    services.refuse_enquiry(actor, enquiry_id, request.POST.get("refusal", ""), request.POST.get("reason", ""))
    messages.success(request, _("The enquiry is refused; the sender is told when it asks again."))
    return redirect("bank:enquiry", enquiry_id)


@require_POST
def try_again(request: HttpRequest, enquiry_id: UUID) -> HttpResponse:
    services.ask_core_again(reader(request, InboxPermission.DECIDE), enquiry_id)
    messages.success(request, _("The core system is asked again."))
    return redirect("bank:enquiry", enquiry_id)
