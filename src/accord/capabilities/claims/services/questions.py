"""Which enquiries to open for onward transfers: no claimed unit is asked about twice, and one holder gets one question.

Under FIFO and LIFO the units already asked about are cut out of a new question. Under haircut and the lowest intermediate
balance units have no place, and parts of one transfer that two answers tell of cannot be told apart; so there a holder has
one question about all credits of the claim that reached it. When they change, it is asked anew and the earlier question is
superseded. Each transfer is then told by its sender alone, in the sender's newest answer.

A whole partner jurisdiction is one holder. Another centre's claim is asked about here and at the partners that it names; what
goes elsewhere, and what is below the floor that the centre names, is written down and not asked about. Where a holder's newer
answer tells of less that went on, what was asked about the rest is withdrawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from accord.capabilities.claims import budgets, territory
from accord.capabilities.claims.budgets import Floor
from accord.capabilities.claims.errors import Msg
from accord.capabilities.claims.messages import (
    answer_from_json,
    credits_from_json,
    key_of,
    merged_credits,
    newest_answers,
    onward_credits,
    to_json,
)
from accord.capabilities.claims.models import Claim, ClaimTransfer, Enquiry, EnquiryState
from accord.capabilities.claims.ports import Credit
from accord.core import clock
from accord.core.wording import stored
from accord.engine.tracing.intervals import minus
from accord.engine.tracing.model import Rule

ANSWER_WITHIN: Final = timedelta(minutes=15)
"""A holder that has not answered by then shows on the desk as silent; a partner's centre has the time that is agreed."""

MAX_HOPS: Final = 40
"""Bank-to-bank steps after which a chase goes on only when a person says so (`trace_again`); far beyond any chain seen (Pix
MED 2.0 follows five levels)."""

Question = tuple[str, Credit]
"""A ledger holder and the credit to ask it about."""

_Live = defaultdict[tuple[UUID, str, str], list[Enquiry]]
"""The questions that stand, by claim, rule and holder."""


@dataclass(frozen=True, slots=True)
class Round:
    """Questions of one claim under one rule, all equally far from the victim. `first`: nothing was ever asked for the claim."""

    claim: Claim
    rule: Rule
    hop: int
    questions: Sequence[Question]
    first: bool = False

    def by_holder(self) -> dict[str, list[Credit]]:
        """The credits to ask each holder about."""
        credits_: dict[str, list[Credit]] = defaultdict(list)
        for institution, credit in self.questions:
            credits_[institution].append(credit)
        return credits_


@dataclass(frozen=True, slots=True)
class Asked:
    """What a round led to: new questions, and those that nothing stands behind any more."""

    opened: list[Enquiry] = field(default_factory=list)
    withdrawn: list[Enquiry] = field(default_factory=list)


def ask(rounds: Sequence[Round], shrunk: Collection[tuple[UUID, str]] = ()) -> Asked:
    """Queue one enquiry a claim, rule and holder for what is not being asked yet, and withdraw what nothing stands behind.

    `shrunk` are the (claim, rule) of which an answer now tells less than it did.
    """
    concerned = {row.claim.pk for row in rounds if row.questions or row.claim.pk in {claim for claim, _ in shrunk}}
    concerned |= {row.claim.pk for row in rounds if not row.rule.keeps_parcels}
    live = _live({claim_id for claim_id in concerned if not all(row.first for row in rounds if row.claim.pk == claim_id)})
    done = Asked()
    floors = budgets.floors([row.claim for row in rounds if not row.first])  # the transfers that a claim starts at have none
    for row in rounds:
        floor = floors.get(row.claim.pk, Floor())
        if not row.rule.keeps_parcels:
            _ask_jointly(row, floor, live, done)
        elif (row.claim.pk, row.rule) in shrunk:
            _ask_what_is_left(row, floor, live, done)
        else:
            _ask_for_units(row, row.by_holder(), floor, live, done)
    Enquiry.objects.bulk_create(done.opened)
    return done


def _live(claim_ids: Collection[UUID]) -> _Live:
    live: _Live = defaultdict(list)
    if claim_ids:
        standing = Enquiry.objects.filter(claim__in=claim_ids).exclude(state=EnquiryState.SUPERSEDED)
        for enquiry in standing.only("claim", "rule", "institution", "credits", "key", "state"):
            live[enquiry.claim_id, enquiry.rule, enquiry.institution].append(enquiry)
    return live


def _ask_for_units(row: Round, by_holder: Mapping[str, list[Credit]], floor: Floor, live: _Live, done: Asked) -> None:
    for holder, credits_ in by_holder.items():
        standing = live[row.claim.pk, row.rule, holder]
        known = [credit for enquiry in standing for credit in credits_from_json(enquiry.credits)]
        fresh = [part for credit in credits_ if (part := _not_known(credit, known)) is not None]
        opened = new_enquiries(row.claim, row.rule, holder, merged_credits([fresh]), row.hop, floor)
        standing += opened
        done.opened.extend(opened)


def _ask_what_is_left(row: Round, floor: Floor, live: _Live, done: Asked) -> None:
    """FIFO and LIFO after an answer that tells less: withdraw the questions about units that nobody tells of any more, and
    whatever followed from them alone; then ask about the units that still stand behind those."""
    asked = {holder: known for (claim, rule, holder), known in live.items() if (claim, rule) == (row.claim.pk, row.rule)}
    while True:
        wanted = _stated_credits(row.claim, row.rule)
        idle = [
            enquiry
            for holder, known in asked.items()
            for enquiry in known
            if not all(_is_within(credit, wanted[holder]) for credit in credits_from_json(enquiry.credits))
        ]
        if not idle:
            break
        _withdraw(idle, done)
        for known in asked.values():
            known[:] = [enquiry for enquiry in known if enquiry not in idle]
    _ask_for_units(row, wanted, floor, live, done)


def _ask_jointly(row: Round, floor: Floor, live: _Live, done: Asked) -> None:
    """Every holder is asked about exactly what reached it by the newest answers; where that has changed, anew."""
    wanted: dict[str, dict[str, Credit]] = defaultdict(dict)
    for holder, credits_ in _stated_credits(row.claim, row.rule).items():
        for credit in credits_:
            _put_larger(wanted[holder], credit)
    asked = {holder for (claim, rule, holder), known in live.items() if (claim, rule) == (row.claim.pk, row.rule) and known}
    for holder in (*wanted, *sorted(asked - wanted.keys())):
        standing = live[row.claim.pk, row.rule, holder]
        reached = wanted.get(holder)
        if not reached:
            _withdraw(standing, done)
            standing.clear()
            continue
        wanted_now = new_enquiries(
            row.claim, row.rule, holder, tuple(reached[name] for name in sorted(reached)), row.hop, floor
        )
        if _all_left(wanted_now) and not _all_left(standing):
            _withdraw(standing, done)
            standing.clear()
        fresh = [one for one in wanted_now if not any(_stands_for(enquiry, one) for enquiry in standing)]
        replaced = [enquiry for enquiry in standing if not any(_stands_for(enquiry, one) for one in wanted_now)]
        Enquiry.objects.filter(pk__in=[enquiry.pk for enquiry in replaced]).update(
            state=EnquiryState.SUPERSEDED, next_attempt_at=None
        )
        for enquiry in replaced:  # also those of this very change, which are not stored yet
            enquiry.state, enquiry.next_attempt_at = EnquiryState.SUPERSEDED, None
        standing[:] = [*(enquiry for enquiry in standing if enquiry not in replaced), *fresh]
        done.opened.extend(fresh)


def _stands_for(enquiry: Enquiry, wanted: Enquiry) -> bool:
    """Whether the question is there already; what was only written down does not stand for one that is to be asked."""
    never_asked = enquiry.state == EnquiryState.LEFT and wanted.state != EnquiryState.LEFT
    return enquiry.key == wanted.key and not never_asked


def _all_left(enquiries: Sequence[Enquiry]) -> bool:
    return all(enquiry.state == EnquiryState.LEFT for enquiry in enquiries)


def _withdraw(enquiries: Sequence[Enquiry], done: Asked) -> None:
    """Nothing stands behind these questions any more, so what was answered to them, now or earlier, no longer counts."""
    for enquiry in enquiries:
        same = Enquiry.objects.filter(claim=enquiry.claim_id, rule=enquiry.rule, institution=enquiry.institution)
        if Rule(enquiry.rule).keeps_parcels:
            same = same.filter(key=enquiry.key)
        same.update(state=EnquiryState.SUPERSEDED, next_attempt_at=None, answer=None)
        enquiry.state, enquiry.next_attempt_at, enquiry.answer = EnquiryState.SUPERSEDED, None, None
    done.withdrawn.extend(enquiries)


def _stated_credits(claim: Claim, rule: Rule) -> dict[str, list[Credit]]:
    """Everything that reached each holder, by the newest tellers: the claim's starts and the onward legs of the answers."""
    answered = Enquiry.objects.filter(claim=claim, rule=rule).exclude(answer=None).order_by("asked_at", "id")
    reached: dict[str, list[Credit]] = defaultdict(list)
    for start in claim.starts.all():
        reached[territory.holder_of(start.institution)].append(start_credit(start))
    for enquiry in newest_answers(answered).values():
        for holder, credit in onward_credits(answer_from_json(enquiry.answer)):
            reached[holder].append(credit)
    return reached


def start_credit(start: ClaimTransfer) -> Credit:
    """The credit at which a claim starts."""
    units = tuple((first, last) for first, last in start.intervals)
    return credit_at(start.institution, Credit(start.transfer, start.amount, start.currency, units))


def credit_at(institution: str, credit: Credit) -> Credit:
    """The credit as the institution's ledger holder is asked about it: a partner's centre is told which institution it is."""
    if credit.institution or not territory.is_abroad(institution):
        return credit
    return msgspec.structs.replace(credit, institution=institution)


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
        return None if credit.bare() in [other.bare() for other in earlier] else credit
    left = tuple(minus(credit.intervals, [span for other in earlier for span in other.intervals]))
    if not left:
        return None
    return msgspec.structs.replace(credit, intervals=left, amount=sum(end - start for start, end in left))


def _is_within(credit: Credit, told: Sequence[Credit]) -> bool:
    """Whether every unit of a question is still told of by somebody."""
    same = [other for other in told if other.transfer == credit.transfer]
    if not credit.intervals or not all(other.intervals for other in same):
        return bool(same)
    return not list(minus(credit.intervals, [span for other in same for span in other.intervals]))


def new_enquiries(
    claim: Claim, rule: Rule, institution: str, credits_: Sequence[Credit], hop: int, floor: Floor
) -> list[Enquiry]:
    """Unsaved enquiries to a holder: one about what is followed, and one, which is never asked, about what is too small."""
    followed, small = floor.split(credits_)
    parts = ((followed, False), (small, True))
    return [new_enquiry(claim, rule, institution, part, hop, too_small=is_small) for part, is_small in parts if part]


def new_enquiry(
    claim: Claim, rule: Rule, institution: str, credits_: tuple[Credit, ...], hop: int, *, too_small: bool = False
) -> Enquiry:
    """An unsaved enquiry, due at once; too many steps away from the victim it waits for a person instead. Another centre's
    claim is not asked about abroad, but where its onward list names the partner, nor where it is `too_small`."""
    now = clock.now()
    left = too_small or not is_followed_at(claim, institution)
    too_far = hop > MAX_HOPS and not left
    state = EnquiryState.LEFT if left else EnquiryState.FAILED if too_far else EnquiryState.QUEUED
    agreed = budgets.answer_due_at(institution, claim.pk, now) if not left and territory.is_abroad(institution) else None
    return Enquiry(
        claim=claim,
        institution=institution,
        rule=rule,
        credits=to_json(credits_),
        key=key_of(credits_),
        hop=hop,
        asked_at=now,
        answer_due_at=agreed or now + ANSWER_WITHIN,
        state=state,
        last_error=stored(Msg.TOO_FAR_TO_ASK.with_(most=MAX_HOPS)) if too_far else "",
        next_attempt_at=now if state == EnquiryState.QUEUED else None,
    )


def is_followed_at(claim: Claim, institution: str) -> bool:
    """Whether a holder is asked about the claim at all."""
    return not claim.origin or not territory.is_abroad(institution) or institution in claim.onward
