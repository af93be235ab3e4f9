"""Looks at a store from beside the node that works on it, so cheaply that the looking is not part of what is measured.

Whether anything was written since the last look is one number of the store's own: SQLite's `data_version` (a few
microseconds), PostgreSQL's position in its log. Only when it has moved are proposals read, and only when it stands still is it
asked, once, whether anything is due soon.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection


class Watched:
    """`act` does what there is to do; `due_soon` says whether the node has anything more to do by itself."""

    def __init__(self, act: Callable[[], None], due_soon: Callable[[], bool]) -> None:
        self._act, self._due_soon = act, due_soon
        self._seen: Any = None
        self._idle: bool | None = None

    def look(self) -> bool:
        """Act where something was written since the last look; whether the store is still busy."""
        version = _version()
        if version != self._seen:
            self._seen, self._idle = version, None
            self._act()
            return True
        if self._idle is None:
            self._idle = not self._due_soon()
        return not self._idle


def _version() -> Any:
    """Changes with everything that other connections write."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version" if connection.vendor == "sqlite" else "SELECT pg_current_wal_insert_lsn()")
        return cursor.fetchone()
