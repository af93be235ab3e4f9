"""What of partners' messages, and of our own to them, is removed when nothing else says for how long it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from accord.capabilities.exchange.channel.services import chunks
from accord.capabilities.exchange.models import Incoming, IncomingState
from accord.capabilities.plugin import CarryOut


def remove_messages_without_time(before: datetime, dry_run: bool) -> int:
    """The signed text of messages for which no agreement states a time: cards, greetings, parts of large ones, refusals."""
    settled = (IncomingState.APPLIED, IncomingState.REFUSED)
    old = Incoming.objects.filter(retain_until=None, state__in=settled, received_at__lt=before).exclude(signed="")
    return old.count() if dry_run else old.update(body={}, signed="")


RETENTION: Final[dict[str, CarryOut]] = {
    "partners_messages": remove_messages_without_time,
    "sent_parts": chunks.remove_sent,
}
