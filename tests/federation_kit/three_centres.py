"""Three real centres that act as one, for tests from end to end: each with its home, store, keys, web process and worker.

    with three_centres(tmp_path) as centres:
        claim = centres.cn.call("V1")
        centres.wait_for(lambda: centres.sg.rows("SELECT 1 FROM orders_order WHERE state = 'held'"))

The money of the usual world (`crossing_world`) crosses both borders. The test's own process never touches their Django: small
programs run in a console of the centre (`run`), and rows are read from its store while it runs (`rows`).
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from accord.engine.exercise import World
from accord.lab.federation import introductions, layout
from accord.lab.federation.channel import Member, ask_all
from accord.lab.federation.plan import DIFFERENT, VERIFIED, CentrePlan, FederationPlan, Pact, free_ports, plan_centres
from accord.node import exercise_clock
from accord.node.home import Home
from federation_kit import loaded
from federation_kit.crossing_world import NOON, crossing_world
from federation_kit.running import OPEN, START_WITHIN_SECONDS, Said, start_node
from federation_kit.stores import with_store

COUNTRIES = ("CN", "SG", "TH")
PASSWORD = "four plain words together"
AT_ONCE = (Pact(("CN", "SG"), onward=True), Pact(("SG", "TH")), Pact(("CN", "TH")))
"""Agreements under which accounts are named and everything is done at once, where a centre's own rules let it (`VERIFIED`);
`DIFFERENT` are those of the demo."""

CONSOLE = str(Path(__file__).parent / "centre_console.py")
WAIT_SECONDS = 90

_CALL = """
from accord.lab.demo.day import facts_of
from accord.capabilities.orders import services as orders
from accord.engine.exercise import World
from accord.lab.federation.people import user
from accord.node.home import Home
from accord.core import clock
report = next(r for r in World.load(Home.from_environment().world).reports if r.reference == reference)
first = orders.respond_to_call(user("officer"), facts_of(report))
answer = str(first.claim.pk)
"""

_APPROVE = """
from accord.capabilities.claims import queries as claims
from accord.capabilities.orders import services as orders
from accord.core.errors import Conflict
from accord.lab.federation.people import user
officer = user("officer")
lines = claims.proposed_items(officer).filter(action="hold", claim__origin="")
if claim:
    lines = lines.filter(claim_id=claim)
found = {}
for line in lines:
    found.setdefault(line.claim_id, []).append(line.pk)
answer = 0
for one, items in found.items():
    try:
        orders.approve_plan(officer, one, items)
        answer += len(items)
    except Conflict:
        pass
"""


_DECIDE = """
from accord.capabilities.orders import queries, services
from accord.lab.demo import for_partners
from accord.lab.federation.people import user
officer, supervisor = user("officer"), user("supervisor")
waiting = list(for_partners.waiting(officer))
for one in waiting:
    for_partners.decide(officer, one)
drafts = list(queries.drafts_to_approve(supervisor).values_list("pk", flat=True))
if drafts:
    services.approve(supervisor, drafts)
answer = len(waiting) + len(drafts)
"""


class Console(Member):
    """A centre's own Django behind a channel, forked from the loaded interpreter."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as messages:
            process = loaded.start(
                ("file", CONSOLE),
                environment=environment,
                stdin=loaded.PIPE,
                stdout=loaded.PIPE,
                stderr=messages,
                new_session=True,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        self._set(name, log, process, process.stdin, process.stdout)


@dataclasses.dataclass
class RunningCentre:
    """One centre. `process` is its node (`accord node run`), which a test may end, kill and start again."""

    plan: CentrePlan
    environment: dict[str, str]
    console: Member
    process: loaded.Process | None = None
    _said: Said | None = None

    @property
    def code(self) -> str:
        return self.plan.code

    @property
    def address(self) -> str:
        return self.plan.address

    @property
    def home(self) -> Home:
        return Home(self.plan.folder)

    def run(self, program: str, **values: Any) -> Any:
        """A small program in this centre's Django; what it leaves in `answer`, as JSON. `values` are names it can use."""
        return self.console.ask("run", program=program, values=values)

    def call(self, reference: str) -> str:
        """An officer takes the call of a victim of the world; the claim's id."""
        return str(self.run(_CALL, reference=reference))

    def approve(self, claim: str = "") -> int:
        """An officer approves every hold proposed (of one claim); how many."""
        return int(self.run(_APPROVE, claim=claim))

    def decide(self) -> int:
        """Officers let through what partners ask for, confirm what was done automatically, and approve drafts; how many."""
        return int(self.run(_DECIDE))

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of this centre's store, read while it runs."""
        with closing(sqlite3.connect(f"file:{self.home.database}?mode=ro", uri=True, timeout=20)) as store:
            store.row_factory = sqlite3.Row
            return [dict(row) for row in store.execute(query, values)]

    def start(self) -> None:
        """Start its node and wait until it answers."""
        self.launch()
        self.wait_until_open()

    def launch(self) -> None:
        """Start its node, which needs a while until it answers."""
        self.process, self._said = start_node(self.home, self.plan.port, self.environment, new_session=True)

    def wait_until_open(self) -> None:
        assert self._said is not None
        self._said.wait_for(OPEN, START_WITHIN_SECONDS)

    @property
    def log(self) -> str:
        return (self.plan.folder / "node.log").read_text(errors="replace")

    def stop(self, *, kill: bool = False) -> None:
        """End its node in order, or kill it with its web process."""
        if self.process is None:
            return
        if kill:
            for child in _children(self.process.pid):
                os.kill(child, signal.SIGKILL)
            self.process.kill()
        else:
            self.process.send_signal(signal.SIGTERM)  # does nothing where it has ended
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.stop(kill=True)
        self.process = None


@dataclasses.dataclass(frozen=True)
class Centres:
    """All of them. `begins` is the moment on their common clock at which they began."""

    plan: FederationPlan
    all: dict[str, RunningCentre]

    @property
    def cn(self) -> RunningCentre:
        return self.all["CN"]

    @property
    def sg(self) -> RunningCentre:
        return self.all["SG"]

    @property
    def th(self) -> RunningCentre:
        return self.all["TH"]

    @property
    def exercise(self) -> Home:
        """The folder of the world, its clock and its banks, which lies outside every centre's home."""
        return Home(self.plan.root)

    def set_clock(self, moment: datetime) -> None:
        """Let the common clock run on from `moment`; never set it back."""
        exercise_clock.run_on_from(self.exercise, moment)

    def wait_for(self, found: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
        """What `found` gives, as soon as it gives something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if result := found():
                return result
            time.sleep(0.1)
        logs = "\n".join(f"== {centre.code}\n{centre.log[-3000:]}" for centre in self.all.values())
        raise AssertionError(f"not within {seconds:.0f} s\n{logs}")

    def approve_until_quiet(self, seconds: float = 2.0, most: float = WAIT_SECONDS) -> None:
        """Officers everywhere approve what is proposed, until for so long nothing was proposed and nothing is waited for."""
        began = busy = time.monotonic()
        while time.monotonic() - busy < seconds:
            assert time.monotonic() - began < most, "not done in time"
            decided = sum(centre.approve() + centre.decide() for centre in self.all.values())
            if decided or any(centre.rows(_WAITING) for centre in self.all.values()):
                busy = time.monotonic()
            time.sleep(0.1)


_WAITING = """
SELECT 1 FROM claims_enquiry WHERE state IN ('queued', 'acknowledged')
UNION ALL SELECT 1 FROM orders_order WHERE state IN ('approved', 'sent', 'acknowledged')
UNION ALL SELECT 1 FROM exchange_outgoing WHERE state = 'queued'
UNION ALL SELECT 1 FROM exchange_incoming WHERE state = 'ready'
LIMIT 1
"""


@contextmanager
def three_centres(
    root: Path,
    *,
    world: World | None = None,
    pacts: tuple[Pact, ...] = DIFFERENT,
    countries: tuple[str, ...] = COUNTRIES,
    jurisdictions: Mapping[str, str] = VERIFIED,
    begins: datetime = NOON,
    partners: bool = True,
) -> Iterator[Centres]:
    """Centres that know each other and have signed agreements, running on a common clock from `begins`; all end with the block.

    Without `partners` they have keys and nothing more. Their homes are `root`/cn and so on.
    """
    plan = plan_centres(root, countries, free_ports(len(countries)), pacts, jurisdictions)
    before = begins - timedelta(hours=1)
    layout.lay_out(plan, crossing_world() if world is None else world, before)
    with ExitStack() as open_:
        centres = {}
        for one in plan.centres:
            with_store(one.folder)
            environment = layout.environment(plan, one)
            console = Console(one.code, environment, one.folder / "console.log")
            open_.callback(console.close)
            centres[one.country] = RunningCentre(one, environment, console)
        consoles = {centre.code: centre.console for centre in centres.values()}
        ask_all(consoles.values(), "prepare", password=PASSWORD)
        exercise_clock.run_on_from(Home(root), before)
        for centre in centres.values():
            open_.callback(centre.stop)
            centre.launch()
        for centre in centres.values():
            centre.wait_until_open()
        if partners:
            introductions.introduce(plan, consoles, before)
        exercise_clock.run_on_from(Home(root), begins)
        yield Centres(plan, centres)


def _children(pid: int) -> list[int]:
    """The processes that a process has started, with those that these have started."""
    found: list[int] = []
    for line in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [*_children(int(line)), int(line)]
    return found
