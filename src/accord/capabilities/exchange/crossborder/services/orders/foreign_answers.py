"""What a partner is told of an order that it asked for, and which orders of our own stand behind it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import ForeignOrderAudit
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.crossborder.services import requests
from accord.capabilities.exchange.crossborder.services.orders.thread_words import in_the_thread
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import OrderAnswerBody, OrderBody, OrderNewsBody, WireSettled
from accord.capabilities.exchange.models import ForeignOrder, ForeignOrderPart, ForeignOrderState, PartnerRequest
from accord.capabilities.orders import queries as order_queries
from accord.capabilities.orders.life_cycle import HOLDING, LIVE, STANDING, WAITING, State
from accord.capabilities.orders.ports import Refusal
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.core.canonical import content_hash
from accord.core.wording import Wording, sentence_of, stored

if TYPE_CHECKING:
    from uuid import UUID

    from accord.capabilities.orders.models import Order

_log = logging.getLogger(__name__)

FOR_OFFICER: Final = "officer"
FOR_SECOND_OFFICER: Final = "second_officer"

CONFIRMED: Final = "confirmed"
LAPSED: Final = "lapsed"
REDUCED: Final = "reduced"
_ENDS: Final = {State.RELEASED: "released", State.RETURNED: "returned", State.LAPSED: LAPSED}
"""Why a hold ended, by how the last order of our own ended; any other: its time was over."""

SETTLING: Final = (State.DRAFT, *WAITING)
"""States in which it is not known yet what one of our orders comes to."""


@dataclass(frozen=True, slots=True)
class Picture:
    """How a partner's order stands here. `until` is the earliest end; None where nothing is kept."""

    amount: int
    until: datetime | None
    ended_at: datetime | None
    confirmed: bool

    @property
    def hash(self) -> str:
        until = clock.to_iso(self.until) if self.until else ""
        return content_hash([self.amount, until, self.ended_at is not None, self.confirmed])


@dataclass(frozen=True, slots=True)
class Found:
    """The payment that a first order was about, as it is told to the partner."""

    transfer: str
    settled: WireSettled


def body_of(foreign: ForeignOrder) -> OrderBody:
    """The request as it was taken down."""
    return msgspec.convert(foreign.body, OrderBody)


def own_orders(foreign: ForeignOrder) -> list[Order]:
    """Our own orders behind it, each in its latest form, in the order in which they were written."""
    return order_queries.latest([part.order_id for part in foreign.parts.order_by("pk")])


def live_orders(foreign: ForeignOrder) -> list[Order]:
    """Those under which something is kept or may come to be kept."""
    return [order for order in own_orders(foreign) if order.state in (State.DRAFT, *LIVE)]


def add_parts(foreign: ForeignOrder, order_ids: Sequence[UUID]) -> None:
    """Note orders of ours that the partner's order led to."""
    ForeignOrderPart.objects.bulk_create(
        [ForeignOrderPart(foreign=foreign, order_id=order_id) for order_id in order_ids], ignore_conflicts=True
    )


def picture(foreign: ForeignOrder, own: Sequence[Order]) -> Picture:
    """What is kept for the partner now."""
    keeping = [order for order in own if order.state in HOLDING]
    over = None if any(order.state in (*SETTLING, *STANDING) for order in own) else _ended_at(own)
    until = min((order.until for order in keeping), default=None)
    return Picture(sum(order.held for order in keeping), until, over, bool(foreign.confirmed_by))


def _ended_at(own: Sequence[Order]) -> datetime:
    return max((order.ended_at for order in own if order.ended_at is not None), default=clock.now())


def propose(foreign: ForeignOrder) -> None:
    """An officer decides; the partner is told that it waits for one, and until when it will know."""
    foreign.state, foreign.next_attempt_at = ForeignOrderState.PROPOSED, None
    foreign.save(update_fields=["state", "next_attempt_at"])
    tell_waiting(foreign, FOR_OFFICER)


def tell_waiting(foreign: ForeignOrder, for_whom: str) -> None:
    """Say what the order waits for."""
    expected = max(foreign.answer_due_at, clock.now() + timedelta(minutes=1))
    _send(foreign, OrderAnswerBody(order_id=foreign.pk, expected_at=expected, state=for_whom))


def refuse(
    foreign: ForeignOrder, refusal: Refusal, reason: Wording | str, clause: str = "", *, found: Found | None = None
) -> None:
    """Nothing is ordered here; the partner is told why, in the words of the order port."""
    foreign.state, foreign.refusal = ForeignOrderState.REFUSED, refusal.value
    foreign.reason = reason if isinstance(reason, str) else stored(reason)
    foreign.answered_at, foreign.next_attempt_at, foreign.confirm_by = clock.now(), None, None
    foreign.save()
    unit_of_work.record(
        NODE,
        ForeignOrderAudit.REFUSED,
        subject=foreign.claim_id,
        obj=foreign,
        partner=foreign.partner_id,
        refusal=refusal.value,
        reason=foreign.reason,
    )
    tell_refusal(foreign, clause, found)


def tell_refusal(foreign: ForeignOrder, clause: str = "", found: Found | None = None) -> None:
    """Send the refusal that stands on the row."""
    _send(
        foreign,
        OrderAnswerBody(
            order_id=foreign.pk,
            answered_at=foreign.answered_at or clock.now(),
            refusal=foreign.refusal or Refusal.ALREADY_ENDED.value,
            clause=clause,
            reason=sentence_of(foreign.reason),
            transfer=found.transfer if found else "",
            settled=found.settled if found else None,
        ),
    )


def answer(foreign: ForeignOrder, shown: Picture, found: Found | None = None) -> None:
    """Say what is held, given back or prolonged; from here on the partner is told of every change."""
    foreign.state, foreign.answered_at, foreign.held = ForeignOrderState.ANSWERED, clock.now(), shown.amount
    foreign.told, foreign.next_attempt_at = shown.hash, None
    foreign.save()
    unit_of_work.record(
        NODE,
        ForeignOrderAudit.ANSWERED,
        subject=foreign.claim_id,
        obj=foreign,
        partner=foreign.partner_id,
        held=shown.amount,
        currency=foreign.body.get("currency", ""),
    )
    waits = foreign.automatic and not shown.confirmed
    _send(
        foreign,
        OrderAnswerBody(
            order_id=foreign.pk,
            answered_at=foreign.answered_at,
            amount=shown.amount,
            transfer=found.transfer if found else "",
            settled=found.settled if found else None,
            until=shown.until,
            automatic=waits,
            confirm_by=foreign.confirm_by if waits else None,
        ),
    )


def tell_change(foreign: ForeignOrder, shown: Picture, own: Sequence[Order]) -> None:
    """News of a hold that was answered before, where anything is other than was told last."""
    if shown.hash == foreign.told:
        return
    foreign.version += 1
    why = _why(foreign, shown, own)
    foreign.held, foreign.told = shown.amount, shown.hash
    if shown.ended_at is not None:
        foreign.state, foreign.confirm_by = ForeignOrderState.ENDED, None
    foreign.save()
    _queue(
        foreign,
        MessageKind.ORDER_NEWS,
        OrderNewsBody(
            order_id=foreign.pk,
            version=foreign.version,
            amount=shown.amount,
            until=shown.until or shown.ended_at or clock.now(),
            ended_at=shown.ended_at,
            why=why,
        ),
    )


def _why(foreign: ForeignOrder, shown: Picture, own: Sequence[Order]) -> str:
    if shown.ended_at is not None:
        last = max(own, key=lambda order: (order.ended_at or shown.ended_at, order.pk))
        return LAPSED if foreign.reason == LAPSED else _ENDS.get(State(last.state), "expired")
    if shown.amount < foreign.held:
        return REDUCED
    only_confirmed = shown.confirmed and replace(shown, confirmed=False).hash == foreign.told
    return CONFIRMED if only_confirmed else "until"


def _send(foreign: ForeignOrder, body: OrderAnswerBody) -> None:
    _queue(foreign, MessageKind.ORDER_ANSWER, body)


def _queue(foreign: ForeignOrder, kind: MessageKind, body: OrderAnswerBody | OrderNewsBody) -> None:
    """Queue it; where no agreement lets it pass any more, the row says so, and what is held here goes on as it is."""
    try:
        with unit_of_work.part():
            request = PartnerRequest.objects.filter(pk=foreign.message).first()
            if request is None:
                sending.queue(foreign.partner_id, kind, body, about=foreign.pk, in_reply_to=foreign.message)
            elif said := in_the_thread(request, foreign, body):  # people asked: people are told
                requests.say(NODE, request, said)
    except Refused as unsaid:
        _log.warning("what became of order %s cannot be told to %s: %s", foreign.pk, foreign.partner_id, unsaid)
        ForeignOrder.objects.filter(pk=foreign.pk).update(last_error=unsaid.stored())
