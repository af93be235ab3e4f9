"""What people of the bank may see of their inbox and of what is in force. Everything is filtered in the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, When

from accord.capabilities.controls.errors import Msg
from accord.capabilities.controls.life_cycle import BEFORE_THE_ACT, OPEN, State
from accord.capabilities.controls.models import (
    Agreement,
    BankRule,
    Control,
    EnquiryState,
    HandedInAppeal,
    ReceivedEnquiry,
    ReceivedOrder,
)
from accord.capabilities.people.policy import Actor
from accord.capabilities.people.services import note_read
from accord.core import clock
from accord.core.errors import NotFound

ENDING_WITHIN: Final = timedelta(hours=6)
OPEN_ENQUIRIES: Final = (EnquiryState.RECEIVED, EnquiryState.FOR_DECISION, EnquiryState.ANSWERING)


def orders(actor: Actor) -> QuerySet[ReceivedOrder]:
    """Every order received, what is due next first: waiting ones by the bank's clock, then the rest, newest first."""
    rows: QuerySet[ReceivedOrder] = ReceivedOrder.objects.visible_to(actor).select_related("rule", "decided_by", "told_by")
    due = Case(When(state__in=OPEN, then=F("execute_due_at")))
    return rows.order_by(due.asc(nulls_last=True), "-received_at", "-id")


def order(actor: Actor, order_id: UUID) -> ReceivedOrder:
    """One order; NotFound when there is none that the actor may see."""
    found = orders(actor).select_related("control").filter(pk=order_id).first()
    if found is None:
        raise NotFound(Msg.NO_SUCH_ORDER)
    note_read(actor, found, subject=found.pk)
    return found


def search(actor: Actor, text: str) -> QuerySet[ReceivedOrder]:
    """Orders whose reference, account, holder or sender contains `text`, or whose number it is."""
    needle = text.strip()
    if not needle:
        return orders(actor)
    note_read(actor, ReceivedOrder, searched=needle[:200])
    named = Q(reference__icontains=needle) | Q(account__icontains=needle) | Q(holder_name__icontains=needle)
    return orders(actor).filter(named | Q(sender__icontains=needle) | _with_id(needle))


def export(actor: Actor, rows: QuerySet[ReceivedOrder]) -> Iterable[ReceivedOrder]:
    """The rows of a list one after another, noted as an export."""
    note_read(actor, ReceivedOrder, exported=rows.count())
    return rows.iterator(chunk_size=2_000)


def enquiries(actor: Actor) -> QuerySet[ReceivedEnquiry]:
    """Every enquiry received, what is due next first."""
    rows: QuerySet[ReceivedEnquiry] = ReceivedEnquiry.objects.visible_to(actor).select_related("rule", "decided_by")
    due = Case(When(state__in=OPEN_ENQUIRIES, then=F("execute_due_at")))
    return rows.order_by(due.asc(nulls_last=True), "-received_at", "-id")


def enquiry(actor: Actor, enquiry_id: UUID) -> ReceivedEnquiry:
    """One enquiry; NotFound when there is none that the actor may see."""
    found = enquiries(actor).filter(pk=enquiry_id).first()
    if found is None:
        raise NotFound(Msg.NO_SUCH_ENQUIRY)
    note_read(actor, found, subject=found.pk)
    return found


def search_enquiries(actor: Actor, text: str) -> QuerySet[ReceivedEnquiry]:
    """Enquiries whose first transfer or sender contains `text`, or whose number it is."""
    needle = text.strip()
    if not needle:
        return enquiries(actor)
    note_read(actor, ReceivedEnquiry, searched=needle[:200])
    return enquiries(actor).filter(Q(first_transfer__icontains=needle) | Q(sender__icontains=needle) | _with_id(needle))


def _with_id(text: str) -> Q:
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(pk=None)


def for_decision(actor: Actor) -> QuerySet[ReceivedOrder]:
    return orders(actor).filter(state=State.FOR_DECISION)


def overdue(actor: Actor) -> QuerySet[ReceivedOrder]:
    """Orders that the bank should have answered by now."""
    return orders(actor).filter(state__in=OPEN, execute_due_at__lt=clock.now())


def stuck(actor: Actor) -> QuerySet[ReceivedOrder]:
    """Orders with which the core could do nothing, so that a person must look."""
    return (
        orders(actor)
        .filter(state__in=(*BEFORE_THE_ACT, State.EXECUTING), next_attempt_at=None)
        .exclude(state=State.FOR_DECISION)
    )


def in_force(actor: Actor) -> QuerySet[Control]:
    """What is in force now, the first to end first."""
    rows: QuerySet[Control] = Control.objects.visible_to(actor).filter(ended_at=None).select_related("order")
    return rows.order_by("until", "order_id")


def ended(actor: Actor) -> QuerySet[Control]:
    """What was in force once, the last to end first."""
    rows: QuerySet[Control] = Control.objects.visible_to(actor).exclude(ended_at=None).select_related("order")
    return rows.order_by("-ended_at", "order_id")


def export_controls(actor: Actor, *, past: bool) -> Iterable[Control]:
    """What is (or was) in force, one after another, noted as an export."""
    rows = ended(actor) if past else in_force(actor)
    note_read(actor, Control, exported=rows.count())
    return rows.iterator(chunk_size=2_000)


def about(actor: Actor, found: ReceivedOrder) -> list[ReceivedOrder]:
    """Orders of the same sender about this one, or that replace it, oldest first."""
    rows = orders(actor).filter(sender=found.sender).filter(Q(target=found.pk) | Q(replaces=found.pk))
    return list(rows.order_by("received_at", "id"))


def appeals(actor: Actor, order_id: UUID) -> list[HandedInAppeal]:
    """Appeals of the holder against one order, oldest first."""
    return list(HandedInAppeal.objects.visible_to(actor).filter(order_id=order_id))


def agreements(actor: Actor) -> QuerySet[Agreement]:
    """Whom the bank listens to now."""
    rows: QuerySet[Agreement] = Agreement.objects.visible_to(actor).filter(ended_at=None).select_related("set_by")
    return rows


def rules(actor: Actor) -> QuerySet[BankRule]:
    """What acts without a person now."""
    rows: QuerySet[BankRule] = BankRule.objects.visible_to(actor).filter(ended_at=None).select_related("set_by")
    return rows


@dataclass(frozen=True, slots=True)
class Counts:
    """How full the inbox is."""

    for_decision: int
    enquiries: int
    overdue: int
    stuck: int
    in_force: int
    ending: int


def counts(actor: Actor) -> Counts:
    ending_at = clock.now() + ENDING_WITHIN
    return Counts(
        for_decision=for_decision(actor).count(),
        enquiries=enquiries(actor).filter(state=EnquiryState.FOR_DECISION).count(),
        overdue=overdue(actor).count(),
        stuck=stuck(actor).count(),
        in_force=in_force(actor).count(),
        ending=in_force(actor).filter(until__lte=ending_at).count(),
    )
