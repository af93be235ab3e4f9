"""The world as its banks see it: the same bytes for the same seed, ledgers that agree, no account below zero."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from accord.core.errors import BadInput, NotFound
from accord.engine.exercise import ACCOUNTS, WORLD_TRANSFERS, World, WorldPlan, make_world
from accord.engine.records.schema import TRANSFERS

SMALL = WorldPlan(people=240, days=4, victims=9, banks_per_country=3)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(SMALL)


def test_the_same_plan_makes_the_same_world(world: World) -> None:
    again = make_world(SMALL)
    assert again.transfers.equals(world.transfers)
    assert again.accounts.equals(world.accounts)
    assert again.reports == world.reports
    assert again.banks == world.banks
    assert again.truth.gangs == world.truth.gangs
    assert again.truth.paths.equals(world.truth.paths)
    assert again.truth.rests.equals(world.truth.rests)
    assert again.truth.mentions.equals(world.truth.mentions)


def test_another_process_makes_the_same_world(world: World, tmp_path: Path) -> None:
    """Nothing hangs on the order of a set, which differs from process to process."""
    program = (
        "import sys, pathlib; from accord.engine.exercise import WorldPlan, make_world;"
        "make_world(WorldPlan(people=240, days=4, victims=9, banks_per_country=3)).save(pathlib.Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "theirs")], env=environment, check=True)
    world.save(tmp_path / "mine")
    assert (tmp_path / "theirs" / "world.json").read_bytes() == (tmp_path / "mine" / "world.json").read_bytes()


def test_another_seed_makes_another_world(world: World) -> None:
    other = make_world(dataclasses.replace(SMALL, seed=8))
    assert other.reports != world.reports
    assert not other.accounts.equals(world.accounts)


def test_the_tables_have_their_schemas_and_the_transfers_are_in_time_order(world: World) -> None:
    assert world.accounts.schema.equals(ACCOUNTS)
    assert world.transfers.schema.equals(WORLD_TRANSFERS)
    times = world.transfers["time"].to_pylist()
    assert times == sorted(times)
    assert world.transfers["seq"].to_pylist() == list(range(len(times)))
    assert pc.count_distinct(world.transfers["id"]).as_py() == len(times)
    start, end = int(SMALL.start.timestamp() * 1e6), int(SMALL.end.timestamp() * 1e6)
    assert start <= times[0]
    assert times[-1] < end


def test_ordinary_life_goes_on_through_the_call_day(world: World) -> None:
    day = int(SMALL.call_day.timestamp() * 1e6)
    quarters = {
        (time - day) // 21_600_000_000
        for time, scam in zip(world.transfers["time"].to_pylist(), world.transfers["scam"].to_pylist(), strict=True)
        if time >= day and scam is None
    }
    assert quarters == {0, 1, 2, 3}


def test_every_account_named_exists_at_the_bank_named_and_in_its_currency(world: World) -> None:
    known = {
        (row["bank"], row["number"]): (row["country"], row["currency"])
        for row in world.accounts.select(["bank", "number", "country", "currency"]).to_pylist()
    }
    assert len(known) == len(world.accounts)
    for row in world.transfers.to_pylist():
        assert known[row["debtor_bank"], row["debtor"]] == (row["debtor_country"], row["currency"])
        received = row["counter_currency"] or row["currency"]
        assert known[row["creditor_bank"], row["creditor"]] == (row["creditor_country"], received)
        assert (row["counter_amount"] is None) == (row["counter_currency"] is None) == (row["currency"] == received)
        assert row["amount"] > 0
        assert row["counter_amount"] is None or row["counter_amount"] > 0


def played(world: World, *, scams: bool) -> dict[tuple[str, str], int]:
    """The lowest balance of each account when the transfers are played in order; credits arrive when they settle."""
    balance = {(row["bank"], row["number"]): row["opening_balance"] for row in world.accounts.to_pylist()}
    lowest = dict(balance)
    events = []
    for row in world.transfers.to_pylist():
        if row["scam"] and row["depends_on"] and not scams:
            continue
        debtor, creditor = (row["debtor_bank"], row["debtor"]), (row["creditor_bank"], row["creditor"])
        events.append((row["time"], row["seq"], 0, debtor, -row["amount"]))
        if scams or not row["scam"]:
            arrives = row["settles_at"] or row["time"]
            events.append((arrives, row["seq"], 1, creditor, row["counter_amount"] or row["amount"]))
    for _, _, _, account, change in sorted(events, key=lambda event: event[:3]):
        balance[account] += change
        lowest[account] = min(lowest[account], balance[account])
    return lowest


@pytest.mark.parametrize("scams", [True, False], ids=["as it happens", "with all stolen money stopped"])
def test_no_account_ever_goes_below_zero(world: World, scams: bool) -> None:
    assert min(played(world, scams=scams).values()) >= 0


def test_each_bank_sees_exactly_what_it_sends_or_receives(world: World) -> None:
    everything = {row["id"]: row for row in world.transfers.drop_columns(["scam", "seq"]).to_pylist()}
    seen: dict[str, set[str]] = {}
    for bank in world.banks:
        ledger = world.ledger(bank.code)
        assert ledger.schema.names == [*TRANSFERS.names, "settles_at", "depends_on"]
        assert ledger["seq"].to_pylist() == list(range(len(ledger)))
        for row in ledger.drop_columns(["seq"]).to_pylist():
            assert row == everything[row["id"]]
            assert bank.code in (row["debtor_bank"], row["creditor_bank"])
            seen.setdefault(row["id"], set()).add(bank.code)
    assert seen == {id_: {row["debtor_bank"], row["creditor_bank"]} for id_, row in everything.items()}


def test_a_central_switch_sees_all_banks_of_its_country() -> None:
    world = make_world(dataclasses.replace(SMALL, central_switch=frozenset({"TH"})))
    thai = [bank.code for bank in world.banks if bank.country == "TH"]
    assert {world.ledger_holder(code) for code in thai} == {"SWITCHTH"}
    assert world.ledger_holders()["SWITCHTH"] == tuple(thai)
    ids = set(world.ledger("SWITCHTH")["id"].to_pylist())
    by_country = pc.or_(pc.equal(world.transfers["debtor_country"], "TH"), pc.equal(world.transfers["creditor_country"], "TH"))
    assert ids == set(world.transfers.filter(by_country)["id"].to_pylist())
    with pytest.raises(NotFound, match="SWITCHTH"):
        world.ledger(thai[0])


def test_a_bank_does_not_know_which_of_its_customers_are_mules(world: World) -> None:
    kinds: set[str] = set()
    counted = 0
    for bank in world.banks:
        accounts = world.accounts_at(bank.code)
        assert set(accounts["bank"].to_pylist()) == {bank.code}
        assert accounts.schema.equals(ACCOUNTS)
        kinds |= set(accounts["kind"].to_pylist())
        counted += len(accounts)
    assert counted == len(world.accounts)
    assert "mule" not in kinds
    assert {"personal", "joint", "salary", "merchant", "payroll", "pooled", "exchange", "cash"} == kinds


def test_mules_have_money_and_traffic_of_their_own(world: World) -> None:
    mules = {account for gang in world.truth.gangs for account in gang.mules}
    own = world.transfers.filter(pc.is_null(world.transfers["scam"]))
    busy = set(zip(own["debtor_bank"].to_pylist(), own["debtor"].to_pylist(), strict=True))
    assert len(mules & busy) > len(mules) / 2


def test_an_unknown_bank_is_not_found(world: World) -> None:
    with pytest.raises(NotFound, match="NOSUCHX0"):
        world.bank("NOSUCHX0")
    with pytest.raises(NotFound, match="NOSUCHX0"):
        world.ledger("NOSUCHX0")


def test_progress_goes_from_nothing_to_all() -> None:
    told: list[tuple[str, float]] = []
    make_world(dataclasses.replace(SMALL, victims=0, people=90), lambda stage, done: told.append((stage, done)))
    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert told[-1] == ("done", 1)


def test_a_world_without_victims_has_no_scams() -> None:
    world = make_world(dataclasses.replace(SMALL, victims=0, countries=("GB",)))
    assert world.reports == ()
    assert len(world.truth.paths) == len(world.truth.rests) == 0
    assert world.transfers["scam"].null_count == len(world.transfers)
    assert pa.types.is_list(world.transfers["depends_on"].type)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"countries": ("XX",)}, "'XX'"),
        ({"countries": ()}, "at least one country"),
        ({"countries": ("CN", "CN")}, "each named once"),
        ({"people": 20}, "20 people"),
        ({"days": 0}, "days is 0"),
        ({"victims": -1}, "victims is -1"),
        ({"chain_hops": 0}, "chain_hops is 0"),
        ({"banks_per_country": 21}, "banks_per_country is 21"),
        ({"banks_per_country": 1, "countries": ("CN",)}, "two banks"),
        ({"exit_share": 1.5}, "exit_share is 1.5"),
        ({"central_switch": frozenset({"GB"})}, "GB"),
        ({"start": datetime(2026, 3, 2, 5, tzinfo=UTC)}, "midnight"),
        ({"start": datetime(2026, 3, 2)}, "midnight"),  # noqa: DTZ001 - a naive time is the bad input
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        dataclasses.replace(WorldPlan(), **wrong)


@pytest.mark.slow
def test_a_world_of_more_than_one_chunk_is_whole() -> None:
    world = make_world(WorldPlan(people=20_000, days=45, victims=60))
    assert len(world.transfers) > 1_000_000
    ids = world.transfers["id"]
    assert pc.count_distinct(ids).as_py() == len(ids)
    parents = pc.list_flatten(world.transfers["depends_on"])
    assert len(parents) > 500
    assert pc.all(pc.is_in(parents, value_set=ids)).as_py()
    assert pc.count_distinct(world.truth.paths["transfer"]).as_py() == pc.sum(pc.is_valid(world.transfers["scam"])).as_py()
    times = world.transfers["time"].to_numpy()
    assert bool((times[1:] >= times[:-1]).all())
