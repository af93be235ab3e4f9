"""Following a claim from ledger holder to ledger holder.

Each answered enquiry names onward transfers; each of those becomes the next enquiry, to the institution that received it.
For the rules that add across questions (FIFO, LIFO, haircut) every credit is asked about once. The lowest intermediate
balance does not add, so there a holder is asked again about all credits of the claim that reached it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from accord.capabilities.claims.messages import credit_of, credits_from_json, key_of, merged_credits, to_json
from accord.capabilities.claims.models import Claim, ClaimTransfer, Enquiry, EnquiryState, StandingAmount
from accord.capabilities.claims.ports import AccountStanding, Acknowledged, Credit, EnquiryAnswer
from accord.capabilities.claims.services import plan
from accord.capabilities.delivery import next_retry
from accord.capabilities.people import services as people
from accord.capabilities.people.policy import NODE, Actor, Permission, require
from accord.core import clock
from accord.core.errors import BadInput, NotFound
from accord.core.money import Money
from accord.engine.tracing.model import Rule

ANSWER_WITHIN: Final = timedelta(minutes=15)
"""A holder that has not answered by then shows on the desk as silent."""

MAX_HOPS: Final = 40
"""Bank-to-bank steps after which a chase stops by itself; far beyond any chain seen (Pix MED 2.0 follows five levels)."""

CHASE_RULES: Final = (Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.LIBR)
"""Poison is an upper bound over one ledger and never the ground of a hold, so it is not asked of banks."""


@people.change
def open_claim(actor: Actor, report_id: UUID, money: Money, rule: Rule) -> Claim:
    """A claim for a report's money; its first transfer is not known yet."""
    require(actor, Permission.CLAIMS_TRACE)
    claim = Claim.objects.create(
        report_id=report_id, amount=money.minor, currency=money.currency, rule=rule, opened_at=clock.now()
    )
    people.record(
        actor,
        "claim opened",
        subject=claim.pk,
        obj=claim,
        rule=rule.value,
        amount=money.minor,
        currency=money.currency,
    )
    return claim


@people.change
def start_at(
    actor: Actor, claim_id: UUID, institution: str, credit: Credit, answer: EnquiryAnswer | None = None
) -> Enquiry | None:
    """The claim starts at this credit: ask its receiver, or take over what the receiver already said of it.

    Naming the same transfer again changes nothing and returns None.
    """
    require(actor, Permission.CLAIMS_TRACE)
    claim = _claim(claim_id)
    _, created = ClaimTransfer.objects.get_or_create(
        claim=claim,
        transfer=credit.transfer,
        defaults={
            "institution": institution,
            "amount": credit.amount,
            "currency": credit.currency,
            "intervals": to_json(credit.intervals),
        },
    )
    if not created:
        return None
    people.record(actor, "claim transfer found", subject=claim.pk, obj=claim, transfer=credit.transfer, institution=institution)
    (enquiry,) = ask(claim, Rule(claim.rule), [(institution, credit)], hop=0)
    if answer is not None:
        answered(enquiry.pk, answer)
    return enquiry


def ask(claim: Claim, rule: Rule, questions: Sequence[tuple[str, Credit]], hop: int) -> list[Enquiry]:
    """Queue enquiries for (institution, credit) pairs that are not being asked already."""
    opened: list[Enquiry] = []
    if hop > MAX_HOPS:
        return opened
    for institution, credit in questions:
        credits_: tuple[Credit, ...] = (credit,)
        if rule is Rule.LIBR:
            credits_ = _with_earlier(claim, institution, credit)
        key = key_of(credits_)
        live = Enquiry.objects.filter(claim=claim, rule=rule, institution=institution, key=key)
        if live.exclude(state=EnquiryState.SUPERSEDED).exists():
            continue
        opened.append(_new_enquiry(claim, rule, institution, credits_, key, hop))
    Enquiry.objects.bulk_create(opened)
    return opened


def _new_enquiry(claim: Claim, rule: Rule, institution: str, credits_: tuple[Credit, ...], key: str, hop: int) -> Enquiry:
    now = clock.now()
    return Enquiry(
        claim=claim,
        institution=institution,
        rule=rule,
        credits=to_json(credits_),
        key=key,
        hop=hop,
        asked_at=now,
        answer_due_at=now + ANSWER_WITHIN,
        next_attempt_at=now,
    )


def _with_earlier(claim: Claim, institution: str, credit: Credit) -> tuple[Credit, ...]:
    """All credits of the claim at one institution; the earlier enquiry about fewer of them is superseded."""
    earlier = Enquiry.objects.filter(claim=claim, rule=Rule.LIBR, institution=institution).exclude(
        state=EnquiryState.SUPERSEDED
    )
    known = [credits_from_json(enquiry.credits) for enquiry in earlier]
    if any(credit in group for group in known):
        return next(group for group in known if credit in group)
    earlier.update(state=EnquiryState.SUPERSEDED, next_attempt_at=None)
    return merged_credits([*known, (credit,)])


@people.change
def answered(enquiry_id: UUID, answer: EnquiryAnswer) -> None:
    """Take over a checked answer: what stands, the next enquiries, the plan. A second answer to the same enquiry is dropped."""
    enquiry = Enquiry.objects.select_for_update().select_related("claim").get(pk=enquiry_id)
    if enquiry.state in (EnquiryState.ANSWERED, EnquiryState.SUPERSEDED):
        return
    claim = enquiry.claim
    enquiry.state = EnquiryState.ANSWERED
    enquiry.answered_at = answer.answered_at
    enquiry.answer = to_json(answer)
    enquiry.next_attempt_at = None
    enquiry.last_error = ""
    enquiry.save(update_fields=["state", "answered_at", "answer", "next_attempt_at", "last_error"])
    accounts = {(row.account, row.currency) for row in answer.standing} | _drop_older_standing(enquiry)
    _keep_standing(enquiry, answer.standing)
    ask(claim, Rule(enquiry.rule), [(leg.creditor_bank, credit_of(leg)) for leg in answer.onward], enquiry.hop + 1)
    if enquiry.rule == claim.rule:
        plan.refresh_accounts(claim, enquiry.institution, accounts)
        plan.propose_exits(enquiry, answer.exits)
    people.record(
        NODE,
        "enquiry answered",
        subject=claim.pk,
        obj=enquiry,
        institution=enquiry.institution,
        standing=len(answer.standing),
        onward=len(answer.onward),
        exits=len(answer.exits),
    )


def _drop_older_standing(enquiry: Enquiry) -> set[tuple[str, str]]:
    """What earlier answers to the same question left standing goes; returns the (account, currency) pairs concerned."""
    older = StandingAmount.objects.filter(
        claim=enquiry.claim_id, institution=enquiry.institution, enquiry__rule=enquiry.rule
    ).exclude(enquiry=enquiry)
    if enquiry.rule != Rule.LIBR:
        older = older.filter(enquiry__key=enquiry.key)
    accounts = set(older.values_list("account", "currency"))
    if accounts:
        older.delete()
    return accounts


def _keep_standing(enquiry: Enquiry, standing: Sequence[AccountStanding]) -> None:
    StandingAmount.objects.bulk_create(
        StandingAmount(
            enquiry=enquiry,
            claim_id=enquiry.claim_id,
            institution=enquiry.institution,
            account=row.account,
            currency=row.currency,
            amount=row.amount,
            parcels=to_json(row.parcels),
            account_kind=row.kind,
            seconds_to_pass_on=row.seconds_to_pass_on,
        )
        for row in standing
    )


def acknowledged(enquiry_id: UUID, reply: Acknowledged) -> None:
    """The holder has the question; ask again when it expects to know."""
    now = clock.now()
    Enquiry.objects.filter(pk=enquiry_id, state=EnquiryState.QUEUED).update(
        state=EnquiryState.ACKNOWLEDGED, acknowledged_at=now
    )
    Enquiry.objects.filter(pk=enquiry_id, state=EnquiryState.ACKNOWLEDGED).update(
        next_attempt_at=max(reply.expected_at, now), last_error=""
    )


def retry_later(enquiry: Enquiry, error: str) -> None:
    """The line is down: try again, later each time; the enquiry stays open and shows why."""
    Enquiry.objects.filter(pk=enquiry.pk).update(next_attempt_at=next_retry(clock.now(), enquiry.attempts), last_error=error)


@people.change
def fail(enquiry_id: UUID, error: str) -> None:
    """The holder's answer cannot be used: nothing of it is taken over, a person must look."""
    enquiry = Enquiry.objects.select_for_update().get(pk=enquiry_id)
    enquiry.state, enquiry.last_error, enquiry.next_attempt_at = EnquiryState.FAILED, error, None
    enquiry.save(update_fields=["state", "last_error", "next_attempt_at"])
    people.record(NODE, "enquiry failed", subject=enquiry.claim_id, obj=enquiry, institution=enquiry.institution, error=error)


@people.change
def trace_again(actor: Actor, claim_id: UUID, institution: str | None = None, account: str | None = None) -> list[Enquiry]:
    """Ask afresh, to now, where the picture may be old: failed enquiries and those by which money stands that is not held.

    With `institution` and `account`, those by which money stands there (after a refusal or a partial hold). What the
    earlier answers said stays in force until the fresh ones come.
    """
    require(actor, Permission.CLAIMS_TRACE)
    claim = _claim(claim_id)
    live = Enquiry.objects.filter(claim=claim, state__in=(EnquiryState.ANSWERED, EnquiryState.FAILED))
    if account is not None:
        live = live.filter(institution=institution, standing__account=account)
    else:
        live = live.filter(Q(state=EnquiryState.FAILED) | Q(standing__account__in=plan.unheld_accounts(claim)))
    stale = list(live.distinct())
    fresh = [
        _new_enquiry(claim, Rule(old.rule), old.institution, credits_from_json(old.credits), old.key, old.hop) for old in stale
    ]
    Enquiry.objects.filter(pk__in=[old.pk for old in stale]).update(state=EnquiryState.SUPERSEDED, next_attempt_at=None)
    Enquiry.objects.bulk_create(fresh)
    if fresh:
        people.record(actor, "traced again", subject=claim.pk, obj=claim, enquiries=len(fresh))
    return fresh


@people.change
def trace_under(actor: Actor, claim_id: UUID, rule: Rule) -> list[Enquiry]:
    """Trace the claim under another rule too, for comparison; holds go on standing on the claim's own rule."""
    require(actor, Permission.CLAIMS_TRACE)
    if rule not in CHASE_RULES:
        raise BadInput(
            f"{rule} is an upper bound over one ledger and is not asked of banks; choose one of {', '.join(CHASE_RULES)}"
        )
    claim = _claim(claim_id)
    starts = [
        (start.institution, Credit(start.transfer, start.amount, start.currency, tuple(map(tuple, start.intervals))))
        for start in claim.starts.all()
    ]
    people.record(actor, "traced under another rule", subject=claim.pk, obj=claim, rule=rule.value)
    return ask(claim, rule, starts, hop=0)


def _claim(claim_id: UUID) -> Claim:
    claim = Claim.objects.select_for_update().filter(pk=claim_id).first()
    if claim is None:
        raise NotFound("there is no such claim")
    return claim
