"""What this centre made of a partner's message, reduced to what its own acts need when the message is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from accord.capabilities.claims import services as claims
from accord.capabilities.exchange.agreements.fields import disclosed
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import OrderBody, RequestBody
from accord.capabilities.exchange.models import (
    ForeignEnquiry,
    ForeignOrder,
    Incoming,
    IncomingState,
    PartnerRequest,
    ThreadNote,
)


def forget_derived(row: Incoming) -> None:
    """Reduce what was made of an applied message. Its body is still there; the caller deletes it. Part of a running change."""
    forget = _FORGET.get(MessageKind(row.kind))
    if forget is not None:
        forget(row)


def _forget_enquiry(row: Incoming) -> None:
    """It is answered no more, whatever else happens."""
    for enquiry in ForeignEnquiry.objects.filter(message=row.pk):
        _forget_claim(enquiry.claim_id, row)
        enquiry.credits, enquiry.claim, enquiry.next_attempt_at = [], None, None
        enquiry.save(update_fields=["credits", "claim", "next_attempt_at"])


def _forget_order(row: Incoming) -> None:
    """Its amounts, ids and times stay while our own orders stand on it: they are what the partner is told of."""
    for order in ForeignOrder.objects.filter(message=row.pk):
        body = disclosed(MessageKind.ORDER, msgspec.convert(order.body, OrderBody), ())
        order.body = msgspec.to_builtins(msgspec.structs.replace(body, credits=(), legal_basis=""))
        order.save(update_fields=["body"])
        _forget_claim(order.claim_id, row)


def _forget_claim(claim_id: UUID | None, row: Incoming) -> None:
    """The claim goes with the last message that it was followed for."""
    if claim_id is None:
        return
    messages = {*ForeignEnquiry.objects.filter(claim=claim_id).values_list("message", flat=True)}
    messages |= {*ForeignOrder.objects.filter(claim=claim_id).values_list("message", flat=True)}
    others = Incoming.objects.filter(pk__in=messages).exclude(pk=row.pk)
    if not others.exclude(state=IncomingState.DELETED).exists():
        claims.forget_foreign_claim(claim_id)


def _forget_enquiry_answer(row: Incoming) -> None:
    """A later answer to the same enquiry that is still kept took this one's place before."""
    same = Incoming.objects.filter(kind=row.kind, partner=row.partner_id, about=row.about, state=IncomingState.APPLIED)
    if not same.exclude(pk=row.pk).filter(applied_at__gt=row.applied_at).exists():
        for enquiry_id in _ids_in(row, "enquiry_id"):
            claims.forget_answer(enquiry_id)


def _forget_request(row: Incoming) -> None:
    for request in _requests(row, outgoing=False):
        body = disclosed(MessageKind.REQUEST, msgspec.convert(request.body, RequestBody), ())
        request.body = msgspec.to_builtins(msgspec.structs.replace(body, wanted=""))
        request.save(update_fields=["body"])
    _forget_order(row)  # the hold that was ordered for it


def _forget_request_answer(row: Incoming) -> None:
    for request in _requests(row, outgoing=True):
        if request.answer:
            request.answer = {**request.answer, "text": ""}
            request.save(update_fields=["answer"])


def _forget_note(row: Incoming) -> None:
    notes = ThreadNote.objects.filter(pk__in=_ids_in(row, "note_id"), request__partner=row.partner_id, outgoing=False)
    notes.update(text="")


def _requests(row: Incoming, *, outgoing: bool) -> QuerySet[PartnerRequest]:
    return PartnerRequest.objects.filter(pk__in=_ids_in(row, "request_id"), partner=row.partner_id, outgoing=outgoing)


def _ids_in(row: Incoming, name: str) -> list[UUID]:
    """The id that its body states, if it does."""
    stated: Any = row.body.get(name) if isinstance(row.body, dict) else None
    return [] if stated is None else [UUID(str(stated))]


_FORGET: Final[dict[MessageKind, Callable[[Incoming], None]]] = {
    MessageKind.ENQUIRY: _forget_enquiry,
    MessageKind.ENQUIRY_ANSWER: _forget_enquiry_answer,
    MessageKind.ORDER: _forget_order,
    MessageKind.REQUEST: _forget_request,
    MessageKind.REQUEST_ANSWER: _forget_request_answer,
    MessageKind.NOTE: _forget_note,
}
