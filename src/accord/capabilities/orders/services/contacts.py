"""Whom to call when a receiver stays silent: the lists that a supervisor keeps, and what was said when somebody called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from accord.capabilities import unit_of_work
from accord.capabilities.orders.audit import ContactAudit, OrderAudit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.escalations import escalation_at
from accord.capabilities.orders.life_cycle import WAITING
from accord.capabilities.orders.models import Contact, Escalation, Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.people.policy import require
from accord.capabilities.vocabulary import AuditAction
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

MOST_STEPS: Final = 9
MOST_MINUTES: Final = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """One step of a list. An empty `institution` serves every institution without a contact of its own at that step.

    `after_minutes` counts from the moment the answer was due.
    """

    institution: str
    step: int
    after_minutes: int
    name: str
    reach: str


@unit_of_work.change
def add_contact(actor: User, facts: ContactFacts) -> Contact:
    """A new step of a list; orders that wait for an answer climb it from now on. Conflict when the step is taken."""
    require(actor, OrderPermission.CLEAR)
    contact = _filled(Contact(), facts)
    contact.save()
    _climb_anew()
    _record(actor, ContactAudit.ADDED, contact)
    return contact


@unit_of_work.change
def change_contact(actor: User, contact_id: int, facts: ContactFacts) -> Contact:
    """Another name, number, step or delay. A new number has not been tried: the last test call is forgotten."""
    require(actor, OrderPermission.CLEAR)
    contact = _get(contact_id)
    moved = contact.reach != facts.reach.strip()
    _filled(contact, facts)
    if moved:
        contact.last_test_call_at = None
    contact.save()
    _climb_anew()
    _record(actor, ContactAudit.CHANGED, contact)
    return contact


@unit_of_work.change
def remove_contact(actor: User, contact_id: int) -> None:
    """Nobody is called at this step any more; what was escalated to it stays on record."""
    require(actor, OrderPermission.CLEAR)
    contact = _get(contact_id)
    _record(actor, ContactAudit.REMOVED, contact)
    contact.delete()
    _climb_anew()


@unit_of_work.change
def note_test_call(actor: User, contact_id: int, note: str) -> Contact:
    """The contact was called to see whether somebody answers, as agreements ask every month."""
    require(actor, OrderPermission.DRAFT)
    if not note.strip():
        raise BadInput(Msg.SAY_WHO_ANSWERED_TEST_CALL, where="note")
    contact = _get(contact_id)
    contact.last_test_call_at = clock.now()
    contact.save(update_fields=["last_test_call_at"])
    unit_of_work.record(
        actor,
        ContactAudit.TEST_CALL_NOTED,
        subject=None,
        obj=contact,
        institution=contact.institution,
        to=contact.name,
        note=note.strip(),
    )
    return contact


@unit_of_work.change
def note_escalation(actor: User, escalation_id: int, note: str) -> Escalation:
    """An officer reached the contact (or did not): what was said. Conflict when a colleague has noted it already."""
    require(actor, OrderPermission.DRAFT)
    if not note.strip():
        raise BadInput(Msg.SAY_WHOM_YOU_REACHED_WHAT_SAID, where="note")
    row = Escalation.objects.select_for_update().select_related("order").filter(pk=escalation_id).first()
    if row is None:
        raise NotFound(Msg.NO_SUCH_ESCALATION)
    if row.done_at is not None:
        raise Conflict(Msg.ALREADY_NOTED_WHAT_SAID, officer=row.done_by)
    row.done_at, row.done_by, row.note = clock.now(), str(actor), note.strip()
    row.save(update_fields=["done_at", "done_by", "note"])
    order = row.order
    unit_of_work.record(
        actor,
        OrderAudit.ESCALATION_NOTED,
        subject=order.subject,
        obj=order,
        institution=order.institution,
        step=row.step,
        to=row.contact_name,
        note=row.note,
    )
    return row


def _filled(contact: Contact, facts: ContactFacts) -> Contact:
    """The contact with checked facts; BadInput names the fact that is wrong."""
    name, reach, institution = facts.name.strip(), facts.reach.strip(), facts.institution.strip()
    if not 1 <= facts.step <= MOST_STEPS:
        raise BadInput(Msg.STEP_MUST_BE_FROM_1, count=MOST_STEPS, where="step")
    if not 0 <= facts.after_minutes <= MOST_MINUTES:
        raise BadInput(Msg.DELAY_MUST_BE_FROM_0, count=MOST_MINUTES, where="after minutes")
    if not name or len(name) > 150:
        raise BadInput(Msg.SAY_WHO_CONTACT, where="name")
    if not reach or len(reach) > 200:
        raise BadInput(Msg.SAY_HOW_CONTACT_REACHED, where="reach")
    others = Contact.objects.filter(institution=institution).exclude(pk=contact.pk)
    if others.filter(step=facts.step).exists():
        raise Conflict(Msg.STEP_LIST_TAKEN, step=facts.step)
    if others.filter(step__lt=facts.step, after_minutes__gt=facts.after_minutes).exists():
        raise BadInput(Msg.LATER_STEP_CANNOT_BE_CALLED_BEFORE, where="after minutes")
    if others.filter(step__gt=facts.step, after_minutes__lt=facts.after_minutes).exists():
        raise BadInput(Msg.EARLIER_STEP_CANNOT_BE_CALLED_AFTER, where="after minutes")
    contact.institution, contact.step, contact.after_minutes = institution, facts.step, facts.after_minutes
    contact.name, contact.reach = name, reach
    return contact


def _get(contact_id: int) -> Contact:
    contact = Contact.objects.select_for_update().filter(pk=contact_id).first()
    if contact is None:
        raise NotFound(Msg.NO_SUCH_CONTACT)
    return contact


def _climb_anew() -> None:
    """Orders that wait for an answer go by the lists as they stand now: also those that had nobody to go to."""
    changed = []
    for order in Order.objects.filter(state__in=WAITING).only("institution", "answer_due_at", "escalation_step", "escalate_at"):
        at = escalation_at(order, order.escalation_step + 1)
        if at != order.escalate_at:
            order.escalate_at = at
            changed.append(order)
    Order.objects.bulk_update(changed, ["escalate_at"], batch_size=500)


def _record(actor: User, action: AuditAction, contact: Contact) -> None:
    unit_of_work.record(
        actor,
        action,
        subject=None,
        obj=contact,
        institution=contact.institution,
        step=contact.step,
        to=contact.name,
        after_minutes=contact.after_minutes,
    )
