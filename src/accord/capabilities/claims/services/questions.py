"""Which enquiries to open for onward transfers: no claimed unit is asked about twice, and one holder gets one question.

Under FIFO and LIFO the units already asked about are cut out of a new question. Under haircut a credit is the transfer and
its amount. The lowest intermediate balance does not add across questions, so there a holder is asked again about all
credits of the claim that reached it, and the earlier question is superseded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from accord.capabilities.claims.messages import credits_from_json, key_of, merged_credits, to_json
from accord.capabilities.claims.models import Claim, Enquiry, EnquiryState
from accord.capabilities.claims.ports import Credit
from accord.core import clock
from accord.engine.tracing.model import Interval, Rule

ANSWER_WITHIN: Final = timedelta(minutes=15)
"""A holder that has not answered by then shows on the desk as silent."""

MAX_HOPS: Final = 40
"""Bank-to-bank steps after which a chase stops by itself; far beyond any chain seen (Pix MED 2.0 follows five levels)."""

Question = tuple[str, Credit]
"""An institution and the credit to ask it about."""


def ask(claim: Claim, rule: Rule, questions: Iterable[Question], hop: int) -> list[Enquiry]:
    """Queue one enquiry a holder for what is not being asked yet; returns the new ones."""
    by_holder: dict[str, list[Credit]] = defaultdict(list)
    for institution, credit in questions:
        by_holder[institution].append(credit)
    if not by_holder or hop > MAX_HOPS:
        return []
    live: dict[str, list[Enquiry]] = defaultdict(list)
    asked = Enquiry.objects.filter(claim=claim, rule=rule, institution__in=by_holder)
    for enquiry in asked.exclude(state=EnquiryState.SUPERSEDED):
        live[enquiry.institution].append(enquiry)
    opened: list[Enquiry] = []
    for institution, credits_ in by_holder.items():
        opened += _ask_one(claim, rule, institution, credits_, live[institution], hop)
    Enquiry.objects.bulk_create(opened)
    return opened


def _ask_one(
    claim: Claim, rule: Rule, institution: str, credits_: list[Credit], live: list[Enquiry], hop: int
) -> list[Enquiry]:
    known = [credit for enquiry in live for credit in credits_from_json(enquiry.credits)]
    fresh = [part for credit in credits_ if (part := _not_known(credit, known)) is not None]
    if not fresh:
        return []
    if rule is Rule.LIBR:
        Enquiry.objects.filter(pk__in=[enquiry.pk for enquiry in live]).update(
            state=EnquiryState.SUPERSEDED, next_attempt_at=None
        )
        return [new_enquiry(claim, rule, institution, merged_credits([known, fresh]), hop)]
    if rule.keeps_parcels:
        return [new_enquiry(claim, rule, institution, merged_credits([fresh]), hop)]
    return [new_enquiry(claim, rule, institution, group, hop) for group in _without_repeats(fresh)]


def _not_known(credit: Credit, known: Sequence[Credit]) -> Credit | None:
    """The part of a credit that no live question covers; None where all is covered."""
    earlier = [other for other in known if other.transfer == credit.transfer]
    if not earlier:
        return credit
    if not credit.intervals or not all(other.intervals for other in earlier):
        return None if credit in earlier else credit
    left = _minus(credit.intervals, [span for other in earlier for span in other.intervals])
    return replace(credit, intervals=left, amount=sum(end - start for start, end in left)) if left else None


def _minus(spans: Iterable[Interval], cuts: Iterable[Interval]) -> tuple[Interval, ...]:
    """The units of `spans` that lie in none of `cuts`."""
    left: list[Interval] = []
    ordered = sorted(cuts)
    for start, end in spans:
        position = start
        for cut_start, cut_end in ordered:
            if cut_end <= position:
                continue
            if cut_start >= end:
                break
            if cut_start > position:
                left.append((position, cut_start))
            position = cut_end
        if position < end:
            left.append((position, end))
    return tuple(left)


def _without_repeats(credits_: Sequence[Credit]) -> list[tuple[Credit, ...]]:
    """Groups in which no transfer is named twice: shares of one transfer without units cannot be told apart in one question."""
    groups: list[dict[str, Credit]] = []
    for credit in credits_:
        group = next((group for group in groups if credit.transfer not in group), None)
        if group is None:
            groups.append(group := {})
        group[credit.transfer] = credit
    return [tuple(group[transfer] for transfer in sorted(group)) for group in groups]


def new_enquiry(claim: Claim, rule: Rule, institution: str, credits_: tuple[Credit, ...], hop: int) -> Enquiry:
    """An unsaved enquiry, due at once."""
    now = clock.now()
    return Enquiry(
        claim=claim,
        institution=institution,
        rule=rule,
        credits=to_json(credits_),
        key=key_of(credits_),
        hop=hop,
        asked_at=now,
        answer_due_at=now + ANSWER_WITHIN,
        next_attempt_at=now,
    )
