"""Telling the holder of an account what is in force on it: never before the notice allows it, and on record."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.controls.audit import InboxOrderAudit
from accord.capabilities.controls.errors import Msg
from accord.capabilities.controls.messages import message_of
from accord.capabilities.controls.models import Control, ReceivedOrder
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.controls.services.progress import locked
from accord.capabilities.people.policy import require
from accord.core import clock
from accord.core.errors import Conflict

if TYPE_CHECKING:
    from accord.capabilities.people.models import User


def check_may_be_notified(row: ReceivedOrder) -> None:
    """Conflict, which says why and until when, while the holder must not be told."""
    notice = message_of(row).notice
    if notice is None:
        raise Conflict(Msg.ORDER_GIVES_NO_WORDS_FOR_HOLDER)
    if not Control.objects.filter(pk=row.pk).exists():
        raise Conflict(Msg.NOTHING_PUT_IN_FORCE_UNDER_ORDER)
    if clock.now() < notice.tell_from:
        raise Conflict(Msg.HOLDER_MAY_BE_TOLD, time=notice.tell_from)


@unit_of_work.change
def note_notified(actor: User, order_id: UUID) -> ReceivedOrder:
    """Note that the holder was told; the first time counts."""
    require(actor, InboxPermission.DECIDE)
    row = locked(order_id)
    check_may_be_notified(row)
    if row.told_at is None:
        row.told_at, row.told_by = clock.now(), actor
        row.save(update_fields=["told_at", "told_by"])
        unit_of_work.record(actor, InboxOrderAudit.HOLDER_TOLD, subject=row.pk, obj=row, account=row.account)
    return row
