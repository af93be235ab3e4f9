"""How long the software needs from a submitted call to the last confirmed hold, when the money has crossed borders.

Three centres as in earnest: each with a home, a store and keys of its own, `accord node run` (web process and worker), HTTP
between them, every message signed and encrypted under an agreement that both signed. 50 calls are submitted at once; each
chain has six hops over eight banks in three countries. Taken out are the delays that are not ours: banks answer at once and
obey, plans are approved the moment they appear, and each side acts under a standing authority (so Singapore's centre stands
under Thailand's rules, for nobody has checked its own). Whoever approves looks through `quiet_store`, so that looking is not
part of what is measured. Two routes: "two borders" (three accounts in the victim's country, three in the next, two in the
third) and "four borders" (the money comes back into countries that it has left). Beside it, as the peer, the same chains at
one centre that has lines to all banks.

    python benchmarks/federation.py [--claims 50] [--routes two four] [--json]

Target: p95 of (last confirmed hold - submit) at most 10 s on two cores, every hold that can be reached being reached.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from planted_chains import world_with_chains

from accord.lab.federation import introductions, layout
from accord.lab.federation.channel import Member, answers, ask_all
from accord.lab.federation.plan import VERIFIED, FederationPlan, Pact, free_ports, one_for_all, plan_centres
from accord.node import exercise_clock
from accord.node.home import Home

COUNTRIES = ("CN", "SG", "TH")
ROUTES = {"two": "aaabbbcc", "four": "aabbccab"}
WARM_UP = 2
"""Calls of each country that are made before the clock starts."""
BEFORE = timedelta(hours=1)
"""How long before the calls the centres get to know each other."""
QUIET_SECONDS = 1.5
"""All is done when for as long as this nothing was due anywhere and nothing new was proposed."""
GIVE_UP_SECONDS = 300
PROGRAM = [str(Path(__file__).parent / "bench_centre.py")]


@dataclass
class Figures:
    """Seconds per claim from submit to its last confirmed hold, and what was done meanwhile (warm-up included in counts)."""

    route: str
    centres: int
    claims: int
    claims_with_holds: int
    holds: int
    enquiries: int
    messages: dict[str, int]
    median: float
    p95: float
    slowest: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=50)
    parser.add_argument("--routes", choices=list(ROUTES), nargs="+", default=list(ROUTES))
    parser.add_argument("--keep", type=Path, help="keep the homes of the last run in this folder, to look at")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = [
        run(route, alone=alone, claims=arguments.claims, keep=arguments.keep)
        for route in arguments.routes
        for alone in (False, True)
    ]
    if arguments.json:
        print(json.dumps([asdict(result) for result in results], indent=2))
        return
    print(f"{'route':>6} {'centres':>7} {'claims':>6} {'with holds':>10} {'holds':>6} {'enquiries':>9} {'messages':>8}", end="")
    print(f" {'median':>8} {'p95':>8} {'slowest':>8}")
    for row in results:
        print(
            f"{row.route:>6} {row.centres:7} {row.claims:6} {row.claims_with_holds:10} {row.holds:6} {row.enquiries:9}"
            f" {sum(row.messages.values()):8} {row.median:7.2f}s {row.p95:7.2f}s {row.slowest:7.2f}s"
        )
    for federated, alone in zip(results[::2], results[1::2], strict=True):
        print(f"{federated.route} borders: p95 over three centres is {federated.p95 / alone.p95:.1f} times that of one for all")


def run(route: str, *, alone: bool, claims: int, keep: Path | None = None) -> Figures:
    """One run on fresh homes."""
    root = Path(tempfile.mkdtemp(prefix="accord-federation-"))
    try:
        plan = _plan(root, alone=alone)
        world = world_with_chains(claims + WARM_UP * len(COUNTRIES), countries=COUNTRIES, route=ROUTES[route])
        banks = tuple(replace(bank, answer_delay_seconds=0.0, refuses_rate=0.0) for bank in world.banks)
        world = replace(world, banks=banks)
        layout.lay_out(plan, world, world.plan.call_day)
        with centres(plan, max(report.call_time for report in world.reports)) as members:
            return _measure(route, plan, members)
    finally:
        if keep is not None:
            shutil.rmtree(keep, ignore_errors=True)
            shutil.copytree(root, keep)
        shutil.rmtree(root, ignore_errors=True)


def _plan(root: Path, *, alone: bool) -> FederationPlan:
    if alone:
        return one_for_all(root, COUNTRIES, free_ports(1)[0])
    pacts = tuple(Pact(pair) for pair in (("CN", "SG"), ("SG", "TH"), ("CN", "TH")))
    return plan_centres(root, COUNTRIES, free_ports(len(COUNTRIES)), pacts, VERIFIED)


@contextmanager
def centres(plan: FederationPlan, call_time: Any) -> Iterator[dict[str, Member]]:
    """The centres and their nodes, partners of each other, on a clock that runs on from `call_time`."""
    with ExitStack() as open_:
        members = {}
        for centre in plan.centres:
            environment = layout.environment(plan, centre)
            member = Member(centre.code, PROGRAM, environment, centre.folder / "bench.log")
            open_.callback(member.close)
            members[centre.code] = member
        ask_all(members.values(), "prepare", password="four plain words together")  # noqa: S106 - of a node that lives for minutes
        exercise_clock.run_on_from(Home(plan.root), call_time - BEFORE)
        for centre in plan.centres:
            open_.enter_context(_node(layout.environment(plan, centre), centre.port, centre.folder / "node.log"))
        if len(plan.centres) > 1:
            introductions.introduce(plan, members, call_time - BEFORE)
        exercise_clock.run_on_from(Home(plan.root), call_time)
        for centre in plan.centres:
            members[centre.code].tell("begin", countries=centre.covers, warm_up=WARM_UP)
        answers(members.values())
        yield members


@contextmanager
def _node(environment: dict[str, str], port: int, log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "accord.node.cli", "node", "run", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 90
        while b"The desk is open" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(log.read_text(errors="replace"))
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _measure(route: str, plan: FederationPlan, members: dict[str, Member]) -> Figures:
    for warm_up in (True, False):
        ask_all(members.values(), "submit", warm_up=warm_up)
        approve_until_quiet(members)
    told = list(ask_all(members.values(), "figures").values())
    seconds = sorted(value for one in told for value in one["seconds"])
    messages: Counter[str] = Counter()
    for one in told:
        messages.update(one["messages"])
    return Figures(
        route=route,
        centres=len(plan.centres),
        claims=sum(one["claims"] for one in told),
        claims_with_holds=len(seconds),
        holds=sum(one["holds"] for one in told),
        enquiries=sum(one["enquiries"] for one in told),
        messages=dict(messages),
        median=statistics.median(seconds),
        p95=seconds[int(0.95 * len(seconds)) - 1],
        slowest=seconds[-1],
    )


def approve_until_quiet(members: dict[str, Member]) -> None:
    """Officers without delay, until nothing happens anywhere any more."""
    began = last_busy = time.monotonic()
    while time.monotonic() - last_busy < QUIET_SECONDS:
        if any(ask_all(members.values(), "approve").values()):
            last_busy = time.monotonic()
        if time.monotonic() - began > GIVE_UP_SECONDS:
            raise SystemExit(f"not done after {GIVE_UP_SECONDS} s")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
