"""What never happens by accident, in words, and that somebody has looked at it. They are raised in `raising`."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accord.capabilities import unit_of_work
from accord.capabilities.exchange.errors.partners import Msg
from accord.capabilities.exchange.models import Alarm
from accord.capabilities.people.policy import Actor, Permission, allowed, require
from accord.core import clock
from accord.core.errors import Conflict, NotFound

ALARMS: Final[dict[str, Promise]] = {
    "unknown_signer": _("A card that no trusted key has signed"),
    "card_rollback": _("An older card than the one that is known"),
    "card_changed": _("Two different cards under one number"),
    "other_jurisdiction": _("A card that names another jurisdiction"),
    "key_revoked": _("The partner took back the key that it was known by: compare the words of its new card"),
    "covers_more": _("The partner says that it also answers for others"),
    "probing": _("A question about a payment that is not the partner’s to ask about"),
    "wrong_words": _("Wrong words for a partner’s card"),
}
"""What an alarm about a card or a key means, by its code."""


@unit_of_work.change
def note_seen(actor: Actor, alarm_id: int) -> Alarm:
    """Somebody has looked at it and knows what it was."""
    if not allowed(actor, Permission.PARTNERS_MANAGE):
        require(actor, Permission.EXCHANGE_ANSWER)
    alarm = Alarm.objects.select_for_update().filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound(Msg.NO_SUCH_ALARM)
    if alarm.seen_at is not None:
        raise Conflict(Msg.LOOKED_AT_ALREADY, user=alarm.seen_by)
    alarm.seen_by, alarm.seen_at = actor.username, clock.now()
    alarm.save(update_fields=["seen_by", "seen_at"])
    unit_of_work.record(actor, "alarm seen", subject=None, obj=alarm, state=alarm.what)
    return alarm
