"""One received order as a bank's lawyer reads it, and what a person decides about it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accord.capabilities.controls import queries, services
from accord.capabilities.controls.life_cycle import State
from accord.capabilities.controls.messages import message_of
from accord.capabilities.controls.models import ReceivedOrder
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.orders.kinds import KEEPS_MONEY
from accord.capabilities.orders.ports import Care, Refusal
from accord.capabilities.people import queries as people
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import allowed
from accord.core import clock
from accord.core.errors import BadInput
from accord.core.money import Money
from accord.sites.bank.requests import reader
from accord.sites.bank.words import CHANNELS, FOR_PEOPLE_TO_CHOOSE, check_rows
from accord.sites.common.words import RULES
from accord.web.vocabulary import code_label


@require_GET
def show(request: HttpRequest, order_id: UUID) -> HttpResponse:
    actor = reader(request)
    return render(request, "bank/order.html", _context(actor, queries.order(actor, order_id)))


def _context(actor: User, order: ReceivedOrder) -> dict[str, Any]:
    message, now = message_of(order), clock.now()
    control = getattr(order, "control", None)
    notice = message.notice
    return {
        "order": order,
        "message": message,
        "control": control,
        "runs": order.is_open or (control is not None and control.ended_at is None),
        "checks": check_rows(order.checks),
        "channel": CHANNELS.get(order.channel, order.channel),
        "rule_words": RULES.get(message.rule.value, message.rule.value),
        "care": message.care.label if message.care else "",
        "refusal": code_label(Refusal, order.refusal),
        "refusals": [(code.value, code.label) for code in FOR_PEOPLE_TO_CHOOSE],
        "overdue": order.is_overdue(now),
        "may_decide": allowed(actor, InboxPermission.DECIDE),
        "for_decision": order.state == State.FOR_DECISION,
        "in_part": order.kind in KEEPS_MONEY,
        "whole_amount": Money(order.amount, order.currency).decimal() if order.currency else "",
        "notice": notice,
        "may_tell": notice is not None and control is not None and notice.tell_from <= now,
        "cares": Care.choices,
        "appeals": queries.appeals(actor, order.pk),
        "follow_ups": queries.about(actor, order),
        "earlier": _earlier(actor, order),
        "history": people.history(actor, order.pk, InboxPermission.READ),
        "raw": json.dumps(order.message, ensure_ascii=False, indent=2, sort_keys=True),
        "raw_answer": json.dumps(order.answer, ensure_ascii=False, indent=2, sort_keys=True) if order.answer else "",
    }


def _earlier(actor: User, order: ReceivedOrder) -> list[ReceivedOrder]:
    """The order that this one is about or replaces, if the same agency sent it here."""
    named = [number for number in (order.target, order.replaces) if number]
    return list(queries.orders(actor).filter(pk__in=named, sender=order.sender))


@require_GET
def message(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The message as it was received, as a file for the bank's own records."""
    order = queries.order(reader(request), order_id)
    response = HttpResponse(
        json.dumps(order.message, ensure_ascii=False, indent=2, sort_keys=True), content_type="application/json; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="order-{order.pk}.json"'
    return response


@require_POST
def execute(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Let the order be carried out, in full or up to the amount stated."""
    actor = reader(request, InboxPermission.DECIDE)
    order = queries.order(actor, order_id)
    services.execute(actor, order_id, request.POST.get("note", ""), _amount(request, order))
    messages.success(request, _("%(order)s is being carried out.") % {"order": order})
    return redirect("bank:order", order_id)


def _amount(request: HttpRequest, order: ReceivedOrder) -> int | None:
    stated = request.POST.get("amount", "").strip()
    if not stated or not order.currency:
        return None
    try:
        return Money.parse(stated, order.currency).minor
    except BadInput as error:
        raise BadInput(error.wording, where="amount") from error


@require_POST
def refuse(request: HttpRequest, order_id: UUID) -> HttpResponse:
    actor = reader(request, InboxPermission.DECIDE)
    order = services.refuse(actor, order_id, request.POST.get("refusal", ""), request.POST.get("reason", ""))
    messages.success(request, _("%(order)s is refused; the sender is told.") % {"order": order})
    return redirect("bank:order", order_id)


@require_POST
def try_again(request: HttpRequest, order_id: UUID) -> HttpResponse:
    actor = reader(request, InboxPermission.DECIDE)
    order = services.try_again(actor, order_id)
    messages.success(request, _("The core system is asked again about %(order)s.") % {"order": order})
    return redirect("bank:order", order_id)
