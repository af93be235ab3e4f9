"""The worker's part: send what is due to partners, take over what their nodes answer, apply what came in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Final

from django.db.models import Min

from accord.capabilities.delivery import Courier, lease_due
from accord.capabilities.exchange.models import ForeignOrder, Incoming, IncomingState, OutStream, Partner, PartnerState
from accord.capabilities.exchange.ports import PartnerTransport
from accord.capabilities.exchange.services.delivery import applying, delivering
from accord.capabilities.exchange.services.delivery.delivering import Delivered, Sealed
from accord.capabilities.exchange.services.enquiries import answers
from accord.capabilities.exchange.services.orders import foreign_progress
from accord.core import clock
from accord.core.errors import AccordError

PARTNERS_AT_ONCE: Final = 16

ExchangeCourier = Courier[OutStream, Delivered]
"""One call to a partner at a time: what comes later waits for what went before."""


def partner_of(stream: OutStream) -> str:
    """Whom a stream goes to, for the courier."""
    return stream.partner_id


def send_due(transport: PartnerTransport, courier: ExchangeCourier) -> int:
    """Send the streams that are due their next batch; how many there were."""
    codes = _reachable(courier.rows())
    if not codes:
        return 0
    due = lease_due(OutStream.objects.filter(closed_at=None, partner_id__in=codes), clock.now(), PARTNERS_AT_ONCE)
    for stream in due:
        try:
            sealed = delivering.next_batch(stream, clock.now())
        except AccordError as error:
            delivering.put_off(stream, error.stored())
            continue
        if sealed is None:
            delivering.rest(stream)
        else:
            courier.send(stream, partial(_deliver, transport, sealed))
    return len(due)


def _reachable(under_way: Collection[OutStream]) -> list[str]:
    """Partners that have a line and no call under way here."""
    reachable = Partner.objects.filter(state=PartnerState.CONFIRMED).exclude(address="").values_list("code", flat=True)
    busy = {stream.partner_id for stream in under_way}
    return [code for code in reachable if code not in busy]


def _deliver(transport: PartnerTransport, sealed: Sealed) -> Delivered:
    """Runs in a thread: touches no database."""
    started = clock.now()
    reply = transport.deliver(sealed.partner, sealed.address, sealed.batch)
    return Delivered(sealed, reply, started, clock.now())


def take_replies(courier: ExchangeCourier, wait_seconds: float) -> int:
    """Take over what partners' nodes answered; how many answers there were."""
    replies = courier.collect(wait_seconds)
    for stream, reply in replies:
        if isinstance(reply, AccordError):
            delivering.put_off(stream, reply.stored())
            continue
        try:
            delivering.settle(reply)
        except AccordError as error:
            delivering.put_off(stream, error.stored())
    return len(replies)


def apply_ready(limit: int) -> int:
    """Apply up to so many messages that wait for nothing, partner by partner in turn; how many there were."""
    done = 0
    ready = Incoming.objects.filter(state=IncomingState.READY).order_by()
    partners = set(ready.values_list("partner_id", flat=True).distinct())
    while partners and done < limit:
        for partner in sorted(partners):
            if applying.apply_next(partner):
                done += 1
            else:
                partners.discard(partner)
    return done


def retry_parked(now: datetime) -> int:
    """Try again what waited for something that may be known by now; how many there were."""
    due = lease_due(Incoming.objects.filter(state=IncomingState.PARKED), now, PARTNERS_AT_ONCE)
    for message in due:
        applying.apply_parked(message.pk)
    return len(due)


def next_exchange_due() -> datetime | None:
    """When the next batch is to be sent, message to be applied, or thing to be told to a partner; None where nothing waits."""
    rows = Incoming.objects.filter(state__in=(IncomingState.READY, IncomingState.PARKED))
    moments = (
        OutStream.objects.filter(closed_at=None).aggregate(at=Min("next_attempt_at"))["at"],
        rows.aggregate(at=Min("next_attempt_at"))["at"],
        answers.next_answer_due(),
        foreign_progress.next_order_look_due(),
        ForeignOrder.objects.filter(automatic=True).aggregate(at=Min("confirm_by"))["at"],
    )
    return min((moment for moment in moments if moment is not None), default=None)
