"""The shapes of figures. Money of several currencies is never added up; every share has its numerator, denominator and n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

PERCENT_FROM: Final = 10
"""A share of fewer cases is told as numbers alone: one case more or less would move it by more than ten per cent."""


class Figure(StrEnum):
    """What is figured. Each has its definition beside it wherever it is shown."""

    HELD = "held_of_claimed"
    HELD_ELSEWHERE = "held_in_other_currency"
    RETURNED = "returned_of_claimed"
    INNOCENT = "innocent_of_held"
    INNOCENT_TRUTH = "innocent_of_held_by_truth"
    PEOPLE = "accounts_held_wrongly"
    TO_RELEASE = "decision_to_release"
    HELD_WRONGLY_FOR = "hold_to_release"
    REPEATS = "repeat_reports_in_90_days"
    FIRST_SENT = "call_to_first_order"
    FIRST_HELD = "call_to_confirmed_hold"
    IN_TIME = "orders_answered_in_time"


class Delay(StrEnum):
    """How long after the payment it was reported."""

    TEN_MINUTES = "10_min"
    ONE_HOUR = "1_h"
    SIX_HOURS = "6_h"
    ONE_DAY = "24_h"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Share:
    """`numerator` of `denominator`; minor units where there is a currency, else a count. `n` is the number of cases below.

    `group` says of which part: a delay, a bank, another currency.
    """

    figure: Figure
    numerator: int
    denominator: int
    n: int
    currency: str = ""
    group: str = ""

    @property
    def percent(self) -> float | None:
        """Per cent, with a decimal; None of nothing, and where the cases are too few to say so."""
        if self.denominator <= 0 or self.n < PERCENT_FROM:
            return None
        return round(100 * self.numerator / self.denominator, 1)


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds: the median and the 95th percentile of `n` cases; None of none."""

    figure: Figure
    n: int
    median: float | None
    p95: float | None
    missing: int = 0
    """Cases in which what is waited for has not happened yet."""


@dataclass(frozen=True, slots=True)
class OfficerDay:
    """What one officer did on one day of the node's zone."""

    day: date
    officer: str
    calls: int = 0
    drafted: int = 0
    approved: int = 0
    appeals: int = 0


@dataclass(frozen=True, slots=True)
class OutcomeFigures:
    """Everything that is asked of a centre, for reports taken and acts done from `since` until before `until`."""

    since: datetime
    until: datetime
    shares: tuple[Share, ...]
    durations: tuple[Duration, ...]
    load: tuple[OfficerDay, ...]

    def of(self, figure: Figure) -> tuple[Share, ...]:
        return tuple(share for share in self.shares if share.figure is figure)

    def time_of(self, figure: Figure) -> Duration:
        return next(duration for duration in self.durations if duration.figure is figure)


def duration_of(figure: Figure, seconds: Sequence[float], missing: int = 0) -> Duration:
    """The median, and the 95th percentile by nearest rank: the smallest value that 95 % of the cases do not exceed."""
    ordered = sorted(seconds)
    n = len(ordered)
    if not n:
        return Duration(figure, 0, None, None, missing)
    middle = n // 2
    median = ordered[middle] if n % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return Duration(figure, n, median, ordered[-(-n * 95 // 100) - 1], missing)
