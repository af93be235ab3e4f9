"""What was received is applied by the worker, in the order of its partner's stream.

Messages of one kind that follow each other are applied together in one change. Where one of them cannot be applied, nothing of
that run stays, and its messages are applied one by one, so that a bad one spoils only its own row.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import OperationalError
from django.db.models import F, QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.channel.admission import gate
from accord.capabilities.exchange.channel.errors import Msg
from accord.capabilities.exchange.channel.handlers import Handler, handler_of, together_handler_of
from accord.capabilities.exchange.channel.services import chunks, outgoing
from accord.capabilities.exchange.channel.services.refusals import tell_refusal
from accord.capabilities.exchange.channel.services.sending import QUOTA_TIME
from accord.capabilities.exchange.errors import Parked, Refused
from accord.capabilities.exchange.kinds import REQUESTS, UNDER_NO_AGREEMENT, MessageKind
from accord.capabilities.exchange.messages import BODIES
from accord.capabilities.exchange.models import Incoming, IncomingState
from accord.capabilities.exchange.partners.services.raising import raise_alarm
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
TOGETHER: Final = frozenset(
    {
        MessageKind.ENQUIRY,
        MessageKind.ENQUIRY_ANSWER,
        MessageKind.ORDER,
        MessageKind.ORDER_ANSWER,
        MessageKind.ORDER_NEWS,
        MessageKind.TEST_CALL,
    }
)
"""Kinds of which many may follow each other. Their handlers neither read nor change other messages or agreements."""

_SOONEST: Final = timedelta(seconds=0.5)
_LATEST: Final = timedelta(minutes=15)

GIVEN_UP_AFTER: Final = timedelta(days=30)
"""How long a message may wait for what it refers to. It is tried again after half a second, then at doubling intervals."""


def apply_next(partner: str) -> bool:
    """Apply the first message of a partner that waits for nothing; False where there is none."""
    return bool(apply_first(partner, 1)[0])


@unit_of_work.change
def apply_first(partner: str, most: int) -> tuple[int, bool]:
    """Apply the first messages of a partner that wait for nothing, at most so many; how many, and whether more may wait.

    Whoever else does the same stands in the line of changes behind this one, so that the order is that of the stream. What
    may change other messages, or the partner, is the last that is applied: those after it are read afresh.
    """
    rows = list(_rows().filter(partner=partner, state=IncomingState.READY).order_by("epoch", "sequence")[:most])
    now, count = clock.now(), 0
    for run in _runs(rows):
        for row in run:
            row.attempts += 1
        if len(run) == 1 or not _apply_together(run, now):
            for row in run:
                _apply(row, now)
        count += len(run)
        if run[0].kind not in TOGETHER:
            return count, True
    return count, count == most


@unit_of_work.change
def apply_parked(row_id: UUID) -> None:
    """Try again a message that waited for something, under a lease."""
    row = _rows().filter(pk=row_id, state=IncomingState.PARKED).first()
    if row is not None:
        _apply(row, clock.now())


def _rows() -> QuerySet[Incoming]:
    """Messages, locked, with their partners; the evidence of what was said stays where it is."""
    return Incoming.objects.select_for_update(of=("self",)).select_related("partner").defer("signed")


def _runs(rows: Sequence[Incoming]) -> Iterator[list[Incoming]]:
    """The messages in their order, those of one kind that follow each other together, as far as the kind allows it.

    What came in parts is applied by itself, and so are kinds that change other messages or the agreement they stand under.
    """
    for (_, together), run in groupby(rows, key=lambda row: (row.kind, row.kind in TOGETHER and row.chunks is None)):
        if together:
            yield list(run)
        else:
            yield from ([row] for row in run)


def _apply_together(rows: Sequence[Incoming], now: datetime) -> bool:
    """Apply messages of one kind all or none; False where they have to be applied one by one."""
    kind = MessageKind(rows[0].kind)
    labels = [(row.label, row.retain_until) for row in rows]
    try:
        with unit_of_work.part(announcing=True), gate().reading_once(), outgoing.in_one_go():
            admitted = [(row, _admitted(row, kind, now, rows[:number])) for number, row in enumerate(rows)]
            _run_handlers(kind, admitted)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - whichever it was is found one by one, where its row says so
        if not isinstance(error, AccordError):
            _log.exception("%d messages of %s could not be applied together", len(rows), rows[0].partner_id)
        for row, (label, retain_until) in zip(rows, labels, strict=True):
            row.label, row.retain_until = label, retain_until
        return False
    _note_applied(rows, now)
    return True


def _run_handlers(kind: MessageKind, admitted: Sequence[tuple[Incoming, Any]]) -> None:
    handle_all = together_handler_of(kind)
    if handle_all is not None:
        handle_all(admitted)
        return
    handler = _handler(kind)
    for row, body in admitted:
        handler(row, body)


def _note_applied(rows: Sequence[Incoming], now: datetime) -> None:
    """What happened to messages that were all applied, in a statement for each label that they got."""
    alike: dict[tuple[bytes, datetime | None], list[Incoming]] = {}
    for row in rows:
        alike.setdefault((msgspec.json.encode(row.label, order="sorted"), row.retain_until), []).append(row)
    for same in alike.values():
        Incoming.objects.filter(pk__in=[row.pk for row in same]).update(
            state=IncomingState.APPLIED,
            applied_at=now,
            next_attempt_at=None,
            attempts=F("attempts") + 1,
            reason="",
            last_error="",
            label=same[0].label,
            retain_until=same[0].retain_until,
        )


def _apply(row: Incoming, now: datetime) -> None:
    """Run the handler; nothing of what it did stays unless it ends well. What happened to the message stays in any case."""
    body, chunks_before = row.body, row.chunks
    try:
        with unit_of_work.part(announcing=True):
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
    body = _admitted(row, kind, now)
    _handler(kind)(row, body)


def _admitted(row: Incoming, kind: MessageKind, now: datetime, in_front: Sequence[Incoming] = ()) -> Any:
    """The body that may pass. `in_front`: messages of the same kind that are applied in the same run, before this one."""
    body = _body_of(row, kind)
    return body if kind in UNDER_NO_AGREEMENT else _admit(row, kind, body, now, in_front)


def _handler(kind: MessageKind) -> Handler:
    handler = handler_of(kind)
    if handler is None:
        raise Refused("kinds", Msg.MESSAGES_KIND_NOT_TAKEN_HERE, kind=kind)
    return handler


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


def _admit(row: Incoming, kind: MessageKind, body: Any, now: datetime, in_front: Sequence[Incoming]) -> Any:
    """What the agreement that it was sent under lets pass, and the label that counts, kept on the row.

    What it does not let pass is not kept here either: its time is over at once (`retention`).
    """
    try:
        before = _received_before(row, kind, in_front)
        admitted = gate().inbound(row.partner_id, row.agreement, kind, body, row.label, before)
    except Refused:
        row.retain_until = now
        raise
    row.label, row.retain_until = admitted.label, admitted.retain_until
    return admitted.body


def _received_before(row: Incoming, kind: MessageKind, in_front: Sequence[Incoming]) -> int:
    if kind not in REQUESTS:
        return 0
    since = row.received_at - QUOTA_TIME
    not_noted_yet = sum(since < one.received_at <= row.received_at for one in in_front)
    same = Incoming.objects.filter(partner=row.partner_id, kind=kind, received_at__gt=since, received_at__lte=row.received_at)
    noted = same.exclude(pk=row.pk).exclude(state__in=(IncomingState.READY, IncomingState.PARKED)).count()
    return noted + not_noted_yet


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
