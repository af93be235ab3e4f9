"""The only place that reads the wall clock.

Code asks `now()`. An exercise may run on a clock of its own (shifted, frozen or stepped), so that a day of calls plays in
a minute and every deadline still means what it says. Time is aware UTC in code and epoch microseconds in columns.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Clock(Protocol):
    """Anything that tells the time as aware UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """The machine's clock moved by a constant: an exercise that goes on at ordinary speed."""

    def __init__(self, shift: timedelta) -> None:
        self.shift = shift

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


class SteppedClock:
    """A clock that moves only when told to, and never backwards."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._now

    def advance_to(self, moment: datetime) -> None:
        with self._lock:
            self._now = max(self._now, moment.astimezone(UTC))


_current: Clock = SystemClock()
_machine: Clock = SystemClock()


def now() -> datetime:
    """The present moment, aware, UTC."""
    return _current.now()


def machine_now() -> datetime:
    """The machine's moment, whatever clock an exercise plays on: for sessions, one-time codes and tokens, which are real."""
    return _machine.now()


def use(clock: Clock) -> None:
    """Make `clock` the clock of this process."""
    global _current
    _current = clock


@contextmanager
def using(clock: Clock) -> Iterator[Clock]:
    """Use `clock` for the length of a with block."""
    global _current
    previous, _current = _current, clock
    try:
        yield clock
    finally:
        _current = previous


@contextmanager
def using_machine(clock: Clock) -> Iterator[Clock]:
    """Take `clock` for the machine's for the length of a with block: for tests of what a real clock ends."""
    global _machine
    previous, _machine = _machine, clock
    try:
        yield clock
    finally:
        _machine = previous


def to_micros(moment: datetime) -> int:
    """Epoch microseconds of an aware moment (exact, no float)."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC moment of epoch microseconds."""
    return EPOCH + timedelta(microseconds=micros)


def to_iso(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, seconds always shown, microseconds only when there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
