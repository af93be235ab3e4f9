"""From the kernels' tables to the typed answer."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final, Protocol

import numpy as np

from accord.core.clock import EPOCH
from accord.engine.tracing.layout import Array
from accord.engine.tracing.model import (
    AccountRef,
    Conversion,
    Exit,
    ExitKind,
    Flow,
    Interval,
    Parcel,
    Rule,
    Standing,
    Trace,
    TraceOptions,
)

FLOW_COLUMNS: Final = 10
"""transfer, time, amount, hop, exit (-1 for none), debtor's pocket, creditor's pocket, units received, first span, end of
spans."""

EXIT_KINDS: Final = tuple(ExitKind)


class Naming(Protocol):
    """Whatever knows what the numbers of an index stand for."""

    @property
    def currencies(self) -> tuple[str, ...]: ...

    def transfer_ids(self, transfers: Array) -> list[str]: ...
    def pockets(self, pockets: Array) -> dict[int, tuple[AccountRef, str]]: ...


def answer(
    naming: Naming,
    rule: Rule,
    options: TraceOptions,
    currency: str,
    claims: Array,
    spans: Array,
    flows: Array,
    rests: Array,
) -> Trace:
    """The trace whose kernel tables these are; columns of `claims` as in starts.py."""
    intervals: list[Interval] = list(map(tuple, spans.tolist()))
    made: list[Flow] = []
    exits: list[Exit] = []
    conversions: list[Conversion] = []
    places = naming.pockets(np.concatenate([flows[:, 5], flows[:, 6], rests[:, 0]]))
    names, times = naming.transfer_ids(flows[:, 0]), moments(flows[:, 1])
    for name, time, (_, _, amount, hop, leaves, debtor, creditor, received, first, last) in zip(
        names, times, flows.tolist(), strict=True
    ):
        (payer, code), (payee, counter_code) = places[debtor], places[creditor]
        units = tuple(intervals[first:last])
        made.append(Flow(name, payer, payee, time, amount, code, hop, units))
        if leaves >= 0:
            exits.append(Exit(payee, name, amount, code, EXIT_KINDS[leaves], units))
        elif received != amount or code != counter_code:
            conversions.append(Conversion(name, amount, code, received, counter_code))
    standing = _standing(naming, places, rests)
    claimed = _claimed(naming.currencies, claims.tolist())
    poison = rule is Rule.POISON
    return Trace(
        rule=rule,
        until=options.until,
        currency=currency,
        claimed=claimed[currency],
        flows=tuple(made),
        standing=standing,
        exits=tuple(exits),
        conserved=None if poison else conserved(claimed, standing, exits, conversions),
        conversions=() if poison else tuple(conversions),
        claimed_by_currency=claimed,
    )


def conserved(
    claimed: dict[str, int], standing: tuple[Standing, ...], exits: list[Exit], conversions: list[Conversion]
) -> bool:
    """Whether claimed + converted in = standing + exits + converted out in every currency."""
    balance: dict[str, int] = defaultdict(int, claimed)
    for change in conversions:
        balance[change.currency] -= change.amount
        balance[change.counter_currency] += change.counter_amount
    for place in standing:
        balance[place.currency] -= place.amount
    for left in exits:
        balance[left.currency] -= left.amount
    return not any(balance.values())


def _claimed(currencies: tuple[str, ...], claims: list[list[int]]) -> dict[str, int]:
    """Units claimed less those absorbed, by currency."""
    totals: dict[str, int] = {}
    for _, _, _, absorbed, amount, currency in claims:
        name = currencies[currency]
        totals[name] = totals.get(name, 0) + amount - absorbed
    return totals


def moments(micros: Array) -> list[datetime]:
    """Aware UTC moments of epoch microseconds."""
    return [EPOCH + timedelta(microseconds=each) for each in micros.tolist()]


def _standing(naming: Naming, places: dict[int, tuple[AccountRef, str]], rests: Array) -> tuple[Standing, ...]:
    """One entry per account and currency, by institution (unknown first), number and currency."""
    placed = rests[rests[:, 1] >= 0]
    names = iter(naming.transfer_ids(placed[:, 1]))
    amounts: dict[int, int] = {}
    parcels: dict[int, list[Parcel]] = {}
    for pocket, transfer, start, end in rests.tolist():
        amounts[pocket] = amounts.get(pocket, 0) + end - start
        if transfer >= 0:
            parcels.setdefault(pocket, []).append(Parcel(next(names), start, end))
    made = []
    for pocket, amount in amounts.items():
        account, currency = places[pocket]
        made.append(Standing(account, amount, currency, tuple(parcels.get(pocket, ()))))
    return tuple(sorted(made, key=standing_order))


def standing_order(place: Standing) -> tuple[bool, str, str, str]:
    """Sort key of standing amounts."""
    bank = place.account.bank
    return bank is not None, bank or "", place.account.number, place.currency
