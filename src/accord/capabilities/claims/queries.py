from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from accord.capabilities.claims import joined_trace
from accord.capabilities.claims.errors import Msg
from accord.capabilities.claims.joined_trace import JoinedTrace
from accord.capabilities.claims.messages import answer_from_json
from accord.capabilities.claims.models import (
    Claim,
    ClaimTransfer,
    Enquiry,
    EnquiryState,
    HoldShare,
    PlanItem,
    PlanItemState,
    SavedTrace,
)
from accord.capabilities.claims.picture import Picture, picture_of, start_of
from accord.capabilities.claims.ports import Credit, TransferLeg
from accord.capabilities.people.policy import Actor
from accord.capabilities.people.services import note_read
from accord.core import clock
from accord.core.errors import NotFound


def claims(actor: Actor) -> QuerySet[Claim]:
    """Every claim the actor may see, newest first."""
    return Claim.objects.visible_to(actor)


def get(actor: Actor, claim_id: UUID) -> Claim:
    """One claim; NotFound when there is none that the actor may see."""
    claim = claims(actor).filter(pk=claim_id).first()
    if claim is None:
        raise NotFound(Msg.NO_SUCH_CLAIM)
    note_read(actor, claim, subject=claim.pk)
    return claim


def by_ids(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Claim]:
    return {claim.pk: claim for claim in claims(actor).filter(pk__in=ids)}


def by_reports(actor: Actor, report_ids: Sequence[UUID]) -> dict[UUID, Claim]:
    """The claim of each report, by report id."""
    found = claims(actor).filter(report_id__in=report_ids)
    return {claim.report_id: claim for claim in found if claim.report_id is not None}


def trace(actor: Actor, claim_id: UUID, rule: str | None = None) -> JoinedTrace:
    """The joined trace of a claim, under its own rule or another one that was asked for."""
    return joined_trace.join(get(actor, claim_id), rule)


def picture(actor: Actor, claim_id: UUID, *, of_partners: bool = True) -> Picture:
    """The joined trace under the claim's own rule, with the questions that it was joined from; `of_partners` includes what
    partners' centres answered."""
    return picture_of(get(actor, claim_id), of_partners=of_partners)


def claim_asked_about(actor: Actor, enquiry_id: UUID) -> Claim:
    """The claim that an enquiry of this node is about; NotFound where there is none that the actor may see."""
    claim = claims(actor).filter(enquiries=enquiry_id).first()
    if claim is None:
        raise NotFound(Msg.NO_SUCH_ENQUIRY)
    return claim


def enquiry_of(actor: Actor, enquiry_id: UUID) -> Enquiry | None:
    """One enquiry of this node; None where there is none that the actor may see."""
    return Enquiry.objects.filter(pk=enquiry_id, claim__in=claims(actor)).first()


def with_answers_to_come(claim_ids: Collection[UUID]) -> set[UUID]:
    """Those of these claims for which a ledger holder has still to answer. For whoever tells of the whole claim."""
    waiting = Enquiry.objects.filter(claim__in=claim_ids, state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED))
    return set(waiting.order_by().values_list("claim_id", flat=True).distinct())


def starts_of(claim_ids: Collection[UUID]) -> dict[UUID, list[Credit]]:
    """The transfers at which claims start. For whoever looks for the claim of a transfer."""
    starts: dict[UUID, list[Credit]] = {claim_id: [] for claim_id in claim_ids}
    for start in ClaimTransfer.objects.filter(claim__in=claim_ids):
        starts[start.claim_id].append(start_of(start))
    return starts


def plan(actor: Actor, claim_id: UUID) -> list[PlanItem]:
    """The plan's lines, the most urgent first."""
    return list(get(actor, claim_id).plan.all())


def proposed_items(actor: Actor) -> QuerySet[PlanItem]:
    """All proposed lines of open claims that the actor may see, the most urgent first."""
    return PlanItem.objects.filter(claim__in=claims(actor), state=PlanItemState.PROPOSED).select_related("claim")


def saved_trace(actor: Actor, claim_id: UUID, by: datetime) -> SavedTrace | None:
    """The trace that was saved last by a moment: what a decision at that moment rests on. None where none was saved."""
    saved = SavedTrace.objects.filter(claim__in=claims(actor).filter(pk=claim_id), made_at__lte=by)
    return saved.order_by("-made_at", "-id").first()


def money_left(actor: Actor, claim_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Minor units of each claim that are known to have left all ledgers, in the claim's own currency."""
    exits = PlanItem.objects.filter(claim__in=claims(actor).filter(pk__in=claim_ids), currency=F("claim__currency"))
    return dict(exits.exclude(transfer="").order_by().values_list("claim").annotate(Sum("amount")))


def enquiries(actor: Actor, claim_id: UUID) -> list[Enquiry]:
    """All enquiries of a claim in the order in which they were asked."""
    return list(get(actor, claim_id).enquiries.all())


def leg_of(claim_id: UUID, transfer: str) -> TransferLeg | None:
    """A transfer as a holder told of it in an answer of the claim; None where nobody has told of it. For the node itself."""
    answered = Enquiry.objects.filter(claim=claim_id).exclude(answer=None).order_by("asked_at", "id")
    told = (leg for answer in answered.values_list("answer", flat=True) for leg in answer_from_json(answer).flows)
    return next((leg for leg in told if leg.transfer == transfer), None)


def answered_before(actor: Actor, claim_id: UUID, moment: datetime) -> list[datetime]:
    """When holders answered what was asked about a claim, before `moment`, the earliest first; never before they were asked."""
    asked = Enquiry.objects.filter(claim__in=claims(actor).filter(pk=claim_id), asked_at__lt=moment, answered_at__lt=moment)
    return sorted(max(at, answered) for at, answered in asked.values_list("asked_at", "answered_at") if answered is not None)


def silent_holders(actor: Actor) -> QuerySet[Enquiry]:
    """Enquiries that no holder answered within the clock, and those whose answer could not be used."""
    waiting = Enquiry.objects.filter(claim__in=claims(actor)).select_related("claim")
    overdue = waiting.filter(state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED), answer_due_at__lt=clock.now())
    return (overdue | waiting.filter(state=EnquiryState.FAILED)).order_by("answer_due_at")


def claims_of_shares(actor: Actor, order_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The claim that each order's share of an account was traced for; orders that no trace has reached are left out."""
    shares = HoldShare.objects.filter(order_id__in=order_ids, claim__in=claims(actor))
    return dict(shares.order_by().values_list("order_id", "claim_id"))


def claims_with_enquiries_due(now: datetime) -> set[UUID]:
    """The claims for which an enquiry is to be sent or asked about by `now`. For the worker and for measuring it."""
    waiting = Enquiry.objects.filter(state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED), next_attempt_at__lte=now)
    return set(waiting.values_list("claim_id", flat=True))
