"""The desk's pages on a store that has grown: 100,000 orders with their reports, claims, enquiries and shares.

Two shapes. `year`: a busy centre's year, of which all but the last thousand calls are over. `live`: every order still stands
or waits, all from the same hours, so that nothing can be left out by its date. Each page is asked for through Django as the
role that uses it, signed in; beside it stand the same statements sent bare, without Django: what the store alone needs.

    python benchmarks/pages.py [--orders 100000] [--shape year live] [--store sqlite postgresql] [--json]

Target: queue, orders, shift and figures within 100 ms each. PostgreSQL is that of ACCORD_DATABASE_URL (an empty database),
else a server of the run's own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

TARGET_MS: Final = 100.0
TIMED: Final = ("queue", "orders", "shift", "figures")
RUNS: Final = 9
A_DAY: Final = 250
"""Calls of which a year is made by copying."""

LIVE: Final = 1_000
SILENT_BANK: Final = "SILENTBK"


@dataclass(frozen=True)
class Page:
    """Medians, in milliseconds: the whole page, the CPU of this process in it (on SQLite, the store's too), and its
    statements sent bare. `rows` is what those returned."""

    store: str
    shape: str
    name: str
    milliseconds: float
    cpu: float
    bare: float
    statements: int
    rows: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--shape", choices=["year", "live"], nargs="+", default=["year", "live"])
    parser.add_argument("--store", choices=["sqlite", "postgresql"], nargs="+", default=["sqlite"])
    parser.add_argument("--slow", type=float, default=None, metavar="MS", help="show every statement that takes longer, bare")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    multiprocessing.set_start_method("spawn")
    pages = [page for store in arguments.store for shape in arguments.shape for page in in_own_process(store, shape, arguments)]
    if arguments.json:
        print(json.dumps([asdict(page) for page in pages], indent=2))
    else:
        show(pages, arguments.orders)
    if any(page.name in TIMED and page.milliseconds > TARGET_MS for page in pages):
        sys.exit(1)


def in_own_process(store: str, shape: str, arguments: argparse.Namespace) -> list[Page]:
    """One run in a fresh process, a fresh home and an empty store."""
    from clocks import operational_store

    with operational_store(store) as url:
        home = Path(tempfile.mkdtemp(prefix="accord-pages-"))
        receiver, sender = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.Process(target=run, args=(store, url, home, shape, arguments.orders, arguments.slow, sender))
        try:
            process.start()
            sender.close()
            pages: list[Page] = receiver.recv()
            return pages
        finally:
            process.join()
            shutil.rmtree(home, ignore_errors=True)


def run(store: str, url: str, folder: Path, shape: str, orders: int, slow: float | None, sender: Any) -> None:
    prepare(url, folder)
    began = time.perf_counter()
    officer, supervisor = fill(shape, orders)
    note(f"{store}, {shape}: {orders:,} orders made in {time.perf_counter() - began:.0f} s")
    sender.send([measure(store, shape, name, path, who, slow) for name, path, who in pages_of(officer, supervisor)])


def prepare(url: str, folder: Path) -> None:
    """An empty, migrated store in a home of its own."""
    os.environ["ACCORD_HOME"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "accord.node.settings"
    if url:
        os.environ["ACCORD_DATABASE_URL"] = url
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.ACCORD_SECOND_FACTOR = "off"
    call_command("migrate", verbosity=0)


def fill(shape: str, number: int) -> tuple[Any, Any]:
    """A store of this shape; an officer and a supervisor of it."""
    from grown_store import grow
    from live_orders import Run
    from live_orders import fill as fill_live

    from accord.capabilities.people.models import Role, User
    from accord.core import clock

    officer = User.objects.create(username="li", role=Role.OFFICER)
    supervisor = User.objects.create(username="chief", role=Role.SUPERVISOR)
    now = clock.now()
    live = min(LIVE, number)
    if shape == "year":
        past_day(officer, now)
        copies = max(0, (number - live) // A_DAY - 1)
        grow(copies, minutes=365 * 24 * 60 // (copies + 2))
        fill_live(live, Run(now, now + timedelta(hours=6)), [(SILENT_BANK, "0", "T", "CNY")], SILENT_BANK, officer)
        grow(0)
    else:
        fill_live(live, Run(now, now + timedelta(hours=6)), [(SILENT_BANK, "0", "T", "CNY")], SILENT_BANK, officer)
        grow(number // live - 1, minutes=1)
    return officer, supervisor


def past_day(officer: Any, now: datetime) -> None:
    """Calls of a day that is over: what was ordered ran out, was replaced, released or refused."""
    from live_orders import ROWS_AT_ONCE

    from accord.capabilities.claims.models import Claim, ClaimTransfer, Enquiry, HoldShare, PlanItem, SharedAccount
    from accord.capabilities.orders.models import Appeal, Order
    from accord.capabilities.reports.models import Report

    chance = random.Random(11)
    rows: dict[Any, list[Any]] = {
        model: [] for model in (Report, Claim, ClaimTransfer, Enquiry, SharedAccount, Order, HoldShare, PlanItem, Appeal)
    }
    for number in range(A_DAY):
        at = now - timedelta(minutes=chance.uniform(26 * 60, 50 * 60))
        for row in past_call(number, at, officer, chance):
            rows[type(row)].append(row)
    for model, made in rows.items():
        model._default_manager.bulk_create(made, batch_size=ROWS_AT_ONCE)


def past_call(number: int, at: datetime, officer: Any, chance: random.Random) -> list[Any]:
    """One call that is over, with all its rows; one in twenty was a further call about the payment before."""
    from accord.capabilities.claims.models import Claim, ClaimTransfer, Enquiry, HoldShare, PlanItem, SharedAccount
    from accord.capabilities.reports.models import Report

    bank, account, amount = f"BANK{number % 40:02}", f"past-{number}", 10_000 + chance.randrange(10_000_000)
    currency = ("CNY", "CNY", "SGD", "THB")[number % 4]
    report = Report(
        created_at=at, taken_by=officer, callback_number=f"+86138{number:08}", payer_bank="HOMEBANK", payee_account=account,
        payee_bank=bank, amount=amount, currency=currency, about_when=at - timedelta(minutes=chance.expovariate(1 / 90)),
        state="closed", closed_at=at + timedelta(hours=8), payer_account=f"6222{number:012}",
    )  # fmt: skip
    claim = Claim(report=report, amount=amount, currency=currency, rule="fifo", opened_at=at, state="closed")
    place = SharedAccount(institution=bank, account=account, currency=currency)
    order = past_order(claim, place, chance, officer, at)
    credit = [{"transfer": f"T{number}", "amount": amount, "currency": currency, "intervals": []}]
    rows: list[Any] = [
        report, claim, place, order,
        ClaimTransfer(claim=claim, institution=bank, transfer=f"T{number}", amount=amount, currency=currency),
        Enquiry(
            claim=claim, institution=bank, rule="fifo", credits=credit, key=f"K{number}", state="answered", asked_at=at,
            answer_due_at=at + timedelta(minutes=15), answered_at=at + timedelta(minutes=2),
        ),
        HoldShare(
            order_id=order.pk, account=place, claim=claim, amount=order.held, transfers=[f"T{number}"], confirmed=True,
            active=False,
        ),
        PlanItem(
            claim=claim, action="hold", state="approved", institution=bank, account=account, currency=currency,
            amount=order.amount, proposed_at=at, decided_at=at, credits=credit,
        ),
        PlanItem(
            claim=claim, action="secure_cash", state="done", institution=bank, account="ATM", currency=currency,
            amount=amount // 9, proposed_at=at, decided_at=at, transfer=f"X{number}",
        ),
    ]  # fmt: skip
    if number % 20 == 19:
        rows.append(
            Report(
                created_at=at, taken_by=officer, callback_number=report.callback_number, payer_bank="HOMEBANK",
                payee_account=account, amount=amount, currency=currency, about_when=at, state="duplicate", duplicate_of=report,
            )
        )  # fmt: skip
    return rows + release_of(order, at, officer) if number % 10 == 9 else rows


def past_order(claim: Any, place: Any, chance: random.Random, officer: Any, at: datetime) -> Any:
    from accord.capabilities.orders.models import Order

    state = chance.choices(("expired", "released", "replaced", "refused"), (60, 20, 10, 10))[0]
    sent = at + timedelta(seconds=chance.uniform(1, 60))
    answered = sent + timedelta(seconds=chance.uniform(5, 1_500))
    held = 0 if state == "refused" else claim.amount * chance.randrange(10, 100) // 100
    return Order(
        kind="stop_payment", state=state, claim=claim, institution=place.institution, account=place.account,
        amount=claim.amount, currency=claim.currency, held=held, rule="fifo", regime="CN",
        authority="Anti-fraud centre", drafted_by=officer, approved_by=officer, drafted_at=at, approved_at=at,
        sent_at=sent, answered_at=answered,
        answer_due_at=sent + timedelta(minutes=15), until=at + timedelta(hours=48), ended_at=at + timedelta(hours=48),
    )  # fmt: skip


def release_of(order: Any, at: datetime, officer: Any) -> list[Any]:
    """An appeal that was right, and the release that followed."""
    from accord.capabilities.orders.models import Appeal, Order

    order.state, order.held = "released", order.held or 1
    decided = at + timedelta(hours=5)
    release = Order(
        kind="release", state="done", claim=order.claim, target=order, institution=order.institution, account=order.account,
        amount=order.held, currency=order.currency, held=order.held, rule="fifo", regime="CN", authority="Anti-fraud centre",
        drafted_by=officer, approved_by=officer, drafted_at=decided, approved_at=decided, sent_at=decided,
        answered_at=decided + timedelta(minutes=3), answer_due_at=decided + timedelta(minutes=15),
        until=decided + timedelta(hours=1),
    )  # fmt: skip
    appeal = Appeal(
        order=order, state="closed", channel="public", appellant="Somebody", statement="It is my wage.", received_at=at,
        due_at=at + timedelta(days=3), decision="release", decided_by=officer, decided_at=decided, release=release,
        release_amount=order.held, released_at=release.answered_at, closed_at=release.answered_at,
    )  # fmt: skip
    return [release, appeal]


def pages_of(officer: Any, supervisor: Any) -> list[tuple[str, str, Any]]:
    """(name, address, whose page)"""
    from django.urls import reverse

    from accord.capabilities.orders.models import Order

    order = Order.objects.filter(state="held", claim__isnull=False).order_by("-drafted_at")[0]
    year = (order.drafted_at - timedelta(days=364)).date()
    return [
        ("queue", reverse("desk:queue"), officer),
        ("orders", reverse("desk:orders"), officer),
        ("shift", reverse("desk:shift"), officer),
        ("figures", reverse("oversight:figures"), supervisor),
        ("figures of a year", reverse("oversight:figures") + f"?since={year}", supervisor),
        ("reports", reverse("desk:reports"), officer),
        ("orders to approve", reverse("desk:to-approve"), supervisor),
        ("appeals", reverse("desk:appeals"), supervisor),
        ("claim", reverse("desk:claim", args=[order.claim_id]), officer),
        ("order", reverse("desk:order", args=[order.pk]), officer),
        ("report", reverse("desk:report", args=[order.claim.report_id]), officer),
        ("new call", reverse("desk:call-new"), officer),
    ]


def measure(store: str, shape: str, name: str, path: str, who: Any, slow: float | None) -> Page:
    """The page a few times over, then its statements alone."""
    from django.db import connection
    from django.test import Client

    browser = Client()
    browser.force_login(who)
    sent: list[tuple[str, Any]] = []

    def noting(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        sent.append((sql, parameters))
        return execute(sql, parameters, many, context)

    def ask() -> None:
        response = browser.get(path)
        assert response.status_code == 200, (name, response.status_code)

    ask()
    with connection.execute_wrapper(noting):
        ask()
    whole, cpu = (statistics.median(times) for times in zip(*(timed(ask) for _ in range(RUNS)), strict=True))
    looks = [(sql, parameters) for sql, parameters in sent if sql.lstrip("( ").startswith("SELECT")]
    counts = [0]

    def bare() -> None:
        counts[0] = sum(len(bare_rows(sql, parameters)) for sql, parameters in looks)

    alone = statistics.median(timed(bare)[0] for _ in range(RUNS))
    if slow is not None:
        for sql, parameters in looks:
            took = min(timed(partial(bare_rows, sql, parameters))[1] for _ in range(3))
            if took > slow:
                note(f"  {name}: {took:.1f} ms: {sql} {parameters}")
    statements = sum(1 for sql, _ in sent if not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")))
    return Page(store, shape, name, round(whole, 1), round(cpu, 1), round(alone, 1), statements, counts[0])


def bare_rows(sql: str, parameters: Any) -> list[Any]:
    """The rows of a statement, without a wrapper of Django's between."""
    from django.db import connection

    cursor = connection.connection.cursor()
    if connection.vendor == "sqlite":
        cursor.execute(sql.replace("%s", "?").replace("%%", "%"), [plain(value) for value in parameters or ()])
    else:
        cursor.execute(sql, parameters)
    return list(cursor.fetchall())


def plain(value: Any) -> Any:
    return value.isoformat(" ") if isinstance(value, datetime) else value


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of this process's CPU."""
    began, used = time.perf_counter(), time.process_time()
    act()
    return (time.perf_counter() - began) * 1_000, (time.process_time() - used) * 1_000


def show(pages: list[Page], orders: int) -> None:
    heading: tuple[str, str] | None = None
    for page in pages:
        if (page.store, page.shape) != heading:
            heading = (page.store, page.shape)
            print(f"\n{page.store}, {orders:,} orders, {page.shape}")
            print(f"  {'page':<20} {'whole':>10} {'CPU':>10} {'bare':>10} {'statements':>11} {'rows':>8}")
        mark = " missed" if page.name in TIMED and page.milliseconds > TARGET_MS else ""
        print(
            f"  {page.name:<20} {page.milliseconds:7.1f} ms {page.cpu:7.1f} ms {page.bare:7.1f} ms {page.statements:11}"
            f" {page.rows:8,}{mark}"
        )


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
