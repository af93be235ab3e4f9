"""What never happens by accident, in words, and that somebody has looked at it. They are raised in `raising`."""

from __future__ import annotations

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.audit import ChannelAudit
from accord.capabilities.exchange.models import Alarm
from accord.capabilities.exchange.partners.errors import Msg
from accord.capabilities.exchange.permissions import ExchangePermission, PartnerPermission
from accord.capabilities.people.policy import Actor, allowed, require
from accord.core import clock
from accord.core.errors import Conflict, NotFound


@unit_of_work.change
def note_seen(actor: Actor, alarm_id: int) -> Alarm:
    """Somebody has looked at it and knows what it was."""
    if not allowed(actor, PartnerPermission.MANAGE):
        require(actor, ExchangePermission.ANSWER)
    alarm = Alarm.objects.select_for_update().filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound(Msg.NO_SUCH_ALARM)
    if alarm.seen_at is not None:
        raise Conflict(Msg.LOOKED_AT_ALREADY, user=alarm.seen_by)
    alarm.seen_by, alarm.seen_at = actor.username, clock.now()
    alarm.save(update_fields=["seen_by", "seen_at"])
    unit_of_work.record(actor, ChannelAudit.ALARM_SEEN, subject=None, obj=alarm, state=alarm.what)
    return alarm
