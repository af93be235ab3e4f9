"""Scam gangs and the payments they talk people into.

Their sites lie under example.com and example.net, which RFC 2606 reserves: they parse as real addresses and lead nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from accord.core.clock import to_micros
from accord.engine.exercise.cast import PHONES_OF_A_GANG, Cast
from accord.engine.exercise.forms import mobile_number, scrambled
from accord.engine.exercise.plan import DAY_MICROS

SCAM_TYPES: Final = ("task", "authority", "investment", "refund", "loan", "boss", "shop")
"""Paid tasks 刷单返利, false police or court 冒充公检法, investment 虚假投资理财, false customer service 冒充客服退款,
loan 虚假贷款, false superior or friend 冒充领导熟人, goods never sent 虚假购物."""

MINUTE: Final = 60_000_000
_HOUR: Final = 3_600_000_000
_SITE_WORDS: Final = (
    "cloudtask",
    "safe-verify",
    "goldwave",
    "refund-help",
    "fastcredit",
    "hq-notice",
    "cheapmall",
    "starinvest",
)


@dataclass(frozen=True, slots=True)
class GangCast:
    """A gang before the world plays: whom it is, how it speaks, which accounts it uses.

    `collectors` are, by country, the few accounts that victims pay into; `layers` are all its other accounts.
    """

    id: str
    home: str
    scam_types: tuple[str, ...]
    collectors: tuple[tuple[int, ...], ...]
    mules: tuple[int, ...]
    phones: tuple[str, ...]
    handles: tuple[tuple[str, str], ...]
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment by a victim: times in epoch µs; `settles_at` is None where it reached the payee at once."""

    victim: int
    gang: int
    debtor: int
    creditor: int
    time: int
    settles_at: int | None
    amount: int

    @property
    def arrives(self) -> int:
        return self.time if self.settles_at is None else self.settles_at


@dataclass(frozen=True, slots=True)
class Victim:
    """A person (position in the cast), who robbed them and how, and when they call (epoch µs)."""

    person: int
    gang: int
    scam_type: str
    call_time: int


def make_gangs(cast: Cast) -> tuple[GangCast, ...]:
    """The plan's gangs: two kinds of scam each; a few phones, handles and sites that all their victims meet."""
    rng = cast.plan.random("gangs")
    gangs = []
    for number, mules in enumerate(cast.mules):
        scam_types = tuple(SCAM_TYPES[(2 * number + step) % len(SCAM_TYPES)] for step in range(2))
        home = cast.countries[number % len(cast.countries)]
        phones = [mobile_number(home, PHONES_OF_A_GANG * number + serial) for serial in range(PHONES_OF_A_GANG)]
        word = _SITE_WORDS[number % len(_SITE_WORDS)]
        gangs.append(
            GangCast(
                id=f"G{number + 1}",
                home=home.code,
                scam_types=scam_types,
                collectors=_collectors(cast, mules, rng),
                mules=mules,
                phones=tuple(phone for phone in phones if phone),
                handles=_handles(number, rng),
                sites=(f"https://{word}{number + 1}.example.com/app", f"https://{word}{number + 1}-vip.example.net/login"),
            )
        )
    return tuple(gangs)


def _collectors(cast: Cast, mules: tuple[int, ...], rng: np.random.Generator) -> tuple[tuple[int, ...], ...]:
    wanted = max(2, cast.plan.victims // (cast.plan.gangs * 4 * len(cast.countries)))
    chosen = []
    for position in range(len(cast.countries)):
        local = [account for account in mules if cast.country_of[account] == position]
        chosen.append(tuple(int(account) for account in rng.permutation(local)[:wanted]))
    return tuple(chosen)


def _handles(number: int, rng: np.random.Generator) -> tuple[tuple[str, str], ...]:
    serial = scrambled(number, 5)
    word = _SITE_WORDS[int(rng.integers(len(_SITE_WORDS)))].replace("-", "_")
    return (("wechat", f"wx_{word}{serial}"), ("qq", f"{10_000_000 + serial * 7}"), ("telegram", f"{word}_{serial}"))


def make_victims(cast: Cast, gangs: tuple[GangCast, ...]) -> tuple[tuple[Victim, ...], tuple[Payment, ...]]:
    """Who pays and calls on the call day, and all their payments in time order.

    Between payment and call lie minutes to a day: log-normal, median 40 minutes.
    """
    rng = cast.plan.random("victims")
    people = rng.permutation(len(cast.main))[: cast.plan.victims]
    victims: list[Victim] = []
    payments: list[Payment] = []
    for number, person in enumerate(people.tolist()):
        gang = number % len(gangs)
        scam_type = gangs[gang].scam_types[int(rng.integers(2))]
        paid, call = _at_once(cast, rng) if cast.plan.at_once else _paid_and_called(cast, person, rng)
        victims.append(Victim(person, gang, scam_type, call))
        payments += _payments(cast, gangs[gang], number, person, (paid, call), rng)
    return tuple(victims), tuple(sorted(payments, key=lambda payment: payment.time))


def _at_once(cast: Cast, rng: np.random.Generator) -> tuple[int, int]:
    """Everybody calls at noon UTC, 30 to 120 minutes after paying."""
    call = to_micros(cast.plan.call_day + timedelta(hours=12))
    return call - int(rng.uniform(30, 120) * MINUTE), call


def _paid_and_called(cast: Cast, person: int, rng: np.random.Generator) -> tuple[int, int]:
    start = to_micros(cast.plan.call_day)
    delay = int(np.clip(np.exp(rng.normal(np.log(40), 1.3)), 2, 23 * 60) * MINUTE)
    local_hour = float(rng.uniform(8.5, 21.5)) - cast.countries[int(cast.person_country[person])].utc_hours
    paid = start + int(local_hour % 24 * _HOUR) % DAY_MICROS
    latest = start + DAY_MICROS - delay - MINUTE
    if paid > latest:
        paid = start + int(rng.random() * (latest - start))
    return paid, paid + delay


def _payments(
    cast: Cast, gang: GangCast, number: int, person: int, moments: tuple[int, int], rng: np.random.Generator
) -> list[Payment]:
    """One payment, sometimes a second and smaller one some minutes before the call; some wait at the payer's bank."""
    paid, call = moments
    country = int(cast.person_country[person])
    abroad = len(cast.countries) > 1 and rng.random() < 0.1
    where = (country + 1 + int(rng.integers(len(cast.countries) - 1))) % len(cast.countries) if abroad else country
    debtor = int(cast.main[person])
    elsewhere = [account for account in gang.collectors[where] if cast.bank_of[account] != cast.bank_of[debtor]]
    creditor = int(rng.choice(elsewhere or gang.collectors[where]))
    dollars = float(np.clip(np.exp(rng.normal(np.log(5_000), 1.0)), 400, 150_000))
    amount = _as_victims_pay(dollars * cast.countries[country].minor_per_dollar, rng)
    pending = not cast.plan.at_once and rng.random() < 0.3
    settles = min(paid + int(rng.uniform(5, 150) * MINUTE), to_micros(cast.plan.end) - MINUTE) if pending else None
    payments = [Payment(number, int(gang.id[1:]) - 1, debtor, creditor, paid, settles, amount)]
    if not cast.plan.at_once and call - paid > 20 * MINUTE and rng.random() < 0.2:
        second = paid + int((call - paid) * rng.uniform(0.3, 0.8))
        payments.append(Payment(number, payments[0].gang, debtor, creditor, second, None, _as_victims_pay(amount / 3, rng)))
    return payments


def _as_victims_pay(minor: float, rng: np.random.Generator) -> int:
    """Mostly a round sum (two figures), else to the cent."""
    if rng.random() < 0.3:
        return int(minor)
    step = int(10 ** (len(str(int(minor))) - 2))
    return max(round(minor / step), 1) * step
