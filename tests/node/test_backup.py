"""A node saved while it runs and restored: the same to the row on either store, and its worker carries on."""

from __future__ import annotations

import json
import signal
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from federation_kit import commands, loaded
from federation_kit.commands import environment_of, separately
from federation_kit.stores import with_store
from own_store import all_rows, own_store

from accord.engine.records import RecordStore

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.both_stores]

_PLAY = """
from datetime import timedelta
from accord.engine.exercise import WorldPlan, make_world
from accord.node import exercise_clock, serve
from accord.node.home import Home
home, plan = Home.from_environment(), WorldPlan(seed=7, countries=("CN", "SG", "TH"), people=300, days=3, victims=5)
world = make_world(plan)
home.create()
world.save(home.world)
(home.root / "institutions.json").write_text("{}")
exercise_clock.stand_at(home, plan.call_day)
serve.prepare(home)
from accord.core import clock
from accord.lab.demo.day import Day
from accord.lab.federation import people
from accord.node.wiring import wire
from accord.node.worker import Worker
people.hire("four plain words together")
wired = wire(home)
worker = Worker(wired.lines)
day = Day(list(world.reports), worker, [people.user(people.OFFICER), people.user(people.SUPERVISOR)], plan.seed)
ends = max(report.call_time for report in world.reports) + timedelta(hours=6)
while (moment := day.next_moment()) is not None and moment < ends:
    exercise_clock.stand_at(home, moment)
    wired.refresh()
    day.act()
    day.sweep()
exercise_clock.run_on_from(home, clock.now())
worker.close()
"""

_WORK_ON = """
import json
from datetime import timedelta
from accord.node.home import Home
home = Home.from_environment()
from accord.node import serve, exercise_clock
serve.prepare(home)
from accord.core import clock
clock.use(clock.SteppedClock(clock.now() + timedelta(days=400)))
from accord.node import wiring
from accord.node.worker import Worker
from accord.capabilities.orders.models import Order
from accord.capabilities.people.queries import CHANGES, first_broken_audit_entry, head_of
live = ["approved", "sent", "acknowledged", "held", "held_partly", "releasing"]
before = Order.objects.filter(state__in=live).count(), head_of(CHANGES)[0]
wired = wiring.wire(home)
worker = Worker(wired.lines)
wired.refresh()
worker.run_until_idle()
worker.close()
after = Order.objects.filter(state__in=live).count(), head_of(CHANGES)[0]
print(json.dumps({"before": before, "after": after, "broken": first_broken_audit_entry()}))
"""

_WRITE = """
import sys
from accord.node.home import Home
home = Home.from_environment()
from accord.node import serve
serve.prepare(home)
import pyarrow as pa
from accord.capabilities import unit_of_work
from accord.capabilities.people.audit import SignInAudit
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import NODE
from accord.engine.records import RecordKind, RecordStore
user, store, number = User.objects.first(), RecordStore(home.records), 0
unknown = ("debtor_bank", "debtor_country", "creditor_bank", "creditor_country", "counter_amount", "counter_currency")
while True:
    for _ in range(20):
        unit_of_work.record(NODE, SignInAudit.SIGNED_IN, subject=None, obj=user, number=number)
        number += 1
    row = {"id": f"w{number}", "time": number, "debtor": "a", "creditor": "b", "amount": 1, "currency": "CNY"}
    rows = pa.Table.from_pylist([{**dict.fromkeys(unknown), **row, "kind": "transfer"}])
    store.append(rows, RecordKind.TRANSFERS, f"w{number}")
    print(number, flush=True)
"""


@dataclass(frozen=True)
class Saved:
    """A node that has played a small day, with records loaded."""

    home: Path
    store: dict[str, str]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Saved]:
    home = tmp_path_factory.mktemp("saved") / "home"
    with own_store() as store:
        home.mkdir() if store else with_store(home)
        (home / "accord.toml").write_text('jurisdiction = "CN"\n')
        run_alone(_PLAY, home, store)
        transfers = home / "exercise" / "world" / "transfers.parquet"
        loaded = separately(home, "records", "load", transfers, "--kind", "transfers", "--map", "exercise", **store)
        assert loaded.code == 0, loaded.err
        (home / "accord.toml").write_text('jurisdiction = "SG"\n')
        (home / "lines").mkdir()
        (home / "lines" / "bank.pem").write_text("a part that the backup has never heard of")
        yield Saved(home, store)


@pytest.fixture
def other_store() -> Iterator[dict[str, str]]:
    with own_store(empty=True) as store:
        yield store


def records_of(home: Path) -> list[dict[str, Any]]:
    return [row for table in RecordStore(home / "records").transfers_after() for row in table.to_pylist()]


def back_up(saved: Saved, file: Path) -> dict[str, Any]:
    answer = separately(saved.home, "node", "backup", file, "--json", **saved.store)
    assert answer.code == 0, answer.err
    document: dict[str, Any] = answer.json
    return document


def test_a_restored_node_is_the_same_row_by_row_and_works_on(saved: Saved, other_store: dict[str, str], tmp_path: Path) -> None:
    file, home = tmp_path / "b.tar.gz", tmp_path / "home"
    told = back_up(saved, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = all_rows(saved.home, saved.store)
    restored = separately(home, "node", "restore", file, "--json", **other_store)
    assert restored.code == 0, restored.err
    assert restored.json == told
    after = all_rows(home, other_store)
    assert after.keys() == before.keys()
    for name, rows in before.items():
        assert after[name] == rows, name
    assert min(len(before[name]) for name in ("orders_order", "claims_enquiry", "claims_holdshare", "people_auditentry")) > 0
    assert records_of(home) == records_of(saved.home) != []
    for name in ("accord.toml", "institutions.json", "secret-key", "lines/bank.pem", "exercise/world/world.json"):
        assert (home / name).read_bytes() == (saved.home / name).read_bytes()
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    assert not (home / "index").exists()
    transfer = records_of(home)[0]["id"]
    traced = separately(home, "trace", "--transfer", transfer, "--json", **other_store)
    assert traced.code == 0, traced.err
    wait_for_years(home)
    assert finding(home, other_store, "Clocks")["state"] == "warning"
    assert work_on(home, other_store)["broken"] is None
    assert finding(home, other_store, "Clocks")["state"] == "ok", (
        "nothing is overdue; what waits for a person is looked at later"
    )
    if other_store:
        assert finding(home, other_store, "PostgreSQL client")["state"] == "ok"


def wait_for_years(home: Path) -> None:
    """Let the exercise's clock run on 400 days later than it did."""
    clock = home / "exercise" / "clock.json"
    state = json.loads(clock.read_text())
    clock.write_text(json.dumps({"shift_micros": state["shift_micros"] + 400 * 86_400_000_000}))


def finding(home: Path, store: dict[str, str], name: str) -> dict[str, str]:
    """What the doctor says of one thing."""
    findings: list[dict[str, str]] = separately(home, "doctor", "--json", **store).json["findings"]
    return next(found for found in findings if found["name"] == name)


def run_alone(program: str, home: Path, store: dict[str, str]) -> str:
    """What a program prints that runs in a process of its own, as this node."""
    return commands.program(program, environment=environment_of(home, **store), seconds=240)


def work_on(home: Path, store: dict[str, str]) -> dict[str, Any]:
    """Let the node's worker do what falls due in the next 400 days: all holds that stand run out."""
    answer: dict[str, Any] = json.loads(run_alone(_WORK_ON, home, store))
    assert answer["before"][0] > 0
    assert answer["after"][0] == 0
    assert answer["after"][1] > answer["before"][1]
    return answer


def test_a_backup_taken_while_others_write_is_of_one_moment(saved: Saved, other_store: dict[str, str], tmp_path: Path) -> None:
    """The chain's head and its entries fit (restoring verifies that), and the record table opens with every row it names."""
    environment = environment_of(saved.home, **saved.store)
    writer = loaded.start(("text", _WRITE), environment=environment, stdout=loaded.PIPE, text=True)
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline(), "it writes"
        first = back_up(saved, tmp_path / "1.tar.gz")
        second = back_up(saved, tmp_path / "2.tar.gz")
        assert writer.poll() is None
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    assert first["audit_entries"] < second["audit_entries"]
    home = tmp_path / "home"
    restored = separately(home, "node", "restore", tmp_path / "2.tar.gz", **other_store)
    assert restored.code == 0, restored.err
    numbers = [row["seq"] for row in records_of(home)]
    assert numbers == list(range(len(numbers)))
    entries = {row[0] for row in all_rows(home, other_store)["people_auditentry"]}
    assert entries == set(range(1, second["audit_entries"] + 1))


def test_nothing_is_restored_over_data(saved: Saved, other_store: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    back_up(saved, file)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("kept")
    refused = separately(tmp_path / "full", "node", "restore", file, "--json", **other_store)
    assert (refused.code, refused.error["where"]) == (2, str(tmp_path / "full"))
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]
    if saved.store:
        home = tmp_path / "home"
        refused = separately(home, "node", "restore", file, "--json", **saved.store)
        assert (refused.code, refused.error["type"]) == (1, "Conflict")
        assert "empty" in refused.error["message"]
        assert not home.exists()


def test_a_store_of_the_other_kind_is_refused(saved: Saved, tmp_path: Path) -> None:
    file, home = tmp_path / "b.tar.gz", tmp_path / "home"
    back_up(saved, file)
    other = {} if saved.store else {"ACCORD_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    refused = separately(home, "node", "restore", file, "--json", **other)
    assert refused.code == 2
    assert "ACCORD_DATABASE_URL" in refused.error["message"]
    assert not home.exists()


def test_a_broken_audit_chain_is_not_restored(saved: Saved, other_store: dict[str, str], tmp_path: Path) -> None:
    """Someone who changed the store before the backup was taken is found when it is restored."""
    copy = tmp_path / "copy"
    restored = tmp_path / "b.tar.gz"
    back_up(saved, restored)
    assert separately(copy, "node", "restore", restored, **other_store).code == 0
    forge(copy, other_store)
    back_up(Saved(copy, other_store), tmp_path / "forged.tar.gz")
    with own_store(empty=True) as third:
        refused = separately(tmp_path / "home", "node", "restore", tmp_path / "forged.tar.gz", "--json", **third)
    assert (refused.code, refused.error["type"]) == (1, "Corrupt")
    assert "entry 3" in refused.error["message"]
    assert not (tmp_path / "home").exists()


def forge(home: Path, store: dict[str, str]) -> None:
    statement = "UPDATE people_auditentry SET actor = 'somebody else' WHERE seq = 3"
    if url := store.get("ACCORD_DATABASE_URL"):
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)
        return
    import sqlite3

    with sqlite3.connect(home / "accord.sqlite3") as database:
        database.execute(statement)
    database.close()


def test_the_parts_are_what_the_manifest_says(saved: Saved, tmp_path: Path) -> None:
    back_up(saved, tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "b.tar.gz") as tar:
        names = tar.getnames()
        content = tar.extractfile("manifest.json")
        assert content is not None
        manifest = json.loads(content.read())
    assert names[-1] == "manifest.json"
    assert [part["name"] for part in manifest["parts"]] == names[:-1]
    assert "orders.0001_initial" in manifest["store"]["migrations"]
    assert not [name for name in names if "/index/" in name or "/cache/" in name or ".ids/" in name or name.endswith(".lock")]
