"""What people may see of the enquiries of partners."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.models import ForeignEnquiry
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.policy import Actor, allowed
from accord.capabilities.people.services import note_read
from accord.core import clock
from accord.core.errors import NotFound


def foreign_enquiries(actor: Actor) -> QuerySet[ForeignEnquiry]:
    """Every enquiry of a partner, newest first; none for those who do not work with partners."""
    rows = ForeignEnquiry.objects.select_related("partner", "claim").order_by("-received_at", "-id")
    return rows if allowed(actor, ExchangePermission.READ) else rows.none()


def foreign_enquiry(actor: Actor, enquiry_id: UUID) -> ForeignEnquiry:
    """One enquiry; NotFound when there is none that the actor may see."""
    found = foreign_enquiries(actor).filter(pk=enquiry_id).first()
    if found is None:
        raise NotFound(Msg.NO_SUCH_ENQUIRY)
    note_read(actor, found, subject=found.claim_id)
    return found


def waiting(actor: Actor) -> QuerySet[ForeignEnquiry]:
    """Enquiries that an officer of this centre must decide on, the one that is due first before others."""
    return foreign_enquiries(actor).filter(waits_for_officer=True, answered_at=None).order_by("answer_due_at", "id")


def overdue(actor: Actor) -> QuerySet[ForeignEnquiry]:
    """Enquiries that were to be answered by now and have no answer yet."""
    return foreign_enquiries(actor).filter(answered_at=None, answer_due_at__lt=clock.now())


def by_claims(actor: Actor, claim_ids: Sequence[UUID]) -> dict[UUID, list[ForeignEnquiry]]:
    """The partners' enquiries that each claim follows."""
    found: dict[UUID, list[ForeignEnquiry]] = {claim_id: [] for claim_id in claim_ids}
    for row in foreign_enquiries(actor).filter(claim_id__in=claim_ids):
        assert row.claim_id is not None
        found[row.claim_id].append(row)
    return found
