"""What one centre does on a day of the demo: its calls, its officers, its approvals, and what it decides for partners.

The leader (`run.py`) moves the clock from event to event and has each centre act; between events the sandbox plays the
payments of the world, so that money goes on moving while people and banks think.
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

from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.orders import queries as order_queries
from accord.capabilities.orders import services as orders
from accord.capabilities.reports import services as reports
from accord.capabilities.reports.services import CallFacts
from accord.core import clock
from accord.core.errors import Conflict
from accord.core.money import Money
from accord.engine.exercise import VictimReport
from accord.lab.demo import for_partners
from accord.lab.demo.officers import APPROVE_SECONDS, CALL_BACK_AFTER, NARRATIVE_SECONDS, SIX_FACTS_SECONDS, Officers
from accord.node.worker import Worker

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

Act = Callable[[], None]


@dataclass
class Taken:
    """What happened to one victim's call. Software seconds are real time; the moments are the exercise's."""

    report: VictimReport
    claim: UUID
    report_id: UUID
    call_time: datetime
    software: float = 0.0
    software_first: float = 0.0


@dataclass
class Day:
    """One centre's day. `people` are those who take calls and draft, and those who look at it second; `reports` its calls."""

    reports: list[VictimReport]
    worker: Worker
    people: list[User]
    seed: int
    taken: dict[UUID, Taken] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._officers = Officers(self.seed)
        self._events: list[tuple[datetime, int, Act]] = []
        self._order = itertools.count()
        self._approving: set[UUID] = set()
        self._acted = False
        self._deciding: set[UUID] = set()
        for report in self.reports:
            self._at(report.call_time, lambda report=report: self._ring(report))  # type: ignore[misc]

    def next_moment(self) -> datetime | None:
        """When somebody here has something to do next; None where nobody has."""
        moments = [self._events[0][0]] if self._events else []
        due = self.worker.next_due()
        if due is not None:
            moments.append(max(due, clock.now()))
        return min(moments, default=None)

    def act(self) -> None:
        """Let people do what they do by now."""
        while self._events and self._events[0][0] <= clock.now():
            self._acted = True
            heapq.heappop(self._events)[2]()

    def sweep(self) -> tuple[int, set[UUID]]:
        """Let the worker do what is due: how many rows it worked on, and the claims that had something due."""
        due = self.worker.next_due()
        if (due is None or due > clock.now()) and not self._acted:
            return 0, set()
        acted, self._acted = self._acted, False
        touched = {*order_queries.claims_with_orders_due(clock.now()), *claim_queries.claims_with_enquiries_due(clock.now())}
        worked = self.worker.run_until_idle()
        if worked or acted:
            self._plan_approvals()
            self._plan_second_looks()
            self._plan_decisions()
        return worked, touched

    def spent(self, claims: set[UUID], cases: list[for_partners.Case], seconds: float) -> None:
        """Real time that went by while something was done for these claims, or these cases at partners; each bears it all."""
        for claim in (claims | for_partners.claims_of(cases)) & self.taken.keys():
            self.taken[claim].software += seconds

    def _at(self, moment: datetime, act: Act) -> None:
        heapq.heappush(self._events, (moment, next(self._order), act))

    def _ring(self, report: VictimReport) -> None:
        officer, answered = self._officers.pick_up(report.call_time)
        submit = answered + self._officers.takes(SIX_FACTS_SECONDS)
        done = submit + self._officers.takes(NARRATIVE_SECONDS)
        self._officers.busy_until(officer, done)
        user = self.people[0]
        self._at(submit, lambda: self._submit(user, report))
        self._at(done, lambda: self._narrate(user, report))

    def _submit(self, user: User, report: VictimReport) -> None:
        started = time.perf_counter()
        first = orders.respond_to_call(user, facts_of(report))
        if first.claim.pk not in self.taken:
            seconds = time.perf_counter() - started
            self.taken[first.claim.pk] = Taken(
                report, first.claim.pk, first.report.pk, report.call_time, software_first=seconds
            )

    def _narrate(self, user: User, report: VictimReport) -> None:
        taken = next((row for row in self.taken.values() if row.report is report), None)
        if taken is not None:
            reports.add_narrative(user, taken.report_id, report.narrative)
            self._at(clock.now() + CALL_BACK_AFTER, lambda: self._call_back(user, taken.report_id))

    def _call_back(self, user: User, report_id: UUID) -> None:
        reports.called_back(user, report_id, "told what is held and what is still asked")

    def _plan_approvals(self) -> None:
        """An officer looks at a claim's new proposals after a while. Claims of partners are theirs to ask holds for."""
        waiting: dict[UUID, list[UUID]] = defaultdict(list)
        for item in claim_queries.proposed_items(self.people[0]).filter(action="hold", claim__origin=""):
            waiting[item.claim_id].append(item.pk)
        for claim in waiting:
            if claim not in self._approving:
                self._approving.add(claim)
                self._at(clock.now() + self._officers.takes(APPROVE_SECONDS), lambda claim=claim: self._approve(claim))  # type: ignore[misc]

    def _approve(self, claim: UUID) -> None:
        self._approving.discard(claim)
        holds = claim_queries.proposed_items(self.people[0]).filter(claim_id=claim, action="hold")
        items = list(holds.values_list("pk", flat=True))
        if items:
            try:
                orders.approve_plan(self.people[0], claim, items)
            except Conflict:
                return  # a bank's answer changed the plan meanwhile; it is looked at again

    def _plan_second_looks(self) -> None:
        """Where the law asks for two people, a second one looks after a while at what the first has drafted."""
        for draft in order_queries.drafts_to_approve(self.people[1]).values_list("pk", flat=True):
            if draft not in self._deciding:
                self._deciding.add(draft)
                self._at(clock.now() + self._officers.takes(APPROVE_SECONDS), lambda draft=draft: self._approve_draft(draft))  # type: ignore[misc]

    def _approve_draft(self, draft: UUID) -> None:
        self._deciding.discard(draft)
        if order_queries.drafts_to_approve(self.people[1]).filter(pk=draft).exists():
            orders.approve(self.people[1], [draft])

    def _plan_decisions(self) -> None:
        """An officer looks after a while at what partners ask for."""
        for wanted in for_partners.waiting(self.people[0]):
            if wanted not in self._deciding:
                self._deciding.add(wanted)
                self._at(clock.now() + self._officers.takes(APPROVE_SECONDS), lambda wanted=wanted: self._decide(wanted))  # type: ignore[misc]

    def _decide(self, wanted: UUID) -> None:
        self._deciding.discard(wanted)
        for_partners.decide(self.people[0], wanted)


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
