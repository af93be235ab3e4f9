"""The operational store goes away or has no room while the worker works: it waits, and then everything is done once."""

from __future__ import annotations

import json
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_process import Desk, Officer, prepare, whole_reports
from fault_environment import fault_environment
from federation_kit import commands, loaded
from postgresql_server import PostgresqlAbsent, PostgresqlServer

pytestmark = [pytest.mark.slow]

PROGRAM = Path(__file__).with_name("node_at_work.py")
TOTAL = 6_000


def start(environment: dict[str, str], action: str) -> loaded.Process:
    program = ("file", str(PROGRAM))
    return loaded.start(program, action, environment=environment, stdout=loaded.PIPE, stderr=loaded.PIPE, text=True)


def finish(process: loaded.Process) -> dict[str, Any]:
    told, complained = process.communicate(timeout=200)
    assert process.returncode == 0, complained[-3_000:]
    answer: dict[str, Any] = json.loads(told) if told else {}
    return answer


def wait_for_work(process: loaded.Process) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line == "at work\n":
            return
    raise AssertionError("it ended before it began to work")


def assert_all_done_once(result: dict[str, Any]) -> None:
    held = {order: amount for order, amount in result["orders"].items() if amount}
    assert result["holds"] == held == result["booked"]
    assert sum(held.values()) == TOTAL
    assert not {"approved", "sent", "acknowledged"} & set(result["states"])
    assert result["broken"] is None


@pytest.fixture
def server() -> Iterator[PostgresqlServer]:
    """A database server of this test's own, to be killed."""
    try:
        made = PostgresqlServer()
    except PostgresqlAbsent as absent:
        pytest.skip(str(absent))
    yield made
    made.stop()


def test_the_database_server_is_killed_again_and_again(server: PostgresqlServer, tmp_path: Path) -> None:
    environment = fault_environment(tmp_path / "home", {"ACCORD_DATABASE_URL": server.url})
    finish(start(environment, "prepare"))
    worker = start(environment, "work")
    wait_for_work(worker)
    chance = random.Random(7)
    for _ in range(3):
        time.sleep(chance.uniform(0.2, 1.0))
        server.kill()
        time.sleep(0.5)
        server.start()
    assert worker.poll() is None, "it waits for the store"
    assert_all_done_once(finish(worker))


def test_the_disk_of_the_store_has_no_room_for_a_while(tmp_path: Path) -> None:
    """No file of the worker's may grow: what a full disk does to SQLite."""
    environment = fault_environment(tmp_path / "home", {})
    finish(start(environment, "prepare"))
    worker = start(environment, "work")
    wait_for_work(worker)
    _, hard = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
    for _ in range(2):
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (4_096, hard))
        time.sleep(1.5)
        assert worker.poll() is None
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (hard, hard))
        time.sleep(0.7)
    assert_all_done_once(finish(worker))
    sent = Counter((tmp_path / "home" / "sent.log").read_text().split())
    assert len(sent) >= 6


def test_a_load_and_a_backup_without_room_leave_nothing(tmp_path: Path) -> None:
    """The command says what is wrong; what was there before is still there; with room, the same command does its work."""
    environment = fault_environment(tmp_path / "home", {})
    rows = [f"t{number},2026-01-01T00:00:00Z,debtor-{number},creditor-{number},10,CNY" for number in range(20_000)]
    transfers = tmp_path / "t.csv"
    transfers.write_text("id,time,debtor,creditor,amount,currency\n" + "\n".join(rows))
    load = ["records", "load", str(transfers), "--kind", "transfers", "--json"]
    full = accord(environment, load, room=50_000)
    assert full.code == 1, full.err
    assert "Traceback" not in full.err
    assert json.loads(accord(environment, ["records", "status", "--json"]).out)["transfers"] == 0
    assert json.loads(accord(environment, load).out)["loaded"] == 20_000
    assert accord(environment, ["node", "migrate"]).code == 0
    file = tmp_path / "backups" / "b.tar.gz"
    full = accord(environment, ["node", "backup", str(file), "--json"], room=50_000)
    assert full.code == 1, full.err
    assert "Traceback" not in full.err
    assert list(file.parent.iterdir()) == []
    assert accord(environment, ["node", "backup", str(file)]).code == 0


WITHIN_ROOM = """
import resource, sys
room = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
from accord.node.cli import main
main()
"""


def accord(environment: dict[str, str], arguments: list[str], room: int = resource.RLIM_INFINITY) -> commands.Answer:
    """One command line whose files may grow to `room` bytes."""
    return commands.to_its_end(("text", WITHIN_ROOM), room, *arguments, environment=environment)


def test_an_officer_is_told_that_there_is_no_room_and_nothing_is_half_written(tmp_path: Path) -> None:
    """No file of the desk's may grow: what a full disk does to SQLite. When there is room again, work goes on."""
    environment = fault_environment(tmp_path / "home", {})
    prepare(environment)
    with Desk(environment, tmp_path / "desk.log") as desk:
        officer = Officer(desk)
        assert officer.call(1)[0] == 200
        before = whole_reports(environment)
        let_files_grow_to(4_096, desk)
        status, page = officer.call(2)
        assert status == 503, page
        assert "no room" in page
        assert "Nothing was saved" in page
        let_files_grow_to(resource.RLIM_INFINITY, desk)
        assert whole_reports(environment) == before
        assert officer.call(2)[0] == 200
        assert len(whole_reports(environment)) == 2
    assert "Traceback" in (tmp_path / "desk.log").read_text(), "whoever keeps the node finds it in the log"


def let_files_grow_to(size: int, desk: Desk) -> None:
    for pid in desk.family():
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
