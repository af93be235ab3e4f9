"""What another rule of attribution would change: account by account, both answers and the difference."""

from __future__ import annotations

from dataclasses import dataclass

from accord.capabilities.claims.joined_trace import JoinedTrace
from accord.core.money import Money

_Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ComparedAccount:
    """Standing money on one account under two rules. `held` rests on the claim's own rule, so it is one figure."""

    bank: str
    account: str
    own: Money
    other: Money
    held: Money

    @property
    def difference(self) -> Money:
        return self.other - self.own


@dataclass(frozen=True, slots=True)
class ComparedTotal:
    """One part of the claim in one currency under two rules; `part` is standing, exits or open."""

    part: str
    own: Money
    other: Money

    @property
    def difference(self) -> Money:
        return self.other - self.own


@dataclass(frozen=True, slots=True)
class Comparison:
    own_rule: str
    other_rule: str
    accounts: tuple[ComparedAccount, ...]
    totals: tuple[ComparedTotal, ...]
    waiting: bool


def compare(own: JoinedTrace, other: JoinedTrace) -> Comparison:
    """Both traces side by side, the largest difference first; `waiting` while banks still answer under the other rule."""
    mine, theirs = _standing(own), _standing(other)
    held = {place: amount for trace in (own, other) for place, (_, amount) in _standing(trace).items()}
    accounts = [
        ComparedAccount(
            bank=bank,
            account=account,
            own=Money(mine.get(place, (0, 0))[0], currency),
            other=Money(theirs.get(place, (0, 0))[0], currency),
            held=Money(held[place], currency),
        )
        for place in held
        for bank, account, currency in (place,)
    ]
    accounts.sort(key=lambda row: (-abs(row.difference.minor), -row.own.minor, row.bank, row.account))
    totals = [total for part in ("standing", "exits", "open") for total in _totals(part, own.total(part), other.total(part))]
    return Comparison(own.rule, other.rule, tuple(accounts), tuple(totals), bool(other.open))


def _standing(trace: JoinedTrace) -> dict[_Place, tuple[int, int]]:
    """(standing, held) minor units by place."""
    sums: dict[_Place, tuple[int, int]] = {}
    for row in trace.standing:
        amount, held = sums.get((row.institution, row.account, row.currency), (0, 0))
        sums[row.institution, row.account, row.currency] = (amount + row.amount, held + row.held)
    return sums


def _totals(part: str, own: dict[str, int], other: dict[str, int]) -> list[ComparedTotal]:
    return [
        ComparedTotal(part, Money(own.get(currency, 0), currency), Money(other.get(currency, 0), currency))
        for currency in sorted(own.keys() | other.keys())
    ]
