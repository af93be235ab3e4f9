"""What partners told or asked is not kept longer than agreed: what this node made of it for its claims goes with it.

What this node did (orders, decisions, their place in the record of changes) stays: that is its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims.audit import PartnerClaimAudit
from accord.capabilities.claims.events import notify
from accord.capabilities.claims.messages import answer_from_json, to_json
from accord.capabilities.claims.models import (
    Claim,
    ClaimTransfer,
    Enquiry,
    EnquiryState,
    PlanItem,
    PlanItemState,
    SavedTrace,
    StandingAmount,
)
from accord.capabilities.claims.ports import CentreAnswer, OpenAmount
from accord.capabilities.claims.services.foreign import close_foreign_claim
from accord.capabilities.people.policy import NODE


@unit_of_work.change
def forget_foreign_claim(claim_id: UUID) -> None:
    """Of a claim of another centre only that it was there stays: where it started, whom we asked and what they answered go.

    Amounts that orders of this centre hold stay on its shared accounts, so that no other claim counts on them.
    """
    claim = Claim.objects.select_for_update().get(pk=claim_id)
    assert claim.origin, "claims of this centre are not forgotten with a partner's message"
    close_foreign_claim(claim.pk, "kept no longer")
    ClaimTransfer.objects.filter(claim=claim).delete()
    StandingAmount.objects.filter(claim=claim).delete()
    Enquiry.objects.filter(claim=claim).update(
        state=EnquiryState.SUPERSEDED, credits=[], answer=None, last_error="", next_attempt_at=None
    )
    PlanItem.objects.filter(claim=claim).update(credits=[], transfer="", reason="")
    SavedTrace.objects.filter(claim=claim).update(document={})
    unit_of_work.record(NODE, PartnerClaimAudit.CLAIM_FORGOTTEN, subject=claim.pk, obj=claim, origin=claim.origin)


@unit_of_work.change
def forget_answer(enquiry_id: UUID) -> None:
    """Of what a partner's centre answered only totals stay, as money of which it is not known where it is.

    Nothing happens where there is no such answer. Traces that were saved with it keep their hash alone.
    """
    enquiry = Enquiry.objects.select_for_update().filter(pk=enquiry_id).exclude(answer=None).first()
    if enquiry is None:
        return
    enquiry.answer = to_json(_totals_of(answer_from_json(enquiry.answer)))
    enquiry.save(update_fields=["answer"])
    enquiry.standing.all().delete()
    proposed = PlanItem.objects.filter(claim=enquiry.claim_id, institution=enquiry.institution, state=PlanItemState.PROPOSED)
    proposed.delete()
    SavedTrace.objects.filter(claim=enquiry.claim_id).update(document={})
    unit_of_work.record(
        NODE, PartnerClaimAudit.ANSWER_FORGOTTEN, subject=enquiry.claim_id, obj=enquiry, institution=enquiry.institution
    )
    notify([enquiry.claim])


def _totals_of(answer: CentreAnswer) -> CentreAnswer:
    """The same totals, so that the claim still adds up: one for each currency, and onward transfers that others tell of."""
    somewhere: Counter[str] = Counter()
    parts = [(place.currency, place.amount) for place in answer.standing]
    parts += [(exit_.leg.currency, exit_.leg.amount) for exit_ in answer.exits]
    parts += [(part.currency, part.amount) for part in answer.open]
    for currency, amount in parts:
        somewhere[currency] += amount
    changed_into = Counter(dict(answer.absorbed))
    for leg in answer.flows:
        if leg.counter_currency is not None:
            changed_into[leg.currency] += leg.amount
            changed_into[leg.counter_currency] -= leg.counter_amount or 0
    return CentreAnswer(
        answered_at=answer.answered_at,
        flows=(),
        standing=(),
        onward=tuple(replace(leg, debtor="", debtor_bank="", creditor="") for leg in answer.onward),
        exits=(),
        absorbed=tuple(sorted((currency, amount) for currency, amount in changed_into.items() if amount)),
        open=tuple(OpenAmount(amount, currency) for currency, amount in sorted(somewhere.items())),
    )
