"""Random small ledgers for tests, and the way from them to the engine and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st
from tracing_oracle import Key, Move, Result, Stops, trace_pools, trace_units

from accord.engine.tracing import AccountRef, ClaimStart, Ledger, Rule, Trace, TraceOptions

START = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNTS = [("B1", "a"), ("B1", "b"), ("B2", "a"), ("B2", "c"), (None, "d")]


def at(tick: int) -> datetime:
    return START + timedelta(minutes=tick)


def transfers_table(moves: list[Move]) -> pa.Table:
    """The moves in the columns of the transfers schema (those that tracing reads)."""
    micros = int(START.timestamp()) * 10**6
    columns: dict[str, Any] = {
        "seq": [m.seq for m in moves],
        "id": [m.id for m in moves],
        "time": [micros + m.time * 60 * 10**6 for m in moves],
        "debtor": [m.debtor[1] for m in moves],
        "debtor_bank": [m.debtor[0] for m in moves],
        "creditor": [m.creditor[1] for m in moves],
        "creditor_bank": [m.creditor[0] for m in moves],
        "amount": [m.amount for m in moves],
        "currency": [m.currency for m in moves],
        "counter_amount": [m.counter[0] if m.counter else None for m in moves],
        "counter_currency": [m.counter[1] if m.counter else None for m in moves],
        "kind": [m.kind for m in moves],
    }
    number, text = pa.int64(), pa.string()
    kinds = {"seq": number, "time": number, "amount": number, "counter_amount": number}
    return pa.table({name: pa.array(values, kinds.get(name, text)) for name, values in columns.items()})


def balances_table(openings: dict[Key, int]) -> pa.Table:
    rows = list(openings.items())
    return pa.table(
        {
            "seq": pa.array(range(len(rows)), pa.int64()),
            "account": pa.array([key[1] for key, _ in rows], pa.string()),
            "bank": pa.array([key[0] for key, _ in rows], pa.string()),
            "currency": pa.array([key[2] for key, _ in rows], pa.string()),
            "amount": pa.array([amount for _, amount in rows], pa.int64()),
        }
    )


@dataclass
class World:
    """A ledger, a claim on it and where to stop."""

    moves: list[Move]
    openings: dict[Key, int]
    starts: list[ClaimStart]
    stops: Stops

    def ledger(self) -> Ledger:
        return Ledger.from_tables(transfers_table(self.moves), balances_table(self.openings))

    def options(self) -> TraceOptions:
        return TraceOptions(
            until=None if self.stops.until is None else at(self.stops.until),
            min_parcel=self.stops.min_parcel,
            hubs=frozenset(AccountRef(number, bank) for bank, number in self.stops.hubs),
            covered=self.stops.covered,
        )

    def expected(self, rule: Rule) -> Result:
        by_id = {move.id: move for move in self.moves}
        ranges: dict[str, list[tuple[int, int]]] = {}
        for start in self.starts:
            whole = [(0, start.amount or by_id[start.transfer].amount)]
            for first, last in start.intervals or whole:
                ranges.setdefault(start.transfer, []).append((first, last))
        currency = by_id[self.starts[0].transfer].currency
        claims = {name: merged(rows) for name, rows in ranges.items()}
        if rule.keeps_parcels:
            return trace_units(self.moves, self.openings, claims, rule.value, self.stops, currency)
        totals = {name: sum(last - first for first, last in rows) for name, rows in claims.items()}
        return trace_pools(self.moves, self.openings, totals, rule.value, self.stops, currency)


def merged(rows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping ranges joined, touching ones left apart."""
    made: list[tuple[int, int]] = []
    for first, last in sorted(rows):
        if made and first < made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], last))
        else:
            made.append((first, last))
    return made


def boiled(trace: Trace) -> Result:
    """A trace in the oracle's terms."""
    result = Result()
    result.claimed.update(trace.claimed_by_currency)
    result.flows = [(flow.transfer, flow.amount, flow.hop, flow.intervals) for flow in trace.flows]
    result.exits = [
        (left.transfer, (left.account.bank, left.account.number), left.amount, left.kind.value, left.intervals)
        for left in trace.exits
    ]
    for place in trace.standing:
        key = (place.account.bank, place.account.number, place.currency)
        result.standing[key] = place.amount
        units = {(parcel.transfer, unit) for parcel in place.parcels for unit in range(parcel.start, parcel.end)}
        if units:
            result.parcels[key] = units
    return result


def agree(trace: Trace, expected: Result) -> None:
    """Assert that a trace says what the oracle says."""
    found = boiled(trace)
    assert found.flows == expected.flows
    assert found.exits == expected.exits
    assert found.standing == expected.standing
    assert found.parcels == expected.parcels
    assert dict(found.claimed) == {name: expected.claimed[name] for name in found.claimed}
    assert sum(found.claimed.values()) == sum(expected.claimed.values())


@st.composite
def moves_of(draw: st.DrawFn, most: int = 14, convert: bool = True, first_seq: int = 0) -> list[Move]:
    """Transfers in order of loading: times collide and run backwards, some pay oneself, some convert."""
    accounts = st.sampled_from(ACCOUNTS)
    kinds = st.sampled_from(["transfer"] * 8 + ["card", "cash", "exchange", "payroll", "merchant"])
    made = []
    for number in range(draw(st.integers(1, most))):
        currency = draw(st.sampled_from(["CNY", "CNY", "CNY", "THB"])) if convert else "CNY"
        counter = None
        if convert and draw(st.integers(0, 5)) == 0:
            counter = (draw(st.integers(1, 15)), draw(st.sampled_from(["CNY", "THB"])))
        seq = first_seq + number
        made.append(
            Move(
                id=f"t{seq}",
                seq=seq,
                time=draw(st.integers(0, 6)),
                debtor=draw(accounts),
                creditor=draw(accounts),
                amount=draw(st.integers(1, 12)),
                currency=currency,
                counter=counter,
                kind=draw(kinds),
            )
        )
    return made


@st.composite
def openings_of(draw: st.DrawFn) -> dict[Key, int]:
    keys = st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(["CNY", "THB"])).map(lambda pair: (*pair[0], pair[1]))
    return draw(st.dictionaries(keys, st.integers(0, 10), max_size=3))


@st.composite
def starts_of(draw: st.DrawFn, moves: list[Move], until: int | None) -> list[ClaimStart]:
    """One to three claims: whole transfers, first units, or unit ranges (which may overlap)."""
    able = [move for move in moves if until is None or move.time <= until]
    made = []
    for _ in range(draw(st.integers(1, 3))):
        move = draw(st.sampled_from(able))
        form = draw(st.sampled_from(["whole", "amount", "units"]))
        if form == "whole":
            made.append(ClaimStart(move.id))
        elif form == "amount":
            made.append(ClaimStart(move.id, amount=draw(st.integers(1, move.amount))))
        else:
            first = draw(st.integers(0, move.amount - 1))
            made.append(ClaimStart(move.id, intervals=((first, draw(st.integers(first + 1, move.amount))),)))
    return made


@st.composite
def worlds(draw: st.DrawFn, most: int = 14, convert: bool = True, stopping: bool = True) -> World:
    """A whole world: ledger, claims, stops."""
    moves = draw(moves_of(most=most, convert=convert))
    stops = Stops()
    if stopping:
        earliest = min(move.time for move in moves)
        stops = Stops(
            until=draw(st.none() | st.integers(earliest, 6)),
            min_parcel=draw(st.sampled_from([0, 0, 3, 6])),
            hubs=frozenset(draw(st.sets(st.sampled_from(ACCOUNTS), max_size=1))),
            covered=draw(st.sampled_from([None, None, frozenset({"B1"}), frozenset({"B1", "B2"})])),
        )
    return World(moves, draw(openings_of()), draw(starts_of(moves, stops.until)), stops)
