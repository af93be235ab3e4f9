"""What happens to orders about earlier orders when the worker is killed: run as a program by the test beside it.

    follow_ups_under_fire.py LATER POINT NUMBER [POINT NUMBER …]

Prepares one node: four stop payments that hold, and then a release, a release in part, a renewal and a freeze, all about to
leave. For each POINT NUMBER a copy of that node is worked by a child that dies there by SIGKILL, and then, LATER minutes
afterwards, by one that lives. Prints what the node and the banks have in the end, one JSON document a line; "statement 0" is
never reached. POINT is "before" or "after" the NUMBER-th call to a bank, or "statement": the NUMBER-th one to the store.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from node_under_fire import Countdown, Taker, die
from small_world import SmallWorld, at, call_of

from accord.adapters.sandbox_bank import SandboxBanks
from accord.core import clock
from accord.node import serve
from accord.node.home import Home

ACCOUNTS = ("a-1", "b-1", "c-1", "d-1")
"""Released, released in part, renewed, frozen."""


def world() -> SmallWorld:
    made = SmallWorld()
    for number, account in enumerate(ACCOUNTS):
        made.pay(f"V{number}", number / 10, f"v-{number}", account, 1_000)
    return made


def prepare(home: Home) -> None:
    """The node up to the moment at which the worker is to send the four orders."""
    from accord.capabilities.orders import services as orders
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role
    from accord.node.worker import Worker

    officer = people.create_user("officer", "a-long-password", Role.OFFICER)
    colleague = people.create_user("colleague", "a-long-password", Role.OFFICER)
    supervisor = people.create_user("supervisor", "a-long-password", Role.SUPERVISOR)
    clock.use(clock.SteppedClock(at(10)))
    for number, account in enumerate(ACCOUNTS):
        facts = call_of(payee=account, payer_account=f"v-{number}", callback_number=f"+861390000000{number}", about_when=at(0))
        orders.respond_to_call(officer, facts)
    with closing(world().banks(home.sandbox)) as banks:
        worker = Worker(lines(banks))
        worker.run_until_idle()
        worker.close()
    held = {order.account: order.pk for order in Order.objects.filter(state="held")}
    assert held.keys() == set(ACCOUNTS)
    clock.use(clock.SteppedClock(at(20)))
    orders.ask_release(supervisor, held["a-1"], "it is the holder's own money")
    orders.ask_release(supervisor, held["b-1"], "a part is the holder's own", 400)
    orders.renew(officer, held["c-1"], "the victim's complaint is on file")
    freeze = orders.freeze(officer, held["d-1"], "the court has decided", "case 7")
    if freeze.state == "draft":
        orders.approve(colleague, [freeze.pk])


def lines(banks: SandboxBanks, log: Path | None = None, point: str = "", countdown: Countdown | None = None) -> Any:
    from accord.node.wired import Lines

    if log is None or countdown is None:
        return Lines(banks.holder, banks.bank, "authority")
    return Lines(banks.holder, lambda code: Taker(banks.bank(code), log, point, countdown), "authority")


def work(home: Home, point: str, number: int, minute: float) -> dict[str, Any]:
    """Work until nothing is left to do, or die at the point; then say what there is."""
    from django.db import connection

    from accord.node.worker import Worker

    clock.use(clock.SteppedClock(at(minute)))
    countdown = Countdown(number)

    def on_statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if point == "statement" and countdown.at_zero():
            die()
        return execute(sql, params, many, context)

    with closing(world().banks(home.sandbox)) as banks:
        worker = Worker(lines(banks, home.root / "sent.log", point, countdown))
        with connection.execute_wrapper(on_statement):
            worker.run_until_idle()
        worker.close()
        banks.advance(clock.now())
        return {**result(banks), "statements": -countdown._left}


def result(banks: SandboxBanks) -> dict[str, Any]:
    from accord.capabilities.claims.models import HoldShare
    from accord.capabilities.orders.life_cycle import HOLDING, WAITING
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people.queries import first_broken_audit_entry
    from accord.core.clock import to_micros

    now = to_micros(clock.now())
    kept = Order.objects.filter(state__in=HOLDING)
    return {
        "orders": sorted((order.account, order.kind, order.state, order.held, order.renewals) for order in Order.objects.all()),
        "kept": {str(order.pk): [order.held, to_micros(order.until)] for order in kept},
        "banks": {str(hold.order_id): [hold.amount, hold.until] for hold in banks.placed_holds() if hold.active(now)},
        "booked": {str(share.order_id): share.amount for share in HoldShare.objects.filter(active=True)},
        "waiting": Order.objects.filter(state__in=WAITING).count(),
        "now": now,
        "broken": first_broken_audit_entry(),
    }


class Copies:
    """Copies of the prepared node, each with its own home and its own store."""

    def __init__(self, home: Home) -> None:
        from django.db import connection, connections

        self._home = home
        self._vendor = connection.vendor
        self._name = str(connection.settings_dict["NAME"])
        connections.close_all()

    def make(self, number: int) -> Home:
        copy = Home(self._home.root.with_name(f"copy-{number}"))
        shutil.copytree(self._home.root, copy.root)
        if self._vendor == "postgresql":
            self._on_server(f'CREATE DATABASE "{self._name}_{number}" TEMPLATE "{self._name}"')
        return copy

    def enter(self, copy: Home, number: int) -> None:
        """Let this process's store be the copy's."""
        from django.db import connection

        name = f"{self._name}_{number}" if self._vendor == "postgresql" else str(copy.database)
        connection.settings_dict["NAME"] = name

    def drop(self, copy: Home, number: int) -> None:
        shutil.rmtree(copy.root)
        if self._vendor == "postgresql":
            self._on_server(f'DROP DATABASE "{self._name}_{number}" WITH (FORCE)')

    def _on_server(self, statement: str) -> None:
        import psycopg

        url = os.environ["ACCORD_DATABASE_URL"].rpartition("/")[0] + "/postgres"
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(statement.encode())


def in_child(act: Any) -> int:
    """Run in a fork of this process, which has everything imported; its exit status as a shell tells it."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
            sys.stdout.flush()
        except BaseException as error:  # noqa: BLE001 - nothing of the child may go on in its parent's code
            sys.stderr.write(f"{error!r}\n")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(later: str, *points: str) -> None:
    home = Home.from_environment()
    serve.prepare(home)
    if in_child(lambda: prepare(home)):
        sys.exit("the node could not be prepared")
    copies = Copies(home)
    for number, (point, count) in enumerate(zip(points[::2], points[1::2], strict=True)):
        copy = copies.make(number)

        def child(minute: float, point: str, count: int, copy: Home = copy, number: int = number) -> None:
            copies.enter(copy, number)
            told = work(copy, point, count, minute)
            sys.stdout.write(json.dumps({**told, "killed": count == 0}) + "\n")

        ended = in_child(lambda: child(21, point, int(count)))  # noqa: B023 - called at once
        if ended == -9:
            ended = in_child(lambda: child(21 + float(later), "statement", 0))
        if ended:
            sys.exit(f"{point} {count} ended with {ended}")
        copies.drop(copy, number)


if __name__ == "__main__":
    main(*sys.argv[1:])
