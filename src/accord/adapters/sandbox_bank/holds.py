"""Holds, and the arithmetic of the units that they cover."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from accord.capabilities.claims.ports import Credit
from accord.engine.tracing.intervals import minus
from accord.engine.tracing.model import AccountRef, Interval, Parcel, Rule


@dataclass(frozen=True, slots=True)
class Hold:
    """Money blocked under one order. `account` is a pocket of the book; times are epoch µs.

    `parcels` are the units it covers (creditor face of the credits to the account; FIFO and LIFO only), `credits` the
    claimed credits it was traced from. A hold ends at `until` or when it is released, whichever comes first.
    """

    order_id: UUID
    bank: str
    ref: AccountRef
    currency: str
    account: int
    amount: int
    placed_at: int
    until: int
    rule: Rule
    credits: tuple[Credit, ...]
    parcels: tuple[Parcel, ...]
    released_at: int | None = None

    @property
    def ends_at(self) -> int:
        return self.until if self.released_at is None else min(self.until, self.released_at)

    def active(self, at: int) -> bool:
        return self.placed_at <= at < self.ends_at


class HoldBook:
    """All holds of a sandbox, active and past. Changed under its owner's lock; `on_transfer` may be read without."""

    def __init__(self, holds: Iterable[Hold] = ()) -> None:
        self.by_order: dict[UUID, Hold] = {}
        self._by_account: defaultdict[int, dict[UUID, Hold]] = defaultdict(dict)
        self._by_transfer: dict[str, tuple[Hold, ...]] = {}
        for hold in holds:
            self.put(hold)

    def put(self, hold: Hold) -> None:
        """Add a hold, or replace it by its newer state."""
        self.by_order[hold.order_id] = hold
        self._by_account[hold.account][hold.order_id] = hold
        for transfer in {parcel.transfer for parcel in hold.parcels}:
            others = (other for other in self._by_transfer.get(transfer, ()) if other.order_id != hold.order_id)
            self._by_transfer[transfer] = (*others, hold)

    def active_on(self, account: int, at: int) -> list[Hold]:
        if account not in self._by_account:
            return []
        return [hold for hold in self._by_account[account].values() if hold.active(at)]

    def held(self, account: int, at: int) -> int:
        """Minor units on hold on the account at that moment."""
        return sum(hold.amount for hold in self.active_on(account, at))

    def on_transfer(self, transfer: str) -> tuple[Hold, ...]:
        """Every hold, active or past, that covers units of a transfer."""
        return self._by_transfer.get(transfer, ())


def covered_units(holds: Iterable[Hold]) -> dict[str, list[Interval]]:
    """Transfer → units under these holds."""
    units: dict[str, list[Interval]] = {}
    for hold in holds:
        for parcel in hold.parcels:
            units.setdefault(parcel.transfer, []).append((parcel.start, parcel.end))
    return units


def free_parcels(parcels: Sequence[Parcel], covered: dict[str, list[Interval]]) -> list[Parcel]:
    """What of `parcels` no hold covers."""
    return [
        Parcel(parcel.transfer, start, end)
        for parcel in parcels
        for start, end in minus([(parcel.start, parcel.end)], covered.get(parcel.transfer, ()))
    ]


def first_units(parcels: Sequence[Parcel], amount: int) -> tuple[Parcel, ...]:
    """The first `amount` units of `parcels`."""
    taken: list[Parcel] = []
    for parcel in parcels:
        if amount <= 0:
            break
        end = min(parcel.end, parcel.start + amount)
        taken.append(Parcel(parcel.transfer, parcel.start, end))
        amount -= end - parcel.start
    return tuple(taken)


def units_in(parcels: Iterable[Parcel]) -> int:
    return sum(parcel.end - parcel.start for parcel in parcels)


def merged_credits(credits_: Iterable[Credit]) -> list[Credit]:
    """One credit a transfer with all its claimed units. Amounts of equal credits count once, of different ones add up."""
    groups: dict[str, set[Credit]] = {}
    for credit in credits_:
        groups.setdefault(credit.transfer, set()).add(credit)
    return [_merged(sorted(group, key=lambda credit: (credit.amount, credit.intervals))) for group in groups.values()]


def _merged(group: list[Credit]) -> Credit:
    if len(group) == 1:
        return group[0]
    spans: list[Interval] = []
    for credit in group:
        spans += minus(credit.intervals or ((0, credit.amount),), spans)
    return Credit(group[0].transfer, sum(end - start for start, end in spans), group[0].currency, tuple(sorted(spans)))
