"""The worker's part: send what is due to partners, apply what their nodes answer, apply what came in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

from django.db.models import QuerySet

from accord.capabilities.delivery import Courier, lease_due
from accord.capabilities.exchange.channel.ports import PartnerTransport
from accord.capabilities.exchange.channel.services import applying, delivering, partner_messages
from accord.capabilities.exchange.channel.services.delivering import Delivered, Sealed
from accord.capabilities.exchange.crossborder.services.enquiries import answers
from accord.capabilities.exchange.crossborder.services.labels import retention
from accord.capabilities.exchange.crossborder.services.orders import foreign_orders, foreign_progress
from accord.capabilities.exchange.models import (
    ForeignEnquiry,
    ForeignOrder,
    Incoming,
    IncomingState,
    OutStream,
    OwnKey,
    Partner,
    PartnerState,
)
from accord.capabilities.exchange.partners.services import own_keys
from accord.capabilities.exchange.partners.services.own_cards import LIFE, OVERLAP
from accord.capabilities.jobs import Clock, Dispatch, Job, attempts, earliest, exists, latest
from accord.capabilities.kinds_of_nodes import CENTRE
from accord.core import clock
from accord.core.errors import AccordError

PARTNERS_AT_ONCE: Final = 16

APPLIED_AT_ONCE: Final = 64
"""Messages of one partner that are applied in one change, before it is the next partner's turn."""

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
    """Apply what partners' nodes answered; how many answers there were."""
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
            if done >= limit:
                break
            applied, more = applying.apply_first(partner, min(limit - done, APPLIED_AT_ONCE))
            done += applied
            if not more:
                partners.discard(partner)
    return done


def retry_parked(now: datetime) -> int:
    """Try again what waited for something that may be known by now; how many there were."""
    due = lease_due(Incoming.objects.filter(state=IncomingState.PARKED), now, PARTNERS_AT_ONCE)
    for message in due:
        applying.apply_parked(message.pk)
    return len(due)


APPLIED_TOGETHER: Final = 64
"""Messages applied in one sweep: orders and answers of banks wait no longer than that."""


_AT_A_CENTRE: Final = frozenset({CENTRE})
_A_WHILE: Final = timedelta(hours=1)


def _keys_for(use: str) -> QuerySet[OwnKey]:
    return OwnKey.objects.filter(use=use)


class ReachesPartners(Protocol):
    """What a node needs outside to send to partners' nodes."""

    @property
    def partners(self) -> PartnerTransport: ...


def _send(outside: ReachesPartners, courier: ExchangeCourier) -> int:
    return send_due(outside.partners, courier)


def _with_a_line() -> QuerySet[OutStream]:
    """Streams to partners that can be reached over a line."""
    reachable = OutStream.objects.filter(closed_at=None, partner__state=PartnerState.CONFIRMED)
    return reachable.exclude(partner__address="")


CLOCKS: Final = (
    Clock(
        "automatic holds that nobody confirmed",
        foreign_orders.lapse_due,
        (
            earliest(
                lambda: ForeignOrder.objects.filter(automatic=True, state__in=foreign_progress.FOLLOWED),
                "confirm_by",
            ),
        ),
        _AT_A_CENTRE,
    ),
    Clock(
        "own keys",
        own_keys.rotate_due,
        (
            *(latest(partial(_keys_for, use), "made_at", after=life) for use, life in LIFE.items()),
            earliest(OwnKey.objects.all, "retire_at", after=OVERLAP),
            earliest(OwnKey.objects.all, "revoked_at", after=OVERLAP),
        ),
        _AT_A_CENTRE,
        lingers=_A_WHILE,  # a key is kept until every partner has the card that followed it
    ),
    Clock(
        "test calls",
        partner_messages.test_calls_due,
        (earliest(lambda: Partner.objects.filter(state=PartnerState.CONFIRMED), "test_due_at"),),
        _AT_A_CENTRE,
        lingers=_A_WHILE,  # due until an officer notes that the partner has answered
    ),
    Clock(
        "retention of partners' messages",
        retention.delete_due,
        (earliest(Incoming.objects.all, "retain_until"),),
        _AT_A_CENTRE,
    ),
)

JOBS: Final = (
    Job(
        "inbound messages",
        lambda _now: apply_ready(APPLIED_TOGETHER),
        (exists(lambda: Incoming.objects.filter(state=IncomingState.READY)),),
        rank=40,
    ),
    Job(
        "parked messages",
        retry_parked,
        attempts(lambda: Incoming.objects.filter(state=IncomingState.PARKED)),
        rank=41,
    ),
    Job(
        "answers to partners' enquiries",
        answers.answer_due,
        attempts(lambda: ForeignEnquiry.objects.exclude(claim=None)),
        rank=42,
    ),
    Job(
        "answers to partners' orders",
        foreign_orders.answer_due_orders,
        attempts(lambda: ForeignOrder.objects.filter(state__in=foreign_progress.FOLLOWED)),
        rank=43,
    ),
)

DISPATCHES: Final = (
    Dispatch("partners' messages", send=_send, take=take_replies, line_of=partner_of, looks=attempts(_with_a_line), rank=44),
)
