"""A node's worker as it runs in earnest, on a clock that goes: run as a program by the tests beside it.

    node_at_work.py prepare
    node_at_work.py work      until every order is answered and every proposed hold approved, or 150 s have passed

Delivery, the clocks and an approving officer run beside each other; a store that goes away is waited for by all three.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

from node_under_fire import Countdown, Taker, prepare, result, world
from small_world import at

from accord.core import clock
from accord.core.clock import ShiftedClock, SystemClock
from accord.node import serve
from accord.node.home import Home

QUIET_SECONDS = 1.0
GIVE_UP_SECONDS = 150.0


def work(home: Home) -> dict[str, Any]:
    from accord.node.wired import Lines
    from accord.node.worker import Worker, clocks_watched, refreshed

    banks = world().banks(home.sandbox)
    log = home.root / "sent.log"
    worker = Worker(Lines(banks.holder, lambda code: Taker(banks.bank(code), log, "", Countdown(0)), "authority"))
    stop = threading.Event()
    with refreshed(lambda: banks.advance(clock.now())), clocks_watched():
        hands = threading.Thread(target=worker.run, args=(stop,))
        hands.start()
        approve_until_quiet()
        stop.set()
        hands.join()
    worker.close()
    return result(banks)


def approve_until_quiet() -> None:
    """Approve what is proposed, until for a while nothing waits and nothing is proposed."""
    from django.db import InterfaceError, OperationalError, close_old_connections, connections

    began = quiet_since = time.monotonic()
    sys.stderr.write("at work\n")
    sys.stderr.flush()
    while time.monotonic() - quiet_since < QUIET_SECONDS:
        if time.monotonic() - began > GIVE_UP_SECONDS:
            sys.exit("not done in time")
        time.sleep(0.1)
        try:
            close_old_connections()
            if approve():
                quiet_since = time.monotonic()
        except (OperationalError, InterfaceError):
            connections.close_all()
            quiet_since = time.monotonic()


def approve() -> bool:
    """Whether there was anything to approve, or anything is still waited for."""
    from accord.capabilities.claims.models import Enquiry, PlanItem
    from accord.capabilities.orders import services as orders
    from accord.capabilities.orders.life_cycle import WAITING
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people.models import User
    from accord.core.errors import AccordError

    officer = User.objects.get()
    proposed: dict[Any, list[Any]] = {}
    for pk, claim in PlanItem.objects.filter(state="proposed").values_list("pk", "claim_id"):
        proposed.setdefault(claim, []).append(pk)
    for claim, items in proposed.items():
        try:
            orders.approve_plan(officer, claim, items)
        except AccordError:
            continue  # an answer changed the plan meanwhile
    waiting = Order.objects.filter(state__in=WAITING).exists()
    return bool(proposed) or waiting or Enquiry.objects.filter(state__in=("queued", "acknowledged")).exists()


def main(action: str) -> None:
    home = Home.from_environment()
    serve.prepare(home)
    if action == "prepare":
        clock.use(clock.SteppedClock(at(10)))
        prepare(home)
        return
    clock.use(ShiftedClock(at(11) - SystemClock().now()))
    sys.stdout.write(json.dumps(work(home)))


if __name__ == "__main__":
    main(*sys.argv[1:])
