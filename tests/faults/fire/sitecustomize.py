"""Kills a process of a node, whichever it is, around a commit. Run it in the process (`machine_program`), or put this folder
first on PYTHONPATH, and set

    FAULT_POINT = "INSERT exchange_incoming before 3"    die before the third commit of a change that inserts such rows
    FAULT_MARK  = a file that is made at that moment

Python imports this module by itself in every process that starts, so that a node's own commands are run as they are.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

_lock = threading.Lock()
_left = 0


def _reached() -> bool:
    global _left
    with _lock:
        _left -= 1
        return _left == 0


def _die() -> None:
    Path(os.environ["FAULT_MARK"]).touch()
    os.kill(os.getpid(), signal.SIGKILL)


def _install(verb: str, table: str, when: str, number: str) -> None:
    """Watch what each change writes, and its commit. A statement outside any change is a change of its own."""
    global _left
    _left = int(number)
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

    commit, rollback, run = BaseDatabaseWrapper.commit, BaseDatabaseWrapper.rollback, CursorWrapper._execute_with_wrappers

    def watched_run(self: Any, sql: Any, *rest: Any, **more: Any) -> Any:
        text = str(sql)
        if not (text.startswith(verb) and f'"{table}"' in text):
            return run(self, sql, *rest, **more)
        if self.db.in_atomic_block:
            self.db.fault_written = True
            return run(self, sql, *rest, **more)
        dies = _reached()
        if dies and when == "before":
            _die()
        result = run(self, sql, *rest, **more)
        if dies:
            _die()
        return result

    def watched_commit(self: Any) -> None:
        dies = self.__dict__.pop("fault_written", False) and _reached()
        if dies and when == "before":
            _die()
        commit(self)
        if dies:
            _die()

    def watched_rollback(self: Any) -> None:
        self.__dict__.pop("fault_written", None)
        rollback(self)

    BaseDatabaseWrapper.commit = watched_commit  # type: ignore[method-assign]
    BaseDatabaseWrapper.rollback = watched_rollback  # type: ignore[method-assign]
    CursorWrapper._execute_with_wrappers = watched_run


if "FAULT_POINT" in os.environ:
    _install(*os.environ["FAULT_POINT"].split())
