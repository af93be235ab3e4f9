"""The worker's part: deliver due enquiries and take over what comes back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import Final

from django.db.models import Min

from accord.capabilities.claims import services
from accord.capabilities.claims.messages import request_of
from accord.capabilities.claims.models import Enquiry, EnquiryState
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer, LedgerHolder, check_answer
from accord.capabilities.delivery import call_out, lease_due
from accord.core import clock
from accord.core.errors import AccordError, Unavailable

BATCH: Final = 32

HolderOf = Callable[[str], LedgerHolder]
"""Finds the port for an institution; raises Unavailable when there is no line to it."""


def deliver_enquiries(holder_of: HolderOf, authority: str, executor: Executor) -> int:
    """Send due enquiries, all of a batch at once, so that a slow holder delays no other; how many were sent."""
    due = lease_due(Enquiry.objects.filter(state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED)), clock.now(), BATCH)
    replies = executor.map(lambda enquiry: call_out(enquiry.institution, lambda: _ask(enquiry, holder_of, authority)), due)
    for enquiry, reply in zip(due, replies, strict=True):
        _take(enquiry, reply)
    return len(due)


def _ask(enquiry: Enquiry, holder_of: HolderOf, authority: str) -> Acknowledged | EnquiryAnswer:
    """The holder's checked reply. Runs in a thread: touches no database."""
    request = request_of(enquiry, authority)
    reply = holder_of(enquiry.institution).enquire(request)
    if isinstance(reply, EnquiryAnswer):
        check_answer(request, reply)
    return reply


def _take(enquiry: Enquiry, reply: Acknowledged | EnquiryAnswer | AccordError) -> None:
    if isinstance(reply, Acknowledged):
        services.acknowledged(enquiry.pk, reply)
    elif isinstance(reply, EnquiryAnswer):
        services.answered(enquiry.pk, reply)
    elif isinstance(reply, Unavailable):
        services.retry_later(enquiry, str(reply))
    else:
        services.fail(enquiry.pk, str(reply))


def next_enquiry_due() -> datetime | None:
    """When the next enquiry is to be sent or asked about."""
    waiting = Enquiry.objects.filter(state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED))
    due: datetime | None = waiting.aggregate(at=Min("next_attempt_at"))["at"]
    return due
