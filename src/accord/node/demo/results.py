"""What a played day came to, against the truth that only the exercise knows.

Amounts of several currencies are added up in US dollars at the exercise's fixed rates, for the table alone.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from accord.adapters.sandbox_bank import SandboxBanks
from accord.capabilities.orders import queries as order_queries
from accord.capabilities.orders.life_cycle import HOLDING
from accord.capabilities.people.policy import Actor
from accord.core.clock import from_micros, to_micros
from accord.core.money import exponent
from accord.engine.exercise import World
from accord.engine.exercise.countries import COUNTRIES
from accord.node.demo.play import Played

if TYPE_CHECKING:
    from accord.capabilities.orders.models import Order

BUCKETS: Final = ((10, "under 10 min"), (30, "10 to 30 min"), (60, "30 to 60 min"), (180, "1 to 3 h"), (None, "over 3 h"))
"""Delay of the report after the payment, in minutes: upper bound and name."""

_USD_MICROS: Final = {country.currency: country.usd_micros for country in COUNTRIES.values()}


def in_cents(minor: int, currency: str) -> int:
    """US cents at the exercise's rates, rounded down."""
    minor_per_unit: int = 10 ** exponent(currency)
    return minor * _USD_MICROS[currency] // (minor_per_unit * 10_000)


@dataclass
class Bucket:
    """Money in US cents by delay of the report. `moving` is neither held nor gone when the day ends."""

    name: str
    calls: int = 0
    claimed: int = 0
    held: int = 0
    left_before: int = 0
    left_during: int = 0

    @property
    def moving(self) -> int:
        return max(0, self.claimed - self.held - self.left_before - self.left_during)


@dataclass
class Results:
    """Everything the final table shows. Delays in seconds: `total` is the exercise's clock plus real software time."""

    buckets: list[Bucket]
    innocent_held: int = 0
    held: int = 0
    countries_held: set[str] = field(default_factory=set)
    holds: int = 0
    refused: int = 0
    first_order_total: list[float] = field(default_factory=list)
    first_order_software: list[float] = field(default_factory=list)
    hold_total: list[float] = field(default_factory=list)
    hold_software: list[float] = field(default_factory=list)


def median_and_p95(values: Sequence[float]) -> tuple[float, float]:
    """(median, 95th percentile); zeros for no values."""
    if not values:
        return 0.0, 0.0
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def evaluate(world: World, banks: SandboxBanks, played: Iterable[Played], actor: Actor) -> Results:
    """Compare what the node did with what was true."""
    truth = _Truth(world, banks)
    results = Results([Bucket(name) for _, name in BUCKETS])
    calls = list(played)
    orders = order_queries.by_claims(actor, [call.claim for call in calls])
    for call in calls:
        bucket = results.buckets[_bucket(call.call_time - truth.paid_at(call.report.transfers[0]))]
        bucket.calls += 1
        bucket.claimed += truth.claimed(call)
        before, during = truth.left(call)
        bucket.left_before += before
        bucket.left_during += during
        _add_orders(results, bucket, call, orders[call.claim], world)
    results.held = sum(bucket.held for bucket in results.buckets)
    results.innocent_held = truth.innocent_held()
    return results


def _add_orders(results: Results, bucket: Bucket, call: Played, orders: list[Order], world: World) -> None:
    first = orders[0]
    if first.sent_at is not None:
        results.first_order_total.append((first.sent_at - call.call_time).total_seconds() + call.software_first)
        results.first_order_software.append(call.software_first)
    for order in orders:
        results.refused += bool(order.refusal)
        if order.state not in HOLDING or order.answered_at is None:
            continue
        bucket.held += in_cents(order.held, order.currency)
        results.holds += 1
        results.countries_held.add(world.bank(order.institution).country)
        results.hold_total.append((order.answered_at - call.call_time).total_seconds() + call.software)
        results.hold_software.append(call.software)


def _bucket(delay: timedelta) -> int:
    minutes = delay / timedelta(minutes=1)
    return next(number for number, (bound, _) in enumerate(BUCKETS) if bound is None or minutes < bound)


class _Truth:
    """Where the stolen money really was, given which payments really happened."""

    def __init__(self, world: World, banks: SandboxBanks) -> None:
        names = ("id", "time", "amount", "currency", "debtor_bank", "debtor", "creditor_bank", "creditor")
        rows = zip(*(world.transfers[name].to_pylist() for name in names), strict=True)
        wanted = set(world.truth.paths["transfer"].to_pylist())
        self._transfers = {row[0]: dict(zip(names, row, strict=True)) for row in rows if row[0] in wanted}
        self._stopped = set(banks.stopped())
        self._paths = world.truth.paths.to_pylist()
        self._rests: dict[str, list[dict[str, object]]] = defaultdict(list)
        for rest in world.truth.rests.to_pylist():
            self._rests[rest["report"]].append(rest)
        self._holds = banks.placed_holds()

    def paid_at(self, transfer: str) -> datetime:
        """When the victim paid."""
        return from_micros(self._transfers[transfer]["time"])

    def claimed(self, call: Played) -> int:
        """All that the victim paid, in cents."""
        rows = [self._transfers[transfer] for transfer in call.report.transfers]
        return sum(in_cents(row["amount"], row["currency"]) for row in rows)

    def left(self, call: Played) -> tuple[int, int]:
        """Cents of this victim that left all ledgers before the call, and after it."""
        before = during = 0
        for rest in self._rests[call.report.reference]:
            transfer = self._transfers[str(rest["transfer"])]
            if rest["exit"] is None or transfer["id"] in self._stopped:
                continue
            cents = in_cents(int(str(rest["amount"])), str(rest["currency"]))
            if transfer["time"] <= to_micros(call.call_time):
                before += cents
            else:
                during += cents
        return before, during

    def innocent_held(self) -> int:
        """Cents held on accounts beyond what stolen money stood there when the hold was placed."""
        by_account: dict[tuple[str, str, str], list[UUID]] = defaultdict(list)
        for hold in self._holds:
            by_account[hold.bank, hold.ref.number, hold.currency].append(hold.order_id)
        total = 0
        for (bank, number, currency), _ in by_account.items():
            holds = [hold for hold in self._holds if (hold.bank, hold.ref.number, hold.currency) == (bank, number, currency)]
            held = sum(hold.amount for hold in holds if hold.released_at is None)
            stolen = self._stolen_on(bank, number, max(hold.placed_at for hold in holds))
            total += in_cents(max(0, held - stolen), currency)
        return total

    def _stolen_on(self, bank: str, number: str, at: int) -> int:
        """Stolen minor units on an account at a moment: what came by payments that happened, less what went on."""
        stolen = 0
        for path in self._paths:
            transfer = self._transfers[path["transfer"]]
            if transfer["time"] > at or transfer["id"] in self._stopped:
                continue
            if (transfer["creditor_bank"], transfer["creditor"]) == (bank, number):
                stolen += path["counter_amount"]
            if (transfer["debtor_bank"], transfer["debtor"]) == (bank, number) and path["parent"] is not None:
                stolen -= path["amount"]
        return stolen
