"""The worker: sweeps rows that are due, one small step at a time, so that it can be killed at any moment.

Every deadline and every outgoing message is a row with a time. Rows are leased under a lock that other workers skip, so
any number of workers may run; all that they do is safe to repeat.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import OperationalError, close_old_connections

from accord.capabilities.claims.tasks import HolderOf, deliver_enquiries, next_enquiry_due
from accord.capabilities.orders.services import expire_due
from accord.capabilities.orders.tasks import TakerOf, deliver_orders, next_order_due
from accord.core import clock

_log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 0.25
"""How often an idle worker looks for new rows: one indexed query, far below what an officer notices."""

LINES_AT_ONCE: Final = 16
"""Calls to other systems under way at once."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The outside world as this node is wired to it: who answers for an institution, and in whose name we ask."""

    holder_of: HolderOf
    taker_of: TakerOf
    authority: str


class Worker:
    """Carries out what is due. Not thread-safe: one worker, one thread; start more workers for more hands."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._executor = ThreadPoolExecutor(LINES_AT_ONCE, thread_name_prefix="line")

    def run_once(self) -> int:
        """One sweep; how many rows it worked on. Orders go before questions: money moves meanwhile."""
        done = expire_due(clock.now())
        done += deliver_orders(self._lines.taker_of, self._executor)
        done += deliver_enquiries(self._lines.holder_of, self._lines.authority, self._executor)
        return done

    def run_until_idle(self) -> int:
        """Sweep until nothing is due any more."""
        total = 0
        while done := self.run_once():
            total += done
        return total

    def run(self, stop: threading.Event, before: Callable[[], None]) -> None:
        """Call `before` and sweep, again and again until `stop` is set. A store that is away is waited for, not died of."""
        while not stop.is_set():
            try:
                close_old_connections()
                before()
                busy = self.run_once()
            except OperationalError:
                _log.exception("the operational store does not answer; trying again in 2 s")
                stop.wait(2)
                continue
            if not busy:
                stop.wait(IDLE_SECONDS)

    def close(self) -> None:
        self._executor.shutdown()


def next_due() -> datetime | None:
    """When the next row falls due; None when nothing waits."""
    due = [moment for moment in (next_order_due(), next_enquiry_due()) if moment is not None]
    return min(due, default=None)
