"""Traces in bulk, as JSON, as Arrow; and what an account's speed says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import examples
from tracing_oracle import Move
from tracing_worlds import World, at, starts_of, transfers_table, worlds

from accord.core.errors import BadInput, NotFound
from accord.engine.tracing import AccountRef, ClaimStart, Ledger, Rule, Trace, TraceOptions, to_arrow, to_json_dict


@pytest.mark.parametrize("later", [False, True])
def test_bulk_says_what_single_traces_say(later: bool) -> None:
    @examples(60)
    @given(worlds(most=18), st.data())
    def check(world: World, data: st.DataObject) -> None:
        ledger = world.ledger()
        if later:
            table = transfers_table(world.moves)
            half = len(world.moves) // 2
            ledger = Ledger.from_tables(table.slice(0, half)).appended(table.slice(half))
        claims = [world.starts, *(data.draw(starts_of(world.moves, world.stops.until)) for _ in range(3))]
        for rule in Rule:
            table = ledger.trace_many(claims, rule, world.options())
            traces = [ledger.trace(claim, rule, world.options()) for claim in claims]
            expected = [row for number, trace in enumerate(traces) for row in rows_of(trace, number)]
            found = table.to_pylist()
            assert sorted(map(repr, found)) == sorted(map(repr, expected))
            kept = [row for row in found if row["kind"] != "standing"]
            assert kept == [row for row in expected if row["kind"] != "standing"]

    check()


def rows_of(trace: Trace, number: int) -> list[dict[str, object]]:
    return list(to_arrow(trace, number).to_pylist())


LINE = [
    Move("t0", 0, 0, ("B1", "victim"), ("B2", "mule"), 10_000, "CNY"),
    Move("t1", 1, 5, ("B2", "mule"), ("B3", "cash desk"), 6_000, "CNY", kind="cash"),
    Move("t2", 2, 7, ("B2", "mule"), (None, "friend"), 1_000, "CNY", counter=(5_000, "THB")),
]


def test_json_has_exactly_the_agreed_shape() -> None:
    trace = Ledger.from_tables(transfers_table(LINE)).trace([ClaimStart("t0")], Rule.FIFO, TraceOptions(until=at(9)))
    document = json.loads(json.dumps(to_json_dict(trace)))
    assert document["rule"] == "fifo"
    assert document["until"] == "2026-03-01T00:09:00Z"
    assert (document["currency"], document["claimed"], document["conserved"]) == ("CNY", 10_000, True)
    assert document["flows"][1] == {
        "transfer": "t1",
        "debtor": "mule",
        "debtor_bank": "B2",
        "creditor": "cash desk",
        "creditor_bank": "B3",
        "time": "2026-03-01T00:05:00Z",
        "amount": 6_000,
        "currency": "CNY",
        "hop": 1,
        "intervals": [[0, 6_000]],
    }
    assert [(place["account"], place["amount"], place["currency"]) for place in document["standing"]] == [
        ("friend", 5_000, "THB"),
        ("mule", 3_000, "CNY"),
    ]
    assert [(left["account"], left["transfer"], left["amount"], left["kind"]) for left in document["exits"]] == [
        ("cash desk", "t1", 6_000, "cash")
    ]
    assert document["conversions"][0]["counter_amount"] == 5_000


def test_poison_has_no_standing_and_claims_no_conservation() -> None:
    document = to_json_dict(Ledger.from_tables(transfers_table(LINE)).trace([ClaimStart("t0")], Rule.POISON))
    assert document["standing"] == []
    assert document["conserved"] is None
    assert document["until"] is None
    assert len(document["exits"]) == 1


def test_bulk_names_the_claim_at_fault() -> None:
    ledger = Ledger.from_tables(transfers_table(LINE))
    with pytest.raises(NotFound, match="claim 1: no transfer 'nowhere'"):
        ledger.trace_many([[ClaimStart("t0")], [ClaimStart("nowhere")]], Rule.FIFO)
    with pytest.raises(BadInput, match="claim 0: the claim of 20000"):
        ledger.trace_many([[ClaimStart("t0", 20_000)]], Rule.LIFO)


def test_no_claims_make_an_empty_table() -> None:
    assert Ledger.from_tables(transfers_table(LINE)).trace_many([], Rule.FIFO).num_rows == 0


def test_speed_is_the_median_wait_from_credit_to_debit() -> None:
    ledger = Ledger.from_tables(transfers_table(LINE))
    assert ledger.outgoing_speed(AccountRef("mule", "B2")) == 300.0
    assert ledger.outgoing_speed(AccountRef("friend")) is None
    assert ledger.outgoing_speed(AccountRef("nobody")) is None
    more = [
        Move("t3", 3, 6, ("B1", "victim"), ("B2", "mule"), 10, "CNY"),
        Move("t4", 4, 20, ("B2", "mule"), ("B1", "victim"), 10, "CNY"),
    ]
    assert ledger.appended(transfers_table(more)).outgoing_speed(AccountRef("mule", "B2")) == 180.0
