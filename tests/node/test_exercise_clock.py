"""The clock that all processes of an exercise read from one file."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from accord.core.clock import ShiftedClock
from accord.node import exercise_clock
from accord.node.exercise_clock import _FileClock
from accord.node.home import Home

BEFORE = datetime(2026, 3, 20, 11, tzinfo=UTC)
NOW = BEFORE + timedelta(hours=1)


class HeldUp(_FileClock):
    """Lets a slow thread, which has read an older state, go on in the middle of what another thread notes."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.has_read, self.may_go_on = threading.Event(), threading.Event()
        self.slow = threading.Thread(target=self.now)

    def _read(self) -> datetime | ShiftedClock:
        state = super()._read()
        if threading.current_thread() is self.slow:
            self.has_read.set()
            self.may_go_on.wait(10)
        return state

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        slow = getattr(self, "slow", None)
        if slow is not None and slow.is_alive() and threading.current_thread() is not slow:
            self.may_go_on.set()
            slow.join(10)


def test_a_thread_that_was_held_up_leaves_no_older_time(tmp_path: Path) -> None:
    home = Home(tmp_path)
    exercise_clock.stand_at(home, BEFORE)
    seen = HeldUp(exercise_clock.path(home))
    seen.slow.start()
    assert seen.has_read.wait(10)
    exercise_clock.stand_at(home, NOW)
    seen.now()
    assert seen.may_go_on.is_set()
    assert seen.now() == NOW
