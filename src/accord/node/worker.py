"""The worker: sweeps rows that are due, one small step at a time, so that it can be killed at any moment.

Every deadline and every outgoing message is a row with a time. Rows are leased under a lock that other workers skip, so
any number of workers may run; all that they do is safe to repeat. What there is to do is declared by the capabilities
(`tasks.py`); the store is looked into only where something was written or a moment has come (`capabilities/agenda.py`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connections

from accord.adapters.partner_http import PartnerLines, Trust
from accord.capabilities import agenda
from accord.capabilities.agenda import Agenda
from accord.capabilities.claims import territory
from accord.capabilities.claims.ports import LedgerHolder
from accord.capabilities.claims.tasks import HolderOf
from accord.capabilities.clocks import keep_each
from accord.capabilities.delivery import Courier, keep_leases
from accord.capabilities.exchange.partners.services.own_cards import renew_due as renew_card_due
from accord.capabilities.jobs import Clock, Dispatch, Job
from accord.capabilities.orders.ports import OrderTaker
from accord.capabilities.orders.tasks import TakerOf
from accord.core import clock
from accord.core.errors import AccordError, Unavailable
from accord.node import tasks
from accord.node.errors import Msg
from accord.node.wired import Lines

_log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 0.25
"""How often an idle worker asks whether anything was written: some microseconds, far below what an officer notices."""

CALLS_AT_ONCE: Final = 32
"""Calls to other systems under way at once."""

REPLY_SECONDS: Final = 0.02
"""How long one sweep waits for replies, so that quick ones are applied together; slow ones are for a later sweep."""


PATIENCE_SECONDS: Final = 10
"""How long a call waits in its thread for the first round of what its line answers from."""


@dataclass(frozen=True, slots=True)
class _Outside:
    """What dispatches reach other systems by."""

    holder_of: HolderOf
    taker_of: TakerOf
    authority: str
    partners: PartnerLines


class Worker:
    """Carries out what is due. Not thread-safe: one worker, one thread; start more workers for more hands."""

    def __init__(self, lines: Lines) -> None:
        self._partners = PartnerLines(
            Trust(settings.ACCORD_PARTNER_CA, settings.ACCORD_PARTNER_CERTIFICATE, settings.ACCORD_PARTNER_KEY)
        )
        self._outside = _Outside(lines.holder_of, lines.taker_of, lines.authority, self._partners)
        self._executor = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="line")
        self._work: Agenda[Job | Dispatch] = Agenda(tasks.work())
        dispatches = [task for task in self._work.tasks if isinstance(task, Dispatch)]
        self._couriers: list[tuple[Dispatch, Courier[Any, Any]]] = [
            (dispatch, Courier(self._executor, dispatch.line_of)) for dispatch in dispatches
        ]
        self._clocks = Clocks()

    def run_once(self) -> int:
        """One sweep; how many rows it worked on."""
        return self._clocks.keep(clock.now()) + self._deliver()

    def next_due(self) -> datetime | None:
        """When the next row falls due; None when nothing waits."""
        return _earliest(self._clocks.agenda.next_due(clock.now()), self._work.next_due(clock.now()))

    def _deliver(self) -> int:
        """Do what is due, and apply what came back."""
        done, now = 0, clock.now()
        for task in self._work.due(now):
            worked = self._run(task, now)
            if not worked:
                self._work.in_vain(task, now)
            done += worked
        return done + self._take_replies(REPLY_SECONDS)

    def _run(self, task: Job | Dispatch, now: datetime) -> int:
        if isinstance(task, Job):
            return task.run(now)
        courier = next(courier for dispatch, courier in self._couriers if dispatch is task)
        return task.send(self._outside, courier)

    def _take_replies(self, wait_seconds: float) -> int:
        calls = self._calls()
        if not calls:
            return 0
        wait(calls, timeout=wait_seconds)
        done = sum(dispatch.take(courier, 0) for dispatch, courier in self._couriers if len(courier))
        if done:
            self._work.anew()  # a line that was busy is free
        keep_leases([row for _, courier in self._couriers for row in courier.rows()], clock.now())
        return done

    def run_until_idle(self) -> int:
        """Sweep until nothing is due any more and no call is under way.

        Clocks are looked at before, and again where anything has moved.
        """
        total = self._clocks.keep(clock.now())
        while done := self._deliver_until_idle():
            kept = self._clocks.keep(clock.now())
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
        return sum(len(courier) for _, courier in self._couriers)

    def _calls(self) -> list[Any]:
        return [call for _, courier in self._couriers for call in courier.calls()]

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
            if busy:
                continue
            if calls := self._calls():
                wait(calls, timeout=IDLE_SECONDS, return_when=FIRST_COMPLETED)
            else:
                stop.wait(IDLE_SECONDS)

    def close(self) -> None:
        self._executor.shutdown()
        self._partners.close()


def _renew_card() -> None:
    """Settings may have changed since the worker ran last; what partners know of this centre follows them."""
    try:
        renew_card_due()
    except (AccordError, OperationalError, InterfaceError):
        _log.exception("the card for partners could not be renewed; accord doctor says more")


class Clocks:
    """Every clock of this node. Not thread-safe: one thread watches."""

    def __init__(self) -> None:
        self.agenda: Agenda[Clock] = Agenda(tasks.clocks())

    def keep(self, now: datetime) -> int:
        """Act on every clock that has run out; on how many rows."""
        return keep_each((partial(self._keep, due) for due in self.agenda.due(now)), now)

    def _keep(self, due: Clock, now: datetime) -> int:
        done = due.run(now)
        if not done:
            self.agenda.in_vain(due, now)
        return done


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
    clocks = Clocks()
    while not stop.is_set():
        try:
            close_old_connections()
            busy = clocks.keep(clock.now())
        except Exception:  # noqa: BLE001 - whatever went wrong with one clock, the next ones must be kept
            _log.exception("the clocks could not be looked at; trying again in 2 s")
            connections.close_all()
            stop.wait(2)
        else:
            if not busy:
                stop.wait(IDLE_SECONDS)
    connections.close_all()


@contextmanager
def refreshed(refresh: Callable[[], None]) -> Iterator[threading.Event]:
    """A thread that calls `refresh` again and again, for the length of a with block; the event is set once it has been tried.

    So a ledger that is being indexed delays no other line and no clock. What goes wrong is logged and tried again.
    """
    stop, tried = threading.Event(), threading.Event()

    def run() -> None:
        while not stop.is_set():
            try:
                close_old_connections()
                refresh()
            except Exception:  # noqa: BLE001 - whoever is asked from what could not be refreshed says so by itself
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
    """The same lines, none of which is used before what they answer from has been refreshed once.

    A call waits so long for that and no longer: then its row says what it waits for and is tried again, and its thread is
    free for other lines.
    """

    def wait(institution: str) -> None:
        if territory.is_abroad(institution):
            return  # a partner's centre is asked through rows of ours, which nothing has to be made ready for
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
    """When the next row falls due; None when nothing waits. One statement: a worker knows it without any."""
    return agenda.next_due([*tasks.clocks(), *tasks.work()], clock.now())


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
