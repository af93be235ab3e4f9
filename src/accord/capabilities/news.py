"""News of one capability for later ones, which it knows nothing of.

Whoever listens is told in the change that made the news, so that what it writes down stays exactly when the change stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

Listener = Callable[[Collection[UUID]], None]
"""Takes the ids of what has changed."""


class Changed:
    """Some rows of a capability have changed in a way that others may wait for."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def connect(self, listener: Listener) -> Listener:
        """Tell `listener` from now on; usable as a decorator. Connecting it again changes nothing."""
        if listener not in self._listeners:
            self._listeners.append(listener)
        return listener

    def send(self, ids: Collection[UUID]) -> None:
        """Tell everybody, inside the running change."""
        for listener in self._listeners:
            listener(ids)
