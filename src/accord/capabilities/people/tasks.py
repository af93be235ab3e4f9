"""The worker's part: what is kept no longer goes, once a day."""

from __future__ import annotations

from typing import Final

from accord.capabilities.jobs import Clock, earliest, missing
from accord.capabilities.people import retention
from accord.capabilities.people.models import RetentionClock

CLOCKS: Final = (
    Clock(
        "retention", retention.run_due, (earliest(RetentionClock.objects.all, "due_at"), missing(RetentionClock.objects.all))
    ),
)
