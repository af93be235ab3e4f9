"""The duty desk's queue: reports ordered by the money that can still be caught.

catchable = what stands and is not held × the chance that it is still there
          + what nobody has located yet × the chance that it is still there

The chance halves with every half-life since the moment at which the money was last seen. The half-lives are assumptions
of this node (settings, not findings); they order the queue and decide nothing else. Amounts of different currencies are
compared at fixed reference rates, for ranking only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from accord.capabilities.claims import queries as claims
from accord.capabilities.orders import queries as orders
from accord.capabilities.orders.life_cycle import HOLDING, WAITING
from accord.capabilities.reports import queries as reports
from accord.core import clock
from accord.core.money import Money, exponent

if TYPE_CHECKING:
    from accord.capabilities.claims.queries import Proposed
    from accord.capabilities.orders.queries import BriefOrder
    from accord.capabilities.people.policy import Actor
    from accord.capabilities.reports.models import Report

HALF_LIFE_LOCATED: Final = timedelta(minutes=30)
HALF_LIFE_UNLOCATED: Final = timedelta(minutes=60)

RANKING_RATES: Final = {"CNY": 140, "USD": 1000, "EUR": 1080, "GBP": 1270, "SGD": 750, "THB": 28, "JPY": 7, "HKD": 128}
"""Thousandths of a US dollar per unit, rounded; a currency not listed counts as one dollar. For ranking only."""

QUEUE_LIMIT: Final = 500
"""Open reports weighed for the queue, newest first; older ones are found in the list of reports."""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One report on the desk. `rank` is catchable money in thousandths of a US dollar at the ranking rates."""

    report: Report
    claim_id: UUID | None
    claimed: Money
    held: Money
    catchable: Money
    chance_percent: int
    to_approve: int
    silent: int
    overdue: int
    expiring: int
    duplicates: int
    call_back_due: datetime | None
    locked_by: str
    rank: int


def chance_percent(since: datetime, half_life: timedelta) -> int:
    """Chance, in whole per cent, that money seen at `since` is still there."""
    age = max(timedelta(0), clock.now() - since)
    return round(100 * math.pow(0.5, age / half_life))


def queue(actor: Actor) -> list[QueueEntry]:
    """Open reports that the actor may see, most catchable money first; equal ones oldest call first."""
    open_reports = list(reports.to_weigh(actor)[:QUEUE_LIMIT])
    ids = [report.pk for report in open_reports]
    by_report = claims.ids_by_reports(actor, ids)
    claim_ids = list(by_report.values())
    by_claim = orders.brief_by_claims(actor, claim_ids)
    proposed = claims.proposed_by_claims(actor, claim_ids)
    silent = Counter(claims.silent_holders(actor).filter(claim_id__in=claim_ids).values_list("claim_id", flat=True))
    left = claims.money_left(actor, claim_ids)
    duplicates = reports.duplicate_counts(actor, ids)
    entries = []
    for report in open_reports:
        claim_id = by_report.get(report.pk)
        entries.append(
            _entry(
                report,
                claim_id,
                by_claim.get(claim_id, ()) if claim_id else (),
                proposed.get(claim_id, ()) if claim_id else (),
                silent[claim_id] if claim_id else 0,
                left.get(claim_id, 0) if claim_id else 0,
                duplicates.get(report.pk, 0),
            )
        )
    return sorted(entries, key=lambda entry: (-entry.rank, entry.report.created_at))


def _entry(
    report: Report,
    claim_id: UUID | None,
    claim_orders: Sequence[BriefOrder],
    items: Sequence[Proposed],
    silent: int,
    left: int,
    duplicates: int,
) -> QueueEntry:
    now, currency = clock.now(), report.currency
    held = sum(order.held for order in claim_orders if order.state in HOLDING and order.currency == currency)
    holds = [item for item in items if not item.is_exit]
    located = [
        (item.amount, chance_percent(item.proposed_at, HALF_LIFE_LOCATED)) for item in holds if item.currency == currency
    ]
    unlocated = max(0, report.amount - held - left - sum(amount for amount, _ in located))
    chance = chance_percent(report.about_when, HALF_LIFE_UNLOCATED)
    catchable = unlocated * chance // 100 + sum(amount * percent // 100 for amount, percent in located)
    return QueueEntry(
        report=report,
        claim_id=claim_id,
        claimed=report.money,
        held=Money(held, currency),
        catchable=Money(catchable, currency),
        chance_percent=100 * catchable // (report.amount - held) if report.amount > held else 0,
        to_approve=len(holds),
        silent=silent,
        overdue=sum(1 for order in claim_orders if order.state in WAITING and order.answer_due_at < now),
        expiring=sum(1 for order in claim_orders if order.state in HOLDING and order.until - now <= orders.EXPIRING_WITHIN),
        duplicates=duplicates,
        call_back_due=report.call_back_due,
        locked_by=str(report.locked_by) if report.locked_by and report.locked_until and report.locked_until > now else "",
        rank=ranking_value(Money(catchable, currency)),
    )


def ranking_value(money: Money) -> int:
    """Thousandths of a US dollar at the ranking rates."""
    minor_per_unit: int = 10 ** exponent(money.currency)
    return money.minor * RANKING_RATES.get(money.currency, 1000) // minor_per_unit
