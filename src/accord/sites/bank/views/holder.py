"""What the holder of an account is told, and what the holder says against it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accord.capabilities.controls import queries, services
from accord.capabilities.controls.messages import message_of
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.controls.services.appeals import HoldersAppeal
from accord.capabilities.controls.services.telling import check_may_be_notified
from accord.capabilities.orders.ports import Care
from accord.core import clock
from accord.core.errors import BadInput
from accord.sites.bank.errors import Msg
from accord.sites.bank.requests import reader


@require_GET
def letter(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The letter to the holder in every language of the notice, to be printed. Conflict before it may be told."""
    order = queries.order(reader(request), order_id)
    check_may_be_notified(order)
    notice = message_of(order).notice
    assert notice is not None
    words = [(tag, text.split("\n")) for tag, text in sorted(notice.words.items(), reverse=True)]
    return render(request, "bank/letter.html", {"order": order, "words": words, "today": clock.now(), "control": order.control})


@require_POST
def told(request: HttpRequest, order_id: UUID) -> HttpResponse:
    services.note_notified(reader(request, InboxPermission.DECIDE), order_id)
    messages.success(request, _("It is on record that the holder was told."))
    return redirect("bank:order", order_id)


@require_POST
def appeal(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Take the holder's appeal down; it goes to the centre that ordered."""
    actor = reader(request, InboxPermission.DECIDE)
    try:
        care = Care(request.POST.get("care", ""))
    except ValueError:
        raise BadInput(Msg.CHOOSE_FROM_LIST, where="care") from None
    said = HoldersAppeal(
        request.POST.get("appellant", ""), request.POST.get("statement", ""), care, request.POST.get("language", "zh-Hans")
    )
    services.record_appeal(actor, order_id, said)
    messages.success(request, _("The appeal is on its way to the centre that ordered."))
    return redirect("bank:order", order_id)
