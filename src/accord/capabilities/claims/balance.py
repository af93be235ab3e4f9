"""Where the money of one claim is, so that it adds up: every page that says a sentence about it reads it here.

In each currency: claimed + changed into it = held + standing + asked + left + exits + changed out of it. A conversion is a step
of its own; where a partner tells only sums, the conversion has no transfer and no rate that somebody could check, and the
claim is accounted for up to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from accord.capabilities.claims.joined_trace import JoinedTrace

LEFT: Final = "left"
"""The state of an open branch that is not followed."""


class Conclusion(StrEnum):
    """What may be said of the sums of a claim."""

    NOT_LOCATED = "not_located"
    ADDS_UP = "adds_up"
    UP_TO_CONVERSION = "up_to_conversion"
    DOES_NOT_ADD_UP = "does_not_add_up"


@dataclass(frozen=True, slots=True)
class Conversion:
    """Claimed money that one transfer changed: `amount` of `currency` into `counter_amount` of another, in minor units.

    Without `transfer` it is a partner's sum over conversions that it does not show; `partner` is who says so ("" our own side).
    Where its sums do not even say what became what, one side has no currency and no amount.
    """

    amount: int
    currency: str
    counter_amount: int
    counter_currency: str
    transfer: str = ""
    time: datetime | None = None
    institution: str = ""
    partner: str = ""

    @property
    def proven(self) -> bool:
        """Whether somebody can check it: a transfer with both its amounts."""
        return bool(self.transfer)

    @property
    def paired(self) -> bool:
        """Whether it says what became what."""
        return bool(self.currency and self.counter_currency)


@dataclass(slots=True)
class Balance:
    """One currency of a claim, in minor units. What is `held` is not counted as `standing`."""

    currency: str
    claimed: int = 0
    changed_into: int = 0
    changed_from: int = 0
    held: int = 0
    standing: int = 0
    asked: int = 0
    left: int = 0
    exits: int = 0

    @property
    def located(self) -> int:
        """Everything of which somebody says where it is, or who has still to say so."""
        return self.held + self.standing + self.asked + self.left + self.exits

    @property
    def gap(self) -> int:
        """What is missing (positive) or counted twice (negative); 0 where the sums are whole."""
        return self.claimed + self.changed_into - self.changed_from - self.located


@dataclass(frozen=True, slots=True)
class ClaimBalance:
    """The sums of a claim in its own `currency` first, and the conversions between them by time, those without one last."""

    currency: str
    balances: tuple[Balance, ...]
    conversions: tuple[Conversion, ...]
    located: bool

    @property
    def conclusion(self) -> Conclusion:
        if not self.located:
            return Conclusion.NOT_LOCATED
        if any(balance.gap for balance in self.balances):
            return Conclusion.DOES_NOT_ADD_UP
        proven = all(conversion.proven for conversion in self.conversions)
        return Conclusion.ADDS_UP if proven else Conclusion.UP_TO_CONVERSION

    def worth(self, part: str) -> int:
        """About how much one part ("held", "standing", …) is in the claim's own currency, by what the conversions paid."""
        rates = _rates(self.currency, self.conversions)
        return int(sum(getattr(one, part) * rates.get(one.currency, Fraction(0)) for one in self.balances))


def balance_of(currency: str, trace: JoinedTrace) -> ClaimBalance:
    """The sums of a joined trace, for a claim in this currency."""
    sums: dict[str, Balance] = {}

    def of(code: str) -> Balance:
        return sums.setdefault(code, Balance(code))

    of(currency)
    for code, amount in trace.claimed.items():
        of(code).claimed += amount
    for conversion in trace.conversions:
        # `claimed` of the trace is less what partners say that they absorbed; here that is a step of its own
        again = 0 if conversion.proven else 1
        if conversion.currency:
            of(conversion.currency).changed_from += conversion.amount
            of(conversion.currency).claimed += conversion.amount * again
        if conversion.counter_currency:
            of(conversion.counter_currency).changed_into += conversion.counter_amount
            of(conversion.counter_currency).claimed -= conversion.counter_amount * again
    for row in trace.standing:
        of(row.currency).held += row.held
        of(row.currency).standing += row.amount - row.held
    for branch in trace.open:
        balance = of(branch.currency)
        if branch.state == LEFT:
            balance.left += branch.amount
        else:
            balance.asked += branch.amount
    for exit_ in trace.exits:
        of(exit_.leg.currency).exits += exit_.leg.amount
    ordered = sorted(sums.values(), key=lambda balance: (balance.currency != currency, balance.currency))
    return ClaimBalance(currency, tuple(ordered), trace.conversions, bool(trace.claimed))


def stated_conversions(absorbed: Iterable[tuple[str, int]], partner: str) -> list[Conversion]:
    """What a partner's sums say of conversions that it does not show: positive what it changed, negative what it changed into.

    Money that it counts once although two payments carried it is positive too. Where it names several currencies on either
    side nobody can say which became which, and nothing is made up.
    """
    given = [(amount, currency) for currency, amount in absorbed if amount > 0]
    taken = [(-amount, currency) for currency, amount in absorbed if amount < 0]
    if not taken:
        return []
    if len(given) == len(taken) == 1:
        return [Conversion(*given[0], *taken[0], partner=partner)]
    return [
        *(Conversion(*part, 0, "", partner=partner) for part in given),
        *(Conversion(0, "", *part, partner=partner) for part in taken),
    ]


def by_time(conversions: Iterable[Conversion]) -> tuple[Conversion, ...]:
    """The conversions in the order in which they were made, those without a time last."""
    return tuple(sorted(conversions, key=lambda one: (one.time is None, one.time or _NEVER, one.transfer, one.partner)))


_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def _rates(currency: str, conversions: Iterable[Conversion]) -> Mapping[str, Fraction]:
    """What one minor unit of each currency cost on average, in minor units of the claim's; by time, so that a second
    conversion starts from what the first one paid."""
    paid: dict[str, Fraction] = defaultdict(Fraction)
    bought: dict[str, int] = defaultdict(int)
    rates: dict[str, Fraction] = {currency: Fraction(1)}
    for one in conversions:
        if not one.paired or one.currency not in rates or one.counter_currency == currency:
            continue
        paid[one.counter_currency] += one.amount * rates[one.currency]
        bought[one.counter_currency] += one.counter_amount
        if bought[one.counter_currency]:
            rates[one.counter_currency] = paid[one.counter_currency] / bought[one.counter_currency]
    return rates
