"""What may be claimed, what is refused and why; the sums that hold between traces."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import examples
from tracing_oracle import Move
from tracing_worlds import World, agree, at, boiled, transfers_table, worlds

from accord.core.errors import BadInput, NotFound
from accord.engine.tracing import AccountRef, ClaimStart, ExitKind, Interval, Ledger, Rule, Trace, TraceOptions

VICTIM, MULE, FRIEND = ("B1", "victim"), ("B2", "mule"), ("B3", "friend")
LINE = [
    Move("t0", 0, 0, VICTIM, MULE, 100, "CNY"),
    Move("t1", 1, 5, MULE, FRIEND, 60, "CNY"),
    Move("t2", 2, 9, FRIEND, VICTIM, 10, "CNY"),
]


def line() -> Ledger:
    return Ledger.from_tables(transfers_table(LINE))


@pytest.mark.parametrize(
    ("starts", "message"),
    [
        ([], "at least one claim"),
        ([ClaimStart("t0", 101)], "claim of 101 minor units is larger than its transfer 't0', which moved 100"),
        ([ClaimStart("t0", 0)], "claim 1 or more"),
        ([ClaimStart("t0", -5)], "claim 1 or more"),
        ([ClaimStart("t0", intervals=((90, 101),))], "units 90 to 101; the transfer has units 0 to 100"),
        ([ClaimStart("t0", intervals=((-1, 5),))], "units -1 to 5"),
        ([ClaimStart("t0", intervals=((5, 5),))], "units 5 to 5"),
        ([ClaimStart("t0", intervals=())], "names no units"),
        ([ClaimStart("t0", 5, ((0, 5),))], "an amount and intervals"),
    ],
)
@pytest.mark.parametrize("rule", list(Rule))
def test_a_wrong_claim_is_refused_with_its_reason(starts: list[ClaimStart], message: str, rule: Rule) -> None:
    with pytest.raises(BadInput, match=message):
        line().trace(starts, rule)


def test_an_unknown_transfer_is_not_found() -> None:
    with pytest.raises(NotFound, match="no transfer 'elsewhere'"):
        line().trace([ClaimStart("t0"), ClaimStart("elsewhere")], Rule.FIFO)
    with pytest.raises(NotFound, match="no transfer 'elsewhere'"):
        line().transfer("elsewhere")


def test_wrong_options_are_refused() -> None:
    with pytest.raises(BadInput, match="minimum parcel is -1"):
        line().trace([ClaimStart("t0")], Rule.FIFO, TraceOptions(min_parcel=-1))
    with pytest.raises(BadInput, match="no zone"):
        line().trace([ClaimStart("t0")], Rule.FIFO, TraceOptions(until=datetime(2026, 3, 1)))  # noqa: DTZ001
    with pytest.raises(BadInput, match="later than the end of the trace"):
        line().trace([ClaimStart("t1")], Rule.FIFO, TraceOptions(until=at(4)))


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("amount", [0, 1, 1], "zero or negative"),
        ("kind", ["gift", "cash", "card"], "unknown kind 'gift'"),
        ("debtor", ["a", None, "b"], "1 transfers have no debtor"),
        ("counter_amount", [5, None, None], "counter_amount and counter_currency both"),
    ],
)
def test_wrong_rows_are_refused(column: str, values: list[object], message: str) -> None:
    table = transfers_table(LINE)
    wrong = table.set_column(table.column_names.index(column), column, pa.array(values, table[column].type))
    with pytest.raises(BadInput, match=message):
        Ledger.from_tables(wrong)
    with pytest.raises(BadInput, match="no column 'time'"):
        Ledger.from_tables(table.drop_columns("time"))


def test_a_transfer_is_found_with_all_its_columns() -> None:
    ledger = line()
    assert ledger.transfer("t1") == {
        "seq": 1,
        "id": "t1",
        "time": at(5),
        "debtor": "mule",
        "debtor_bank": "B2",
        "creditor": "friend",
        "creditor_bank": "B3",
        "amount": 60,
        "currency": "CNY",
        "counter_amount": None,
        "counter_currency": None,
        "kind": "transfer",
    }
    assert (len(ledger), ledger.last_seq, ledger.has_transfer("t2"), ledger.has_transfer("t3")) == (3, 2, True, False)


@pytest.mark.parametrize("rule", list(Rule))
def test_a_claim_that_is_an_exit_gives_one_exit_and_no_standing(rule: Rule) -> None:
    ledger = Ledger.from_tables(transfers_table([replace(LINE[0], kind="cash"), *LINE[1:]]))
    trace = ledger.trace([ClaimStart("t0")], rule, TraceOptions(min_parcel=1000))
    assert [(left.kind, left.amount, left.account) for left in trace.exits] == [(ExitKind.CASH, 100, AccountRef("mule", "B2"))]
    assert trace.standing == ()


def test_a_claim_transfer_is_never_below_the_minimum() -> None:
    trace = line().trace([ClaimStart("t0", 3)], Rule.FIFO, TraceOptions(min_parcel=50))
    assert [(flow.transfer, flow.amount) for flow in trace.flows] == [("t0", 3), ("t1", 3)]
    assert [(left.transfer, left.kind) for left in trace.exits] == [("t1", ExitKind.BELOW_MINIMUM)]


def units(trace: Trace) -> tuple[dict[str, set[int]], dict[object, set[tuple[str, int]]], dict[str, set[int]]]:
    """Every tainted unit of flows, standing and exits."""
    flows = {flow.transfer: set(covered(flow.intervals)) for flow in trace.flows}
    exits = {left.transfer: set(covered(left.intervals)) for left in trace.exits}
    return flows, dict(boiled(trace).parcels), exits


def covered(intervals: tuple[Interval, ...]) -> list[int]:
    return [unit for first, last in intervals for unit in range(first, last)]


@pytest.mark.parametrize("rule", [Rule.FIFO, Rule.LIFO])
def test_the_traces_of_two_parts_of_a_claim_add_to_the_trace_of_the_whole(rule: Rule) -> None:
    @examples(100)
    @given(worlds(convert=False), st.data())
    def check(world: World, data: st.DataObject) -> None:
        options = replace(world.options(), min_parcel=0)
        ledger, claim = world.ledger(), world.starts[0].transfer
        amount = ledger.transfer(claim)["amount"]
        middle = data.draw(st.integers(0, amount))
        parts = [((first, last),) for first, last in ((0, middle), (middle, amount)) if last > first]
        found = [units(ledger.trace([ClaimStart(claim, intervals=part)], rule, options)) for part in parts]
        whole = units(ledger.trace([ClaimStart(claim)], rule, options))
        for place, expected in enumerate(whole):
            joined: dict[object, set[object]] = {}
            for part in found:
                for key, members in part[place].items():  # type: ignore[attr-defined]
                    assert not joined.get(key, set()) & members or key == claim
                    joined.setdefault(key, set()).update(members)
            assert joined == expected

    check()


@pytest.mark.parametrize("rule", [Rule.FIFO, Rule.LIFO])
def test_going_on_from_an_exit_is_as_tracing_through(rule: Rule) -> None:
    @examples(100)
    @given(worlds(convert=False))
    def check(world: World) -> None:
        ledger, start = world.ledger(), [ClaimStart(world.starts[0].transfer)]
        until = world.options().until
        beyond = TraceOptions(until=until)
        first = ledger.trace(start, rule, TraceOptions(until=until, covered=frozenset({"B1"})))
        onward = [ClaimStart(left.transfer, intervals=left.intervals) for left in first.exits if left.kind is ExitKind.OUTSIDE]
        kept = {key: set(members) for key, members in boiled(first).parcels.items()}
        if onward:
            for key, members in boiled(ledger.trace(onward, rule, beyond)).parcels.items():
                kept.setdefault(key, set()).update(members)
        assert kept == boiled(ledger.trace(start, rule, beyond)).parcels

    check()


@examples(60)
@given(worlds(convert=False), st.sampled_from([10**6, 10**15, 2**55 + 1]))
def test_large_amounts_are_exact(world: World, scale: int) -> None:
    world.stops.min_parcel = 0
    large = World(
        [replace(move, amount=move.amount * scale) for move in world.moves],
        {key: amount * scale for key, amount in world.openings.items()},
        [ClaimStart(start.transfer) for start in world.starts],
        world.stops,
    )
    small = replace(world, starts=large.starts)
    ledger = large.ledger()
    for rule in (Rule.HAIRCUT, Rule.LIBR, Rule.POISON):
        agree(ledger.trace(large.starts, rule, large.options()), large.expected(rule))
    for rule in (Rule.FIFO, Rule.LIFO):
        trace, expected = ledger.trace(large.starts, rule, large.options()), small.expected(rule)
        assert [(flow.transfer, flow.amount, flow.hop) for flow in trace.flows] == [
            (name, amount * scale, hop) for name, amount, hop, _ in expected.flows
        ]
        standing = {(place.account.bank, place.account.number, place.currency): place.amount for place in trace.standing}
        assert standing == {key: amount * scale for key, amount in expected.standing.items()}


def test_a_turnover_past_63_bits_is_refused() -> None:
    moves = [Move(f"t{number}", number, number, VICTIM, MULE, 2**62, "VND") for number in range(2)]
    with pytest.raises(BadInput, match="'t1' an account's turnover passes"):
        Ledger.from_tables(transfers_table(moves))
    with pytest.raises(BadInput, match="'t1' an account's turnover passes"):
        Ledger.from_tables(transfers_table(moves[:1])).appended(transfers_table(moves[1:]))


def test_conversion_uses_a_128_bit_product_and_rounds_down() -> None:
    third = Move("t1", 1, 1, MULE, FRIEND, 3 * 10**17, "CNY", counter=(10**17, "USD"))
    ledger = Ledger.from_tables(transfers_table([Move("t0", 0, 0, VICTIM, MULE, 2 * 10**17 + 1, "CNY"), third]))
    for rule in (Rule.FIFO, Rule.HAIRCUT):
        trace = ledger.trace([ClaimStart("t0")], rule)
        assert [(place.currency, place.amount) for place in trace.standing] == [("USD", (2 * 10**17 + 1) // 3)]
        assert trace.conserved


def test_a_trace_survives_pickling_and_comparison() -> None:
    trace = line().trace([ClaimStart("t0")], Rule.FIFO)
    copy = pickle.loads(pickle.dumps(trace))
    assert type(copy) is Trace
    assert copy == trace
    assert trace == copy
    assert trace != line().trace([ClaimStart("t1")], Rule.FIFO)
    assert "t2" in repr(trace)


@pytest.mark.parametrize("rule", list(Rule))
def test_money_that_goes_round_ends(rule: Rule) -> None:
    ring = [("B1", name) for name in "abc"]
    moves = [Move(f"t{n}", n, n // 2, ring[n % 3], ring[(n + 1) % 3], 50, "CNY") for n in range(300)]
    trace = Ledger.from_tables(transfers_table(moves)).trace([ClaimStart("t0")], rule)
    assert len(trace.flows) == 300
    assert trace.conserved is not False


@pytest.mark.slow
def test_a_hub_with_a_million_payments_answers() -> None:
    count = 1_000_000
    index = range(count)
    table = pa.table(
        {
            "seq": pa.array(index, pa.int64()),
            "id": [f"t{number}" for number in index],
            "time": pa.array((10**15 + number for number in index), pa.int64()),
            "debtor": [f"p{number}" if number % 2 == 0 else "hub" for number in index],
            "creditor": ["hub" if number % 2 == 0 else f"q{number % 5000}" for number in index],
            "amount": pa.array((200 if number % 2 == 0 else 100 for number in index), pa.int64()),
            "currency": pa.array(["CNY"] * count),
            "kind": pa.array(["transfer"] * count),
        }
    )
    ledger = Ledger.from_tables(table)
    for rule in Rule:
        trace = ledger.trace([ClaimStart("t0")], rule)
        assert trace.conserved is not False
        assert len(trace.flows) <= count
        stopped = ledger.trace([ClaimStart("t0")], rule, TraceOptions(hubs=frozenset({AccountRef("hub")})))
        assert [(left.kind, left.amount) for left in stopped.exits] == [(ExitKind.HUB, 200)]
