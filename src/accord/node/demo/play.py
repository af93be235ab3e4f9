"""Plays the calls of one day: the clock jumps from event to event, and real time is measured apart from it.

Events are calls, submitted forms, narratives, approvals, and whatever the worker has due. Between them the sandbox plays
the payments of the world, so that money goes on moving while people and banks think.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from accord.adapters.sandbox_bank import SandboxBanks
from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.orders import queries as order_queries
from accord.capabilities.orders import services as orders
from accord.capabilities.reports import services as reports
from accord.capabilities.reports.services import CallFacts
from accord.core import clock
from accord.core.errors import Conflict
from accord.core.money import Money
from accord.engine.exercise import VictimReport, World
from accord.node.demo.officers import APPROVE_SECONDS, CALL_BACK_AFTER, NARRATIVE_SECONDS, SIX_FACTS_SECONDS, Officers
from accord.node.worker import Worker, next_due

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

Act = Callable[[], None]


@dataclass
class Played:
    """What happened to one victim's call. Software seconds are real time; the moments are the exercise's."""

    report: VictimReport
    claim: UUID
    report_id: UUID
    call_time: datetime
    software: float = 0.0
    software_first: float = 0.0


@dataclass
class Day:
    """One day being played.

    `people` are the officers' users; `step` is told the moment and the number of calls taken, and says whether to go on.
    """

    world: World
    banks: SandboxBanks
    worker: Worker
    people: list[User]
    seed: int
    step: Callable[[datetime, int], bool]
    played: dict[UUID, Played] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._officers = Officers(self.seed)
        self._events: list[tuple[datetime, int, Act]] = []
        self._order = itertools.count()
        self._approving: set[UUID] = set()
        self._clock = clock.SteppedClock(self.world.plan.call_day)

    def play(self) -> dict[UUID, Played]:
        """Play until nobody has anything left to do before the day ends; what happened, by claim."""
        for report in self.world.reports:
            self._at(report.call_time, lambda report=report: self._ring(report))  # type: ignore[misc]
        with clock.using(self._clock):
            while (moment := self._next_moment()) is not None:
                self._clock.advance_to(moment)
                self.banks.advance(moment)
                while self._events and self._events[0][0] <= moment:
                    heapq.heappop(self._events)[2]()
                self._sweep()
                self._plan_approvals()
                if not self.step(moment, len(self.played)):
                    break
        return self.played

    @property
    def now(self) -> datetime:
        """The moment that the day has come to."""
        return self._clock.now()

    def _at(self, moment: datetime, act: Act) -> None:
        heapq.heappush(self._events, (moment, next(self._order), act))

    def _next_moment(self) -> datetime | None:
        moments = [self._events[0][0]] if self._events else []
        due = next_due()
        if due is not None:
            moments.append(max(due, clock.now()))
        moment = min(moments, default=None)
        return moment if moment is not None and moment < self.world.plan.end else None

    def _ring(self, report: VictimReport) -> None:
        officer, answered = self._officers.pick_up(report.call_time)
        submit = answered + self._officers.takes(SIX_FACTS_SECONDS)
        done = submit + self._officers.takes(NARRATIVE_SECONDS)
        self._officers.busy_until(officer, done)
        user = self.people[officer % len(self.people)]
        self._at(submit, lambda: self._submit(user, report))
        self._at(done, lambda: self._narrate(user, report))

    def _submit(self, user: User, report: VictimReport) -> None:
        started = time.perf_counter()
        first = orders.respond_to_call(user, facts_of(report))
        if first.claim.pk not in self.played:
            self.played[first.claim.pk] = Played(report, first.claim.pk, first.report.pk, report.call_time)
        self._spent([first.claim.pk], started)

    def _narrate(self, user: User, report: VictimReport) -> None:
        played = next((row for row in self.played.values() if row.report is report), None)
        if played is not None:
            reports.add_narrative(user, played.report_id, report.narrative)
            self._at(clock.now() + CALL_BACK_AFTER, lambda: self._call_back(user, played.report_id))

    def _call_back(self, user: User, report_id: UUID) -> None:
        reports.called_back(user, report_id, "told what is held and what is still asked")

    def _sweep(self) -> None:
        """Let the worker do what is due; its time counts for every claim that had something due."""
        touched = {*order_queries.claims_with_orders_due(clock.now()), *claim_queries.claims_with_enquiries_due(clock.now())}
        if not touched:
            return
        started = time.perf_counter()
        self.worker.run_until_idle()
        self._spent(list(touched), started)

    def _spent(self, claims: list[UUID], started: float) -> None:
        seconds = time.perf_counter() - started
        for claim in claims:
            played = self.played[claim]
            if played.software_first == 0.0 or not played.software:
                played.software_first += seconds
            played.software += seconds

    def _plan_approvals(self) -> None:
        """An officer looks at a claim's new proposals after a while."""
        waiting: dict[UUID, list[UUID]] = defaultdict(list)
        for item in claim_queries.proposed_items(self.people[0]).filter(action="hold"):
            waiting[item.claim_id].append(item.pk)
        for claim in waiting:
            if claim not in self._approving:
                self._approving.add(claim)
                self._at(clock.now() + self._officers.takes(APPROVE_SECONDS), lambda claim=claim: self._approve(claim))  # type: ignore[misc]

    def _approve(self, claim: UUID) -> None:
        self._approving.discard(claim)
        started = time.perf_counter()
        holds = claim_queries.proposed_items(self.people[0]).filter(claim_id=claim, action="hold")
        items = list(holds.values_list("pk", flat=True))
        if items:
            try:
                orders.approve_plan(self.people[0], claim, items)
            except Conflict:
                return  # a bank's answer changed the plan meanwhile; it is looked at again
        self._spent([claim], started)


def facts_of(report: VictimReport) -> CallFacts:
    """What the officer types while the victim talks."""
    return CallFacts(
        callback_number=report.call_back or report.caller_name,
        payer_bank=report.payer_bank,
        payer_account=report.payer_account,
        payee_account=report.payee_account or report.payee_alias or report.payee_name,
        payee_bank=report.payee_bank or "",
        amount=Money(report.amount_minor, report.currency),
        about_when=min(report.about_when, clock.now()),
        still_pending=report.still_pending,
        language="zh-hans" if report.language == "zh" else "en",
    )
