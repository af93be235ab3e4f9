"""Messages in and out, searched by partner, kind and state; never what is in them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import ChannelAudit
from accord.capabilities.exchange.channel.queries import messages as queries
from accord.capabilities.exchange.channel.queries.messages import Message, Wanted
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Outgoing
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.people import services as people
from accord.core.clock import to_iso
from accord.core.errors import BadInput
from accord.sites.common.csv_download import csv_response
from accord.sites.common.labels import label_of
from accord.sites.common.requests import PAGE_ROWS
from accord.sites.liaison.errors import Msg
from accord.sites.liaison.readers import reader
from accord.web.label_words import short

_COLUMNS: Final = (
    "id", "direction", "partner", "kind", "state", "sequence", "at", "settled_at", "agreement", "about", "label", "why",
)  # fmt: skip


def _wanted(request: HttpRequest) -> Wanted:
    direction, partner, kind, state, about = (
        request.GET.get(name, "").strip().replace("\x00", "") for name in ("direction", "partner", "kind", "state", "about")
    )
    try:
        number = UUID(about) if about else None
    except ValueError:
        raise BadInput(Msg.MESSAGE_ABOUT_ENQUIRY, where="about") from None
    return Wanted(direction, partner, kind, state, number)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    wanted = _wanted(request)
    page = Paginator(queries.messages(actor, wanted), PAGE_ROWS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page": page,
        "rows": list(queries.read(page)),
        "wanted": wanted,
        "kinds": dict(MessageKind.choices),
        "states": queries.states(),
        "state_words": dict(queries.states()),
        "partners": partners.partners(actor),
    }
    return render(request, "liaison/envelopes.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The list as chosen, all pages of it; that it was taken is on record."""
    actor = reader(request)
    lines = [_csv_row(row) for row in queries.read(queries.messages(actor, _wanted(request)))]
    people.note_read(actor, Outgoing, taken="messages.csv", rows=len(lines))
    unit_of_work.record(actor, ChannelAudit.PARTNER_MESSAGES_EXPORTED, subject=None, obj=actor, rows=len(lines))
    return csv_response("messages.csv", _COLUMNS, lines)


def _csv_row(row: Message) -> tuple[object, ...]:
    label = label_of(row.label)
    return (
        row.id,
        "out" if row.outgoing else "in",
        row.partner,
        row.kind,
        row.state,
        row.sequence,
        to_iso(row.at),
        to_iso(row.settled_at) if row.settled_at else "",
        row.agreement,
        row.about or "",
        short(label) if label else "",
        row.why,
    )
