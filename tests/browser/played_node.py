"""A whole node for browser tests: its own home, a small made-up world behind it, desk and worker in their own processes.

The test's process never touches Django, so that the browser's event loop and the database do not meet in it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from federation_kit.commands import environment_of, program
from federation_kit.running import running
from federation_kit.stores import with_store
from own_store import new_database

from accord.core.clock import SystemClock, from_micros, to_micros
from accord.core.file_locks import exclusive
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
    """A node that runs. `reports` are the calls that its world's victims make, the most rewarding chase first; `signed_in`: by
    name, where somebody who has signed in begins, and the cookies."""

    address: str
    home: Home
    reports: tuple[VictimReport, ...]
    signed_in: dict[str, tuple[str, list[Any]]] = dataclasses.field(default_factory=dict)

    def set_clock(self, moment: datetime) -> None:
        """Let the node's clock run on from `moment`; never set it back."""
        exercise_clock.run_on_from(self.home, moment)

    def now(self) -> datetime:
        shift = json.loads(exercise_clock.path(self.home).read_text())["shift_micros"]
        return SystemClock().now() + timedelta(microseconds=shift)


@cache
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
    """Make the world, start the node, and end it with everything that it started. `root` is a folder of pytest's.

    `settings` are of this node's environment; `seed` is a program that is run after its tables were made.
    """
    prepared = Prepared(_shared(root), users, settings or {}, seed)
    environment = prepared.copy(root)
    home = Home(root / "home")
    with running(home, **environment) as node:
        yield PlayedNode(node.address, home, rewarding(quick_world()))


def _shared(root: Path) -> Path:
    """The folder of all workers of this run."""
    return root.parents[1] if os.environ.get("PYTEST_XDIST_WORKER") else root.parent


class Prepared:
    """A home with a world, tables, people and whatever `seed` makes, and on PostgreSQL a database: made once a run, copied for
    each node. What its settings are matters to the seed alone."""

    def __init__(self, folder: Path, users: dict[str, tuple[str, str, str]], settings: dict[str, str], seed: str) -> None:
        self._users, self._settings, self._seed = users, settings, seed
        self._url = os.environ.get("ACCORD_DATABASE_URL", "")
        key = sha256(repr((self._url, users, settings if seed else {}, seed)).encode()).hexdigest()[:12]
        self._folder, self._database = folder / f"prepared-{key}", f"prepared_{key}"
        self._moment = self._folder.with_suffix(".moment")

    def copy(self, root: Path) -> dict[str, str]:
        """A home below `root`; what the environment of its node says of the rest."""
        with exclusive(self._folder.with_suffix(".lock")):
            if not self._folder.exists():
                self._make()
        shutil.copytree(self._folder, root / "home")
        exercise_clock.run_on_from(Home(root / "home"), from_micros(int(self._moment.read_text())))
        name = f"browser_{os.getpid()}"
        return self._settings | self._store(lambda: new_database(self._url, name, self._database))

    def _make(self) -> None:
        home = Home(self._folder.with_suffix(".draft"))
        home.create()
        world = quick_world()
        world.save(home.world)
        names = {bank.code: {"name": bank.name, "name_zh": bank.name_zh, "country": bank.country} for bank in world.banks}
        (home.root / "institutions.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        exercise_clock.run_on_from(home, min(report.about_when for report in rewarding(world)))
        if not self._url:
            with_store(home.root)
        store = self._store(lambda: new_database(self._url, self._database))
        environment = environment_of(home.root, **self._settings, **store, DJANGO_SETTINGS_MODULE="accord.node.settings")
        program(_PREPARE + self._seed, json.dumps([PASSWORD, self._users]), environment=environment)
        self._moment.write_text(str(to_micros(PlayedNode("", home, ()).now())))
        home.root.rename(self._folder)

    def _store(self, make: Callable[[], str]) -> dict[str, str]:
        return {"ACCORD_DATABASE_URL": make()} if self._url else {}
