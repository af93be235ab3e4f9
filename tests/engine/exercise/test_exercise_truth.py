"""The truth is what happens: every stolen unit is accounted for, transfer by transfer, at any shape of chain."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import examples

from accord.core.clock import to_micros
from accord.engine.exercise import World, WorldPlan, make_world

SMALL = WorldPlan(people=240, days=2, victims=24, banks_per_country=4, chain_hops=6)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(SMALL)


@pytest.fixture(scope="module")
def benchmark_world() -> World:
    return make_world(WorldPlan.for_response_benchmark(claims=30))


def scam_transfers(world: World) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in world.transfers.filter(pc.is_valid(world.transfers["scam"])).to_pylist()}


def received(row: dict[str, Any]) -> int:
    return int(row["amount"] if row["counter_amount"] is None else row["counter_amount"])


def check_truth(world: World) -> None:
    """Everything that must hold of any world's truth."""
    transfers = scam_transfers(world)
    check_paths_are_the_scam_transfers(world, transfers)
    check_nothing_is_lost(world, transfers)
    check_parents(world, transfers)


def check_paths_are_the_scam_transfers(world: World, transfers: dict[str, dict[str, Any]]) -> None:
    out, into = Counter[str](), Counter[str]()
    parents: dict[str, set[str]] = defaultdict(set)
    for path in world.truth.paths.to_pylist():
        out[path["transfer"]] += path["amount"]
        into[path["transfer"]] += path["counter_amount"]
        assert path["amount"] > 0
        assert path["scam"] == transfers[path["transfer"]]["scam"]
        if path["parent"] is not None:
            parents[path["transfer"]].add(path["parent"])
    assert out == {id_: row["amount"] for id_, row in transfers.items()}
    assert into == {id_: received(row) for id_, row in transfers.items()}
    for id_, row in transfers.items():
        assert set(row["depends_on"]) == parents[id_]


def check_nothing_is_lost(world: World, transfers: dict[str, dict[str, Any]]) -> None:
    """Of each victim: what a transfer brought = what went on from it + what rests of it."""
    brought, left = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for path in world.truth.paths.to_pylist():
        brought[path["report"], path["transfer"]] += path["counter_amount"]
        if path["parent"] is not None:
            left[path["report"], path["parent"]] += path["amount"]
    for rest in world.truth.rests.to_pylist():
        last = transfers[rest["transfer"]]
        assert (rest["bank"], rest["account"]) == (last["creditor_bank"], last["creditor"])
        assert rest["exit"] == (None if last["kind"] == "transfer" else last["kind"])
        left[rest["report"], rest["transfer"]] += rest["amount"]
    assert +brought == +left


def check_parents(world: World, transfers: dict[str, dict[str, Any]]) -> None:
    """Money is passed on by the account that got it, after it got it, and never more of it than came."""
    passed = Counter[str]()
    for row in transfers.values():
        assert row["time"] <= (row["settles_at"] or row["time"]) < to_micros(world.plan.end)
        for parent in (transfers[id_] for id_ in row["depends_on"]):
            assert (parent["creditor_bank"], parent["creditor"]) == (row["debtor_bank"], row["debtor"])
            assert row["time"] > (parent["settles_at"] or parent["time"])
        assert not row["depends_on"] or row["amount"] <= sum(received(transfers[id_]) for id_ in row["depends_on"])
    for path in world.truth.paths.to_pylist():
        if path["parent"] is not None:
            passed[path["parent"]] += path["amount"]
    assert all(amount <= received(transfers[id_]) for id_, amount in passed.items())


def test_the_truth_of_a_world_adds_up(world: World) -> None:
    check_truth(world)


@examples(25)
@given(
    seed=st.integers(0, 2**32),
    countries=st.sampled_from([("CN",), ("KH", "CN"), ("GB", "FR", "AE", "US")]),
    hops=st.integers(1, 12),
    width=st.integers(1, 12),
    exit_share=st.sampled_from([0.0, 0.5, 1.0]),
    at_once=st.booleans(),
)
def test_the_truth_of_any_world_adds_up(
    seed: int, countries: tuple[str, ...], hops: int, width: int, exit_share: float, at_once: bool
) -> None:
    plan = WorldPlan(
        seed=seed, countries=countries, people=150, days=1, victims=12, banks_per_country=2, gangs=2,
        chain_hops=hops, chain_width=width, exit_share=exit_share, at_once=at_once,
    )  # fmt: skip
    check_truth(make_world(plan))


def test_each_report_starts_the_paths_of_its_own_payments(world: World) -> None:
    transfers = scam_transfers(world)
    for report in world.reports:
        starts = [path for path in world.truth.paths_of(report.reference).to_pylist() if path["parent"] is None]
        assert {path["transfer"] for path in starts} == set(report.transfers)
        assert all(path["hop"] == 0 for path in starts)
        for id_ in report.transfers:
            row = transfers[id_]
            assert (row["debtor_bank"], row["debtor"]) == (report.payer_bank, report.payer_account)
            assert row["currency"] == report.currency
            assert row["depends_on"] == []
            assert row["time"] < to_micros(report.call_time)
        first = transfers[report.transfers[0]]
        assert report.still_pending == (first["settles_at"] is not None and first["settles_at"] > to_micros(report.call_time))


def test_some_payments_are_pending_some_victims_pay_twice_and_some_money_leaves(world: World) -> None:
    assert 0 < sum(report.still_pending for report in world.reports) < len(world.reports)
    assert 0 < sum(len(report.transfers) > 1 for report in world.reports) < len(world.reports)
    exits = set(world.truth.rests["exit"].to_pylist())
    assert exits == {None, "cash", "exchange", "merchant"}
    kinds = set(world.truth.rests["account_kind"].to_pylist())
    assert {"mule", "cash", "exchange", "merchant"} < kinds
    assert kinds & {"joint", "salary", "pooled"}


def test_gangs_know_their_victims_and_their_mules(world: World) -> None:
    transfers = scam_transfers(world)
    claims = {id_: report.reference for report in world.reports for id_ in report.transfers}
    assert sorted(reference for gang in world.truth.gangs for reference in gang.victims) == sorted(set(claims.values()))
    for gang in world.truth.gangs:
        own = [row for row in transfers.values() if row["scam"] == gang.id]
        assert {claims[row["id"]] for row in own if row["id"] in claims} == set(gang.victims)
        assert {(row["debtor_bank"], row["debtor"]) for row in own if row["id"] not in claims} <= set(gang.mules)


def test_victims_share_mules_and_mules_merge_their_money(world: World) -> None:
    transfers = scam_transfers(world)
    first_mules = Counter(transfers[report.transfers[0]]["creditor"] for report in world.reports)
    assert max(first_mules.values()) > 1
    victims_of = defaultdict(set)
    for path in world.truth.paths.to_pylist():
        victims_of[path["transfer"]].add(path["report"])
    assert max(len(victims) for victims in victims_of.values()) > 1


def test_some_money_crosses_a_border_and_is_converted_down_to_the_unit(world: World) -> None:
    crossed = [row for row in scam_transfers(world).values() if row["counter_currency"]]
    assert crossed
    yuan = [row for row in crossed if (row["currency"], row["counter_currency"]) == ("CNY", "SGD")]
    assert yuan
    assert all(row["counter_amount"] == row["amount"] * 140_000 // 740_000 for row in yuan)


def test_benchmark_chains_have_six_hops_over_eight_banks_and_no_exit(benchmark_world: World) -> None:
    transfers = scam_transfers(benchmark_world)
    assert len(benchmark_world.reports) == 30
    assert len({report.call_time for report in benchmark_world.reports}) == 1
    assert benchmark_world.truth.rests["exit"].null_count == len(benchmark_world.truth.rests)
    for report in benchmark_world.reports:
        paths = benchmark_world.truth.paths_of(report.reference).to_pylist()
        assert max(path["hop"] for path in paths) == 6
        rows = [transfers[path["transfer"]] for path in paths]
        assert len({row["debtor_bank"] for row in rows} | {row["creditor_bank"] for row in rows}) == 8
        assert report.payee_bank is not None
        assert report.payee_account is not None
        assert not report.still_pending
        assert report.amount_minor == transfers[report.transfers[0]]["amount"]


def test_a_benchmark_chain_goes_through_eight_banks_one_after_the_other(benchmark_world: World) -> None:
    transfers = scam_transfers(benchmark_world)

    def routes(id_: str) -> list[set[str]]:
        """The banks on each way that money could take to one transfer."""
        row = transfers[id_]
        before = [route for parent in row["depends_on"] for route in routes(parent)] or [{row["debtor_bank"]}]
        return [route | {row["creditor_bank"]} for route in before]

    for report in benchmark_world.reports:
        ends = [path["transfer"] for path in benchmark_world.truth.paths_of(report.reference).to_pylist() if path["hop"] == 6]
        assert max(len(route) for id_ in ends for route in routes(id_)) == 8


def test_calls_come_minutes_to_a_day_after_the_payment_and_on_the_call_day() -> None:
    plan = WorldPlan(people=900, days=1, victims=250, gangs=5)
    world = make_world(plan)
    delays = []
    times = dict(zip(world.transfers["id"].to_pylist(), world.transfers["time"].to_pylist(), strict=True))
    for report in world.reports:
        assert plan.call_day <= report.call_time < plan.end
        assert times[report.transfers[0]] >= to_micros(plan.call_day)
        delays.append((to_micros(report.call_time) - times[report.transfers[0]]) / 60e6)
    delays.sort()
    assert 25 < delays[len(delays) // 2] < 65
    assert delays[0] < 10
    assert delays[-1] > 240
    assert [report.call_time for report in world.reports] == sorted(report.call_time for report in world.reports)
