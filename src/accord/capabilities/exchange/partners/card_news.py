"""How partners learn of a new card of ours. The channel carries it; this room knows only that somebody does (`connect`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol


class CardNews(Protocol):
    """Who carries our cards to partners, and knows which of them have arrived."""

    def announce(self, partner: str, signed: dict[str, Any]) -> None:
        """Queue a signed card for a partner. Part of a running change."""
        ...

    def oldest_on_its_way(self, partner: str, delivered_since: datetime) -> dict[str, Any] | None:
        """The first signed card that a partner has yet to get, or got after that moment; None where it has them all."""
        ...

    def any_waiting(self, queued_since: datetime) -> bool:
        """Whether a confirmed partner has yet to get a card that was queued at that moment or later."""
        ...

    def restored_since(self, moment: datetime) -> bool:
        """Whether this node has begun its streams anew after that moment, because it was restored from a backup."""
        ...


_connected: list[CardNews] = []


def connect(news: CardNews) -> None:
    """Called once, when the apps are ready."""
    _connected[:] = [news]


def card_news() -> CardNews:
    """Whoever was connected."""
    return _connected[0]
