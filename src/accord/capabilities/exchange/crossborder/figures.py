"""Parity figures: what each side asked and answered, how fast, and what it refused. The same on both nodes.

They are computed from the messages alone, which both nodes have, and from the times that the messages state: never from a
node's own rows or its own clock. A request counts for the period in which its asker says that it was asked. Messages
whose content was deleted meanwhile (retention) count no longer, so ask for a period within the agreement's retention.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings

from accord.capabilities.exchange.agreements.queries import by_hash
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import REQUESTS, MessageKind, Outcome
from accord.capabilities.exchange.messages import (
    BODIES,
    EnquiryAnswerBody,
    EnquiryBody,
    OrderAnswerBody,
    OrderBody,
    RequestAnswerBody,
    RequestBody,
)
from accord.capabilities.exchange.models import Incoming, IncomingState, Outgoing, OutgoingState
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.policy import Actor, require

_WITH_CONTENT: Final = (MessageKind.ENQUIRY_ANSWER, MessageKind.ORDER_ANSWER, MessageKind.REQUEST_ANSWER, *REQUESTS)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as both sides know it. `answered_at` is that of the first answer that settled it."""

    kind: MessageKind
    asker: str
    asked_at: datetime
    due_at: datetime | None
    answered_at: datetime | None = None
    outcome: Outcome | None = None
    ground: str = ""

    @property
    def in_time(self) -> bool:
        return self.answered_at is not None and (self.due_at is None or self.answered_at <= self.due_at)


@dataclass(frozen=True, slots=True)
class Side:
    """What one agency asked of the other, by kind of request, and how the other answered.

    `median` and `p95` are seconds from asking to the answer by nearest rank; None where nothing was answered.
    """

    asker: str
    kind: MessageKind
    asked: int
    answered: int
    partly: int
    refused: int
    waiting: int
    in_time: int
    median: int | None
    p95: int | None
    grounds: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Parity:
    """Both sides over a period; `messages` are (sender, kind, count) of everything said about the requests counted."""

    agencies: tuple[str, str]
    since: datetime
    until: datetime
    sides: tuple[Side, ...]
    messages: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One message as both sides know it: who sent it, what it is about, and its content where it is needed."""

    sender: str
    kind: MessageKind
    about: UUID
    body: Mapping[str, Any]
    clock: timedelta | None = None  # the agreement's for an order, which states no time by which it is to be answered


def parity(actor: Actor, partner: str, since: datetime, until: datetime) -> Parity:
    """The figures with one partner for requests asked in [since, until)."""
    require(actor, ExchangePermission.READ)
    return computed((str(settings.ACCORD_AGENCY), partner), _said_with(partner), since, until)


def _said_with(partner: str) -> Iterable[Said]:
    """Every message with the partner that both sides have, oldest first on each stream."""
    here = str(settings.ACCORD_AGENCY)
    columns = ("kind", "about", "body", "agreement")
    clocks: dict[str, timedelta | None] = {}
    kinds = [str(kind) for kind in BODIES]
    sent = Outgoing.objects.filter(partner=partner, kind__in=kinds, state=OutgoingState.DELIVERED)
    got = Incoming.objects.filter(partner=partner, kind__in=kinds).exclude(state=IncomingState.DELETED)
    for sender, rows in ((here, sent), (partner, got)):
        ordered = rows.exclude(about=None).order_by("epoch", "sequence")
        for kind, about, body, agreement in ordered.values_list(*columns).iterator(chunk_size=2_000):
            if agreement not in clocks:
                clocks[agreement] = _order_clock(partner, agreement)
            content = body if MessageKind(kind) in _WITH_CONTENT else {}
            yield Said(sender, MessageKind(kind), about, content, clocks[agreement])


def _order_clock(partner: str, agreement: str) -> timedelta | None:
    """How long an order may take under an agreement; None for one that is not known here."""
    try:
        return timedelta(minutes=by_hash(partner, agreement).terms.clocks.order_minutes)
    except Refused:
        return None


def computed(agencies: tuple[str, str], said: Iterable[Said], since: datetime, until: datetime) -> Parity:
    """The figures of what two agencies said to each other, whichever of the two nodes asks."""
    asked: dict[UUID, Asked] = {}
    answers: dict[UUID, list[_Answer]] = defaultdict(list)
    counted: dict[UUID, Counter[tuple[str, str]]] = defaultdict(Counter)
    for one in said:
        counted[one.about][one.sender, str(one.kind)] += 1
        if one.kind in REQUESTS:
            if (request := _request(one)) is not None and since <= request.asked_at < until:
                asked[one.about] = request
        elif (answer := _answer(one)) is not None:
            answers[one.about].append(answer)
    settled = [_settled(request, answers[about]) for about, request in asked.items()]
    messages: Counter[tuple[str, str]] = Counter()
    for about in asked:
        messages.update(counted[about])
    first, second = sorted(agencies)
    sides = [_side(asker, kind, settled) for asker in (first, second) for kind in sorted(REQUESTS)]
    return Parity(
        (first, second),
        since,
        until,
        tuple(side for side in sides if side.asked),
        tuple((sender, kind, number) for (sender, kind), number in sorted(messages.items())),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    at: datetime
    outcome: Outcome
    ground: str


def _request(said: Said) -> Asked | None:
    """What was asked and when; None where its content is gone, or does not say when."""
    body = _content(said)
    if not isinstance(body, EnquiryBody | OrderBody | RequestBody) or body.asked_at is None:
        return None
    if isinstance(body, OrderBody):
        due = body.asked_at + said.clock if said.clock else None
    else:
        due = body.due_at if isinstance(body, RequestBody) else body.budget.answer_by
    return Asked(said.kind, said.sender, body.asked_at, due)


def _answer(said: Said) -> _Answer | None:
    body = _content(said)
    if isinstance(body, OrderAnswerBody):
        if body.answered_at is None:  # only the promise of an answer
            return None
        refused = bool(body.refusal or body.clause)
        return _Answer(body.answered_at, Outcome.REFUSED if refused else Outcome.ANSWERED, body.clause or body.refusal)
    if isinstance(body, EnquiryAnswerBody):
        return _Answer(body.answered_at, body.outcome, body.clause)
    if isinstance(body, RequestAnswerBody) and body.answered_at is not None:
        return _Answer(body.answered_at, body.outcome, body.ground)
    return None


def _content(said: Said) -> Any:
    """The body, or None where it was deleted or cannot be read."""
    try:
        return msgspec.convert(said.body, BODIES[said.kind]) if said.body else None
    except msgspec.ValidationError:
        return None


def _settled(request: Asked, answers: list[_Answer]) -> Asked:
    """The request with when it was answered first, and the outcome of its last answer."""
    if not answers:
        return request
    first, last = min(answers, key=lambda one: one.at), max(answers, key=lambda one: one.at)
    ground = last.ground if last.outcome is Outcome.REFUSED else ""
    return replace(request, answered_at=first.at, outcome=last.outcome, ground=ground)


def _side(asker: str, kind: MessageKind, settled: Iterable[Asked]) -> Side:
    mine = [one for one in settled if one.asker == asker and one.kind is kind]
    outcomes = Counter(one.outcome for one in mine)
    seconds = sorted(_seconds(one) for one in mine if one.answered_at is not None)
    grounds = Counter(one.ground for one in mine if one.ground)
    return Side(
        asker=asker,
        kind=kind,
        asked=len(mine),
        answered=outcomes[Outcome.ANSWERED],
        partly=outcomes[Outcome.PARTLY],
        refused=outcomes[Outcome.REFUSED],
        waiting=outcomes[None],
        in_time=sum(one.in_time for one in mine),
        median=_rank(seconds, 50),
        p95=_rank(seconds, 95),
        grounds=tuple(sorted(grounds.items())),
    )


def _seconds(one: Asked) -> int:
    """From asking to answering, each by its own side's clock; a clock that is ahead makes no answer precede its question."""
    assert one.answered_at is not None
    return max(0, int((one.answered_at - one.asked_at) / timedelta(seconds=1)))


def _rank(ordered: list[int], percent: int) -> int | None:
    """The nearest rank, as figures of response times are told; exact, no interpolation."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None
