"""Following a claim from ledger holder to ledger holder.

Each answer names onward transfers; those become the next questions, to the institutions that received them. Answers for
one claim that arrive together are applied together.

Worked example: a victim's 100 go to account a at bank A, which passes 40 on to c at the same bank and 60 to b at bank B.

    1. Ask A about the credit of 100 on a. It answers from its own ledger: 40 stand on c, 60 went on to B, account b.
    2. 40 are proposed to be held on A:c; ask B about the credit of 60 on b. It answers: 60 stand there.
    3. 60 are proposed to be held on B:b. Claimed 100 = proposed 40 + 60; nothing is open, the chase is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from accord.capabilities import unit_of_work
from accord.capabilities.claims import territory
from accord.capabilities.claims.audit import ClaimAudit
from accord.capabilities.claims.errors import Msg
from accord.capabilities.claims.events import notify
from accord.capabilities.claims.messages import answer_from_json, credits_from_json, onward_credits, to_json
from accord.capabilities.claims.models import Claim, ClaimTransfer, Enquiry, EnquiryState, StandingAmount
from accord.capabilities.claims.permissions import ClaimPermission
from accord.capabilities.claims.ports import AccountStanding, Acknowledged, Credit, EnquiryAnswer
from accord.capabilities.claims.services import plan
from accord.capabilities.claims.services.questions import (
    MAX_HOPS,
    Question,
    Round,
    ask,
    credit_at,
    new_enquiry,
    start_credit,
)
from accord.capabilities.claims.services.shares import Place
from accord.capabilities.delivery import ask_again_at, next_retry
from accord.capabilities.people.policy import NODE, Actor, require
from accord.core import clock
from accord.core.errors import BadInput, NotFound
from accord.core.money import Money
from accord.engine.tracing.intervals import minus
from accord.engine.tracing.model import Rule

CHASE_RULES: Final = (Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.LIBR)
"""Poison is an upper bound over one ledger and never the ground of a hold, so it is not asked of banks."""


@unit_of_work.change
def open_claim(actor: Actor, report_id: UUID, money: Money, rule: Rule) -> Claim:
    """A claim for a report's money; its first transfer is not known yet."""
    require(actor, ClaimPermission.TRACE)
    claim = Claim.objects.create(
        report_id=report_id, amount=money.minor, currency=money.currency, rule=rule, opened_at=clock.now()
    )
    unit_of_work.record(
        actor,
        ClaimAudit.OPENED,
        subject=claim.pk,
        obj=claim,
        rule=rule.value,
        amount=money.minor,
        currency=money.currency,
    )
    return claim


@unit_of_work.change
def start_at(
    actor: Actor, claim_id: UUID, institution: str, credit: Credit, answer: EnquiryAnswer | None = None
) -> Enquiry | None:
    """The claim starts at this credit: ask its receiver, or apply what the receiver already said of it.

    Naming the same transfer again changes nothing and returns None; so does a transfer that is being asked about already.
    """
    opened = start_all(actor, [Start(claim_id, institution, credit, answer)])
    return opened[0] if opened else None


@dataclass(frozen=True, slots=True)
class Start:
    """The credit at which a claim starts, and what its receiver already said of it."""

    claim_id: UUID
    institution: str
    credit: Credit
    answer: EnquiryAnswer | None = None


@unit_of_work.change
def start_all(actor: Actor, starts: Sequence[Start]) -> list[Enquiry]:
    """As `start_at`, for many claims in one go; the enquiries that were opened."""
    require(actor, ClaimPermission.TRACE)
    claims = _claims({start.claim_id for start in starts})
    fresh, begun = _write_starts(starts)
    for start in fresh:
        unit_of_work.record(
            actor,
            ClaimAudit.TRANSFER_FOUND,
            subject=start.claim_id,
            obj=claims[start.claim_id],
            transfer=start.credit.transfer,
            institution=start.institution,
        )
    rounds = [_first_round(claims[start.claim_id], start, first=start.claim_id not in begun) for start in fresh]
    opened = ask(rounds).opened if rounds else []
    asked = {(enquiry.claim_id, enquiry.institution, credits_from_json(enquiry.credits)): enquiry for enquiry in opened}
    told: dict[UUID, EnquiryAnswer] = {}
    for start in fresh:
        enquiry = asked.get((start.claim_id, territory.holder_of(start.institution), (start.credit,)))
        if enquiry is not None and start.answer is not None:
            told[enquiry.pk] = start.answer
    if told:
        take_answers(told)
    return opened


def _write_starts(starts: Sequence[Start]) -> tuple[list[Start], set[UUID]]:
    """Keep the starts that were not known; returns these, and which of the claims had begun before."""
    rows = ClaimTransfer.objects.filter(claim__in={start.claim_id for start in starts})
    known = set(rows.values_list("claim", "transfer"))
    begun = {claim_id for claim_id, _ in known}
    new: list[Start] = []
    for start in starts:
        if (start.claim_id, start.credit.transfer) not in known:
            known.add((start.claim_id, start.credit.transfer))
            new.append(start)
    ClaimTransfer.objects.bulk_create(
        ClaimTransfer(
            claim_id=start.claim_id,
            transfer=start.credit.transfer,
            institution=start.institution,
            amount=start.credit.amount,
            currency=start.credit.currency,
            intervals=to_json(start.credit.intervals),
        )
        for start in new
    )
    return new, begun


def _first_round(claim: Claim, start: Start, *, first: bool) -> Round:
    question = (territory.holder_of(start.institution), credit_at(start.institution, start.credit))
    return Round(claim, Rule(claim.rule), 0, [question], first)


def answered(enquiry_id: UUID, answer: EnquiryAnswer) -> None:
    """Apply one checked answer."""
    take_answers({enquiry_id: answer})


Told = list[tuple[Enquiry, EnquiryAnswer]]
"""Enquiries with what was answered to them."""


@unit_of_work.change
def take_answers(answers: Mapping[UUID, EnquiryAnswer], versions: Mapping[UUID, int] | None = None) -> None:
    """Apply checked answers, by enquiry, of any claims: what stands, the next questions, the plan.

    All in one change, so that the work does not grow with the number of claims. A second answer to an enquiry is dropped,
    but one whose version is higher takes the place of the earlier one.
    """
    told, shrunk = _write_down(answers, versions or {})
    claims = {enquiry.claim.pk: enquiry.claim for enquiry, _ in told}
    onward: dict[tuple[UUID, Rule, int], list[Question]] = defaultdict(list)
    for enquiry, answer in told:
        onward[enquiry.claim_id, Rule(enquiry.rule), enquiry.hop + 1] += onward_credits(answer)
    rounds = [Round(claims[claim_id], rule, hop, questions) for (claim_id, rule, hop), questions in onward.items()]
    withdrawn = ask(rounds, shrunk).withdrawn
    places = _replace_standing(told, withdrawn)
    plan.refresh({claim: places[claim.pk, claim.rule] for claim in claims.values()})
    plan.propose_exits([(enquiry, exit_) for enquiry, answer in told if enquiry.on_own_rule for exit_ in answer.exits])
    for enquiry, answer in told:
        unit_of_work.record(
            NODE,
            ClaimAudit.ENQUIRY_ANSWERED,
            subject=enquiry.claim_id,
            obj=enquiry,
            institution=enquiry.institution,
            standing=len(answer.standing),
            onward=len(answer.onward),
            exits=len(answer.exits),
        )
    notify(claims.values())


def _write_down(answers: Mapping[UUID, EnquiryAnswer], versions: Mapping[UUID, int]) -> tuple[Told, set[tuple[UUID, str]]]:
    """Mark the enquiries answered; returns those that were still waiting, or have a newer answer now, with their answers.

    Also the (claim, rule) of which an answer now tells of less that went on than the one before it.
    """
    waiting = Enquiry.objects.select_for_update().filter(pk__in=answers).select_related("claim")
    told: Told = []
    shrunk = set()
    for enquiry in waiting.exclude(state=EnquiryState.SUPERSEDED).order_by("pk").defer("credits"):
        answer, version = answers[enquiry.pk], versions.get(enquiry.pk, 0)
        if enquiry.state == EnquiryState.ANSWERED and version <= enquiry.version:
            continue
        if enquiry.answer is not None and _tells_less(answer_from_json(enquiry.answer), answer):
            shrunk.add((enquiry.claim_id, enquiry.rule))
        enquiry.state = EnquiryState.ANSWERED
        enquiry.answered_at = answer.answered_at
        enquiry.answer = to_json(answer)
        enquiry.version = version
        enquiry.next_attempt_at = None
        enquiry.last_error = ""
        enquiry.save(update_fields=["state", "answered_at", "answer", "version", "next_attempt_at", "last_error"])
        told.append((enquiry, answer))
    return told, shrunk


def _tells_less(earlier: EnquiryAnswer, now: EnquiryAnswer) -> bool:
    """Whether anything that went on by the earlier answer did not by this one."""
    left = {leg.transfer: leg for leg in now.onward}
    return any(
        (leg := left.get(before.transfer)) is None or leg.amount < before.amount or list(minus(before.intervals, leg.intervals))
        for before in earlier.onward
    )


def _replace_standing(told: Told, withdrawn: Sequence[Enquiry]) -> dict[tuple[UUID, str], set[Place]]:
    """Keep what now stands in place of what earlier answers to the same questions said, and of withdrawn ones.

    Returns the places concerned, by claim id and rule.
    """
    places: dict[tuple[UUID, str], set[Place]] = defaultdict(set)
    asked = {_question(enquiry) for enquiry, _ in told}
    superseded = StandingAmount.objects.filter(
        claim__in={enquiry.claim_id for enquiry, _ in told}, enquiry__state=EnquiryState.SUPERSEDED
    )
    asked |= {_question(enquiry) for enquiry in withdrawn}
    older = [row for row in superseded.select_related("enquiry").defer("enquiry__answer") if _question(row.enquiry) in asked]
    replaced = StandingAmount.objects.filter(enquiry__in=[enquiry.pk for enquiry, _ in told if enquiry.version > 1])
    older += replaced.select_related("enquiry").defer("enquiry__answer")
    rows = [_standing_row(enquiry, standing) for enquiry, answer in told for standing in answer.standing]
    for row in (*older, *rows):
        places[row.claim_id, row.enquiry.rule].add(row.place)
    if older:
        StandingAmount.objects.filter(pk__in=[row.pk for row in older]).delete()
    StandingAmount.objects.bulk_create(rows)
    return places


def _question(enquiry: Enquiry) -> tuple[UUID, str, str, str]:
    """What makes two enquiries the same question; those that are widened are the same whatever they name."""
    return enquiry.claim_id, enquiry.rule, enquiry.institution, enquiry.key if Rule(enquiry.rule).keeps_parcels else ""


def _standing_row(enquiry: Enquiry, standing: AccountStanding) -> StandingAmount:
    return StandingAmount(
        enquiry=enquiry,
        claim_id=enquiry.claim_id,
        institution=standing.bank or enquiry.institution,
        account=standing.account,
        currency=standing.currency,
        amount=standing.amount,
        parcels=to_json(standing.parcels),
        account_kind=standing.kind,
        seconds_to_pass_on=standing.seconds_to_pass_on,
    )


def acknowledged(enquiry_id: UUID, reply: Acknowledged) -> None:
    """The holder has the question; ask again when it expects to know."""
    acknowledge_all({enquiry_id: reply})


@unit_of_work.change
def acknowledge_all(replies: Mapping[UUID, Acknowledged]) -> None:
    """The same for many questions in one change, with a statement for each moment to ask again."""
    now = clock.now()
    due: dict[datetime, list[UUID]] = defaultdict(list)
    for enquiry_id, reply in replies.items():
        due[ask_again_at(now, reply.expected_at)].append(enquiry_id)
    waiting = Enquiry.objects.filter(state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED))
    for moment, enquiry_ids in due.items():
        waiting.filter(pk__in=enquiry_ids).update(
            state=EnquiryState.ACKNOWLEDGED,
            acknowledged_at=Coalesce("acknowledged_at", Value(now)),
            next_attempt_at=moment,
            attempts=0,
            last_error="",
        )


def retry_later(enquiry: Enquiry, error: str) -> None:
    """The line is down: try again, later each time; the enquiry stays open and shows why."""
    waiting = Enquiry.objects.filter(pk=enquiry.pk, state__in=(EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED))
    waiting.update(next_attempt_at=next_retry(clock.now(), enquiry.attempts), last_error=error)


@unit_of_work.change
def fail(enquiry_id: UUID, error: str, *, credit_unknown: bool = False) -> None:
    """The holder's answer cannot be used, or it refuses: nothing of it is applied, a person must look.

    A question that was answered or widened meanwhile stays as it is. `credit_unknown`: the holder knows no such credit.
    """
    enquiry = Enquiry.objects.select_for_update(of=("self",)).select_related("claim").get(pk=enquiry_id)
    if enquiry.state not in (EnquiryState.QUEUED, EnquiryState.ACKNOWLEDGED):
        return
    enquiry.state, enquiry.last_error, enquiry.next_attempt_at = EnquiryState.FAILED, error, None
    enquiry.credit_unknown = credit_unknown
    enquiry.save(update_fields=["state", "last_error", "next_attempt_at", "credit_unknown"])
    unit_of_work.record(
        NODE, ClaimAudit.ENQUIRY_FAILED, subject=enquiry.claim_id, obj=enquiry, institution=enquiry.institution, error=error
    )
    notify([enquiry.claim])


@unit_of_work.change
def trace_again(actor: Actor, claim_id: UUID, institution: str | None = None, account: str | None = None) -> list[Enquiry]:
    """Ask afresh, to now, where the picture may be old: failed enquiries and those by which money stands that is not held.

    With `institution` and `account`, those by which money stands there (after a refusal or a partial hold). What the
    earlier answers said stays in force until the fresh ones come.
    """
    require(actor, ClaimPermission.TRACE)
    claim = _claim(claim_id)
    live = Enquiry.objects.filter(claim=claim, state__in=(EnquiryState.ANSWERED, EnquiryState.FAILED))
    if account is not None:
        live = live.filter(standing__institution=institution, standing__account=account)
    else:
        live = live.filter(Q(state=EnquiryState.FAILED) | Q(standing__account__in=plan.unheld_accounts(claim)))
    stale = list(live.defer("answer").distinct())
    fresh = [_afresh(claim, old) for old in stale]
    Enquiry.objects.filter(pk__in=[old.pk for old in stale]).update(state=EnquiryState.SUPERSEDED, next_attempt_at=None)
    Enquiry.objects.bulk_create(fresh)
    if fresh:
        unit_of_work.record(actor, ClaimAudit.TRACED_AGAIN, subject=claim.pk, obj=claim, enquiries=len(fresh))
    return fresh


def _afresh(claim: Claim, old: Enquiry) -> Enquiry:
    """The same question to now. One that was too far away to be asked by itself begins a new count of steps."""
    hop = old.hop if old.hop <= MAX_HOPS else 0
    return new_enquiry(claim, Rule(old.rule), old.institution, credits_from_json(old.credits), hop)


@unit_of_work.change
def trace_under(actor: Actor, claim_id: UUID, rule: Rule) -> list[Enquiry]:
    """Trace the claim under another rule too, for comparison; holds go on standing on the claim's own rule."""
    require(actor, ClaimPermission.TRACE)
    if rule not in CHASE_RULES:
        raise BadInput(Msg.UPPER_BOUND_OVER_ONE_LEDGER, rule=rule, rules=tuple(CHASE_RULES))
    claim = _claim(claim_id)
    starts = [(territory.holder_of(start.institution), start_credit(start)) for start in claim.starts.all()]
    unit_of_work.record(actor, ClaimAudit.TRACED_UNDER_ANOTHER_RULE, subject=claim.pk, obj=claim, rule=rule.value)
    return ask([Round(claim, rule, 0, starts)]).opened


def _claim(claim_id: UUID) -> Claim:
    return _claims({claim_id})[claim_id]


def _claims(claim_ids: Collection[UUID]) -> dict[UUID, Claim]:
    """These claims, locked until the end of the change."""
    claims = {claim.pk: claim for claim in Claim.objects.select_for_update().filter(pk__in=claim_ids).order_by("pk")}
    if len(claims) != len(claim_ids):
        raise NotFound(Msg.NO_SUCH_CLAIM)
    return claims
