"""The worked example of docs/tracing.md, and that every rule is described."""

from __future__ import annotations

import pytest
from tracing_oracle import Move
from tracing_worlds import balances_table, transfers_table

from accord.engine.tracing import ClaimStart, Ledger, Rule
from accord.engine.tracing.rules import SUMMARY

A, B, C = ("B1", "a"), ("B1", "b"), ("B1", "c")


@pytest.mark.parametrize(
    ("rule", "carried", "stands"),
    [
        (Rule.FIFO, [10, 40], 50),
        (Rule.LIFO, [60, 40], 0),
        (Rule.HAIRCUT, [40, 26], 34),
        (Rule.LIBR, [10, 40], 50),
        (Rule.POISON, [60, 40], 0),
    ],
)
def test_fifty_clean_then_a_hundred_stolen(rule: Rule, carried: list[int], stands: int) -> None:
    moves = [Move("in", 0, 0, A, B, 100, "CNY"), Move("x", 1, 1, B, C, 60, "CNY"), Move("y", 2, 2, B, C, 40, "CNY")]
    trace = Ledger.from_tables(transfers_table(moves), balances_table({(*B, "CNY"): 50})).trace([ClaimStart("in")], rule)
    assert [flow.amount for flow in trace.flows] == [100, *carried]
    assert sum(place.amount for place in trace.standing if place.account.number == "b") == stands


def test_every_rule_is_described() -> None:
    assert set(SUMMARY) == set(Rule)
