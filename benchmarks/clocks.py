"""Whether every clock is kept: 10,000 live orders on one node, with worker and web process killed while clocks run out.

The real thing: `accord node run --no-worker` and `accord node work` as services that are started again as soon as they
die, as systemd does; SQLite or PostgreSQL; sandbox banks; somebody who reads pages meanwhile. Measured first is one sweep over
all clocks, beside a plain Python loop over all rows; then, from outside, how late any order is acted on.

    python benchmarks/clocks.py [--orders 10000] [--minutes 10] [--kills 2] [--store sqlite postgresql] [--json]

Targets: a sweep finds what is due within 1 s; no order is acted on more than 5 s late. PostgreSQL is that of
ACCORD_DATABASE_URL (an empty database), else a server of the run's own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

SWEEP_TARGET: Final = 1.0
LATE_TARGET: Final = 5.0
CHAINS: Final = 100
START_SECONDS: Final = 45
"""After the services are asked to start, before the first clock runs out."""


@dataclass
class Sweep:
    """Seconds of one sweep over all clocks: nothing due; finding 200 that are due; ending those; and of the plain loop."""

    nothing_due: float
    finds_200: float
    ends_200: float
    plain_loop: float


@dataclass
class Sort:
    """One sort of clock: how many ran out, and how late they were acted on, in seconds. `worst` was seen from outside."""

    orders: int = 0
    left_over: int = 0
    median: float = 0.0
    p95: float = 0.0
    worst: float = 0.0


@dataclass
class Result:
    store: str
    orders: int
    minutes: float
    sweep: Sweep
    kills: list[str] = field(default_factory=list)
    sorts: dict[str, Sort] = field(default_factory=dict)
    pages: int = 0
    pages_failed: int = 0
    audit_holds: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--kills", type=int, default=2, help="of the worker, and as many of the web process")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    multiprocessing.set_start_method("spawn")
    results = [in_own_process(store, arguments) for store in arguments.store]
    if arguments.json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    else:
        for result in results:
            show(result)
    if any(missed(result) for result in results):
        sys.exit(1)


def in_own_process(store: str, arguments: argparse.Namespace) -> Result:
    """One run in a fresh process, a fresh home and an empty store."""
    with operational_store(store) as url:
        home = Path(tempfile.mkdtemp(prefix="accord-clocks-"))
        receiver, sender = multiprocessing.Pipe(duplex=False)
        chosen = (store, url, home, arguments.orders, arguments.minutes, arguments.kills, sender)
        process = multiprocessing.Process(target=run, args=chosen)
        try:
            process.start()
            sender.close()
            result: Result = receiver.recv()
            return result
        finally:
            process.join()
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def operational_store(store: str) -> Iterator[str]:
    """What ACCORD_DATABASE_URL is to be; empty for SQLite."""
    stated = os.environ.pop("ACCORD_DATABASE_URL", "")
    if store == "sqlite" or stated:
        yield stated if store == "postgresql" else ""
    else:
        from postgresql_server import PostgresqlServer

        server = PostgresqlServer()
        try:
            yield server.url
        finally:
            server.stop()
    if stated:
        os.environ["ACCORD_DATABASE_URL"] = stated


def run(store: str, url: str, folder: Path, orders: int, minutes: float, kills: int, sender: Any) -> None:
    os.environ["ACCORD_HOME"] = str(folder)
    if url:
        os.environ["ACCORD_DATABASE_URL"] = url
    from accord.node.home import Home

    home = Home.from_environment()  # names the cache of compiled kernels, before anything compiles
    from live_orders import Run, fill
    from node_services import Reader, Services

    from accord.core import clock

    credits_, silent = set_up(home)
    officer = make_officer()
    begins = clock.now() + timedelta(seconds=START_SECONDS)
    span = Run(begins, begins + timedelta(minutes=minutes))
    counts = fill(orders, span, credits_, silent, officer)
    begins_late = clock.now() - begins
    result = Result(store, orders, minutes, measure_sweep())
    if begins_late > timedelta(0):
        sys.exit(f"this machine needed {begins_late} too long to make {orders} orders; give fewer with --orders")
    note(f"{store}: {counts}; a sweep takes {result.sweep.nothing_due * 1000:.1f} ms")
    watched = Watched(span, counts)
    with Services(home) as services, Reader(services, officer.username) as reader:
        plan = [(services.kill_worker if turn % 2 == 0 else services.kill_web) for turn in range(2 * kills)]
        watch(span, watched, plan, result)
        result.pages, result.pages_failed = reader.pages, reader.failed
    result.sorts = watched.sorts()
    from accord.capabilities.people.queries import first_broken_audit_entry

    result.audit_holds = first_broken_audit_entry() is None
    sender.send(result)


def set_up(home: Any) -> tuple[list[tuple[str, str, str, str]], str]:
    """A world of chains in the node's home: the credits that stand at its banks, and the bank whose line is down."""
    from planted_chains import HOPS, world_with_chains

    from accord.adapters.sandbox_bank import Faults, SandboxBanks
    from accord.node import exercise_clock, serve

    home.create()
    world = world_with_chains(CHAINS)
    world.save(home.world)
    exercise_clock.run_on_from(home, max(report.call_time for report in world.reports))
    serve.prepare(home)
    silent = world.banks[0].code
    banks = SandboxBanks.from_world(home.world, home.sandbox, delay_factor=0, refusal_factor=0)
    banks.bank(silent).faults = Faults(down=True)
    compile_kernels(banks)
    banks.close()
    columns = (world.transfers[name].to_pylist() for name in ("id", "creditor_bank", "creditor", "currency"))
    last = [row for row in zip(*columns, strict=True) if row[0].startswith("PLANTED") and row[0].endswith(str(HOPS))]
    return [(bank, account, transfer, currency) for transfer, bank, account, currency in last if bank != silent], silent


def compile_kernels(banks: Any) -> None:
    """A node compiles its tracing kernels once in its life, into its cache; that is not what is measured."""
    from accord.core import clock
    from accord.engine.tracing import ClaimStart, Rule, TraceOptions

    banks.advance(clock.now())
    for code in banks.codes:
        ledger = banks.bank(code).view().ledger
        first = banks.book.id_of(0)
        if ledger.has_transfer(first):
            ledger.trace([ClaimStart(first)], Rule.FIFO, TraceOptions())


def make_officer() -> Any:
    from node_services import PASSWORD

    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    return people.create_user("officer", PASSWORD, Role.OFFICER)


def measure_sweep() -> Sweep:
    """The worker's own sweep over all clocks, and a loop over all rows that comes to the same orders."""
    from django.db import transaction

    from accord.capabilities.orders.life_cycle import LIVE
    from accord.capabilities.orders.models import Order
    from accord.capabilities.orders.services.sweep import due_to_end
    from accord.capabilities.orders.tasks import watch_clocks
    from accord.core import clock

    now = clock.now()
    assert watch_clocks(now) == 0
    live = Order.objects.filter(state__in=LIVE).order_by("until").values_list("until", flat=True)
    two_hundred_due = live[199]

    def plain_loop() -> None:
        due = [
            order
            for order in Order.objects.all()
            if (order.state in LIVE and order.until <= now)
            or (order.renewal_due_at is not None and order.renewal_due_at <= now)
            or (order.escalate_at is not None and order.escalate_at <= now)
        ]
        assert not due

    def ends_200() -> None:
        with transaction.atomic():
            assert watch_clocks(two_hundred_due) >= 190
            transaction.set_rollback(True)

    nothing_due = median_seconds(lambda: watch_clocks(now), 50)
    finds_200 = median_seconds(lambda: due_to_end(two_hundred_due), 20)
    return Sweep(nothing_due, finds_200, median_seconds(ends_200, 3), median_seconds(plain_loop, 3))


def median_seconds(act: Callable[[], Any], times: int) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def watch(span: Any, watched: Watched, kills: list[Callable[[], str]], result: Result) -> None:
    """Look, ten times a second, how long the oldest clock of each sort has run out; kill as planned; tell each minute."""
    from accord.core import clock

    length = span.ends - span.begins
    due = [span.begins + length * (turn + 1) / (len(kills) + 1) for turn in range(len(kills))]
    told = span.begins
    while (now := clock.now()) < span.ends + timedelta(seconds=2 * LATE_TARGET):
        watched.look()
        if due and now >= due[0]:
            due.pop(0)
            result.kills.append(kills.pop(0)())
            note(f"  killed: {result.kills[-1]}")
        if now >= told:
            told += timedelta(minutes=1)
            note(f"  {max(0, (now - span.begins).total_seconds()):4.0f} s; latest so far: {watched.worst}")
        time.sleep(0.1)


class Watched:
    """Clocks seen from outside, in the store: what has run out and is not acted on yet, and afterwards what was late."""

    def __init__(self, span: Any, counts: dict[str, int]) -> None:
        from accord.capabilities.orders.life_cycle import STANDING, WAITING
        from accord.capabilities.orders.models import Order

        rows = Order.objects
        self._span = span
        self._open = {
            "ending": (rows.filter(state__in=STANDING), "until"),
            "prompted": (rows.filter(state__in=STANDING), "renewal_due_at"),
            "escalated": (rows.filter(state__in=WAITING), "escalate_at"),
            "sent": (rows.filter(state="approved"), "next_attempt_at"),
            "asked": (rows.filter(state__in=("sent", "acknowledged")), "next_attempt_at"),
        }
        self._due = {
            sort: dict(query.filter(**{f"{column}__lte": span.ends}).values_list("pk", column))
            for sort, (query, column) in self._open.items()
        }
        counts = {**counts, "asked": counts["escalated"]}
        assert {sort: len(due) for sort, due in self._due.items()} == {sort: counts[sort] for sort in self._due}
        self.worst = dict.fromkeys(self._open, 0.0)

    def look(self) -> None:
        from accord.core import clock

        for sort, (query, column) in self._open.items():
            oldest = query.filter(**{f"{column}__isnull": False}).order_by(column).values_list(column, flat=True).first()
            if oldest is not None:
                late = (clock.now() - oldest).total_seconds()
                self.worst[sort] = max(self.worst[sort], round(late, 2))

    def sorts(self) -> dict[str, Sort]:
        """Lateness by what the rows say; what was never acted on is left over."""
        from accord.capabilities.orders.models import Escalation, Order

        acted = {
            "ending": Order.objects.exclude(ended_at=None).values_list("pk", "ended_at"),
            "prompted": Order.objects.exclude(renewal_prompted_at=None).values_list("pk", "renewal_prompted_at"),
            "escalated": Escalation.objects.values_list("order_id", "at"),
            "sent": Order.objects.exclude(sent_at=None).values_list("pk", "sent_at"),
        }
        asked = Order.objects.filter(pk__in=self._due["asked"], attempts__gt=0).count()
        seen = Sort(len(self._due["asked"]), len(self._due["asked"]) - asked, worst=self.worst["asked"])
        return {sort: self._sort(sort, dict(rows)) for sort, rows in acted.items()} | {"asked": seen}

    def _sort(self, sort: str, acted: dict[Any, datetime]) -> Sort:
        due = self._due[sort]
        late = sorted((acted[pk] - moment).total_seconds() for pk, moment in due.items() if pk in acted)
        if not late:
            return Sort(len(due), len(due))
        p95 = late[min(len(late) - 1, int(0.95 * len(late)))]
        return Sort(len(due), len(due) - len(late), statistics.median(late), p95, max(self.worst[sort], late[-1]))


def missed(result: Result) -> bool:
    late = any(sort.worst > LATE_TARGET or sort.left_over for sort in result.sorts.values())
    return late or max(result.sweep.nothing_due, result.sweep.finds_200) > SWEEP_TARGET or not result.audit_holds


def show(result: Result) -> None:
    sweep = result.sweep
    print(f"\n{result.store}: {result.orders:,} live orders, {result.minutes:g} minutes, killed: {', '.join(result.kills)}")
    print(f"  sweep, nothing due   {sweep.nothing_due * 1000:8.1f} ms")
    print(f"  finds 200 due        {sweep.finds_200 * 1000:8.1f} ms")
    print(f"  sweep that ends 200  {sweep.ends_200 * 1000:8.1f} ms")
    ratio = sweep.plain_loop / sweep.nothing_due
    print(f"  plain loop over rows {sweep.plain_loop * 1000:8.1f} ms, {ratio:,.0f} times the sweep's")
    print(f"  {'clock':>10} {'orders':>7} {'not done':>9} {'median':>8} {'p95':>8} {'latest':>8}")
    for name, sort in result.sorts.items():
        print(f"  {name:>10} {sort.orders:7} {sort.left_over:9} {sort.median:7.2f}s {sort.p95:7.2f}s {sort.worst:7.2f}s")
    print(f"  pages read {result.pages:,}, of which failed {result.pages_failed}; audit chain holds: {result.audit_holds}")
    print(f"  targets {'missed' if missed(result) else 'met'}: sweep {SWEEP_TARGET:g} s, latest {LATE_TARGET:g} s")


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
