"""What other agencies hand in. Every call may be repeated: the same message is taken in once and answered alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer, EnquiryRequest
from accord.capabilities.controls import clocks, core_line
from accord.capabilities.controls.audit import InboxEnquiryAudit, InboxOrderAudit
from accord.capabilities.controls.errors import Msg
from accord.capabilities.controls.life_cycle import AT_WORK, State
from accord.capabilities.controls.messages import answer_of, check_enquiry, check_order, document_of, fingerprint
from accord.capabilities.controls.models import EnquiryState, ReceivedEnquiry, ReceivedOrder
from accord.capabilities.controls.ports import Channel
from accord.capabilities.controls.services.enquiries import work_on_enquiry
from accord.capabilities.controls.services.progress import work_on_order
from accord.capabilities.delivery import LEASE
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus, Refusal
from accord.core import clock
from accord.core.errors import Conflict, NotAllowed, NotFound
from accord.core.errors import Msg as CoreMsg
from accord.core.wording import sentence_of

_Row = TypeVar("_Row", ReceivedOrder, ReceivedEnquiry)


def take_order(channel: Channel, order: OrderMessage) -> Acknowledged | OrderAnswer:
    """Take an order in and answer it, or acknowledge it while the bank is at work on it.

    Raises BadInput where the order contradicts itself or is for another bank, Conflict where its id came before with other
    content, NotAllowed where the id is another agency's. Then nothing is kept.
    """
    content = check_order(order, settings.ACCORD_AGENCY)
    row = _order_row(channel, order, content)
    core = core_line.connected()
    if row.state in AT_WORK and core is not None:
        work_on_order(row.pk, core)
        row = ReceivedOrder.objects.get(pk=row.pk)
    if row.answer is not None:
        return answer_of(row.answer)
    return _acknowledge(row, for_decision=row.state == State.FOR_DECISION)


def take_enquiry(channel: Channel, request: EnquiryRequest) -> Acknowledged | EnquiryAnswer:
    """Answer an enquiry, or acknowledge it while the bank is at work on it.

    Raises as `take_order` does, and NotAllowed or NotFound where the bank does not answer the question.
    """
    content = check_enquiry(request, settings.ACCORD_AGENCY)
    row = _enquiry_row(channel, request, content)
    core = core_line.connected()
    if row.state in (EnquiryState.RECEIVED, EnquiryState.ANSWERING) and core is not None:
        work_on_enquiry(row.pk, core)
        row = ReceivedEnquiry.objects.get(pk=row.pk)
    return _enquiry_reply(row)


def reply_to_enquiry(channel: Channel, enquiry_id: UUID) -> Acknowledged | EnquiryAnswer | None:
    """What the bank says by now to an enquiry of this sender; None where it never got one from it. Raises as `take_enquiry`."""
    row = ReceivedEnquiry.objects.filter(pk=enquiry_id, sender=channel.sender).first()
    return None if row is None else _enquiry_reply(row)


def _enquiry_reply(row: ReceivedEnquiry) -> Acknowledged | EnquiryAnswer:
    if row.answer is not None:
        return msgspec.convert(row.answer, EnquiryAnswer)
    if row.state == EnquiryState.REFUSED:
        error = NotFound if row.refusal == Refusal.NO_SUCH_TRANSFER else NotAllowed
        raise error(CoreMsg.VERBATIM.with_(text=sentence_of(row.reason)) if row.reason else Msg.BANK_DOES_NOT_ANSWER.with_())
    return _acknowledge(row, for_decision=row.state == EnquiryState.FOR_DECISION)


def status_of(channel: Channel, order_id: UUID) -> OrderStatus | None:
    """How an order of this sender stands; None where the bank never got one from it."""
    row = ReceivedOrder.objects.filter(pk=order_id, sender=channel.sender).first()
    if row is None:
        return None
    return OrderStatus(row.kept, row.until, row.ended_at)


@unit_of_work.change
def _order_row(channel: Channel, order: OrderMessage, content: bytes) -> ReceivedOrder:
    known = _came_before(ReceivedOrder, channel, order.order_id, content)
    if known is not None:
        return known
    row = _new(
        ReceivedOrder,
        channel,
        order.order_id,
        content,
        authority=order.authority,
        kind=order.kind.value,
        reference=order.reference,
        account=order.account,
        holder_name=order.holder_name,
        amount=order.amount,
        currency=order.currency,
        until=order.until,
        verified=order.verified,
        target=order.target,
        replaces=order.replaces,
    )
    unit_of_work.record(
        channel,
        InboxOrderAudit.RECEIVED,
        subject=row.pk,
        obj=row,
        kind=row.kind,
        sender=row.sender,
        account=row.account,
        amount=row.amount,
        currency=row.currency,
        until=clock.to_iso(row.until),
    )
    return row


@unit_of_work.change
def _enquiry_row(channel: Channel, request: EnquiryRequest, content: bytes) -> ReceivedEnquiry:
    known = _came_before(ReceivedEnquiry, channel, request.enquiry_id, content)
    if known is not None:
        return known
    row = _new(
        ReceivedEnquiry,
        channel,
        request.enquiry_id,
        content,
        authority=request.authority,
        credits_named=len(request.credits),
        first_transfer=request.credits[0].transfer,
    )
    unit_of_work.record(
        channel, InboxEnquiryAudit.RECEIVED, subject=row.pk, obj=row, sender=row.sender, transfer=row.first_transfer
    )
    return row


def _came_before(rows: type[_Row], channel: Channel, message_id: UUID, content: bytes) -> _Row | None:
    """The row of a message that came before; an id belongs to the agency that used it first, and to one content."""
    known: _Row | None = rows.objects.filter(pk=message_id).first()
    if known is None:
        return None
    if known.sender != channel.sender:
        raise NotAllowed(Msg.ID_ANOTHER_AGENCY)
    if known.fingerprint != fingerprint(content):
        raise Conflict(Msg.ID_CAME_BEFORE_WITH_ANOTHER_CONTENT)
    return known


def _new(rows: Callable[..., _Row], channel: Channel, message_id: UUID, content: bytes, **columns: Any) -> _Row:
    """A new row: for the worker at once, or for this very call where it has a line to the core."""
    now = clock.now()
    for_worker = core_line.connected() is None
    row = rows(
        id=message_id,
        sender=channel.sender,
        channel=channel.kind,
        principal=channel.principal,
        message=document_of(content),
        fingerprint=fingerprint(content),
        received_at=now,
        acknowledge_due_at=clocks.acknowledge_due(now),
        execute_due_at=clocks.execute_due(now),
        acknowledged_at=now if for_worker else None,
        next_attempt_at=now if for_worker else now + LEASE,
        **columns,
    )
    row.save(force_insert=True)
    return row


def _acknowledge(row: ReceivedOrder | ReceivedEnquiry, *, for_decision: bool) -> Acknowledged:
    """Promise an answer; the first promise is on record, and an answer that was promised is pushed."""
    now = clock.now()
    if row.acknowledged_at is None:
        type(row).objects.filter(pk=row.pk, acknowledged_at=None).update(acknowledged_at=now)
    return Acknowledged(clocks.expected_at(now, for_decision=for_decision))
