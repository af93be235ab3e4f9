"""Outcome figures over a period. Sums are made by the store; what belongs to different capabilities is joined here by id."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from django.utils import timezone

from accord.capabilities.claims import figures as claims
from accord.capabilities.claims.figures import Claimed
from accord.capabilities.orders import figures as orders
from accord.capabilities.orders.figures import ForClaim
from accord.capabilities.people.permissions import FigurePermission
from accord.capabilities.people.policy import Actor, require
from accord.capabilities.reports import figures as reports
from accord.capabilities.reports.figures import Taken
from accord.capabilities.supervision.errors import Msg
from accord.capabilities.supervision.figures import (
    Delay,
    Duration,
    Figure,
    OfficerDay,
    OutcomeFigures,
    Share,
    duration_of,
)
from accord.capabilities.supervision.truth import StolenOn
from accord.core.errors import BadInput

LONGEST: Final = timedelta(days=1100)

_BOUNDS: Final = (
    (timedelta(minutes=10), Delay.TEN_MINUTES),
    (timedelta(hours=1), Delay.ONE_HOUR),
    (timedelta(hours=6), Delay.SIX_HOURS),
    (timedelta(hours=24), Delay.ONE_DAY),
)
"""Each bound belongs to its bucket: reported after exactly ten minutes is reported within ten minutes."""


def outcome_figures(actor: Actor, since: datetime, until: datetime, stolen_on: StolenOn | None = None) -> OutcomeFigures:
    """All figures for reports taken and acts done from `since` until before `until`; `stolen_on` where an exercise knows.

    NotAllowed without `figures:read`; BadInput for a period that ends before it begins or is longer than three years.
    """
    require(actor, FigurePermission.READ)
    if not since < until:
        raise BadInput(Msg.PERIOD_MUST_BEGIN_BEFORE_ENDS, where="until")
    if until - since > LONGEST:
        raise BadInput(Msg.PERIOD_MAY_AT_MOST_DAYS, count=LONGEST.days, where="until")
    taken = reports.taken(actor, since, until)
    done = orders.by_claim(actor, since)
    found = claims.by_report(actor, since)
    claimed = {report.report_id: found[report.report_id] for report in taken if report.report_id in found}
    shares = [
        *_held(done, taken, claimed),
        *_returned(actor, since, claimed),
        *_wrongly(actor, since, until),
        *(_wrongly_by_truth(actor, since, until, stolen_on) if stolen_on else ()),
        *_repeats(actor, since, until),
        *_in_time(actor, since, until),
    ]
    durations = [*_speed(done, taken, claimed), *_releases(actor, since, until)]
    return OutcomeFigures(since, until, tuple(shares), tuple(durations), tuple(_load(actor, since, until)))


def delay_of(delay: timedelta) -> Delay:
    return next((bucket for bound, bucket in _BOUNDS if delay <= bound), Delay.LATER)


def _held(done: dict[str, ForClaim], taken: Iterable[Taken], claimed: dict[str, Claimed]) -> list[Share]:
    """Held of claimed by currency and delay; what is held in another currency than claimed stands by itself."""
    sums: dict[tuple[str, Delay], list[int]] = defaultdict(lambda: [0, 0, 0])
    elsewhere: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for report in taken:
        claim = claimed.get(report.report_id)
        if claim is None:
            continue
        held = done[claim.claim_id].held if claim.claim_id in done else {}
        _add(sums[claim.currency, delay_of(report.delay)], held.get(claim.currency, 0), claim.amount, 1)
        for currency, amount in held.items():
            if currency != claim.currency:
                _add(elsewhere[claim.currency, currency], amount, 1)
    by_delay = [
        _share(Figure.HELD, sums[currency, delay], currency, delay)
        for currency in sorted({currency for currency, _ in sums})
        for delay in Delay
        if (currency, delay) in sums
    ]
    converted = [
        Share(Figure.HELD_ELSEWHERE, amount, 0, number, currency=held_in, group=claimed_in)
        for (claimed_in, held_in), (amount, number) in sorted(elsewhere.items())
    ]
    return [*by_delay, *converted]


def _share(figure: Figure, row: list[int], currency: str, group: str = "") -> Share:
    numerator, denominator, number = row
    return Share(figure, numerator, denominator, number, currency, group)


def _add(row: list[int], *numbers: int) -> None:
    row[:] = [one + other for one, other in zip(row, numbers, strict=True)]


def _returned(actor: Actor, since: datetime, claimed: dict[str, Claimed]) -> list[Share]:
    paid = orders.returned_by_claim(actor, since)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for claim in claimed.values():
        _add(sums[claim.currency], paid.get((claim.claim_id, claim.currency), 0), claim.amount, 1)
    return [_share(Figure.RETURNED, sums[currency], currency) for currency in sorted(sums)]


def _wrongly(actor: Actor, since: datetime, until: datetime) -> list[Share]:
    told = orders.wrongly_held(actor, since, until)
    money = [
        Share(Figure.INNOCENT, told.wrong.get(currency, 0), amount, told.held_orders.get(currency, 0), currency=currency)
        for currency, amount in sorted(told.held.items())
    ]
    return [*money, Share(Figure.PEOPLE, told.wrong_accounts, told.accounts, told.accounts)]


def _wrongly_by_truth(actor: Actor, since: datetime, until: datetime, stolen_on: StolenOn) -> list[Share]:
    """What is kept on each account beyond the stolen money that stood there when the last of it was held."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for kept in orders.kept_on_accounts(actor, since, until):
        innocent = max(0, kept.amount - max(0, stolen_on(kept.account, kept.at)))
        _add(sums[kept.currency], innocent, kept.amount, 1)
    return [_share(Figure.INNOCENT_TRUTH, sums[currency], currency) for currency in sorted(sums)]


def _repeats(actor: Actor, since: datetime, until: datetime) -> list[Share]:
    again, total = reports.repeats(actor, since, until)
    return [Share(Figure.REPEATS, again, total, total)]


def _in_time(actor: Actor, since: datetime, until: datetime) -> list[Share]:
    return [
        Share(Figure.IN_TIME, told.in_time, told.due, told.due, group=told.institution)
        for told in orders.answering(actor, since, until)
    ]


def _speed(done: dict[str, ForClaim], taken: Iterable[Taken], claimed: dict[str, Claimed]) -> list[Duration]:
    """From the call to the first order that left, and to the first confirmed hold; claims without one are told as missing."""
    sent: list[float] = []
    held: list[float] = []
    for report in taken:
        claim = claimed.get(report.report_id)
        speed = done.get(claim.claim_id) if claim else None
        if speed and speed.first_sent:
            sent.append((speed.first_sent - report.created_at).total_seconds())
        if speed and speed.first_held:
            held.append((speed.first_held - report.created_at).total_seconds())
    return [
        duration_of(Figure.FIRST_SENT, sent, len(claimed) - len(sent)),
        duration_of(Figure.FIRST_HELD, held, len(claimed) - len(held)),
    ]


def _releases(actor: Actor, since: datetime, until: datetime) -> list[Duration]:
    told = orders.releases(actor, since, until)
    return [
        duration_of(Figure.TO_RELEASE, [release.from_decision for release in told]),
        duration_of(Figure.HELD_WRONGLY_FOR, [release.from_hold for release in told]),
    ]


def _load(actor: Actor, since: datetime, until: datetime) -> list[OfficerDay]:
    """What each officer did on each day of the node's zone."""
    zone = timezone.get_current_timezone()
    by_minute = any(_offset(moment, zone) % timedelta(hours=1) for moment in (since, until))
    done = {
        "calls": reports.takers(actor, since, until, by_minute=by_minute),
        "drafted": orders.drafters(actor, since, until, by_minute=by_minute),
        "approved": orders.approvers(actor, since, until, by_minute=by_minute),
        "appeals": orders.deciders(actor, since, until, by_minute=by_minute),
    }
    counts = {name: _by_day(acts, zone) for name, acts in done.items()}
    worked = sorted(set().union(*counts.values()))
    return [
        OfficerDay(day, officer, **{name: count[day, officer] for name, count in counts.items()}) for day, officer in worked
    ]


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _by_day(acts: Iterable[tuple[str, datetime, int]], zone: tzinfo) -> Counter[tuple[date, str]]:
    days: Counter[tuple[date, str]] = Counter()
    for officer, moment, number in acts:
        days[moment.astimezone(zone).date(), officer] += number
    return days
