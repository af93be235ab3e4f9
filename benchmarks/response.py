"""How long the software needs from a submitted call to the last confirmed hold, with 100 calls at once.

The real node: services, SQLite or PostgreSQL (ACCORD_DATABASE_URL), worker processes, sandbox banks with a ledger each.
Taken out are the delays that are not ours: banks answer at once and obey, and plans are approved the moment they appear.
Two ledgers, both with six hops over eight banks: "chains", where each victim's money goes on whole from bank to bank, and
"gangs", the exercise's world, where victims share mules, mules keep commissions, and FIFO parts the money among many
accounts (about 14 questions and 5 holds a claim).

    python benchmarks/response.py [--claims 100] [--ledgers chains gangs] [--workers 1 2] [--json]

Target: p95 of (last confirmed hold - submit) under 10 s on two cores.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

QUIET_SECONDS = 1.0
"""All is done when nothing was due, and nothing new proposed, for as long as this."""

GIVE_UP_SECONDS = 300


@dataclass
class Figures:
    """Seconds per claim from submit to its last confirmed hold, and what was done meanwhile."""

    ledger: str
    workers: int
    claims: int
    claims_with_holds: int
    holds: int
    enquiries: int
    median: float
    p95: float
    slowest: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=100)
    parser.add_argument("--ledgers", choices=["chains", "gangs"], nargs="+", default=["chains", "gangs"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    multiprocessing.set_start_method("spawn")
    results = [
        in_own_process(arguments.claims, ledger, workers) for ledger in arguments.ledgers for workers in arguments.workers
    ]
    if arguments.json:
        print(json.dumps([asdict(result) for result in results], indent=2))
        return
    names = f"{'ledger':>7} {'workers':>7} {'claims':>6} {'with holds':>10} {'holds':>6} {'enquiries':>9}"
    print(f"{names} {'median':>8} {'p95':>8} {'slowest':>8}")
    for row in results:
        print(
            f"{row.ledger:>7} {row.workers:7} {row.claims:6} {row.claims_with_holds:10} {row.holds:6} {row.enquiries:9}"
            f" {row.median:7.2f}s {row.p95:7.2f}s {row.slowest:7.2f}s"
        )


def in_own_process(claims: int, ledger: str, workers: int) -> Figures:
    """One run in a fresh process and a fresh home."""
    home = Path(tempfile.mkdtemp(prefix="accord-response-"))
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=run, args=(home, claims, ledger, workers, sender))
    try:
        process.start()
        sender.close()
        return Figures(**receiver.recv())
    finally:
        process.join()
        shutil.rmtree(home, ignore_errors=True)


def run(home_folder: Path, claims: int, ledger: str, workers: int, result: Any) -> None:
    """Make the world, start the workers, submit all calls at once, approve plans as they appear, measure."""
    home = set_up(home_folder)
    from planted_chains import world_with_chains

    from accord.core import clock
    from accord.engine.exercise import WorldPlan, make_world
    from accord.node import exercise_clock

    if ledger == "chains":
        world = world_with_chains(claims)
    else:
        world = make_world(WorldPlan.for_response_benchmark(claims, chain_width=1))
    world.save(home.world)
    call_time = max(report.call_time for report in world.reports)
    exercise_clock.run_on_from(home, call_time)
    exercise_clock.install(home)
    ready, stop = multiprocessing.Barrier(workers + 1), multiprocessing.Event()
    hands = [multiprocessing.Process(target=work, args=(home_folder, ready, stop)) for _ in range(workers)]
    for hand in hands:
        hand.start()
    ready.wait(120)
    exercise_clock.run_on_from(home, call_time)  # the workers' start-up does not count
    try:
        submitted = submit_all(world)
        approve_until_quiet()
    finally:
        stop.set()
        for hand in hands:
            hand.join()
    result.send(asdict(figures(ledger, workers, submitted)))
    assert clock.now() > call_time


def set_up(home_folder: Path) -> Any:
    os.environ["ACCORD_HOME"] = str(home_folder)
    from accord.node import serve
    from accord.node.home import Home

    home = Home.from_environment()
    serve.prepare(home)
    return home


def work(home_folder: Path, ready: Any, stop: Any) -> None:
    """One worker process, warm before the clock starts."""
    home = set_up(home_folder)
    from accord.adapters.sandbox_bank import SandboxBanks
    from accord.node import wiring
    from accord.node.worker import Worker, clocks_watched, refreshed

    banks = SandboxBanks.from_world(home.world, home.sandbox, delay_factor=0, refusal_factor=0)
    warm(banks)
    wired = wiring.wire_sandbox(banks)
    worker = Worker(wired.lines)
    ready.wait(120)
    with refreshed(wired.refresh), clocks_watched():
        worker.run(stop)
    worker.close()


def warm(banks: Any) -> None:
    """Build every bank's index and compile the kernels, as a running node has."""
    from accord.core import clock
    from accord.engine.tracing import ClaimStart, Rule, TraceOptions

    banks.advance(clock.now())
    for code in banks.codes:
        ledger = banks.bank(code).view().ledger
        first = banks.book.id_of(0)
        if ledger.has_transfer(first):
            ledger.trace([ClaimStart(first)], Rule.FIFO, TraceOptions())


def submit_all(world: Any) -> dict[Any, Any]:
    """Every call is submitted, one after the other as fast as they go; claim id → moment of submitting."""
    from accord.capabilities.orders import services as orders
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role
    from accord.core import clock
    from accord.lab.demo.day import facts_of

    officer = people.create_user("officer", "a long enough password", Role.OFFICER)
    submitted = {}
    for report in world.reports:
        at = clock.now()
        submitted[orders.respond_to_call(officer, facts_of(report)).claim.pk] = at
    return submitted


def approve_until_quiet() -> None:
    """An officer without delay: approves every proposed hold at once, until nothing happens any more."""
    from quiet_store import Watched

    from accord.capabilities.people.models import User
    from accord.node.worker import next_due

    def due_soon() -> bool:
        due = next_due()
        return due is not None and due <= soon()

    officer = User.objects.get(username="officer")
    watched = Watched(lambda: approve_proposed(officer), due_soon)
    began = last_busy = time.monotonic()
    while time.monotonic() - last_busy < QUIET_SECONDS:
        if watched.look():
            last_busy = time.monotonic()
        if time.monotonic() - began > GIVE_UP_SECONDS:
            raise SystemExit(f"not done after {GIVE_UP_SECONDS} s")
        time.sleep(0.05)


def approve_proposed(officer: Any) -> None:
    from accord.capabilities.claims import queries as claims
    from accord.capabilities.orders import services as orders
    from accord.core.errors import Conflict, NotFound

    proposed: dict[Any, list[Any]] = {}
    for claim, item in claims.proposed_items(officer).filter(action="hold").values_list("claim_id", "pk"):
        proposed.setdefault(claim, []).append(item)
    for claim, items in proposed.items():
        try:
            orders.approve_plan(officer, claim, items)
        except (Conflict, NotFound):
            continue  # an answer changed the plan meanwhile; the next round sees it


def soon() -> Any:
    from datetime import timedelta

    from accord.core import clock

    return clock.now() + timedelta(minutes=2)


def figures(ledger: str, workers: int, submitted: dict[Any, Any]) -> Figures:
    from accord.capabilities.claims.models import Enquiry
    from accord.capabilities.orders.life_cycle import HOLDING
    from accord.capabilities.orders.models import Order

    last: dict[Any, float] = {}
    holds = Order.objects.filter(state__in=HOLDING)
    for order in holds:
        seconds = (order.answered_at - submitted[order.claim_id]).total_seconds()
        last[order.claim_id] = max(last.get(order.claim_id, 0.0), seconds)
    ordered = sorted(last.values())
    return Figures(
        ledger=ledger,
        workers=workers,
        claims=len(submitted),
        claims_with_holds=len(ordered),
        holds=holds.count(),
        enquiries=Enquiry.objects.count(),
        median=statistics.median(ordered),
        p95=ordered[int(0.95 * len(ordered)) - 1],
        slowest=ordered[-1],
    )


if __name__ == "__main__":
    main()
