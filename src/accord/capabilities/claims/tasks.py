"""The worker's part: deliver due enquiries and apply what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from accord.capabilities.claims import services, territory
from accord.capabilities.claims.errors import Msg
from accord.capabilities.claims.messages import request_of
from accord.capabilities.claims.models import Enquiry, EnquiryState
from accord.capabilities.claims.ports import (
    Acknowledged,
    EnquiryAnswer,
    EnquiryRequest,
    LedgerHolder,
    OutboxHolder,
    check_answer,
    check_moment,
)
from accord.capabilities.delivery import Courier, call_out, lease_due, take_together
from accord.capabilities.jobs import Dispatch, attempts
from accord.core import clock
from accord.core.errors import AccordError, BadInput, NotFound, Unavailable

BATCH: Final = 256
_AWAITED: Final = (EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED)

HolderOf = Callable[[str], LedgerHolder]
"""Finds the port for an institution; raises Unavailable when there is no line to it."""


EnquiryCourier = Courier[Enquiry, Acknowledged | EnquiryAnswer]


def send_due_enquiries(holder_of: HolderOf, authority: str, courier: EnquiryCourier) -> int:
    """Send the enquiries that are due; how many were sent."""
    waiting = Enquiry.objects.filter(state__in=_AWAITED)
    due = lease_due(waiting.exclude(institution__in=courier.crowded()), clock.now(), BATCH)
    asked = _ask_through_outbox([enquiry for enquiry in due if territory.is_abroad(enquiry.institution)], holder_of, authority)
    for enquiry in due:
        if enquiry.pk not in asked:
            courier.send(enquiry, partial(_ask, enquiry, holder_of, authority))
    return len(due)


def _ask_through_outbox(enquiries: Sequence[Enquiry], holder_of: HolderOf, authority: str) -> set[UUID]:
    """Ask partners' centres, which are asked through rows of ours: all questions to one in one change, so that they leave in
    one batch. Returns the enquiries that were dealt with; the others are asked by themselves."""
    dealt_with: set[UUID] = set()
    for institution in dict.fromkeys(enquiry.institution for enquiry in enquiries):
        some = [enquiry for enquiry in enquiries if enquiry.institution == institution]
        replies = call_out(institution, partial(_enquire_all, some, holder_of, authority))
        if isinstance(replies, AccordError) or not replies:
            continue
        acknowledged: dict[UUID, Acknowledged] = {}
        for enquiry, reply in zip(some, replies, strict=True):
            if isinstance(reply, Acknowledged):
                acknowledged[enquiry.pk] = reply
            else:
                _note(enquiry, reply)
        services.acknowledge_all(acknowledged)
        dealt_with |= {enquiry.pk for enquiry in some}
    return dealt_with


def _enquire_all(enquiries: Sequence[Enquiry], holder_of: HolderOf, authority: str) -> Sequence[Acknowledged | AccordError]:
    """The holder's replies; none where it cannot be asked so."""
    holder = holder_of(enquiries[0].institution)
    if not isinstance(holder, OutboxHolder):
        return ()
    return holder.enquire_all([request_of(enquiry, authority) for enquiry in enquiries])


def take_enquiry_replies(courier: EnquiryCourier, wait_seconds: float) -> int:
    """Apply what holders have answered, together; how many answers there were."""
    replies = courier.collect(wait_seconds)
    answers: dict[UUID, EnquiryAnswer] = {}
    for enquiry, reply in replies:
        if isinstance(reply, EnquiryAnswer):
            answers[enquiry.pk] = reply
        else:
            _note(enquiry, reply)
    if answers:
        take_together(answers, services.take_answers, services.fail)
    return len(replies)


def _ask(enquiry: Enquiry, holder_of: HolderOf, authority: str) -> Acknowledged | EnquiryAnswer:
    """The holder's checked reply. Runs in a thread: what it opens of the database is closed after it."""
    request = request_of(enquiry, authority)
    reply = holder_of(enquiry.institution).enquire(request)
    _check(request, reply)
    return reply


def _check(request: EnquiryRequest, reply: Acknowledged | EnquiryAnswer) -> None:
    """Refuse a reply that cannot be true; raises Nonsense."""
    if isinstance(reply, EnquiryAnswer):
        check_answer(request, reply)
    else:
        check_moment(request.institution, reply.expected_at)


def receive(institution: str, enquiry_id: UUID, reply: Acknowledged | EnquiryAnswer) -> bool:
    """An answer that the holder sends by itself, before it is asked again; False when the enquiry awaits none.

    It passes the same checks as any answer. Raises NotFound where this institution was asked no such thing, Nonsense where
    the answer cannot be true; then nothing is applied.
    """
    enquiry = Enquiry.objects.filter(pk=enquiry_id, institution=institution).first()
    if enquiry is None:
        raise NotFound(Msg.NO_SUCH_ENQUIRY_FOR_INSTITUTION)
    _check(request_of(enquiry, ""), reply)
    if enquiry.state not in _AWAITED:
        return False
    if isinstance(reply, EnquiryAnswer):
        services.take_answers({enquiry.pk: reply})
    else:
        services.acknowledged(enquiry.pk, reply)
    return True


def _note(enquiry: Enquiry, reply: Acknowledged | AccordError) -> None:
    if isinstance(reply, Acknowledged):
        services.acknowledged(enquiry.pk, reply)
    elif isinstance(reply, Unavailable):
        services.retry_later(enquiry, reply.stored())
    else:
        services.fail(enquiry.pk, reply.stored(), credit_unknown=isinstance(reply, BadInput))


class AsksHolders(Protocol):
    """What a node needs outside to ask ledger holders."""

    @property
    def holder_of(self) -> HolderOf: ...

    @property
    def authority(self) -> str: ...


def _send(outside: AsksHolders, courier: EnquiryCourier) -> int:
    return send_due_enquiries(outside.holder_of, outside.authority, courier)


DISPATCHES: Final = (
    Dispatch(
        "enquiries",
        send=_send,
        take=take_enquiry_replies,
        line_of=lambda enquiry: str(enquiry.institution),
        looks=attempts(lambda: Enquiry.objects.filter(state__in=_AWAITED)),
        rank=30,  # after orders: money moves meanwhile
    ),
)
