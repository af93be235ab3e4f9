"""Every rule against brute force on random ledgers."""

from __future__ import annotations

import pytest
from hypothesis import given
from levels import examples
from tracing_worlds import World, agree, at, worlds

from accord.engine.tracing import Rule

MANY = examples(100)


@pytest.mark.parametrize("rule", list(Rule))
def test_a_trace_is_what_moving_every_unit_by_hand_gives(rule: Rule) -> None:
    @MANY
    @given(worlds())
    def check(world: World) -> None:
        agree(world.ledger().trace(world.starts, rule, world.options()), world.expected(rule))

    check()


@MANY
@given(worlds())
def test_nothing_is_lost_or_made(world: World) -> None:
    ledger = world.ledger()
    for rule in Rule:
        trace = ledger.trace(world.starts, rule, world.options())
        assert trace.conserved is (None if rule is Rule.POISON else True)
        if not trace.conversions and trace.conserved and len(trace.claimed_by_currency) == 1:
            places = [*trace.standing, *trace.exits]
            assert trace.claimed == sum(place.amount for place in places)


@MANY
@given(worlds())
def test_flows_and_exits_come_in_order_of_time_and_none_is_late(world: World) -> None:
    by_id = {move.id: move for move in world.moves}
    ledger = world.ledger()
    for rule in Rule:
        trace = ledger.trace(world.starts, rule, world.options())
        for listed in (trace.flows, trace.exits):
            keys = [(by_id[entry.transfer].time, by_id[entry.transfer].seq) for entry in listed]
            assert keys == sorted(keys)
            assert world.stops.until is None or all(time <= world.stops.until for time, _ in keys)
        assert all(flow.time == at(by_id[flow.transfer].time) for flow in trace.flows)


@MANY
@given(worlds())
def test_poison_reaches_at_least_what_any_other_rule_reaches(world: World) -> None:
    if world.stops.min_parcel or len(world.starts) > 1:
        return
    ledger = world.ledger()
    reached = {flow.transfer for flow in ledger.trace(world.starts, Rule.POISON, world.options()).flows}
    for rule in (Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.LIBR):
        assert {flow.transfer for flow in ledger.trace(world.starts, rule, world.options()).flows} <= reached
