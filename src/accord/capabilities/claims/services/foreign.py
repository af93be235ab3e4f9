"""Claims of other centres: this node follows them through its own ledger holders, in its own jurisdiction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims import budgets
from accord.capabilities.claims.audit import PartnerClaimAudit
from accord.capabilities.claims.events import notify
from accord.capabilities.claims.messages import credits_from_json, to_json
from accord.capabilities.claims.models import (
    Claim,
    ClaimState,
    ClaimTransfer,
    Enquiry,
    EnquiryState,
    PlanItem,
    PlanItemState,
)
from accord.capabilities.claims.ports import Credit
from accord.capabilities.claims.services.chase import trace_again
from accord.capabilities.claims.services.questions import Round, ask, credit_at, is_followed_at, new_enquiries
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.core.money import Money
from accord.engine.tracing.model import Rule

STILL_FRESH: Final = timedelta(seconds=10)
"""What was asked within this time is not asked again because the origin asks again."""

Start = tuple[str, Credit]
"""The institution that a claimed transfer reached, and the transfer."""


@unit_of_work.change
def open_foreign_claim(
    origin: str, money: Money, rule: Rule, starts: Sequence[Start] = (), onward: Collection[str] = ()
) -> Claim:
    """A claim that the agency `origin` follows here, starting at transfers into our institutions, each named once.

    Its money is followed in this jurisdiction, and to the partners that `onward` names. It has no report and no victim here.
    """
    claim = Claim.objects.create(
        origin=origin,
        onward=sorted(onward),
        rule=rule,
        amount=money.minor,
        currency=money.currency,
        opened_at=clock.now(),
    )
    unit_of_work.record(
        NODE,
        PartnerClaimAudit.CLAIM_OPENED,
        subject=claim.pk,
        obj=claim,
        origin=origin,
        rule=rule.value,
        amount=money.minor,
        currency=money.currency,
    )
    _begin(claim, starts, first=True)
    return claim


@unit_of_work.change
def restart_foreign_claim(claim_id: UUID, starts: Sequence[Start], onward: Collection[str] = ()) -> None:
    """The claim starts at exactly these transfers from now on: the origin has learned of more, or of less. Where nothing
    has changed, what may be out of date is asked about afresh."""
    claim = Claim.objects.select_for_update().get(pk=claim_id)
    before = sorted((start.transfer, start.amount) for start in claim.starts.all())
    _set_onward(claim, onward)
    if before == sorted((credit.transfer, credit.amount) for _, credit in starts):
        if not claim.enquiries.filter(asked_at__gt=clock.now() - STILL_FRESH).exists():
            trace_again(NODE, claim.pk)
        _go_on(claim)
        return
    claim.starts.all().delete()
    claim.amount = sum(credit.amount for _, credit in starts if credit.currency == claim.currency)
    claim.save(update_fields=["amount"])
    _begin(claim, starts)
    _go_on(claim)


@unit_of_work.change
def go_onward(claim_id: UUID, onward: Collection[str]) -> None:
    """The originator lets the claim be followed to these partners: what had left to them is asked about now."""
    claim = Claim.objects.select_for_update().get(pk=claim_id)
    _set_onward(claim, onward)
    _go_on(claim)


@unit_of_work.change
def close_foreign_claim(claim_id: UUID, reason: str) -> None:
    """Follow the claim no longer: nothing more is asked for it and nothing proposed."""
    claim = Claim.objects.select_for_update().get(pk=claim_id)
    claim.state = ClaimState.CLOSED
    claim.save(update_fields=["state"])
    waiting = claim.enquiries.filter(state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED))
    waiting.update(state=EnquiryState.SUPERSEDED, next_attempt_at=None)
    PlanItem.objects.filter(claim=claim, state=PlanItemState.PROPOSED).delete()
    unit_of_work.record(NODE, PartnerClaimAudit.CLAIM_CLOSED, subject=claim.pk, obj=claim, origin=claim.origin, reason=reason)


def _begin(claim: Claim, starts: Sequence[Start], *, first: bool = False) -> None:
    ClaimTransfer.objects.bulk_create(
        ClaimTransfer(
            claim=claim,
            institution=institution,
            transfer=credit.transfer,
            amount=credit.amount,
            currency=credit.currency,
            intervals=to_json(credit.intervals),
        )
        for institution, credit in starts
    )
    if not starts:
        return
    questions = [(institution, credit_at(institution, credit.bare())) for institution, credit in starts]
    ask([Round(claim, Rule(claim.rule), 0, questions, first)])


def _set_onward(claim: Claim, onward: Collection[str]) -> None:
    if sorted(onward) == claim.onward:
        return
    claim.onward = sorted(onward)
    claim.save(update_fields=["onward"])
    notify([claim])


def _go_on(claim: Claim) -> None:
    """Ask now about what was only written down and may be followed by now: to more partners, or down to less."""
    floor = budgets.floors([claim])[claim.pk]
    gone_on: list[Enquiry] = []
    fresh: list[Enquiry] = []
    for enquiry in claim.enquiries.filter(state=EnquiryState.LEFT):
        credits_ = credits_from_json(enquiry.credits)
        if is_followed_at(claim, enquiry.institution) and floor.split(credits_)[0]:
            gone_on.append(enquiry)
            fresh += new_enquiries(claim, Rule(enquiry.rule), enquiry.institution, credits_, enquiry.hop, floor)
    if not fresh:
        return
    Enquiry.objects.filter(pk__in=[enquiry.pk for enquiry in gone_on]).update(state=EnquiryState.SUPERSEDED)
    Enquiry.objects.bulk_create(fresh)
    notify([claim])
