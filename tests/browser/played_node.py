"""A whole node for browser tests: its own home, a small made-up world behind it, desk and worker in their own processes.

The test's process never touches Django, so that the browser's event loop and the database do not meet in it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from socket import create_server

from own_store import new_database

from accord.core.clock import SystemClock, to_micros
from accord.engine.exercise import VictimReport, World, WorldPlan, make_world
from accord.node import exercise_clock
from accord.node.home import Home

PASSWORD = "browser-test-only"
USERS = {
    "li": ("officer", "李警官", "zh-hans"),
    "morgan": ("officer", "Morgan Tan", "en"),
    "vera": ("supervisor", "Vera Lim", "en"),
    "audrey": ("auditor", "Audrey Ng", "en"),
    "root": ("administrator", "Root", "en"),
}
PLAN = WorldPlan(countries=("CN", "SG"), people=400, days=4, victims=10, gangs=2, vague_share=0.0, exit_share=0.4, chain_hops=4)
START_WITHIN_SECONDS = 90

_PREPARE = """
import json, sys
from accord.node.home import Home
from accord.node.serve import prepare
prepare(Home.from_environment())
from accord.capabilities.people.models import Role
from accord.capabilities.people.services import create_user
password, users = json.loads(sys.argv[1])
for name, (role, full_name, language) in users.items():
    create_user(name, password, Role(role), full_name, language)
"""


@dataclasses.dataclass(frozen=True)
class PlayedNode:
    """A node that runs. `reports` are the calls that its world's victims make, the most rewarding chase first."""

    address: str
    home: Home
    reports: tuple[VictimReport, ...]

    def set_clock(self, moment: datetime) -> None:
        """Let the node's clock run on from `moment`; never set it back."""
        exercise_clock.run_on_from(self.home, moment)

    def now(self) -> datetime:
        shift = json.loads(exercise_clock.path(self.home).read_text())["shift_micros"]
        return SystemClock().now() + timedelta(microseconds=shift)


def quick_world(plan: WorldPlan = PLAN) -> World:
    """A world whose banks answer at once and obey, so that a test waits for nobody."""
    world = make_world(plan)
    banks = tuple(dataclasses.replace(bank, answer_delay_seconds=0.0, refuses_rate=0.0) for bank in world.banks)
    return dataclasses.replace(world, banks=banks)


def rewarding(world: World) -> tuple[VictimReport, ...]:
    """Calls about settled payments with all facts known, those with most movements before the call first."""
    times = dict(zip(world.transfers["id"].to_pylist(), world.transfers["time"].to_pylist(), strict=True))
    before: dict[str, int] = defaultdict(int)
    calls = {report.reference: to_micros(report.call_time) for report in world.reports}
    for row in world.truth.paths.select(["report", "transfer"]).to_pylist():
        before[row["report"]] += times[row["transfer"]] <= calls[row["report"]]
    known = [report for report in world.reports if report.payee_account and report.payee_bank and not report.still_pending]
    return tuple(sorted(known, key=lambda report: (-before[report.reference], report.reference)))


@contextmanager
def played_node(
    root: Path, users: dict[str, tuple[str, str, str]] = USERS, settings: dict[str, str] | None = None, seed: str = ""
) -> Iterator[PlayedNode]:
    """Make the world, start the node, and end it with everything that it started.

    `settings` are of this node's environment; `seed` is a program that is run after its tables were made.
    """
    home = Home(root / "home")
    home.create()
    world = quick_world()
    world.save(home.world)
    names = {bank.code: {"name": bank.name, "name_zh": bank.name_zh, "country": bank.country} for bank in world.banks}
    (home.root / "institutions.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    reports = rewarding(world)
    exercise_clock.run_on_from(home, min(report.about_when for report in reports))
    environment = _environment(home) | (settings or {})
    program = [sys.executable, "-c", _PREPARE + seed, json.dumps([PASSWORD, users])]
    subprocess.run(program, env=environment, check=True, timeout=90)
    with create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "accord.node.cli", "node", "run", "--port", str(port)]
    with (root / "node.log").open("wb") as log:
        node = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, node, root / "node.log")
        yield PlayedNode(address, home, reports)
    finally:
        node.send_signal(signal.SIGTERM)
        try:
            node.wait(20)
        except subprocess.TimeoutExpired:
            node.kill()
            node.wait()


def _environment(home: Home) -> dict[str, str]:
    """The test run's own settings, but a home, and on PostgreSQL a database, of this node's own."""
    environment = {**os.environ, "ACCORD_HOME": str(home.root), "DJANGO_SETTINGS_MODULE": "accord.node.settings"}
    if url := os.environ.get("ACCORD_DATABASE_URL"):
        environment["ACCORD_DATABASE_URL"] = _own_database(url, f"browser_{os.getpid()}")
    return environment


def _own_database(url: str, name: str) -> str:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
    new_database(url, name)
    before, _, query = url.partition("?")
    return before.rpartition("/")[0] + "/" + name + (f"?{query}" if query else "")


def _wait_for(address: str, node: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < deadline:
        assert node.poll() is None, log.read_text(errors="replace")
        try:
            urllib.request.urlopen(f"{address}/account/sign-in/", timeout=5).close()
        except OSError:  # refused while it starts, or slow to answer the first time
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the node did not answer: {log.read_text(errors='replace')}")
