"""A partner's enquiry: taken down, followed here as a claim of our own, or refused.

It binds nobody. It is followed without a person only under a standing authority of ours; otherwise an officer lets it through.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from django.db.models import QuerySet, Value

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.claims import services as claims
from accord.capabilities.claims import territory
from accord.capabilities.claims.messages import merged_credits
from accord.capabilities.claims.ports import MOST_CHARACTERS, Credit
from accord.capabilities.claims.services.chase import CHASE_RULES
from accord.capabilities.exchange.agreements import labelling
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.queries import InForce
from accord.capabilities.exchange.agreements.standing_authority import acts_alone
from accord.capabilities.exchange.agreements.terms import OnwardRule
from accord.capabilities.exchange.audit import ForeignEnquiryAudit
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.services.enquiries import answers
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind, Outcome
from accord.capabilities.exchange.messages import Budget, EnquiryBody, WireCredit
from accord.capabilities.exchange.models import ForeignEnquiry, ForeignOrder, Incoming
from accord.capabilities.exchange.partners.partner_time import by_our_clock
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.policy import NODE, require
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.money import EXPONENTS, MAX_MINOR, Money
from accord.engine.tracing.model import Rule

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

MOST_CREDITS: Final = 5_000
"""Transfers that one enquiry may name; more are asked about in several."""

BY_OFFICER: Final = "officer"
"""The clause of a refusal by a person who names no ground of the agreement."""


def take(message: Incoming, body: EnquiryBody) -> None:
    """Take a partner's enquiry down; follow it, let it wait for an officer, or refuse it with the clause.

    The same enquiry again is answered again: the partner has lost what it was told.
    """
    take_all([(message, body)])


def take_all(messages: Sequence[tuple[Incoming, EnquiryBody]]) -> None:
    """The same for many."""
    known = ForeignEnquiry.objects.in_bulk({body.enquiry_id for _, body in messages})
    for message, body in messages:
        earlier = known.get(body.enquiry_id)
        if earlier is None:
            known[body.enquiry_id] = _take(message, body)
        elif earlier.partner_id != message.partner_id:
            raise Refused("enquiry", Msg.ENQUIRY_ID_NOT_YOURS)
        else:
            answers.tell_again(earlier)


def _take(message: Incoming, body: EnquiryBody) -> ForeignEnquiry:
    agreement = agreements.by_hash(message.partner_id, message.agreement)
    row = _row(message, body, agreement)
    try:
        _check(body)
    except Refused as refused:
        answers.refuse(row, refused.clause, refused.said)
        return row
    if acts_alone(agreement, MessageKind.ENQUIRY) is None:
        row.waits_for_officer = True
        row.save(force_insert=True)
        unit_of_work.record(NODE, ForeignEnquiryAudit.WAITS, subject=None, obj=row, partner=row.partner_id)
    else:
        _follow(row, agreement)
    return row


def _row(message: Incoming, body: EnquiryBody, agreement: InForce) -> ForeignEnquiry:
    """Both the asker's time and the agreement's clock bind the answer; whichever comes first."""
    now = clock.now()
    within = now + timedelta(minutes=agreement.terms.clocks.enquiry_minutes)
    wanted_by = by_our_clock(message.partner, body.budget.answer_by)
    return ForeignEnquiry(
        id=body.enquiry_id,
        partner=message.partner,
        agreement=message.agreement,
        case=body.case[:40],
        rule=body.rule[:10],
        credits=msgspec.to_builtins(body.credits),
        budget=msgspec.to_builtins(body.budget),
        label=message.label or {},
        message=message.pk,
        received_at=now,
        answer_due_at=max(now, min(within, wanted_by)),
    )


def _check(body: EnquiryBody) -> None:
    """Refuse what cannot be followed here, whoever asks."""
    if body.rule not in CHASE_RULES:
        rules = ", ".join(CHASE_RULES)
        raise Refused("rule", Msg.CLAIMS_FOLLOWED_ACROSS_BORDERS, rules=rules, rule=body.rule[:20])
    if not body.case or len(body.case) > 40:
        raise Refused("case", Msg.NAME_CASE_BY_PSEUDONYM)
    if not 0 < len(body.credits) <= MOST_CREDITS:
        raise Refused("credits", Msg.ENQUIRY_NAMES_1_TO_TRANSFERS, most=MOST_CREDITS, count=len(body.credits))
    for credit in body.credits:
        _check_credit(credit)


def _check_credit(credit: WireCredit) -> None:
    for kind, name in (("transfer", credit.transfer), ("institution", credit.institution)):
        if not name or len(name) > MOST_CHARACTERS[kind] or "\x00" in name:
            raise Refused("credits", Msg.CANNOT_BE_A_NAME, name=name[:40], kind=kind)
    if not 0 < credit.amount <= MAX_MINOR or credit.currency not in EXPONENTS:
        raise Refused("credits", Msg.NOT_AN_AMOUNT, amount=credit.amount, currency=credit.currency[:8])
    spans = sorted(credit.intervals)
    if any(not 0 <= start < end for start, end in spans) or any(end > start for (_, end), (start, _) in pairwise(spans)):
        raise Refused("credits", Msg.UNITS_NAMED_TRANSFER_NONE, transfer=credit.transfer)
    if spans and sum(end - start for start, end in spans) != credit.amount:
        raise Refused("credits", Msg.UNITS_NAMED_TRANSFER_DO_NOT_ADD, transfer=credit.transfer, amount=credit.amount)
    if territory.is_abroad(credit.institution):
        raise Refused("territory", Msg.KEEPS_NO_ACCOUNTS_HERE, institution=credit.institution)


@unit_of_work.change
def decide(actor: User, enquiry_id: UUID, accept: bool, reason: str, ground: str = "") -> ForeignEnquiry:
    """An officer lets a partner's enquiry through, or refuses it with a reason (and a ground of the agreement, if one fits)."""
    require(actor, ExchangePermission.ANSWER)
    row = ForeignEnquiry.objects.select_for_update(of=("self",)).select_related("partner").filter(pk=enquiry_id).first()
    if row is None:
        raise NotFound(Msg.NO_SUCH_ENQUIRY_RELOAD)
    if not row.waits_for_officer:
        raise Conflict(Msg.ENQUIRY_WAITS_FOR_NOBODY)
    agreement = agreements.by_hash(row.partner_id, row.agreement)
    if not accept and not reason.strip():
        raise BadInput(Msg.SAY_WHY_REFUSED, where="reason")
    if ground and ground not in agreement.terms.refusal_grounds:
        known = tuple(agreement.terms.refusal_grounds) or ("none",)
        raise BadInput(Msg.REFUSAL_GROUND_NOT_AGREED, ground=ground, known=known, where="ground")
    row.waits_for_officer = False
    done = ForeignEnquiryAudit.LET_THROUGH if accept else ForeignEnquiryAudit.DECLINED
    unit_of_work.record(actor, done, subject=None, obj=row, partner=row.partner_id, reason=reason)
    if accept:
        now = clock.now()
        row.answer_due_at = max(row.answer_due_at, now + timedelta(minutes=agreement.terms.clocks.enquiry_minutes))
        _follow(row, agreement)
    else:
        answers.refuse(row, ground or BY_OFFICER, reason.strip())
    return row


def _follow(row: ForeignEnquiry, agreement: InForce) -> None:
    """Follow it as a claim of our own: the one that this partner's case has here already, or a new one."""
    rule = Rule(row.rule)
    credits_ = msgspec.convert(row.credits, tuple[WireCredit, ...])
    starts = _starts(credits_)
    onward = _onward(row, agreement)
    earlier = _claim_of(row, rule, [credit for _, credit in starts])
    row.next_attempt_at = clock.now()
    if earlier is None:
        currency = credits_[0].currency
        money = Money(sum(credit.amount for _, credit in starts if credit.currency == currency), currency)
        row.claim = claims.open_foreign_claim(row.partner_id, money, rule, starts, onward)
        row.save(force_insert=row._state.adding)
    else:
        # the newer enquiry is the one that is answered from here on
        ForeignEnquiry.objects.filter(claim=earlier).exclude(pk=row.pk).update(claim=None, next_attempt_at=None)
        row.claim_id = earlier
        row.save(force_insert=row._state.adding)  # its budget counts from here on
        claims.restart_foreign_claim(earlier, starts, onward)
    unit_of_work.record(NODE, ForeignEnquiryAudit.FOLLOWED, subject=row.claim_id, obj=row, partner=row.partner_id)


def _starts(credits_: Sequence[WireCredit]) -> list[tuple[str, Credit]]:
    """(institution, credit), each transfer once."""
    institutions = {credit.transfer: credit.institution for credit in credits_}
    merged = merged_credits([[Credit(one.transfer, one.amount, one.currency, one.intervals) for one in credits_]])
    return [(institutions[credit.transfer], credit) for credit in merged]


def _claim_of(row: ForeignEnquiry, rule: Rule, credits_: Sequence[Credit]) -> UUID | None:
    """The claim in which this partner's case is followed here already, through an enquiry or a first order.

    Where units have a place it is one that starts at the very same units; else a case has one claim a rule, and its starts
    are what the newest enquiry names.
    """
    enquiries = ForeignEnquiry.objects.filter(partner=row.partner_id, case=row.case, rule=row.rule).exclude(claim=None)
    orders = ForeignOrder.objects.filter(partner=row.partner_id, case=row.case, body__rule=row.rule).exclude(claim=None)
    found = _claims_of(enquiries, 0).union(_claims_of(orders, 1), all=True).order_by("place", "received_at")
    known = dict.fromkeys(row["claim"] for row in found)
    starts = claim_queries.starts_of(list(known), row.partner_id)
    asked = _units(credits_)
    for claim_id, begun in starts.items():
        if begun and (not rule.keeps_parcels or _units(begun) == asked):
            return claim_id
    return None


def _claims_of(rows: QuerySet[Any], place: int) -> QuerySet[Any, dict[str, Any]]:
    found: QuerySet[Any, dict[str, Any]] = rows.order_by().annotate(place=Value(place)).values("claim", "place", "received_at")
    return found


def _units(credits_: Sequence[Credit]) -> set[tuple[str, int, tuple[tuple[int, int], ...]]]:
    return {(credit.transfer, credit.amount, tuple(sorted(credit.intervals))) for credit in credits_}


def _onward(row: ForeignEnquiry, agreement: InForce) -> list[str]:
    """To whom the claim may be followed from here: whom the asker's label names, as far as agreement and budget go."""
    budget = msgspec.convert(row.budget, Budget)
    if agreement.terms.onward is OnwardRule.NEVER or budget.depth <= 1:
        return []
    return sorted(set(labelling.from_json(row.label).onward) - {row.partner_id})


@unit_of_work.change
def relabelled(enquiry_id: UUID) -> None:
    """The asker has changed the label of its enquiry: whom it names now may be gone on to."""
    row = ForeignEnquiry.objects.select_for_update(of=("self",)).filter(pk=enquiry_id).exclude(claim=None).first()
    if row is None or row.claim_id is None or row.outcome == Outcome.REFUSED:
        return
    agreement = agreements.by_hash(row.partner_id, row.agreement)
    onward = _onward(row, agreement)
    if onward:  # consent comes when a person gives it: the time to follow it counts from then on
        row.answer_due_at = max(row.answer_due_at, clock.now() + timedelta(minutes=agreement.terms.clocks.enquiry_minutes))
        row.save(update_fields=["answer_due_at"])
    claims.go_onward(row.claim_id, onward)
