"""What the nodes tell each other about themselves: newer cards, and the monthly test call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import PartnerAudit
from accord.capabilities.exchange.channel.services.sending import queue
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Incoming, Outgoing, Partner, PartnerState
from accord.capabilities.exchange.partners import cards
from accord.capabilities.exchange.partners.errors import Msg
from accord.capabilities.exchange.partners.services import partners
from accord.capabilities.people.policy import NODE
from accord.core import clock

_TEST_CALLS: Final = UUID("2a9d7d0e-5f1c-5b7e-9a64-3d0a2c1f9b11")


class TestCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a test call and of its answer, which says whom to call at any hour."""

    asked_at: str
    answered_at: str = ""
    contact: str = ""


def take_card(row: Incoming, body: Any) -> None:
    """A partner's newer card. One that cannot be trusted raises an alarm and changes nothing; the message is done with."""
    card = cards.read_signed(body)
    if card.agency != row.partner_id:
        raise Refused("partner", Msg.CARD_OF_ANOTHER, partner=row.partner_id, agency=card.agency)
    partners.take(NODE, card)


def take_test_call(row: Incoming, body: Any) -> None:
    """Answer a test call; an answer is put on record. Whether a person answers the phone is for a person to find out."""
    take_test_calls([(row, body)])


def take_test_calls(messages: Sequence[tuple[Incoming, Any]]) -> None:
    """The same for many."""
    answers = {row.id: _id("answer", row.id) for row, _ in messages}
    known = set(Outgoing.objects.filter(pk__in=answers.values()).values_list("pk", flat=True))
    for row, body in messages:
        try:
            call = msgspec.convert(body, TestCall)
        except msgspec.ValidationError as error:
            raise Refused("shape", Msg.NOT_A_TEST_CALL, error=error) from None
        if row.in_reply_to is not None:
            unit_of_work.record(NODE, PartnerAudit.TEST_CALL_ANSWERED, subject=None, obj=row.partner, to=call.contact[:200])
        elif answers[row.id] not in known:
            _answer(row, call, answers[row.id])


def _answer(row: Incoming, call: TestCall, message_id: UUID) -> None:
    answer = TestCall(asked_at=call.asked_at, answered_at=clock.to_iso(clock.now()), contact=settings.ACCORD_CONTACT)
    body = msgspec.to_builtins(answer)
    queue(row.partner_id, MessageKind.TEST_CALL, body, in_reply_to=row.id, message_id=message_id, is_new=True)


def test_calls_due(now: datetime) -> int:
    """Call the partners whose test is due, once for each time that it falls due; how many. For the worker."""
    due = Partner.objects.filter(state=PartnerState.CONFIRMED, test_due_at__lte=now)
    return sum(_call(code, moment) for code, moment in due.values_list("code", "test_due_at") if moment is not None)


def _call(code: str, due: datetime) -> int:
    message_id = _id(f"call {code}", due)
    if Outgoing.objects.filter(pk=message_id).exists():
        return 0
    _queue_call(code, message_id)
    return 1


@unit_of_work.change
def _queue_call(code: str, message_id: UUID) -> None:
    queue(code, MessageKind.TEST_CALL, msgspec.to_builtins(TestCall(asked_at=clock.to_iso(clock.now()))), message_id=message_id)


def _id(what: str, of: object) -> UUID:
    """The same for the same occasion, so that no call is made or answered twice."""
    return uuid5(_TEST_CALLS, f"{settings.ACCORD_AGENCY} {what} {of}")
