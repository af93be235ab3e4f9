"""A claim's joined trace with what it was joined from, for whoever answers another centre about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from accord.capabilities.claims import territory
from accord.capabilities.claims.joined_trace import AnsweredBy, AnswersBy, JoinedTrace, add_legs, join_answers
from accord.capabilities.claims.messages import answer_from_json, credits_from_json, newest_answers
from accord.capabilities.claims.models import Claim, ClaimTransfer, Enquiry, EnquiryState
from accord.capabilities.claims.ports import Credit, TransferLeg
from accord.engine.tracing.model import Rule

_TO_COME = (EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Gone:
    """A credit that reached a partner's institutions and of which that partner has told nothing.

    `asked`: it has been asked and may still answer; else the claim is not followed there, or the partner refused.
    """

    partner: str
    credit: Credit
    asked: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """`found` are the claim's first transfers as whoever received them tells of them, `unknown` those that it does not know;
    of the others nothing has been heard. `arrived` are all transfers that their receiver has told of."""

    trace: JoinedTrace
    starts: tuple[Credit, ...]
    found: dict[str, TransferLeg]
    unknown: frozenset[str]
    arrived: tuple[TransferLeg, ...]
    gone: tuple[Gone, ...]
    answers_to_come: bool
    stated_by_partners: tuple[UUID, ...]
    """Enquiries whose answers by partners' centres are part of the picture."""


def picture_of(claim: Claim, *, of_partners: bool = True) -> Picture:
    """The picture of a claim under its own rule. Without `of_partners` as if no partner had been asked about it."""
    asked = list(claim.enquiries.filter(rule=claim.rule).order_by("asked_at", "id"))
    answered = newest_answers(asked)
    if not of_partners:
        answered = {question: one for question, one in answered.items() if not territory.is_abroad(question[0])}
    answers = {question: answer_from_json(enquiry.answer) for question, enquiry in answered.items()}
    arrived: dict[str, TransferLeg] = {}
    for answer in answers.values():
        add_legs(arrived, answer.flows)
    starts = tuple(start_of(row) for row in claim.starts.all())
    found = _found({start.transfer for start in starts}, answers)
    unknown = {
        credit.transfer
        for enquiry in asked
        if enquiry.state == EnquiryState.FAILED and enquiry.credit_unknown
        for credit in credits_from_json(enquiry.credits)
    }
    return Picture(
        trace=join_answers(claim, claim.rule, asked, answered, answers),
        starts=starts,
        found=found,
        unknown=frozenset(unknown - found.keys()),
        arrived=tuple(arrived.values()),
        gone=tuple(_gone(asked, answered, of_partners=of_partners)),
        answers_to_come=any(enquiry.state in _TO_COME for enquiry in asked),
        stated_by_partners=tuple(enquiry.pk for (holder, _), enquiry in answered.items() if territory.is_abroad(holder)),
    )


def start_of(row: ClaimTransfer) -> Credit:
    """The credit at which a claim starts, as its row says."""
    return Credit(row.transfer, row.amount, row.currency, tuple((first, last) for first, last in row.intervals))


def _found(starts: set[str], answers: AnswersBy) -> dict[str, TransferLeg]:
    found: dict[str, TransferLeg] = {}
    for (holder, _), answer in answers.items():
        if territory.is_abroad(holder):
            continue
        legs: Iterable[TransferLeg] = (*answer.flows, *(exit_.leg for exit_ in answer.exits))
        found |= {leg.transfer: leg for leg in legs if leg.transfer in starts}
    return found


def _gone(asked: Iterable[Enquiry], answered: AnsweredBy, *, of_partners: bool) -> Iterator[Gone]:
    told_of: dict[str, set[str]] = defaultdict(set)
    for enquiry in answered.values():
        told_of[enquiry.institution] |= {credit.transfer for credit in credits_from_json(enquiry.credits)}
    for enquiry in asked:
        holder = enquiry.institution
        if enquiry.state == EnquiryState.SUPERSEDED or not territory.is_abroad(holder):
            continue
        if (holder, enquiry.key) in answered:
            continue
        credits_ = credits_from_json(enquiry.credits)
        if not Rule(enquiry.rule).keeps_parcels and (about := told_of.get(holder)):
            # an earlier question was answered, and this one only adds to it; what is not followed stands for itself
            left = enquiry.state == EnquiryState.LEFT
            credits_ = tuple(credit for credit in credits_ if left and credit.transfer not in about)
        for credit in credits_:
            yield Gone(holder, credit, of_partners and enquiry.state in _TO_COME)
