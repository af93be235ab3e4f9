"""Whom the bank listens to, and what acts without a person. Everybody of the bank may look; supervisors set them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accord.capabilities.controls import clocks, queries, services
from accord.capabilities.controls.models import ENQUIRY, RULE_KINDS
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.controls.services.rules import KINDS_FOR_BANKS, NEVER_ALONE, AgreementFacts
from accord.capabilities.orders.kinds import ON_MONEY, OrderKind
from accord.capabilities.people.policy import allowed
from accord.core.errors import BadInput
from accord.core.money import Money
from accord.sites.bank.errors import Msg
from accord.sites.bank.requests import reader


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    words = dict(OrderKind.choices)
    agreements = list(queries.agreements(actor))
    context = {
        "agreements": [(row, [words[kind] for kind in words if kind in row.kinds]) for row in agreements],
        "rules": queries.rules(actor),
        "may_set": allowed(actor, InboxPermission.RULES),
        "kinds": [(kind.value, words[kind]) for kind in KINDS_FOR_BANKS],
        "rule_kinds": [
            (kind, label, kind in ON_MONEY)
            for kind, label in RULE_KINDS
            if kind == ENQUIRY or (kind in KINDS_FOR_BANKS and kind not in NEVER_ALONE)
        ],
        "longest": clocks.longest().total_seconds() // 3600,
    }
    return render(request, "bank/rules.html", context)


@require_POST
def agree(request: HttpRequest) -> HttpResponse:
    actor, post = reader(request, InboxPermission.RULES), request.POST
    try:
        hours = int(post.get("longest_hours", ""))
    except ValueError:
        raise BadInput(Msg.WRITE_WHOLE_NUMBER_HOURS, where="longest_hours") from None
    facts = AgreementFacts(
        sender=post.get("sender", "").strip(),
        name=post.get("name", ""),
        kinds=post.getlist("kinds"),
        longest_hours=hours,
        authorities=post.get("authorities", "").splitlines(),
        court_kinds=post.getlist("court_kinds"),
        webhook=post.get("webhook", ""),
        answers_enquiries=bool(post.get("answers_enquiries")),
    )
    row = services.agree(actor, facts)
    messages.success(request, _("%(sender)s may ask and order here under these terms.") % {"sender": row.sender})
    return redirect("bank:rules")


@require_POST
def end_agreement(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    services.end_agreement(reader(request, InboxPermission.RULES), agreement_id)
    messages.success(request, _("The agreement has ended. What is in force stays until its end or its release."))
    return redirect("bank:rules")


@require_POST
def set_rule(request: HttpRequest) -> HttpResponse:
    actor, post = reader(request, InboxPermission.RULES), request.POST
    stated = post.get("ceiling", "").strip()
    ceiling = Money.parse(stated, post.get("currency", "").strip().upper()) if stated else None
    services.set_rule(actor, post.get("sender", ""), post.get("kind", ""), ceiling)
    messages.success(request, _("The rule is in force from now on."))
    return redirect("bank:rules")


@require_POST
def end_rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    services.end_rule(reader(request, InboxPermission.RULES), rule_id)
    messages.success(request, _("The rule has ended; a person decides from now on."))
    return redirect("bank:rules")
