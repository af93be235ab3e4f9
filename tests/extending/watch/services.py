from __future__ import annotations

from datetime import datetime

from accord.capabilities import unit_of_work
from accord.capabilities.people.policy import NODE, Actor, require
from accord.capabilities.transitions import transition
from watch.audit import WatchAudit
from watch.life import LIFE, Event, State
from watch.models import Watch
from watch.permissions import WatchPermission


@unit_of_work.change
def begin(actor: Actor, institution: str, account: str, until: datetime) -> Watch:
    require(actor, WatchPermission.BEGIN)
    watch = Watch.objects.create(institution=institution, account=account, until=until)
    unit_of_work.record(actor, WatchAudit.BEGUN, subject=None, obj=watch, institution=institution, account=account)
    return watch


@unit_of_work.change
def end_due(now: datetime) -> int:
    """The clock: what has run out ends; how many did."""
    over = list(Watch.objects.select_for_update().filter(state=State.RUNNING, until__lte=now))
    for watch in over:
        transition(LIFE, watch, Event.END, NODE, WatchAudit.ENDED, subject=None, set_={"ended_at": now})
    return len(over)
