from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.db.models import F, Model, Q, QuerySet, Sum

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
from accord.capabilities.claims.permissions import ClaimPermission
from accord.capabilities.claims.picture import Picture, picture_of, start_of
from accord.capabilities.claims.ports import Credit, TransferLeg
from accord.capabilities.people.policy import Actor, allowed
from accord.capabilities.people.services import note_read
from accord.core import clock
from accord.core.errors import NotFound

_Row = TypeVar("_Row", bound=Model)


def claims(actor: Actor) -> QuerySet[Claim]:
    """Every claim the actor may see, newest first."""
    return Claim.objects.visible_to(actor)


def _of_claims(actor: Actor, rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Rows about claims, as far as the actor may see those: the rule of `ClaimQuerySet.visible_to`, which is all or nothing.

    Asked once and not for each row: naming every claim in a statement makes the store read them all.
    """
    return rows if allowed(actor, ClaimPermission.READ) else rows.none()


def _enquiries(actor: Actor) -> QuerySet[Enquiry]:
    return _of_claims(actor, Enquiry.objects.all())


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


def ids_by_reports(actor: Actor, report_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The id of each report's claim, by the report's."""
    found = claims(actor).filter(report_id__in=report_ids).order_by().values_list("report_id", "pk")
    return {report_id: claim_id for report_id, claim_id in found if report_id is not None}


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
    return _enquiries(actor).filter(pk=enquiry_id).first()


def enquiries_of(actor: Actor, enquiry_ids: Collection[UUID]) -> dict[UUID, Enquiry]:
    """Many of them, with their claims; those that the actor may not see are left out."""
    rows = _enquiries(actor).filter(pk__in=enquiry_ids).select_related("claim")
    return {row.pk: row for row in rows}


def with_answers_to_come(claim_ids: Collection[UUID]) -> set[UUID]:
    """Those of these claims for which a ledger holder has still to answer. For whoever tells of the whole claim."""
    waiting = Enquiry.objects.filter(claim__in=claim_ids, state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED))
    return set(waiting.order_by().values_list("claim_id", flat=True).distinct())


def starts_of(claim_ids: Collection[UUID], origin: str) -> dict[UUID, list[Credit]]:
    """The transfers at which claims start that are followed for a partner. For whoever looks for the claim of a transfer."""
    starts: dict[UUID, list[Credit]] = {claim_id: [] for claim_id in claim_ids}
    if not starts:
        return starts
    for start in ClaimTransfer.objects.filter(claim__in=claim_ids, claim__origin=origin):
        starts[start.claim_id].append(start_of(start))
    return starts


def plan(actor: Actor, claim_id: UUID) -> list[PlanItem]:
    """The plan's lines, the most urgent first."""
    return list(get(actor, claim_id).plan.all())


def proposed_items(actor: Actor) -> QuerySet[PlanItem]:
    """All proposed lines of open claims that the actor may see, the most urgent first."""
    return _of_claims(actor, PlanItem.objects.filter(state=PlanItemState.PROPOSED)).select_related("claim")


class Proposed(NamedTuple):
    """What a list of claims tells of a proposed line: minor units of `currency`. An exit is nothing that could be held."""

    amount: int
    currency: str
    proposed_at: datetime
    is_exit: bool


def proposed_by_claims(actor: Actor, claim_ids: Sequence[UUID]) -> dict[UUID, list[Proposed]]:
    """The proposed lines of many claims; claims without one are left out."""
    found: dict[UUID, list[Proposed]] = {}
    rows = _of_claims(actor, PlanItem.objects.filter(claim__in=claim_ids, state=PlanItemState.PROPOSED)).order_by()
    for claim_id, amount, currency, at, transfer in rows.values_list(
        "claim_id", "amount", "currency", "proposed_at", "transfer"
    ):
        found.setdefault(claim_id, []).append(Proposed(amount, currency, at, bool(transfer)))
    return found


def saved_trace(actor: Actor, claim_id: UUID, by: datetime) -> SavedTrace | None:
    """The trace that was saved last by a moment: what a decision at that moment rests on. None where none was saved."""
    saved = SavedTrace.objects.filter(claim__in=claims(actor).filter(pk=claim_id), made_at__lte=by)
    return saved.order_by("-made_at", "-id").first()


def money_left(actor: Actor, claim_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Minor units of each claim that are known to have left all ledgers, in the claim's own currency."""
    exits = _of_claims(actor, PlanItem.objects.filter(claim__in=claim_ids, currency=F("claim__currency")))
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
    waited_for = (EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED)
    silent = Q(state__in=waited_for, answer_due_at__lt=clock.now()) | Q(state=EnquiryState.FAILED)
    # named again as one condition, which every row that is looked for meets and an index answers
    waiting = _enquiries(actor).filter(silent, state__in=(*waited_for, EnquiryState.FAILED))
    return waiting.select_related("claim").order_by("answer_due_at")


def claims_of_shares(actor: Actor, order_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The claim that each order's share of an account was traced for; orders that no trace has reached are left out."""
    shares = _of_claims(actor, HoldShare.objects.filter(order_id__in=order_ids))
    return dict(shares.order_by().values_list("order_id", "claim_id"))


def claims_with_enquiries_due(now: datetime) -> set[UUID]:
    """The claims for which an enquiry is to be sent or asked about by `now`. For the worker and for measuring it."""
    waiting = Enquiry.objects.filter(state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED), next_attempt_at__lte=now)
    return set(waiting.values_list("claim_id", flat=True))
