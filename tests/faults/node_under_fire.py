"""A node's worker to be killed: run as a program by the tests beside it, on a home and an operational store of its own.

    node_under_fire.py prepare                      make the store, take the calls
    node_under_fire.py work MINUTE [POINT NUMBER]   work until nothing is left to do, or die by SIGKILL at POINT

POINT is "before" or "after" the NUMBER-th call to a bank for an order, or "statement": the NUMBER-th one to the store.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from small_world import SmallWorld, at, call_of

from accord.adapters.sandbox_bank import SandboxBanks
from accord.core import clock
from accord.node import serve
from accord.node.home import Home

VICTIMS = 6


def world() -> SmallWorld:
    """Six victims pay one mule 10.00 each; half of it goes on to another bank, and a part of that to a third."""
    made = SmallWorld()
    for number in range(VICTIMS):
        made.pay(f"V{number}", number / 10, f"v-{number}", "a-1", 1_000)
    made.pay("half", 2, "a-1", "b-1", 3_000)
    made.pay("part", 3, "b-1", "c-1", 1_000)
    return made


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Countdown:
    def __init__(self, number: int) -> None:
        self._left = number
        self._lock = threading.Lock()

    def at_zero(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0


class Taker:
    """A bank's line for orders that writes down what is sent, and at which the process may die."""

    def __init__(self, inner: Any, log: Path, point: str, countdown: Countdown) -> None:
        self._inner, self._log, self._point, self._countdown = inner, log, point, countdown

    def carry_out(self, order: Any) -> Any:
        with self._log.open("a") as log:
            log.write(f"{order.order_id}\n")
        dies = self._point != "statement" and self._countdown.at_zero()
        if dies and self._point == "before":
            die()
        answer = self._inner.carry_out(order)
        if dies and self._point == "after":
            die()
        return answer


def prepare(home: Home) -> None:
    from accord.capabilities.orders import services as orders
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    officer = people.create_user("officer", "a-long-password", Role.OFFICER)
    for number in range(VICTIMS):
        facts = call_of(payer_account=f"v-{number}", callback_number=f"+861390000000{number}", about_when=at(number / 10))
        orders.respond_to_call(officer, facts)


def work(home: Home, banks: SandboxBanks, point: str, number: int) -> None:
    from django.db import connection

    from accord.node.wired import Lines
    from accord.node.worker import Worker

    countdown = Countdown(number)

    def on_statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if countdown.at_zero():
            die()
        return execute(sql, params, many, context)

    def taker_of(institution: str) -> Any:
        return Taker(banks.bank(institution), home.root / "sent.log", point, countdown)

    worker = Worker(Lines(banks.holder, taker_of, "authority"))
    if point == "statement":
        with connection.execute_wrapper(on_statement):
            carry_on(worker)
    else:
        carry_on(worker)
    worker.close()


def carry_on(worker: Any) -> None:
    """Sweep, and approve whatever the plan proposes, until there is nothing left to approve."""
    from accord.capabilities.claims.models import Claim, PlanItem
    from accord.capabilities.orders import services as orders
    from accord.capabilities.people.models import User
    from accord.core.errors import AccordError

    worker.run_until_idle()
    officer = User.objects.get()
    while PlanItem.objects.filter(state="proposed").exists():
        for claim in Claim.objects.all():
            items = list(PlanItem.objects.filter(claim=claim, state="proposed").values_list("pk", flat=True))
            try:
                if items:
                    orders.approve_plan(officer, claim.pk, items)
            except AccordError:
                continue  # somebody else decided it meanwhile
        worker.run_until_idle()


def result(banks: SandboxBanks) -> dict[str, Any]:
    from accord.capabilities.claims.models import HoldShare
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people.queries import first_broken_audit_entry

    return {
        "orders": {str(order.pk): order.held for order in Order.objects.all()},
        "states": sorted({order.state for order in Order.objects.all()}),
        "booked": {str(share.order_id): share.amount for share in HoldShare.objects.filter(active=True)},
        "holds": {str(hold.order_id): hold.amount for hold in banks.placed_holds()},
        "broken": first_broken_audit_entry(),
    }


def main(action: str, minute: str = "10", point: str = "", number: str = "0") -> None:
    home = Home.from_environment()
    serve.prepare(home)
    clock.use(clock.SteppedClock(at(float(minute))))
    if action == "prepare":
        prepare(home)
        return
    banks = world().banks(home.sandbox)
    work(home, banks, point, int(number))
    banks.advance(clock.now())
    sys.stdout.write(json.dumps(result(banks)))


if __name__ == "__main__":
    main(*sys.argv[1:])
