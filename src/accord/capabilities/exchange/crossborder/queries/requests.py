"""What people may see of requests between people; what is overdue comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, When

from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.request_cycle import UNSETTLED
from accord.capabilities.exchange.models import PartnerRequest, ThreadNote
from accord.capabilities.people.policy import Actor
from accord.capabilities.people.services import note_read
from accord.core import clock
from accord.core.errors import NotFound


def requests(actor: Actor) -> QuerySet[PartnerRequest]:
    """Every request: the unsettled ones first, escalated ones before others, by their clock; then the rest, newest first."""
    rows: QuerySet[PartnerRequest] = PartnerRequest.objects.visible_to(actor).select_related("partner", "claim")
    open_first = Case(When(state__in=UNSETTLED, then=F("due_at")))
    escalated = Case(When(state__in=UNSETTLED, escalated=True, then=0), default=1)
    return rows.order_by(escalated, open_first.asc(nulls_last=True), "-asked_at", "-id")


def request(actor: Actor, request_id: UUID) -> PartnerRequest:
    """One request; NotFound when there is none that the actor may see."""
    found = requests(actor).filter(pk=request_id).first()
    if found is None:
        raise NotFound(Msg.NO_SUCH_REQUEST)
    note_read(actor, found, subject=found.claim_id)
    return found


def search(actor: Actor, text: str) -> QuerySet[PartnerRequest]:
    """Requests whose reference or case contains `text`, or those about a claim whose reference does."""
    needle = text.strip()
    if not needle:
        return requests(actor)
    note_read(actor, PartnerRequest, searched=needle[:200])
    named = Q(reference__icontains=needle) | Q(case__icontains=needle) | Q(claim__reference__icontains=needle)
    return requests(actor).filter(named)


def unsettled(actor: Actor) -> QuerySet[PartnerRequest]:
    return requests(actor).filter(state__in=UNSETTLED)


def to_answer(actor: Actor) -> QuerySet[PartnerRequest]:
    """What partners wait for."""
    return unsettled(actor).filter(outgoing=False)


def overdue(actor: Actor) -> QuerySet[PartnerRequest]:
    """Requests of either side that should have been answered by now."""
    return unsettled(actor).filter(due_at__lt=clock.now())


def of_case(actor: Actor, about: PartnerRequest) -> QuerySet[PartnerRequest]:
    """The other requests of the same case with the same partner."""
    return requests(actor).filter(partner=about.partner_id, case=about.case).exclude(pk=about.pk)


def by_claims(actor: Actor, claim_ids: Sequence[UUID]) -> dict[UUID, list[PartnerRequest]]:
    """The requests about each claim."""
    found: dict[UUID, list[PartnerRequest]] = {claim_id: [] for claim_id in claim_ids}
    for row in requests(actor).filter(claim_id__in=claim_ids):
        assert row.claim_id is not None
        found[row.claim_id].append(row)
    return found


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """A note in the thread of a case, with the request under which it was written."""

    note: ThreadNote
    request: PartnerRequest


def thread(actor: Actor, about: PartnerRequest) -> list[ThreadLine]:
    """Every note of the case, oldest first, whichever request it was written under."""
    of_the_case = {about.pk: about} | {row.pk: row for row in of_case(actor, about)}
    notes = ThreadNote.objects.filter(request__in=list(of_the_case)).order_by("at", "id")
    return [ThreadLine(row, of_the_case[row.request_id]) for row in notes]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many requests wait: to be answered here, for the partner, overdue on either side."""

    to_answer: int
    asked: int
    overdue: int


def counts(actor: Actor) -> Counts:
    open_ones = unsettled(actor)
    return Counts(
        to_answer=open_ones.filter(outgoing=False).count(),
        asked=open_ones.filter(outgoing=True).count(),
        overdue=open_ones.filter(due_at__lt=clock.now()).count(),
    )
