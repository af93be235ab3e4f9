"""News of one capability for later ones, which it knows nothing of.

A listener is called before the change that made the news ends, so that what it writes down stays exactly when the change
stays; once a change, however often the change had news for it.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.unit_of_work import Listener


class Changed:
    """Some rows of a capability have changed in a way that others may wait for."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def connect(self, listener: Listener) -> Listener:
        """Call `listener` from now on; usable as a decorator. Connecting it again changes nothing."""
        if listener not in self._listeners:
            self._listeners.append(listener)
        return listener

    def send(self, ids: Collection[UUID]) -> None:
        """Have every listener called with these ids at the end of the running change."""
        for listener in self._listeners:
            unit_of_work.announce(listener, ids)
