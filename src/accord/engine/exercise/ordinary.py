"""Ordinary life: wages, shops, families, rent, cash, wallets, a little crypto, money sent home. Whole columns at once.

Rates are per person and day, amounts log-normal around a median in dollars at the country's own price level. The figures
are plausible, not measured: they shape how busy accounts are, which is what tracing and screening have to cope with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from accord.core.clock import to_micros
from accord.engine.exercise.cast import Cast, Ints
from accord.engine.exercise.flows import KIND_CODE, Flows, counter_amounts, joined
from accord.engine.exercise.model import AccountKind
from accord.engine.exercise.plan import DAY_MICROS
from accord.engine.records.schema import TransferKind

_HOUR_WEIGHTS: Final = (1, 1, 1, 1, 1, 2, 6, 12, 18, 20, 22, 26, 30, 24, 20, 20, 22, 26, 30, 28, 24, 18, 10, 4)
"""How busy each local hour of the day is."""


@dataclass(frozen=True, slots=True)
class Habit:
    """Something people do: how often (per person and day), the median in dollars, its spread, the smallest step in cents."""

    rate: float
    median: float
    spread: float
    step: int


PURCHASE: Final = Habit(0.85, 8, 0.9, 10)
FAMILY: Final = Habit(0.22, 30, 1.1, 1000)
TOP_UP: Final = Habit(0.06, 15, 0.6, 1000)
WALLET_OUT: Final = Habit(0.02, 12, 0.6, 100)
CASH: Final = Habit(0.05, 60, 0.6, 1000)
CRYPTO: Final = Habit(0.003, 120, 0.9, 100)
REMITTANCE: Final = Habit(0.004, 200, 0.8, 100)

_WAGE_MEDIAN: Final = 1_200
_RENT_MEDIAN: Final = 300
_SHOP_DAY_MEDIAN: Final = 150


def ordinary_traffic(cast: Cast, progress: Callable[[float], None]) -> Flows:
    """Every ordinary transfer of the plan's days, in no order."""
    makers = (purchases, family, wallets, cash_machines, crypto, remittances, wages, rents, shop_days, mules_own_lives)
    parts = []
    for number, maker in enumerate(makers):
        parts.append(maker(cast, cast.plan.random(f"ordinary {maker.__name__}")))
        progress((number + 1) / len(makers))
    flows = joined(parts)
    received = counter_amounts(cast, flows.debtor, flows.creditor, flows.amount)
    return flows.only((flows.debtor != flows.creditor) & (received > 0))


def purchases(cast: Cast, rng: np.random.Generator) -> Flows:
    """At shops, by card or by transfer; a few shops have most of the customers."""
    who = _doers(cast, PURCHASE.rate, rng)
    country = cast.person_country[who]
    shops = cast.groups[AccountKind.MERCHANT]
    shop = shops.first[country] + (shops.count[country] * rng.random(len(who)) ** 2).astype(np.int64)
    kind = np.where(rng.random(len(who)) < 0.6, KIND_CODE[TransferKind.MERCHANT], KIND_CODE[TransferKind.CARD])
    return Flows(_moments(cast, country, rng), _purse(cast, who, rng), shop, _amounts(cast, country, PURCHASE, rng), kind)


def family(cast: Cast, rng: np.random.Generator) -> Flows:
    """To relatives and friends: mostly the same few people."""
    who = _doers(cast, FAMILY.rate, rng)
    country = cast.person_country[who]
    return _plain(
        _moments(cast, country, rng), cast.main[who], cast.main[_contact(cast, who, rng)], _amounts(cast, country, FAMILY, rng)
    )


def wallets(cast: Cast, rng: np.random.Generator) -> Flows:
    """Into and out of the wallet provider's pooled account."""
    parts = []
    pools = cast.groups[AccountKind.POOLED]
    for habit, into in ((TOP_UP, True), (WALLET_OUT, False)):
        who = _doers(cast, habit.rate, rng)
        country = cast.person_country[who]
        own, pool = cast.main[who], pools.first[country]
        debtor, creditor = (own, pool) if into else (pool, own)
        parts.append(_plain(_moments(cast, country, rng), debtor, creditor, _amounts(cast, country, habit, rng)))
    return joined(parts)


def cash_machines(cast: Cast, rng: np.random.Generator) -> Flows:
    """Cash taken out at a machine of one's own bank."""
    who = _doers(cast, CASH.rate, rng)
    country = cast.person_country[who]
    debtor = _purse(cast, who, rng)
    kind = np.full(len(who), KIND_CODE[TransferKind.CASH])
    return Flows(
        _moments(cast, country, rng), debtor, cast.cash_of_bank[cast.bank_of[debtor]], _amounts(cast, country, CASH, rng), kind
    )


def crypto(cast: Cast, rng: np.random.Generator) -> Flows:
    """Honest purchases at an exchange, so that not every payment to one is a scam."""
    who = _doers(cast, CRYPTO.rate, rng)
    country = cast.person_country[who]
    exchanges = cast.groups[AccountKind.EXCHANGE]
    exchange = exchanges.first[country] + rng.integers(0, exchanges.count[country])
    kind = np.full(len(who), KIND_CODE[TransferKind.EXCHANGE])
    return Flows(_moments(cast, country, rng), cast.main[who], exchange, _amounts(cast, country, CRYPTO, rng), kind)


def remittances(cast: Cast, rng: np.random.Generator) -> Flows:
    """Money sent to family in another country, converted on the way."""
    if len(cast.countries) == 1:
        return _nothing()
    who = _doers(cast, REMITTANCE.rate, rng)
    country = cast.person_country[who]
    other = (country + rng.integers(1, len(cast.countries), len(who))) % len(cast.countries)
    payee = cast.people.first[other] + rng.integers(0, cast.people.count[other])
    return _plain(_moments(cast, country, rng), cast.main[who], cast.main[payee], _amounts(cast, country, REMITTANCE, rng))


def wages(cast: Cast, rng: np.random.Generator) -> Flows:
    """Once in thirty days from one's employer; half of a salary account's wage goes on to one's own account."""
    worker = np.flatnonzero(rng.random(len(cast.main)) < 0.7)
    country = cast.person_country[worker]
    employers = cast.groups[AccountKind.PAYROLL]
    employer = employers.first[country] + rng.integers(0, employers.count[country])
    wage = _amounts(cast, country, Habit(0, _WAGE_MEDIAN, 0.4, 100), rng)
    payday = rng.integers(0, 30, int(employer.max()) + 1)[employer]
    into = np.where(cast.salary[worker] >= 0, cast.salary[worker], cast.main[worker])
    parts = []
    for day, due in _month_days(cast, payday):
        time = _at(cast, country[due], day[due], 9 + 2 * rng.random(due.sum()))
        kind = np.full(len(time), KIND_CODE[TransferKind.PAYROLL])
        parts.append(Flows(time, employer[due], into[due], wage[due], kind))
        moves = due & (cast.salary[worker] >= 0) & (day < cast.plan.days - 2)
        later = _at(cast, country[moves], day[moves] + 1, 18 + 4 * rng.random(moves.sum()))
        parts.append(_plain(later, into[moves], cast.main[worker[moves]], np.maximum(wage[moves] // 200 * 100, 1)))
    return joined(parts)


def rents(cast: Cast, rng: np.random.Generator) -> Flows:
    """A third of the people pay rent to somebody each thirty days, couples from their joint account."""
    tenant = np.flatnonzero(rng.random(len(cast.main)) < 0.33)
    country = cast.person_country[tenant]
    landlord = cast.main[_contact(cast, tenant, rng)]
    rent = _amounts(cast, country, Habit(0, _RENT_MEDIAN, 0.3, 1000), rng)
    debtor = np.where(cast.joint[tenant] >= 0, cast.joint[tenant], cast.main[tenant])
    rent_day = rng.integers(0, 30, len(tenant))
    parts = []
    for day, due in _month_days(cast, rent_day):
        time = _at(cast, country[due], day[due], 8 + 12 * rng.random(due.sum()))
        parts.append(_plain(time, debtor[due], landlord[due], rent[due]))
    return joined(parts)


def shop_days(cast: Cast, rng: np.random.Generator) -> Flows:
    """Each shop pays a supplier every evening."""
    shops, suppliers = cast.groups[AccountKind.MERCHANT], cast.groups[AccountKind.PAYROLL]
    positions = range(len(cast.countries))
    shop = np.tile(np.concatenate([shops.all_of(c) for c in positions]), cast.plan.days)
    country = cast.country_of[shop]
    day = np.repeat(np.arange(cast.plan.days), int(shops.count.sum()))
    time = _at(cast, country, day, 19 + 3 * rng.random(len(shop)))
    supplier = suppliers.first[country] + rng.integers(0, suppliers.count[country])
    return _plain(time, shop, supplier, _amounts(cast, country, Habit(0, _SHOP_DAY_MEDIAN, 0.7, 100), rng))


def mules_own_lives(cast: Cast, rng: np.random.Generator) -> Flows:
    """What the holders of mule accounts pay and receive as anybody does, about once in two days each.

    They spend more than they receive, so that little of their own stands there when stolen money comes through.
    """
    mules = np.array([mule for gang in cast.mules for mule in gang], np.int64)
    if not len(mules):
        return _nothing()
    parts = []
    for habit, share, receives in ((PURCHASE, 0.5, False), (FAMILY, 0.3, False), (FAMILY, 0.3, True)):
        mule = mules[rng.integers(0, len(mules), rng.poisson(len(mules) * cast.plan.days * habit.rate * share))]
        country = cast.country_of[mule]
        shops = cast.groups[AccountKind.MERCHANT]
        shop = shops.first[country] + rng.integers(0, shops.count[country])
        friend = cast.main[cast.people.first[country] + rng.integers(0, cast.people.count[country])]
        other = shop if habit is PURCHASE else friend
        debtor, creditor = (other, mule) if receives else (mule, other)
        kind = np.full(len(mule), KIND_CODE[TransferKind.CARD if habit is PURCHASE else TransferKind.TRANSFER])
        parts.append(Flows(_moments(cast, country, rng), debtor, creditor, _amounts(cast, country, habit, rng), kind))
    return joined(parts)


def _nothing() -> Flows:
    return Flows(*(np.zeros(0, np.int64) for _ in range(5)))


def _plain(time: Ints, debtor: Ints, creditor: Ints, amount: Ints) -> Flows:
    return Flows(time, debtor, creditor, amount, np.full(len(time), KIND_CODE[TransferKind.TRANSFER]))


def _doers(cast: Cast, per_day: float, rng: np.random.Generator) -> Ints:
    """Who does it, once for each time: busy people more often (their shares of all acts are log-normal)."""
    times = rng.poisson(len(cast.main) * cast.plan.days * per_day)
    busy = np.cumsum(np.exp(cast.plan.random("busy").normal(0, 0.6, len(cast.main))))
    return np.asarray(np.minimum(np.searchsorted(busy, rng.random(times) * busy[-1]), len(busy) - 1), np.int64)


def _purse(cast: Cast, who: Ints, rng: np.random.Generator) -> Ints:
    """The account somebody pays from: a joint or a salary account now and then, where there is one."""
    draw = rng.random(len(who))
    joint, salary = cast.joint[who], cast.salary[who]
    return np.where((draw < 0.3) & (joint >= 0), joint, np.where((draw > 0.75) & (salary >= 0), salary, cast.main[who]))


def _contact(cast: Cast, who: Ints, rng: np.random.Generator) -> Ints:
    """Somebody else of the same country: one of eight neighbours in the list four times out of five, else anybody."""
    country = cast.person_country[who]
    first, count = cast.people.first[country], cast.people.count[country]
    near = rng.integers(1, 5, len(who)) * rng.choice(np.array([-1, 1]), len(who))
    step = np.where(rng.random(len(who)) < 0.8, near, rng.integers(1, count))
    return first + (who - first + step) % count


def _amounts(cast: Cast, country: Ints, habit: Habit, rng: np.random.Generator) -> Ints:
    """Minor units of each country's currency, in whole steps of a round number of its own."""
    scale = np.array([each.minor_per_dollar for each in cast.countries])
    steps = np.maximum(10.0 ** np.floor(np.log10(scale / 100 * habit.step)), 1)
    raw = np.exp(rng.normal(np.log(habit.median), habit.spread, len(country))) * scale[country]
    step = steps[country]
    return np.asarray(np.maximum(np.round(raw / step), 1) * step, np.int64)


def _moments(cast: Cast, country: Ints, rng: np.random.Generator) -> Ints:
    """Any day, at an hour when people of that country are awake."""
    weights = np.array(_HOUR_WEIGHTS) / sum(_HOUR_WEIGHTS)
    day = rng.integers(0, cast.plan.days, len(country))
    hour = rng.choice(24, size=len(country), p=weights) + rng.random(len(country))
    return _at(cast, country, day, hour)


def _at(cast: Cast, country: Ints, day: Ints, local_hour: np.ndarray) -> Ints:
    """Epoch µs of a local hour within the given UTC day (a local hour that falls outside wraps into it)."""
    offset = np.array([each.utc_hours for each in cast.countries])[country]
    within = ((local_hour - offset) % 24 * 3_600_000_000).astype(np.int64) % DAY_MICROS
    return np.asarray(to_micros(cast.plan.start) + day * DAY_MICROS + within, np.int64)


def _month_days(cast: Cast, due_day: Ints) -> list[tuple[Ints, np.ndarray]]:
    """For each period of thirty days: the day each falls due, and whether the world lasts so long."""
    periods = range(-(-cast.plan.days // 30))
    return [(due_day + 30 * period, due_day + 30 * period < cast.plan.days) for period in periods]
