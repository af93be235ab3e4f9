"""What people of the bank decide about what was laid before them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.controls.audit import InboxEnquiryAudit, InboxOrderAudit
from accord.capabilities.controls.enquiry_cycle import LIFE, EnquiryEvent
from accord.capabilities.controls.errors import Msg
from accord.capabilities.controls.life_cycle import Event, State, next_state
from accord.capabilities.controls.messages import message_of
from accord.capabilities.controls.models import EnquiryState, ReceivedEnquiry, ReceivedOrder
from accord.capabilities.controls.permissions import InboxPermission
from accord.capabilities.controls.services.enquiries import locked_enquiry, refuse_enquiry_row
from accord.capabilities.controls.services.knowledge import lasts, terms_with
from accord.capabilities.controls.services.outcome import refused
from accord.capabilities.controls.services.progress import locked
from accord.capabilities.orders.kinds import KEEPS_MONEY, OrderKind
from accord.capabilities.orders.ports import Refusal
from accord.capabilities.people.policy import require
from accord.core import clock
from accord.core.errors import BadInput, Conflict
from accord.core.money import Money

if TYPE_CHECKING:
    from accord.capabilities.people.models import User


@unit_of_work.change
def execute(actor: User, order_id: UUID, note: str, amount: int | None = None) -> ReceivedOrder:
    """Let an order be carried out, in full or up to `amount` (minor units), for no longer than was agreed with the sender.

    The worker carries it out; what the core system can keep is known then.
    """
    require(actor, InboxPermission.DECIDE)
    if not note.strip():
        raise BadInput(Msg.SAY_WHY_CARRIED_OUT, where="note")
    row = locked(order_id)
    message = message_of(row)
    if amount is not None and amount != row.amount:
        if row.kind not in KEEPS_MONEY:
            raise BadInput(Msg.ONLY_ORDER_KEEPS_MONEY_CAN, where="amount")
        if not 0 < amount <= row.amount:
            raise BadInput(Msg.CARRY_OUT_MORE_THAN_0, amount=Money(row.amount, row.currency), where="amount")
        row.decided_amount = amount
    now = clock.now()
    if message.until <= now:
        raise Conflict(Msg.ORDER_TIME_OVER)
    if row.kind == OrderKind.RENEWAL and not lasts(row.target):
        raise Conflict(Msg.ORDER_WOULD_PROLONG_OVER)
    terms = terms_with(row.sender)
    if terms is not None and message.until > now + terms.longest:
        row.decided_until = now + terms.longest
    row.state = next_state(row.state, Event.START)
    row.decided_by, row.decided_at, row.next_attempt_at = actor, now, now
    row.save()
    unit_of_work.record(
        actor,
        InboxOrderAudit.DECIDED,
        subject=row.pk,
        obj=row,
        kind=row.kind,
        amount=row.amount if amount is None else amount,
        currency=row.currency,
        note=note.strip(),
    )
    return row


@unit_of_work.change
def refuse(actor: User, order_id: UUID, refusal: str, reason: str) -> ReceivedOrder:
    """Refuse an order with a coded reason and words for the sender."""
    require(actor, InboxPermission.DECIDE)
    code, words = _refusal(refusal, reason)
    row = locked(order_id)
    if row.state != State.FOR_DECISION:
        raise Conflict(Msg.RECEIVED_ORDER_CANNOT_REFUSE, state=State(row.state))
    row.decided_by, row.decided_at = actor, clock.now()
    refused(row, code, words, actor)
    return row


@unit_of_work.change
def answer_enquiry(actor: User, enquiry_id: UUID, note: str = "") -> ReceivedEnquiry:
    """Let an enquiry be answered from the bank's ledger."""
    require(actor, InboxPermission.DECIDE)
    row = locked_enquiry(enquiry_id)
    if row.state != EnquiryState.FOR_DECISION:
        raise Conflict(Msg.ENQUIRY_DOES_NOT_WAIT_FOR_DECISION)
    row.state, row.decided_by, row.decided_at = LIFE.next(row.state, EnquiryEvent.START), actor, clock.now()
    row.next_attempt_at = row.decided_at
    row.save()
    unit_of_work.record(actor, InboxEnquiryAudit.DECIDED, subject=row.pk, obj=row, sender=row.sender, note=note.strip())
    return row


@unit_of_work.change
def refuse_enquiry(actor: User, enquiry_id: UUID, refusal: str, reason: str) -> ReceivedEnquiry:
    """Do not answer an enquiry, with a coded reason and words for the sender."""
    require(actor, InboxPermission.DECIDE)
    code, words = _refusal(refusal, reason)
    row = locked_enquiry(enquiry_id)
    if row.state != EnquiryState.FOR_DECISION:
        raise Conflict(Msg.ENQUIRY_DOES_NOT_WAIT_FOR_DECISION)
    row.decided_by, row.decided_at = actor, clock.now()
    refuse_enquiry_row(row, code, words, actor)
    return row


@unit_of_work.change
def try_again(actor: User, order_id: UUID) -> ReceivedOrder:
    """Ask the core once more about an order that is stuck; it knows the order by its id and does nothing twice."""
    require(actor, InboxPermission.DECIDE)
    row = locked(order_id)
    if not row.is_stuck:
        raise Conflict(Msg.ORDER_NOT_STUCK)
    row.next_attempt_at = clock.now()
    row.save(update_fields=["next_attempt_at"])
    unit_of_work.record(actor, InboxOrderAudit.TRIED_AGAIN, subject=row.pk, obj=row)
    return row


@unit_of_work.change
def ask_core_again(actor: User, enquiry_id: UUID) -> ReceivedEnquiry:
    """Ask the core once more about an enquiry that is stuck."""
    require(actor, InboxPermission.DECIDE)
    row = locked_enquiry(enquiry_id)
    if not row.is_stuck:
        raise Conflict(Msg.ENQUIRY_NOT_STUCK)
    row.next_attempt_at = clock.now()
    row.save(update_fields=["next_attempt_at"])
    unit_of_work.record(actor, InboxEnquiryAudit.TRIED_AGAIN, subject=row.pk, obj=row)
    return row


def _refusal(refusal: str, reason: str) -> tuple[Refusal, str]:
    try:
        code = Refusal(refusal)
    except ValueError:
        raise BadInput(Msg.CHOOSE_REASON_FROM_LIST, where="refusal") from None
    if not reason.strip():
        raise BadInput(Msg.SAY_IN_WORDS_WHY, where="reason")
    if len(reason) > 2_000:
        raise BadInput(Msg.AT_MOST_2000_CHARACTERS_TAKEN_OVER, where="reason")
    return code, reason.strip()
