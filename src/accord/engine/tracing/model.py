"""What goes into a trace and what comes out of it.

Amounts are integer minor units; times are aware UTC. A transfer has two faces: what leaves the debtor (`amount` of
`currency`) and what reaches the creditor (the same, or the counter amount of a converting transfer). Intervals are
half-open unit ranges [start, end) of a transfer's debtor face: the first unit of a transfer is unit 0.

What an answer has many of is a Struct, made several times as fast as a dataclass; none can be part of a cycle, so the
garbage collector leaves them alone (`gc=False`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

Interval = tuple[int, int]


class Rule(StrEnum):
    """How tainted money is told from clean money in a mixed account; definitions and sources in `rules.py`."""

    FIFO = "fifo"
    LIFO = "lifo"
    HAIRCUT = "haircut"
    LIBR = "libr"
    POISON = "poison"

    @property
    def keeps_parcels(self) -> bool:
        """Whether tainted units have a place inside a transfer, so that traces of different claims add exactly."""
        return self in (Rule.FIFO, Rule.LIFO)


class ExitKind(StrEnum):
    """Where a branch leaves the ledger. When several fit, the earlier in this list is named."""

    CASH = "cash"
    EXCHANGE = "exchange"
    PAYROLL = "payroll"
    MERCHANT = "merchant"
    HUB = "hub"
    OUTSIDE = "outside"
    BELOW_MINIMUM = "below_minimum"


class AccountRef(msgspec.Struct, frozen=True, gc=False):
    """An account: its canonical number and, where known, its institution."""

    number: str
    bank: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimStart:
    """One claim transfer. The whole transfer by default; `amount` claims its first units, `intervals` exactly those units.

    For the rules without parcels only the intervals' total counts.
    """

    transfer: str
    amount: int | None = None
    intervals: tuple[Interval, ...] | None = None


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """Where a trace stops. `until` is inclusive; `min_parcel` is in minor units of the claim's currency.

    `covered` is the set of institutions whose ledger this is; None covers all. `hubs` are accounts never traced through.
    """

    until: datetime | None = None
    min_parcel: int = 0
    hubs: frozenset[AccountRef] = frozenset()
    covered: frozenset[str] | None = None


class Flow(msgspec.Struct, frozen=True, gc=False):
    """Tainted money carried by one transfer. `hop` is 0 for a claim transfer, else one more than the fewest before it."""

    transfer: str
    debtor: AccountRef
    creditor: AccountRef
    time: datetime
    amount: int
    currency: str
    hop: int
    intervals: tuple[Interval, ...] = ()


class Parcel(msgspec.Struct, frozen=True, gc=False):
    """Units of one transfer that still stand on an account: [start, end) of that transfer's creditor face."""

    transfer: str
    start: int
    end: int


class Standing(msgspec.Struct, frozen=True, gc=False):
    """Tainted money that has not left an account. `parcels` say which units (FIFO and LIFO only)."""

    account: AccountRef
    amount: int
    currency: str
    parcels: tuple[Parcel, ...] = ()


class Exit(msgspec.Struct, frozen=True, gc=False):
    """Tainted money that left the ledger by `transfer`; `account` is the transfer's creditor.

    `amount` and `currency` are of the debtor face, what left the ledger; so are the intervals.
    """

    account: AccountRef
    transfer: str
    amount: int
    currency: str
    kind: ExitKind
    intervals: tuple[Interval, ...] = ()


class Conversion(msgspec.Struct, frozen=True, gc=False):
    """Tainted money that changed currency in one transfer, so that conservation can be checked per currency."""

    transfer: str
    amount: int
    currency: str
    counter_amount: int
    counter_currency: str


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer. `claimed` is in `currency`; a claim set of several currencies lists all in `claimed_by_currency`.

    `conserved` says claimed + converted in = standing + exits + converted out for every currency, to the minor unit;
    None under poison, which is an upper bound and conserves nothing.
    """

    rule: Rule
    until: datetime | None
    currency: str
    claimed: int
    flows: tuple[Flow, ...]
    standing: tuple[Standing, ...]
    exits: tuple[Exit, ...]
    conserved: bool | None
    conversions: tuple[Conversion, ...] = ()
    claimed_by_currency: dict[str, int] = field(default_factory=dict)
