"""The bank's own clocks, counted from the arrival of a message. What the sender's regime asks for is the sender's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

_SOON: Final = timedelta(seconds=1)
_WHILE_A_PERSON_DECIDES: Final = timedelta(seconds=30)


def acknowledge_due(received_at: datetime) -> datetime:
    return received_at + timedelta(minutes=settings.ACCORD_BANK_ACKNOWLEDGE_MINUTES)


def execute_due(received_at: datetime) -> datetime:
    return received_at + timedelta(minutes=settings.ACCORD_BANK_EXECUTE_MINUTES)


def longest() -> timedelta:
    """How long an order may last at most where an agreement says nothing else."""
    return timedelta(hours=settings.ACCORD_BANK_LONGEST_HOURS)


def expected_at(now: datetime, *, for_decision: bool) -> datetime:
    """When it is worth asking again: at once while the node works by itself, now and then while a person decides."""
    return now + (_WHILE_A_PERSON_DECIDES if for_decision else _SOON)
