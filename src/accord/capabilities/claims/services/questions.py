"""Which enquiries to open for onward transfers: no claimed unit is asked about twice, and one holder gets one question.

Under FIFO and LIFO the units already asked about are cut out of a new question. Under haircut and the lowest intermediate
balance units have no place, and parts of one transfer that two answers tell of cannot be told apart; so there a holder has
one question about all credits of the claim that reached it. When they change, it is asked anew and the earlier question is
superseded. Each transfer is then told by its sender alone, in the sender's newest answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from accord.capabilities.claims.messages import answer_from_json, credit_of, credits_from_json, key_of, merged_credits, to_json
from accord.capabilities.claims.models import Claim, ClaimTransfer, Enquiry, EnquiryState
from accord.capabilities.claims.ports import Credit
from accord.core import clock
from accord.engine.tracing.intervals import minus
from accord.engine.tracing.model import Rule

ANSWER_WITHIN: Final = timedelta(minutes=15)
"""A holder that has not answered by then shows on the desk as silent."""

MAX_HOPS: Final = 40
"""Bank-to-bank steps after which a chase goes on only when a person says so (`trace_again`); far beyond any chain seen (Pix
MED 2.0 follows five levels)."""

Question = tuple[str, Credit]
"""An institution and the credit to ask it about."""


@dataclass(frozen=True, slots=True)
class Round:
    """Questions of one claim under one rule, all equally far from the victim."""

    claim: Claim
    rule: Rule
    hop: int
    questions: Sequence[Question]

    def by_holder(self) -> dict[str, list[Credit]]:
        """The credits to ask each holder about."""
        credits_: dict[str, list[Credit]] = defaultdict(list)
        for institution, credit in self.questions:
            credits_[institution].append(credit)
        return credits_


def ask(rounds: Sequence[Round]) -> list[Enquiry]:
    """Queue one enquiry a claim, rule and holder for what is not being asked yet; returns the new ones."""
    asked = Enquiry.objects.filter(claim__in={row.claim.pk for row in rounds if row.questions})
    live: dict[tuple[UUID, str, str], list[Enquiry]] = defaultdict(list)
    for enquiry in asked.exclude(state=EnquiryState.SUPERSEDED).defer("answer"):
        live[enquiry.claim_id, enquiry.rule, enquiry.institution].append(enquiry)
    opened: list[Enquiry] = []
    for row in rounds:
        for fresh in _ask_one(row, live):
            live[fresh.claim_id, fresh.rule, fresh.institution].append(fresh)
            opened.append(fresh)
    Enquiry.objects.bulk_create(opened)
    return opened


def _ask_one(row: Round, live: Mapping[tuple[UUID, str, str], list[Enquiry]]) -> list[Enquiry]:
    claim, rule, opened = row.claim, row.rule, []
    reached = _credits_by_holder(claim, rule) if row.questions and not rule.keeps_parcels else {}
    for institution, credits_ in row.by_holder().items():
        known = live[claim.pk, rule, institution]
        if rule.keeps_parcels:
            opened += _ask_for_units(claim, rule, institution, credits_, known, row.hop)
            continue
        wanted = reached[institution]
        for credit in credits_:
            _put_larger(wanted, credit)
        opened += _ask_jointly(claim, rule, institution, wanted, known, row.hop)
    return opened


def _ask_for_units(
    claim: Claim, rule: Rule, institution: str, credits_: list[Credit], live: list[Enquiry], hop: int
) -> list[Enquiry]:
    known = [credit for enquiry in live for credit in credits_from_json(enquiry.credits)]
    fresh = [part for credit in credits_ if (part := _not_known(credit, known)) is not None]
    return [new_enquiry(claim, rule, institution, merged_credits([fresh]), hop)] if fresh else []


def _ask_jointly(
    claim: Claim, rule: Rule, institution: str, wanted: dict[str, Credit], live: list[Enquiry], hop: int
) -> list[Enquiry]:
    fresh = new_enquiry(claim, rule, institution, tuple(wanted[transfer] for transfer in sorted(wanted)), hop)
    if any(enquiry.key == fresh.key for enquiry in live):
        return []
    Enquiry.objects.filter(pk__in=[enquiry.pk for enquiry in live]).update(state=EnquiryState.SUPERSEDED, next_attempt_at=None)
    for enquiry in live:  # also those of this very change, which are not stored yet
        enquiry.state, enquiry.next_attempt_at = EnquiryState.SUPERSEDED, None
    return [fresh]


def _credits_by_holder(claim: Claim, rule: Rule) -> dict[str, dict[str, Credit]]:
    """Everything that reached each holder, by its newest tellers: the claim's starts and the onward legs."""
    newest: dict[str, Enquiry] = {}
    for enquiry in Enquiry.objects.filter(claim=claim, rule=rule).exclude(answer=None).order_by("asked_at", "id"):
        newest[enquiry.institution] = enquiry
    reached: dict[str, dict[str, Credit]] = defaultdict(dict)
    for start in claim.starts.all():
        _put_larger(reached[start.institution], start_credit(start))
    for enquiry in newest.values():
        for leg in answer_from_json(enquiry.answer).onward:
            _put_larger(reached[leg.creditor_bank], credit_of(leg))
    return reached


def start_credit(start: ClaimTransfer) -> Credit:
    """The credit at which a claim starts."""
    return Credit(start.transfer, start.amount, start.currency, tuple((first, last) for first, last in start.intervals))


def _put_larger(credits_: dict[str, Credit], credit: Credit) -> None:
    """A transfer that is both a start and an onward leg counts once, by the larger."""
    earlier = credits_.get(credit.transfer)
    if earlier is None or earlier.amount < credit.amount:
        credits_[credit.transfer] = credit


def _not_known(credit: Credit, known: Sequence[Credit]) -> Credit | None:
    """The part of a credit that no live question covers; None where all is covered."""
    earlier = [other for other in known if other.transfer == credit.transfer]
    if not earlier:
        return credit
    if not credit.intervals or not all(other.intervals for other in earlier):
        return None if credit in earlier else credit
    left = tuple(minus(credit.intervals, [span for other in earlier for span in other.intervals]))
    return replace(credit, intervals=left, amount=sum(end - start for start, end in left)) if left else None


def new_enquiry(claim: Claim, rule: Rule, institution: str, credits_: tuple[Credit, ...], hop: int) -> Enquiry:
    """An unsaved enquiry, due at once; too many steps away from the victim it waits for a person instead."""
    now = clock.now()
    too_far = hop > MAX_HOPS
    return Enquiry(
        claim=claim,
        institution=institution,
        rule=rule,
        credits=to_json(credits_),
        key=key_of(credits_),
        hop=hop,
        asked_at=now,
        answer_due_at=now + ANSWER_WITHIN,
        state=EnquiryState.FAILED if too_far else EnquiryState.QUEUED,
        last_error=f"not asked by itself: more than {MAX_HOPS} banks away from the first" if too_far else "",
        next_attempt_at=None if too_far else now,
    )
