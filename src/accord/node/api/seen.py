"""Which signed letters have come before, so that a replay or a retry does nothing again.

A letter is remembered for longer than its signature is accepted. Each is one small file under the home folder, made with
the file system's own exclusiveness: that holds between threads, processes and restarts, and needs no table.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from accord.adapters.bank_wire.signatures import TOLERANCE
from accord.core import clock
from accord.core.errors import Unavailable
from accord.node.errors import Msg

_KEPT: Final = 3 * TOLERANCE
"""A letter may be dated `TOLERANCE` ahead and is accepted until `TOLERANCE` after."""

_UNDER_WAY: Final = timedelta(seconds=60)
"""How long a letter may be worked on; one that a killed process left behind is taken again."""

_DONE: Final = b"done"


class SeenLetters:
    """Letters by who signed them and their id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def once(self, sender: str, letter_id: str) -> Iterator[bool]:
        """Whether this is the first time; what is done inside counts only where it ends well.

        Unavailable while the same letter is being worked on elsewhere.
        """
        mark = self._folder / hashlib.sha256(f"{sender}\n{letter_id}".encode()).hexdigest()
        if not self._claim(mark):
            yield False
            return
        try:
            yield True
        except BaseException:
            mark.unlink(missing_ok=True)
            raise
        mark.write_bytes(_DONE)

    def _claim(self, mark: Path) -> bool:
        """True where the letter is ours to work on, False where it has been worked on."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._forget_old()
        for _ in range(2):
            try:
                os.close(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                if self._worked_on(mark):
                    return False
            else:
                return True
        raise Unavailable(Msg.SAME_LETTER_BEING_WORKED)

    def _worked_on(self, mark: Path) -> bool:
        try:
            if mark.read_bytes() == _DONE:
                return True
            if _age(mark) > _UNDER_WAY:
                mark.unlink(missing_ok=True)
                return False
        except FileNotFoundError:
            return False
        raise Unavailable(Msg.SAME_LETTER_BEING_WORKED)

    def _forget_old(self) -> None:
        for mark in self._folder.iterdir():
            try:
                if _age(mark) > _KEPT:
                    mark.unlink(missing_ok=True)
            except FileNotFoundError:
                continue


def _age(path: Path) -> timedelta:
    """How long ago the file was written; the machine's clock wrote it."""
    return clock.machine_now() - clock.from_micros(path.stat().st_mtime_ns // 1_000)
