"""Where a trace starts: the claims that a caller names, checked and laid out for the kernels.

Columns of the claims table (int64, in order of time): transfer, first and last row of its units in the claimed table,
units absorbed (filled by the kernel), units claimed, currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from accord.core.clock import from_micros, to_iso
from accord.core.errors import BadInput, NotFound
from accord.engine.tracing.errors import Msg
from accord.engine.tracing.layout import Array
from accord.engine.tracing.model import ClaimStart, Interval


class Lookup(Protocol):
    """What is asked of an index about a transfer."""

    def number_of(self, transfer: str) -> int: ...
    def facts(self, number: int) -> tuple[int, int, int, int]: ...


class Starts(NamedTuple):
    """`claims` and `claimed` as the kernels want them; `currency` is that of the first claim named."""

    claims: Array
    claimed: Array
    currency: int


def lay_out(index: Lookup, starts: Sequence[ClaimStart], until: int) -> Starts:
    """Check the claims and join those that name one transfer; BadInput or NotFound says which is wrong and why."""
    if not starts:
        raise BadInput(Msg.NOTHING_TO_TRACE)
    if len(starts) == 1 and starts[0].intervals is None:
        return _of_one(index, starts[0], until)
    units: dict[int, list[Interval]] = {}
    facts: dict[int, tuple[int, int, int, int]] = {}
    for start in starts:
        number, facts[number] = _found(index, start.transfer, until)
        units.setdefault(number, []).extend(_units(start, facts[number][2]))
    order = sorted(units, key=lambda number: facts[number][:2]) if len(units) > 1 else list(units)
    claims: list[tuple[int, ...]] = []
    claimed: list[Interval] = []
    for number in order:
        rows = joined(units[number]) if len(units[number]) > 1 else units[number]
        total = sum(end - start for start, end in rows)
        claims.append((number, len(claimed), len(claimed) + len(rows), 0, total, facts[number][3]))
        claimed.extend(rows)
    return Starts(np.array(claims, np.int64), np.array(claimed, np.int64), facts[next(iter(units))][3])


def _of_one(index: Lookup, start: ClaimStart, until: int) -> Starts:
    """One claim on the whole of a transfer or its first units: the common case, without tables to join them in."""
    number, (_, _, amount, currency) = _found(index, start.transfer, until)
    end = amount if start.amount is None else _units(start, amount)[0][1]
    return Starts(np.array(((number, 0, 1, 0, end, currency),), np.int64), np.array(((0, end),), np.int64), currency)


def _found(index: Lookup, transfer: str, until: int) -> tuple[int, tuple[int, int, int, int]]:
    """(number, facts) of a claim transfer that is here and not later than the end of the trace."""
    number = index.number_of(transfer)
    if number < 0:
        raise NotFound(Msg.NO_TRANSFER_IN_LEDGER, transfer=transfer)
    facts = index.facts(number)
    if facts[0] > until:
        raise BadInput(
            Msg.CLAIM_TRANSFER_LATER_THAN_END_TRACE,
            transfer=transfer,
            time=to_iso(from_micros(facts[0])),
            until=to_iso(from_micros(until)),
        )
    return number, facts


def joined(intervals: Sequence[Interval]) -> list[Interval]:
    """The union of unit ranges, sorted; ranges that merely touch stay apart, as separate parcels do."""
    union: list[Interval] = []
    for start, end in sorted(intervals):
        if union and start < union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return union


def _units(start: ClaimStart, amount: int) -> Sequence[Interval]:
    """The unit ranges of a transfer of `amount` that `start` claims."""
    if start.intervals is not None:
        if start.amount is not None:
            raise BadInput(Msg.CLAIM_ON_GIVES_AMOUNT_INTERVALS, transfer=start.transfer)
        if not start.intervals:
            raise BadInput(Msg.CLAIM_ON_NAMES_NO_UNITS, transfer=start.transfer)
        for first, last in start.intervals:
            if not 0 <= first < last <= amount:
                raise BadInput(Msg.CLAIM_ON_NAMES_UNITS, transfer=start.transfer, first=first, last=last, amount=amount)
        return start.intervals
    if start.amount is None:
        return ((0, amount),)
    if start.amount < 1:
        raise BadInput(Msg.CLAIM_OUT_OF_RANGE, transfer=start.transfer, amount=start.amount)
    if start.amount > amount:
        raise BadInput(Msg.CLAIM_MINOR_UNITS_LARGER_THAN_TRANSFER, amount=start.amount, transfer=start.transfer, moved=amount)
    return ((0, start.amount),)
