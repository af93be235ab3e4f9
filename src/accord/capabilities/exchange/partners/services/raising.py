from __future__ import annotations

from datetime import timedelta
from typing import Final

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import ChannelAudit
from accord.capabilities.exchange.models import Alarm
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.core.wording import Wording, stored

QUIET: Final = timedelta(hours=1)
"""The same alarm about the same partner is raised once in this time: whoever causes many must not fill the table."""

_MOST_DETAIL: Final = 2_000


@unit_of_work.change
def raise_alarm(partner: str | None, what: str, detail: Wording) -> None:
    """Write an alarm down for people to look at, unless the same is on record from a moment ago."""
    now = clock.now()
    if Alarm.objects.filter(partner_id=partner, what=what, seen_at=None, at__gt=now - QUIET, at__lte=now).exists():
        return
    alarm = Alarm.objects.create(partner_id=partner, at=now, what=what, detail=stored(detail, _MOST_DETAIL))
    unit_of_work.record(NODE, ChannelAudit.ALARM, subject=None, obj=alarm, partner=partner or "", what=what)
