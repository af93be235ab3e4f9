"""The worker: sweeps rows that are due, one small step at a time, so that it can be killed at any moment.

Every deadline and every outgoing message is a row with a time. Rows are leased under a lock that other workers skip, so
any number of workers may run; all that they do is safe to repeat.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connections

from accord.capabilities.claims.ports import LedgerHolder
from accord.capabilities.claims.tasks import (
    EnquiryCourier,
    next_enquiry_due,
    send_due_enquiries,
    take_enquiry_replies,
)
from accord.capabilities.clocks import keep_each
from accord.capabilities.controls.tasks import end_due as end_due_controls
from accord.capabilities.controls.tasks import next_control_due
from accord.capabilities.controls.tasks import work_due as work_due_controls
from accord.capabilities.delivery import Courier, keep_leases
from accord.capabilities.exchange.services.trust.own_cards import renew_due as renew_card_due
from accord.capabilities.exchange.tasks import next_exchange_due
from accord.capabilities.orders.ports import OrderTaker
from accord.capabilities.orders.services.appeals import appeals_overdue, next_appeal_due
from accord.capabilities.orders.tasks import (
    OrderCourier,
    next_order_due,
    send_due_orders,
    take_order_replies,
    watch_clocks,
)
from accord.capabilities.people.retention import run_due as run_due_retention
from accord.core import clock
from accord.core.errors import AccordError, Unavailable
from accord.node.errors import Msg
from accord.node.exchange_work import PARTNER_CLOCKS, ExchangeWork
from accord.node.wired import Lines

_log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 0.25
"""How often an idle worker looks for new rows: one indexed query, far below what an officer notices."""

CALLS_AT_ONCE: Final = 32
"""Calls to other systems under way at once."""

REPLY_SECONDS: Final = 0.02
"""How long one sweep waits for replies, so that quick ones are taken over together; slow ones are for a later sweep."""


PATIENCE_SECONDS: Final = 10
"""How long a call waits in its thread for the first round of what its line answers from."""


class Worker:
    """Carries out what is due. Not thread-safe: one worker, one thread; start more workers for more hands."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._executor = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="line")
        self._orders: OrderCourier = Courier(self._executor, lambda order: order.institution)
        self._enquiries: EnquiryCourier = Courier(self._executor, lambda enquiry: enquiry.institution)
        self._exchange = ExchangeWork(self._executor)

    def run_once(self) -> int:
        """One sweep; how many rows it worked on."""
        return keep_clocks(clock.now()) + self._deliver()

    def _deliver(self) -> int:
        """Send what is due and take over what came back. Orders go before questions: money moves meanwhile."""
        done = work_due_controls(clock.now()) if settings.ACCORD_AGENCY_KIND == "bank" else 0
        done += send_due_orders(self._lines.taker_of, self._orders)
        done += send_due_enquiries(self._lines.holder_of, self._lines.authority, self._enquiries)
        done += take_order_replies(self._orders, REPLY_SECONDS)
        done += take_enquiry_replies(self._enquiries, REPLY_SECONDS)
        done += self._exchange.once(REPLY_SECONDS)
        keep_leases([*self._orders.rows(), *self._enquiries.rows()], clock.now())
        return done

    def run_until_idle(self) -> int:
        """Sweep until nothing is due any more and no call is under way.

        Clocks are looked at before, and again where anything has moved.
        """
        total = keep_clocks(clock.now())
        while done := self._deliver_until_idle():
            kept = keep_clocks(clock.now())
            total += done + kept
            if not kept:
                break
        return total

    def _deliver_until_idle(self) -> int:
        total = 0
        while (done := self._deliver()) or self.calls_under_way:
            total += done
        return total

    @property
    def calls_under_way(self) -> int:
        """Calls to other systems that have not come back yet."""
        return len(self._orders) + len(self._enquiries) + len(self._exchange)

    def run(self, stop: threading.Event) -> None:
        """Deliver, again and again until `stop` is set. A store that is away is waited for, not died of.

        Clocks are watched elsewhere (`clocks_watched`), so that a slow line makes none late.
        """
        _renew_card()
        while not stop.is_set():
            try:
                close_old_connections()
                busy = self._deliver()
            except (OperationalError, InterfaceError):
                _log.exception("the operational store does not answer; trying again in 2 s")
                connections.close_all()  # after a failed write SQLite may refuse everything on the old connection
                stop.wait(2)
                continue
            if not busy and not self.calls_under_way:
                stop.wait(IDLE_SECONDS)

    def close(self) -> None:
        self._executor.shutdown()
        self._exchange.close()


def _renew_card() -> None:
    """Settings may have changed since the worker ran last; what partners know of this centre follows them."""
    try:
        renew_card_due()
    except (AccordError, OperationalError, InterfaceError):
        _log.exception("the card for partners could not be renewed; accord doctor says more")


def keep_clocks(now: datetime) -> int:
    """Act on every clock that has run out: a centre's orders and appeals, what it or a bank keeps for others, retention."""
    own = (end_due_controls,) if settings.ACCORD_AGENCY_KIND == "bank" else PARTNER_CLOCKS
    return keep_each((*own, watch_clocks, appeals_overdue, run_due_retention), now)


@contextmanager
def clocks_watched() -> Iterator[None]:
    """A thread that acts on clocks as they run out, for the length of a with block: neither a slow start nor a line delays it.

    A store that is away is waited for. A mistake of ours is logged and the other clocks go on.
    """
    stop = threading.Event()
    watch = threading.Thread(target=_watch, args=(stop,), name="clocks", daemon=True)
    watch.start()
    try:
        yield
    finally:
        stop.set()
        watch.join()


def _watch(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            close_old_connections()
            busy = keep_clocks(clock.now())
        except Exception:  # noqa: BLE001 - whatever went wrong with one clock, the next ones must be kept
            _log.exception("the clocks could not be looked at; trying again in 2 s")
            connections.close_all()
            stop.wait(2)
        else:
            if not busy:
                stop.wait(IDLE_SECONDS)
    connections.close_all()


@contextmanager
def kept_up(keep_up: Callable[[], None]) -> Iterator[threading.Event]:
    """A thread that calls `keep_up` again and again, for the length of a with block; the event is set once it has been tried.

    So a ledger that is being indexed delays no other line and no clock. What goes wrong is logged and tried again.
    """
    stop, tried = threading.Event(), threading.Event()

    def run() -> None:
        while not stop.is_set():
            try:
                close_old_connections()
                keep_up()
            except Exception:  # noqa: BLE001 - whoever is asked from what could not be kept up says so by itself
                _log.exception("what lines answer from could not be kept up; trying again in 2 s")
                tried.set()
                stop.wait(2)
            tried.set()
            stop.wait(IDLE_SECONDS)
        connections.close_all()

    keeper = threading.Thread(target=run, name="keep up", daemon=True)
    keeper.start()
    try:
        yield tried
    finally:
        stop.set()
        tried.set()
        keeper.join()


def after(tried: threading.Event, lines: Lines, patience_seconds: float = PATIENCE_SECONDS) -> Lines:
    """The same lines, none of which is used before what they answer from has been kept up once.

    A call waits so long for that and no longer: then its row says what it waits for and is tried again, and its thread is
    free for other lines.
    """

    def wait(institution: str) -> None:
        if not tried.wait(patience_seconds):
            raise Unavailable(Msg.WHAT_ANSWERS_FROM_STILL_BEING_MADE, institution=institution)

    def holder_of(institution: str) -> LedgerHolder:
        wait(institution)
        return lines.holder_of(institution)

    def taker_of(institution: str) -> OrderTaker:
        wait(institution)
        return lines.taker_of(institution)

    return Lines(holder_of, taker_of, lines.authority)


def next_due() -> datetime | None:
    """When the next row falls due; None when nothing waits."""
    moments = (next_order_due(), next_appeal_due(), next_enquiry_due(), next_control_due(), next_exchange_due())
    return min((moment for moment in moments if moment is not None), default=None)
