"""What may still leave an account on which limits are: amount, payees, cash in a day, and whether a payment has to wait.

Days are days of UTC. A world is played as it was written: a payment that would exceed a limit does not happen, and one
that would have to wait does not either, because nobody in the script comes back to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from accord.adapters.sandbox_bank.book import Movement

DAY: Final = 86_400_000_000
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Limits under one order on the pockets of one account; None leaves free. Amounts in minor units, times epoch µs."""

    order_id: UUID
    bank: str
    accounts: tuple[int, ...]
    placed_at: int
    until: int
    amount_per_day: int | None = None
    payees_per_day: int | None = None
    cash_per_day: int | None = None
    waits: bool = False
    released_at: int | None = None

    @property
    def ends_at(self) -> int:
        return self.until if self.released_at is None else min(self.until, self.released_at)

    def active(self, at: int) -> bool:
        return self.placed_at <= at < self.ends_at


@dataclass(slots=True)
class Spent:
    """What left one account in one day: the amount, of it in cash, and to whom."""

    amount: int = 0
    cash: int = 0
    payees: set[int] = field(default_factory=set)


class LimitBook:
    """All limits of a sandbox, active and past. Changed under its owner's lock."""

    def __init__(self, limits: Iterable[Limit] = ()) -> None:
        self.by_order: dict[UUID, Limit] = {}
        self._by_account: defaultdict[int, dict[UUID, Limit]] = defaultdict(dict)
        for limit in limits:
            self.put(limit)

    def put(self, limit: Limit) -> None:
        """Add limits, or replace them by their newer state."""
        self.by_order[limit.order_id] = limit
        for account in limit.accounts:
            self._by_account[account][limit.order_id] = limit

    def refuses(self, movement: Movement, at: int, spent: Spent) -> bool:
        """Whether a payment at that moment would exceed what its account may still do on top of `spent`, or has to wait."""
        if movement.debtor not in self._by_account:
            return False
        active = (limit for limit in self._by_account[movement.debtor].values() if limit.active(at))
        return any(_exceeds(limit, movement, spent) for limit in active)


def _exceeds(limit: Limit, movement: Movement, spent: Spent) -> bool:
    if limit.waits:
        return True
    if limit.amount_per_day is not None and spent.amount + movement.amount > limit.amount_per_day:
        return True
    if movement.cash:
        return limit.cash_per_day is not None and spent.cash + movement.amount > limit.cash_per_day
    return limit.payees_per_day is not None and len(spent.payees | {movement.creditor}) > limit.payees_per_day
