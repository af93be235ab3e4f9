"""What a played day came to, against the truth that only the exercise knows.

Amounts of several currencies are added up in US dollars at the exercise's fixed rates, for the tables alone.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from accord.core.clock import from_micros
from accord.core.money import exponent
from accord.engine.exercise import World
from accord.engine.exercise.countries import COUNTRIES
from accord.lab.demo.outcomes import CallOutcome, CentreOutcome, OrderOutcome
from accord.lab.demo.truth import Truth
from accord.lab.federation.plan import FederationPlan

BUCKETS: Final = ((10, "under 10 min"), (30, "10 to 30 min"), (60, "30 to 60 min"), (180, "1 to 3 h"), (None, "over 3 h"))
"""Delay of the report after the payment, in minutes: upper bound and name."""

_USD_MICROS: Final = {country.currency: country.usd_micros for country in COUNTRIES.values()}


def in_cents(minor: int, currency: str) -> int:
    """US cents at the exercise's rates, rounded down."""
    minor_per_unit: int = 10 ** exponent(currency)
    return minor * _USD_MICROS[currency] // (minor_per_unit * 10_000)


@dataclass
class Group:
    """Money of some calls in US cents. `held` and `left` are by the country where it is held, or which it left."""

    name: str
    calls: int = 0
    claimed: int = 0
    held_in: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    left_before: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    left_during: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def held(self) -> int:
        return sum(self.held_in.values())

    @property
    def before(self) -> int:
        return sum(self.left_before.values())

    @property
    def during(self) -> int:
        return sum(self.left_during.values())

    @property
    def neither(self) -> int:
        """What is neither held nor gone when the day ends."""
        return max(0, self.claimed - self.held - self.before - self.during)


@dataclass(frozen=True, slots=True)
class HoldTimes:
    """Seconds from a call to one confirmed hold: real software time, and that of the exercise's clock with it."""

    centre: str  # where the call came in
    country: str  # where the money is held
    software: float
    total: float

    @property
    def crossed(self) -> bool:
        return self.centre != self.country


@dataclass
class Results:
    """Everything that the final tables show."""

    by_country: dict[str, Group]
    by_delay: list[Group]
    holds: list[HoldTimes] = field(default_factory=list)
    first_total: list[float] = field(default_factory=list)
    first_software: list[float] = field(default_factory=list)
    refused: int = 0
    innocent_held: int = 0
    messages: dict[tuple[str, str, str], int] = field(default_factory=dict)  # (from, to, kind)

    @property
    def total(self) -> Group:
        """All calls together."""
        groups = self.by_country.values()
        total = Group("all", sum(group.calls for group in groups), sum(group.claimed for group in groups))
        for group in groups:
            for mine, theirs in (
                (total.held_in, group.held_in), (total.left_before, group.left_before), (total.left_during, group.left_during),
            ):  # fmt: skip
                for country, cents in theirs.items():
                    mine[country] += cents
        return total


def median_and_p95(values: Sequence[float]) -> tuple[float, float]:
    """(median, 95th percentile); zeros for no values."""
    if not values:
        return 0.0, 0.0
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def evaluate(world: World, truth: Truth, told: Mapping[str, CentreOutcome], plan: FederationPlan) -> Results:
    """Compare what the centres did with what was true."""
    results = Results({centre.country: Group(centre.country) for centre in plan.centres}, [Group(name) for _, name in BUCKETS])
    countries = {centre.code: centre.country for centre in plan.centres} | {bank.code: bank.country for bank in world.banks}
    for call in (call for centre in told.values() for call in centre.calls):
        paid = truth.paid_at(call.reference)
        delay = from_micros(call.call_time) - from_micros(paid)
        for group in (results.by_country[call.country], results.by_delay[_bucket(delay)]):
            _add_call(group, call, truth, countries)
        _add_times(results, call, countries)
    results.messages = {
        (code, count.partner, count.kind): count.number for code, centre in told.items() for count in centre.messages
    }
    results.innocent_held = sum(in_cents(amount, currency) for currency, amount in truth.innocent_held())
    return results


def _add_call(group: Group, call: CallOutcome, truth: Truth, countries: dict[str, str]) -> None:
    group.calls += 1
    group.claimed += sum(in_cents(amount, currency) for currency, amount in truth.claimed(call.reference))
    for order in call.orders:
        if order.held:
            group.held_in[countries[order.institution]] += in_cents(order.held, order.currency)
    for time, bank, currency, amount in truth.left(call.reference):
        left = group.left_before if time <= call.call_time else group.left_during
        left[countries[bank]] += in_cents(amount, currency)


def _add_times(results: Results, call: CallOutcome, countries: dict[str, str]) -> None:
    first = call.orders[0] if call.orders else None
    if first is not None and first.sent_at is not None:
        results.first_total.append(_seconds(call.call_time, first.sent_at) + call.software_first)
        results.first_software.append(call.software_first)
    results.refused += sum(order.refused for order in call.orders)
    results.holds += [_times(call, order, countries) for order in call.orders if order.held_at is not None]


def _times(call: CallOutcome, order: OrderOutcome, countries: dict[str, str]) -> HoldTimes:
    assert order.held_at is not None
    total = _seconds(call.call_time, order.held_at) + call.software
    return HoldTimes(call.country, countries[order.institution], call.software, total)


def _seconds(since: int, until: int) -> float:
    return (until - since) / 1e6


def _bucket(delay: timedelta) -> int:
    minutes = delay / timedelta(minutes=1)
    return next(number for number, (bound, _) in enumerate(BUCKETS) if bound is None or minutes < bound)
