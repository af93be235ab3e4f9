"""What somebody who was held wrongly is offered or paid for it: a log, decided and paid outside."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.orders.audit import AppealAudit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.models import Appeal, Compensation
from accord.capabilities.orders.permissions import AppealPermission
from accord.capabilities.people.policy import require
from accord.capabilities.vocabulary import AuditAction
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.errors import Msg as CoreMsg
from accord.core.money import MAX_MINOR, Money

if TYPE_CHECKING:
    from accord.capabilities.people.models import User


@unit_of_work.change
def note_compensation(actor: User, appeal_id: UUID, amount: int, currency: str, ground: str) -> Compensation:
    """Put on record what the appellant is to get for having been held wrongly, and why."""
    require(actor, AppealPermission.DECIDE)
    appeal = Appeal.objects.select_related("order").filter(pk=appeal_id).first()
    if appeal is None:
        raise NotFound(Msg.NO_SUCH_APPEAL)
    if not appeal.is_granted:
        raise Conflict(Msg.ONLY_FOR_APPEAL_GRANTED)
    money = Money(amount, currency)  # refuses a currency that does not exist
    if not 0 < amount <= MAX_MINOR:
        raise BadInput(CoreMsg.AMOUNT_MUST_BE_MORE_THAN_ZERO, where="amount")
    if not ground.strip():
        raise BadInput(Msg.SAY_WHAT_COMPENSATION, where="ground")
    noted = Compensation.objects.create(
        appeal=appeal,
        amount=money.minor,
        currency=money.currency,
        ground=ground.strip(),
        noted_by=actor.username,
        noted_at=clock.now(),
    )
    _note(actor, AppealAudit.COMPENSATION_NOTED, noted, reason=noted.ground)
    return noted


@unit_of_work.change
def compensation_paid(actor: User, compensation_id: int, payment_reference: str) -> Compensation:
    """It was paid outside Accord; the reference of the payment stays on record."""
    require(actor, AppealPermission.DECIDE)
    paid = (
        Compensation.objects.select_for_update(of=("self",)).select_related("appeal__order").filter(pk=compensation_id).first()
    )
    if paid is None:
        raise NotFound(Msg.NO_SUCH_COMPENSATION)
    if paid.paid_at is not None:
        raise Conflict(Msg.COMPENSATION_ALREADY_NOTED_PAID)
    if not payment_reference.strip() or len(payment_reference) > 128:
        raise BadInput(Msg.GIVE_REFERENCE_PAYMENT, where="payment reference")
    paid.paid_at, paid.payment_reference = clock.now(), payment_reference.strip()
    paid.save(update_fields=["paid_at", "payment_reference"])
    _note(actor, AppealAudit.COMPENSATION_PAID, paid, transfer=paid.payment_reference)
    return paid


def _note(actor: User, action: AuditAction, row: Compensation, **details: object) -> None:
    order = row.appeal.order
    unit_of_work.record(
        actor,
        action,
        subject=order.subject,
        obj=row.appeal,
        appeal=row.appeal.reference,
        amount=row.amount,
        currency=row.currency,
        **details,
    )
