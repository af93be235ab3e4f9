"""News of claims for later capabilities, which this one knows nothing of.

Whoever listens is told in the change that made the news, so that what it writes down stays exactly when the change stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final
from uuid import UUID

Listener = Callable[[Collection[UUID]], None]
"""Takes the ids of the claims that have changed."""


class Changed:
    """What is known of claims has changed: an answer or a failure came, or a hold on their money was confirmed or ended."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def connect(self, listener: Listener) -> Listener:
        """Tell `listener` from now on; usable as a decorator. Connecting it again changes nothing."""
        if listener not in self._listeners:
            self._listeners.append(listener)
        return listener

    def send(self, claim_ids: Collection[UUID]) -> None:
        """Tell everybody, inside the running change."""
        for listener in self._listeners:
            listener(claim_ids)


changed: Final = Changed()
