"""What was received is applied by the worker: each message in a change of its own, in the order of its partner's stream."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import OperationalError

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.agreements import enforcement, labelling
from accord.capabilities.exchange.errors import Parked, Refused
from accord.capabilities.exchange.errors.channel import Msg
from accord.capabilities.exchange.handlers import handler_of
from accord.capabilities.exchange.kinds import REQUESTS, UNDER_NO_AGREEMENT, MessageKind
from accord.capabilities.exchange.messages import BODIES
from accord.capabilities.exchange.models import Incoming, IncomingState
from accord.capabilities.exchange.queries import agreements
from accord.capabilities.exchange.services.delivery import chunks
from accord.capabilities.exchange.services.delivery.refusals import tell_refusal
from accord.capabilities.exchange.services.delivery.sending import QUOTA_TIME
from accord.capabilities.exchange.services.trust.raising import raise_alarm
from accord.core import clock
from accord.core.errors import AccordError

_log = logging.getLogger(__name__)

_OUTCOME: Final = (
    "state",
    "applied_at",
    "next_attempt_at",
    "attempts",
    "reason",
    "last_error",
    "label",
    "retain_until",
)
_SOONEST: Final = timedelta(seconds=0.5)
_LATEST: Final = timedelta(minutes=15)

GIVEN_UP_AFTER: Final = timedelta(days=30)
"""How long a message may wait for what it refers to. It is tried again after half a second, then at doubling intervals."""


@unit_of_work.change
def apply_next(partner: str) -> bool:
    """Apply the first message of a partner that waits for nothing; False where there is none.

    Whoever else does the same stands in the line of changes behind this one, so that the order is that of the stream.
    """
    rows = Incoming.objects.select_for_update().filter(partner=partner, state=IncomingState.READY)
    row = rows.order_by("epoch", "sequence").first()
    if row is None:
        return False
    row.attempts += 1
    _apply(row, clock.now())
    return True


@unit_of_work.change
def apply_parked(row_id: UUID) -> None:
    """Try again a message that waited for something, under a lease."""
    row = Incoming.objects.select_for_update().filter(pk=row_id, state=IncomingState.PARKED).first()
    if row is not None:
        _apply(row, clock.now())


def _apply(row: Incoming, now: datetime) -> None:
    """Run the handler; nothing of what it did stays unless it ends well. What became of the message stays in any case."""
    body, chunks_before = row.body, row.chunks
    try:
        with unit_of_work.part():
            _handle(row, now)
    except Parked as parked:
        _park(row, parked, now)
        if parked.alarm:
            raise_alarm(row.partner_id, parked.alarm, parked.wording)
    except AccordError as error:
        _refuse(row, error, now)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - one message that cannot be applied must not stop all the others
        _log.exception("message %s of %s could not be applied", row.pk, row.partner_id)
        wrong = AccordError(Msg.MESSAGE_COULD_NOT_BE_APPLIED, fault=type(error).__name__)
        _park(row, wrong, now)
    else:
        row.state, row.applied_at, row.next_attempt_at, row.reason, row.last_error = IncomingState.APPLIED, now, None, "", ""
    if row.state != IncomingState.APPLIED:
        row.body, row.chunks = body, chunks_before  # the parts still lie where they were
    row.save(update_fields=_OUTCOME if row.body is body else (*_OUTCOME, "body", "chunks"))


def _handle(row: Incoming, now: datetime) -> None:
    kind = _kind_of(row)
    if row.chunks is not None:
        chunks.put_together(row)
    body = _body_of(row, kind)
    if kind not in UNDER_NO_AGREEMENT:
        body = _admit(row, kind, body, now)
    handler = handler_of(kind)
    if handler is None:
        raise Refused("kinds", Msg.MESSAGES_KIND_NOT_TAKEN_HERE, kind=kind)
    handler(row, body)


def _kind_of(row: Incoming) -> MessageKind:
    try:
        return MessageKind(row.kind)
    except ValueError:
        raise Refused("kinds", Msg.MESSAGES_KIND_NOT_KNOWN_HERE, kind=row.kind) from None


def _body_of(row: Incoming, kind: MessageKind) -> Any:
    """The body as the struct of its kind; the bare JSON where it has none."""
    if kind not in BODIES:
        return row.body
    try:
        return msgspec.convert(row.body, BODIES[kind])
    except msgspec.ValidationError as error:
        raise Refused("shape", Msg.BODY_NOT_OF_KIND, kind=kind, error=error) from None


def _admit(row: Incoming, kind: MessageKind, body: Any, now: datetime) -> Any:
    """What the agreement that it was sent under lets pass, and the label that counts, kept on the row.

    What it does not let pass is not kept here either: its time is over at once (`retention`).
    """
    try:
        agreement = agreements.by_hash(row.partner_id, row.agreement)
        stated = None if row.label is None else labelling.from_json(row.label)
        before = _received_before(row, kind)
        body, label = enforcement.admit(agreement, row.partner_id, kind, body, stated, sent_before=before)
    except Refused:
        row.retain_until = now
        raise
    row.label, row.retain_until = labelling.to_json(label), label.retain_until
    return body


def _received_before(row: Incoming, kind: MessageKind) -> int:
    if kind not in REQUESTS:
        return 0
    since = row.received_at - QUOTA_TIME
    same = Incoming.objects.filter(partner=row.partner_id, kind=kind, received_at__gt=since, received_at__lte=row.received_at)
    return same.exclude(pk=row.pk).exclude(state__in=(IncomingState.READY, IncomingState.PARKED)).count()


def _park(row: Incoming, why: AccordError, now: datetime) -> None:
    if now - row.received_at > GIVEN_UP_AFTER:
        _refuse(row, Refused("waited", Msg.WAITED_TOO_LONG, why=why), now)
        return
    again = now + min(_SOONEST * (1 << min(row.attempts - 1, 12)), _LATEST)
    row.state, row.next_attempt_at, row.reason = IncomingState.PARKED, again, why.stored()


def _refuse(row: Incoming, error: AccordError, now: datetime) -> None:
    row.state, row.applied_at, row.next_attempt_at, row.reason = IncomingState.REFUSED, now, None, error.stored()
    chunks.discard(row)
    tell_refusal(row, error, now)
