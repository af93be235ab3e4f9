"""A request that cannot be taken is answered all the same: whoever asked learns at once which clause refused it."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

import msgspec

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind, Outcome
from accord.capabilities.exchange.messages import EnquiryAnswerBody, OrderAnswerBody, RequestAnswerBody
from accord.capabilities.exchange.models import Incoming
from accord.capabilities.orders.ports import Refusal
from accord.core.errors import AccordError

_log = logging.getLogger(__name__)


def tell_refusal(row: Incoming, error: AccordError, now: datetime) -> None:
    """Queue the answer to a request that was refused before anything was done about it. Part of a running change.

    Where the agreement does not even let the refusal pass, there is nothing more to say: the row keeps the reason.
    """
    answer = _answer_to(row, error, now)
    if answer is None:
        return
    kind, body = answer
    try:
        with unit_of_work.part():
            sending.queue(row.partner_id, kind, body, about=row.about, in_reply_to=row.pk)
    except AccordError as unsaid:
        _log.warning("the refusal of message %s cannot be told to %s: %s", row.pk, row.partner_id, unsaid)


def _answer_to(row: Incoming, error: AccordError, now: datetime) -> tuple[MessageKind, msgspec.Struct] | None:
    clause = error.clause if isinstance(error, Refused) else ""
    if row.kind == MessageKind.ENQUIRY and (about := _id_of(row, "enquiry_id")):
        body = EnquiryAnswerBody(
            enquiry_id=about, outcome=Outcome.REFUSED, clause=clause, reason=error.message, answered_at=now
        )
        return MessageKind.ENQUIRY_ANSWER, body
    if row.kind == MessageKind.ORDER and (about := _id_of(row, "order_id")):
        return MessageKind.ORDER_ANSWER, OrderAnswerBody(
            order_id=about, answered_at=now, refusal=Refusal.NOT_AUTHORISED, clause=clause, reason=error.message
        )
    if row.kind == MessageKind.REQUEST and (about := _id_of(row, "request_id")):
        return MessageKind.REQUEST_ANSWER, RequestAnswerBody(request_id=about, outcome=Outcome.REFUSED, text=error.message)
    return None


def _id_of(row: Incoming, name: str) -> UUID | None:
    try:
        return UUID(str(row.body.get(name)))
    except (AttributeError, ValueError):
        return None
