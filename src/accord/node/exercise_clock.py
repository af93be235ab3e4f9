"""The clock of an exercise, shared by all processes of a node through a small file in its home.

While a day is being played the clock stands still between events; afterwards it goes on at ordinary speed from where the
day ended. A node without the file runs on the machine's clock.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

from accord.core import clock
from accord.core.clock import ShiftedClock, SystemClock
from accord.core.errors import Corrupt
from accord.node.errors import Msg
from accord.node.home import Home


def path(home: Home) -> Path:
    return home.exercise / "clock.json"


def stand_at(home: Home, moment: datetime) -> None:
    """Let every process of the node see `moment` as now."""
    _write(home, {"stands_at": clock.to_micros(moment)})


def run_on_from(home: Home, moment: datetime) -> None:
    """Let the clock run on at ordinary speed from `moment`."""
    shift = moment - SystemClock().now()
    _write(home, {"shift_micros": shift // timedelta(microseconds=1)})


def _write(home: Home, state: dict[str, int]) -> None:
    home.exercise.mkdir(parents=True, exist_ok=True)
    file = path(home)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(state))
    _stamp_later(draft, file)
    draft.replace(file)


def _stamp_later(draft: Path, file: Path) -> None:
    """Two changes within one tick of the file system must not look the same to who reads time stamps."""
    try:
        before = file.stat().st_mtime_ns
    except FileNotFoundError:
        return
    stamp = draft.stat()
    os.utime(draft, ns=(stamp.st_atime_ns, max(stamp.st_mtime_ns, before + 1)))


def install(home: Home) -> bool:
    """Put the exercise's clock in force for this process; False, and the machine's clock, where there is no exercise."""
    if not path(home).exists():
        return False
    clock.use(_FileClock(path(home)))
    return True


class _FileClock:
    """Reads the file again whenever it has changed. Safe for threads.

    What was read and the time stamp it was read at change in one step. Were they two, a thread that was held up between them
    could leave an older reading under the newest stamp, and the whole process would go by the wrong time until the next change.
    A reading is never older than its stamp, so whichever thread comes last, a reading that is behind is read again.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, datetime | ShiftedClock] = (0, SystemClock().now())

    def now(self) -> datetime:
        stamp = self._file.stat().st_mtime_ns
        seen = self._seen
        if seen[0] != stamp:
            seen = self._seen = (stamp, self._read())
        state = seen[1]
        return state if isinstance(state, datetime) else state.now()

    def _read(self) -> datetime | ShiftedClock:
        try:
            state = json.loads(self._file.read_text())
            if "stands_at" in state:
                return clock.from_micros(state["stands_at"])
            return ShiftedClock(timedelta(microseconds=state["shift_micros"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Corrupt(Msg.EXERCISE_CLOCK_CANNOT_BE_READ, where=str(self._file)) from error
