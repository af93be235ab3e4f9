"""Waiting for what a node writes: its store, its banks' books, its log. The kernel wakes whoever waits; nobody polls."""

from __future__ import annotations

import ctypes
import os
import select
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_MODIFIED, _MOVED_TO, _CREATED = 0x2, 0x80, 0x100
_EVENT: Final = struct.Struct("iIII")
_WRITTEN: Final = ("-wal", ".sqlite3", ".log", "-died")
"""How the names of files end that say something; readers of a store make files too (its shared memory)."""
_LIBC = ctypes.CDLL(None, use_errno=True)

LONGEST_SECONDS: Final = 1.0
"""A look costs little. An event that was missed costs a second, not the test."""


class Changes:
    """What was written in some folders since somebody last asked. A write between two calls is not missed."""

    def __init__(self, number: int) -> None:
        self._number = number

    def watch(self, folder: Path) -> None:
        """Also a folder that was made since; one that is watched already is watched once."""
        watched = _LIBC.inotify_add_watch(self._number, os.fsencode(folder), _MODIFIED | _MOVED_TO | _CREATED)
        assert watched >= 0, f"{folder}: {os.strerror(ctypes.get_errno())}"

    def wait(self, seconds: float) -> bool:
        """Whether something was written; waits at most so long for it."""
        deadline = time.monotonic() + seconds
        while True:
            ready, _, _ = select.select([self._number], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return False
            if any(name.endswith(_WRITTEN) for name in self._names()):
                return True

    def until(self, true: Callable[[], object], within: float) -> None:
        """Look whenever something was written, until it is true."""
        deadline = time.monotonic() + within
        while not true():
            assert time.monotonic() < deadline, "not within the time"
            self.wait(LONGEST_SECONDS)

    def _names(self) -> list[str]:
        """The files that were written, and no event is left."""
        names = []
        data = os.read(self._number, 65_536)
        while data:
            _, _, _, length = _EVENT.unpack_from(data)
            end = _EVENT.size + length
            names.append(data[_EVENT.size : end].rstrip(b"\0").decode())
            data = data[end:]
        return names


@contextmanager
def changes_in(*folders: Path) -> Iterator[Changes]:
    """Watch folders that exist, for the length of a with block."""
    number = _LIBC.inotify_init1(os.O_CLOEXEC)
    assert number >= 0, os.strerror(ctypes.get_errno())
    try:
        changes = Changes(number)
        for folder in folders:
            changes.watch(folder)
        yield changes
    finally:
        os.close(number)
