"""Tracing on the ledger of a bank that has money on hold.

A ledger alone does not know of holds: when the holder of an account goes on paying from the rest, plain FIFO would say that
the held units left with the next debit, and the centre would chase them to a grocer's till. Units under a hold stand where
they are held; the debits that would have carried them carry none of the claim. That is done by taking the plain trace of
the held units away from the plain trace of the claim: under FIFO and LIFO traces of unit sets add up exactly. The rules
without parcels know no units, so there a hold does not change the trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from msgspec import structs

from accord.adapters.sandbox_bank.holds import HoldBook, free_parcels, units_in
from accord.core.clock import to_micros
from accord.engine.tracing import Ledger
from accord.engine.tracing.intervals import minus
from accord.engine.tracing.model import (
    AccountRef,
    ClaimStart,
    Conversion,
    Exit,
    Flow,
    Interval,
    Parcel,
    Rule,
    Standing,
    Trace,
    TraceOptions,
)

_Part = TypeVar("_Part", Flow, Exit)
_Any = TypeVar("_Any")


@dataclass(frozen=True, slots=True)
class Pin:
    """Units of one credit (creditor face) that a hold keeps on an account."""

    transfer: str
    ref: AccountRef
    currency: str
    span: Interval


def trace_with_holds(ledger: Ledger, starts: Sequence[ClaimStart], rule: Rule, options: TraceOptions, holds: HoldBook) -> Trace:
    """The trace of a claim on the ledger of `options.covered`, with what is on hold at its end standing where it is held.

    Inner conversions round each parcel down, so that taking parts away may miss by a minor unit; a trace that would no
    longer conserve is given plain instead.
    """
    plain = ledger.trace(starts, rule, options)
    if not rule.keeps_parcels:
        return plain
    traced = plain
    for flow in plain.flows:
        for pin in _pins(flow.transfer, holds, options):
            traced = _pinned(ledger, traced, options, pin)
    return traced if traced is plain or _conserved(traced) else plain


def _pins(transfer: str, holds: HoldBook, options: TraceOptions) -> list[Pin]:
    """What of a transfer is on hold in this ledger when the trace ends."""
    covering = holds.on_transfer(transfer)
    if not covering:
        return []
    assert options.until is not None
    until = to_micros(options.until)
    return [
        Pin(transfer, hold.ref, hold.currency, (parcel.start, parcel.end))
        for hold in covering
        if hold.active(until) and (options.covered is None or hold.bank in options.covered)
        for parcel in hold.parcels
        if parcel.transfer == transfer
    ]


def _pinned(ledger: Ledger, trace: Trace, options: TraceOptions, pin: Pin) -> Trace:
    flow = next((flow for flow in trace.flows if flow.transfer == pin.transfer), None)
    if flow is None:
        return trace
    standing_there = [
        (parcel.start, parcel.end) for place in trace.standing for parcel in place.parcels if parcel.transfer == pin.transfer
    ]
    if not minus([pin.span], standing_there):
        return trace
    row = ledger.transfer(pin.transfer)
    debited = int(row["amount"])
    received = debited if row["counter_amount"] is None else int(row["counter_amount"])
    units = [part for span in flow.intervals for part in _debtor_units(span, pin.span, debited, received)]
    held = sorted(_image(span, debited, received) for span in units)
    if not minus(held, standing_there):
        return trace
    gone = ledger.trace([ClaimStart(pin.transfer, intervals=tuple(units))], trace.rule, options)
    return _with_standing(_without(trace, gone, pin.transfer), pin, held)


def _image(span: Interval, debited: int, received: int) -> Interval:
    """Where units of the debtor face arrive on the creditor face."""
    start = span[0] * received // debited
    return start, start + (span[1] - span[0]) * received // debited


def _debtor_units(span: Interval, held: Interval, debited: int, received: int) -> list[Interval]:
    """The units of `span` (debtor face) that arrive inside `held` (creditor face), rounded inwards."""
    image = _image(span, debited, received)
    if held[0] <= image[0] and image[1] <= held[1]:
        return [span]
    low, high = max(held[0], image[0]), min(held[1], image[1])
    start, end = max(-(-low * debited // received), span[0]), min(high * debited // received, span[1])
    return [(start, end)] if start < end else []


def _without(trace: Trace, gone: Trace, origin: str) -> Trace:
    """`trace` less the units of `gone` everywhere but in the transfer that `gone` starts from."""
    flows = {flow.transfer: flow.intervals for flow in gone.flows if flow.transfer != origin}
    places = {(place.account, place.currency): place.parcels for place in gone.standing}
    changes = {change.transfer: change for change in gone.conversions if change.transfer != origin}
    return replace(
        trace,
        flows=_kept(_less_units(flow, flows.get(flow.transfer)) for flow in trace.flows),
        exits=_kept(_less_units(exit_, flows.get(exit_.transfer)) for exit_ in trace.exits),
        standing=_kept(_less_parcels(place, places.get((place.account, place.currency), ())) for place in trace.standing),
        conversions=_kept(_less_change(change, changes.get(change.transfer)) for change in trace.conversions),
    )


def _kept(parts: Iterable[_Any | None]) -> tuple[_Any, ...]:
    return tuple(part for part in parts if part is not None)


def _less_units(part: _Part, removed: tuple[Interval, ...] | None) -> _Part | None:
    if not removed:
        return part
    left = tuple(minus(part.intervals, removed))
    return structs.replace(part, intervals=left, amount=sum(end - start for start, end in left)) if left else None


def _less_parcels(place: Standing, removed: Sequence[Parcel]) -> Standing | None:
    if not removed:
        return place
    cuts: dict[str, list[Interval]] = {}
    for parcel in removed:
        cuts.setdefault(parcel.transfer, []).append((parcel.start, parcel.end))
    parcels = tuple(free_parcels(place.parcels, cuts))
    return structs.replace(place, parcels=parcels, amount=units_in(parcels)) if parcels else None


def _less_change(change: Conversion, removed: Conversion | None) -> Conversion | None:
    if removed is None:
        return change
    left = structs.replace(
        change, amount=change.amount - removed.amount, counter_amount=change.counter_amount - removed.counter_amount
    )
    return left if left.amount > 0 else None


def _with_standing(trace: Trace, pin: Pin, held: Sequence[Interval]) -> Trace:
    """`trace` with the held units standing on their account."""
    parcels = [Parcel(pin.transfer, start, end) for start, end in held]
    places = list(trace.standing)
    for position, place in enumerate(places):
        if place.account == pin.ref and place.currency == pin.currency:
            merged = (*parcels, *place.parcels)
            places[position] = structs.replace(
                place, parcels=merged, amount=place.amount + sum(end - start for start, end in held)
            )
            break
    else:
        places.append(Standing(pin.ref, sum(end - start for start, end in held), pin.currency, tuple(parcels)))
        places.sort(key=lambda place: (place.account.bank or "", place.account.number, place.currency))
    return replace(trace, standing=tuple(places))


def _conserved(trace: Trace) -> bool:
    """Whether claimed + converted in = standing + exits + converted out in every currency."""
    balance = Counter(trace.claimed_by_currency)
    for change in trace.conversions:
        balance[change.currency] -= change.amount
        balance[change.counter_currency] += change.counter_amount
    for standing in trace.standing:
        balance[standing.currency] -= standing.amount
    for exit_ in trace.exits:
        balance[exit_.currency] -= exit_.amount
    return not any(balance.values())
