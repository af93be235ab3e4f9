"""A holder's appeal that comes to the bank: taken down, and handed on to the centre that ordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.controls.audit import BankAudit
from accord.capabilities.controls.errors import Msg
from accord.capabilities.controls.models import HandedInAppeal
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.controls.ports import MOST_TEXT
from accord.capabilities.controls.services.progress import locked
from accord.capabilities.controls.services.telling import check_may_be_notified
from accord.capabilities.delivery import next_retry
from accord.capabilities.orders.ports import AppealMessage, Care
from accord.capabilities.people.policy import NODE, require
from accord.core import clock
from accord.core.errors import BadInput

if TYPE_CHECKING:
    from accord.capabilities.people.models import User


@dataclass(frozen=True, slots=True)
class HoldersAppeal:
    """What the holder says. `language` is the one to answer in (BCP 47)."""

    appellant: str
    statement: str
    care: Care = Care.NONE
    language: str = "zh-Hans"


@unit_of_work.change
def record_appeal(actor: User, order_id: UUID, appeal: HoldersAppeal) -> HandedInAppeal:
    """Take the holder's appeal down; it goes to the centre by itself."""
    require(actor, InboxPermission.DECIDE)
    if not appeal.appellant.strip() or len(appeal.appellant) > 150:
        raise BadInput(Msg.NAME_PERSON_WHO_APPEALS, where="appellant")
    if not appeal.statement.strip() or len(appeal.statement) > MOST_TEXT:
        raise BadInput(Msg.WRITE_DOWN_WHAT_HOLDER_SAYS, count=MOST_TEXT, where="statement")
    if "\x00" in appeal.statement + appeal.appellant:
        raise BadInput(Msg.TEXT_HOLDS_NUL_CHARACTERS_PASTE, where="statement")
    row = locked(order_id)
    check_may_be_notified(row)
    now = clock.now()
    found = HandedInAppeal(
        order=row,
        appellant=appeal.appellant.strip(),
        statement=appeal.statement.strip(),
        care=appeal.care.value,
        language=appeal.language[:10],
        received_at=now,
        recorded_by=actor.username,
        next_attempt_at=now,
    )
    found.save(force_insert=True)
    unit_of_work.record(actor, BankAudit.APPEAL_HANDED_IN, subject=row.pk, obj=found, sender=row.sender)
    return found


def appeal_message(row: HandedInAppeal) -> AppealMessage:
    """The row as the message to the centre, the same each time it is handed in."""
    return AppealMessage(
        order_id=UUID(str(row.order_id)),
        appellant=row.appellant,
        statement=row.statement,
        received_at=row.received_at,
        care=Care(row.care),
        language=row.language,
    )


def appeals_to_hand_in() -> QuerySet[HandedInAppeal]:
    """Appeals that the centre has not taken yet; `lease_due` gives those that are due. `order.sender` is the centre."""
    rows: QuerySet[HandedInAppeal] = HandedInAppeal.objects.filter(delivered_at=None).select_related("order")
    return rows


@unit_of_work.change
def appeal_delivered(row_id: UUID, reference: str = "") -> None:
    """The centre has taken an appeal, and calls it `reference`."""
    row = HandedInAppeal.objects.select_for_update().get(pk=row_id)
    if row.delivered_at is None:
        row.delivered_at, row.next_attempt_at, row.last_error = clock.now(), None, ""
        row.centre_reference = reference[:40]
        row.save()
        unit_of_work.record(NODE, BankAudit.APPEAL_DELIVERED, subject=row.order_id, obj=row, reference=row.centre_reference)


def appeal_failed(row: HandedInAppeal, error: str) -> None:
    """Try again later, at growing intervals."""
    HandedInAppeal.objects.filter(pk=row.pk, delivered_at=None).update(
        next_attempt_at=next_retry(clock.now(), row.attempts), last_error=error[:2_000]
    )
