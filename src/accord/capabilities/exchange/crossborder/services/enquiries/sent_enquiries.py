"""Enquiries of this node to partners' centres, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from django.conf import settings

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.messages import request_of
from accord.capabilities.claims.ports import (
    AccountKind,
    AccountStanding,
    Acknowledged,
    CentreAnswer,
    Credit,
    EnquiryAnswer,
    EnquiryRequest,
    HeldThere,
    LegExit,
    Nonsense,
    OpenAmount,
    TransferLeg,
    check_answer,
)
from accord.capabilities.exchange.agreements import enforcement
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.queries import InForce
from accord.capabilities.exchange.agreements.terms import OnwardRule
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.queries import budgets
from accord.capabilities.exchange.crossborder.services.enquiries import cases
from accord.capabilities.exchange.crossborder.services.enquiries.inherited import enquiry_behind, inherited_label
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind, Outcome
from accord.capabilities.exchange.messages import Budget, EnquiryAnswerBody, EnquiryBody, WireCredit, WireLeg, WireStanding
from accord.capabilities.exchange.models import ForeignEnquiry, Incoming, Outgoing, OutgoingState
from accord.capabilities.exchange.partners.partner_time import by_our_clock
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.core.errors import AccordError
from accord.core.labels import Label
from accord.engine.tracing.model import ExitKind, Parcel

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim, Enquiry


@unit_of_work.change
def ask(request: EnquiryRequest) -> Acknowledged:
    """Ask the partner's centre whose code the request names as institution; once, however often this is called.

    Its answer comes as a message of its own. Refused, with the clause, where the agreement does not let the enquiry cross, or
    where the partner's node has refused the message.
    """
    message = Outgoing.objects.filter(pk=request.enquiry_id).first()
    if message is None:
        message = _send(request)
    elif message.state == OutgoingState.REFUSED:
        raise Refused(message.refusal or "agreement", Msg.NODE_REFUSED_ENQUIRY, partner=request.institution)
    return Acknowledged(max(clock.now(), _answer_by(message)))


def ask_all(requests: Sequence[EnquiryRequest]) -> list[Acknowledged | AccordError]:
    """The same for many questions in one change; an error stands for one that cannot be asked."""
    with agreements.read_once():
        return unit_of_work.each_apart([partial(ask, request) for request in requests])


def _answer_by(message: Outgoing) -> datetime:
    """By when the partner is to answer, as our message says; by the agreement's clock where it went in parts."""
    if "budget" in message.body:
        return msgspec.convert(message.body["budget"], Budget).answer_by
    terms = agreements.by_hash(message.partner_id, message.agreement).terms
    return message.queued_at + timedelta(minutes=terms.clocks.enquiry_minutes)


def _send(request: EnquiryRequest) -> Outgoing:
    partner = request.institution
    agreement = agreements.in_force(partner)
    claim = claim_queries.claim_asked_about(NODE, request.enquiry_id)
    case = cases.case_of(partner, claim.pk)
    behind = _asked_for(claim)
    body = EnquiryBody(
        enquiry_id=request.enquiry_id,
        case=case.pseudonym,
        offence=case.offence,
        rule=request.rule.value,
        credits=tuple(wire_credit(credit, partner) for credit in request.credits),
        budget=budgets.budget_for(agreement, behind, clock.now()),
        asked_at=clock.now(),
    )
    label = inherited_label(agreement, claim) or _own_label(agreement, claim)
    return sending.queue(
        partner,
        MessageKind.ENQUIRY,
        body,
        about=request.enquiry_id,
        label=label,
        message_id=request.enquiry_id,
        is_new=True,
    )


def _asked_for(claim: Claim) -> ForeignEnquiry | None:
    """The enquiry of another centre for which the claim is followed here; None for a claim of our own. Refused ("depth")
    where another centre's claim has none any more: then nobody says how far it may go."""
    behind = enquiry_behind(claim)
    if claim.origin and behind is None:
        raise Refused("depth", Msg.DOES_NOT_ASK_ABOUT_CLAIM_ANY, partner=claim.origin)
    return behind


def _own_label(agreement: InForce, claim: Claim) -> Label | None:
    """Whom the partner may go on to: whom our officer named for the claim."""
    named = tuple(code for code in claim.onward if code != agreement.partner)
    if not named or agreement.terms.onward is OnwardRule.NEVER:
        return None
    return enforcement.default_label(agreement, settings.ACCORD_AGENCY, named)


def wire_credit(credit: Credit, institution: str) -> WireCredit:
    """A credit as a partner is told of it; `institution` is where it went, if the credit does not say so itself."""
    return WireCredit(
        transfer=credit.transfer,
        amount=credit.amount,
        currency=credit.currency,
        intervals=credit.intervals,
        institution=credit.institution or institution,
        account=credit.account,
        time=credit.time,
        debtor_bank=credit.debtor_bank,
        referral=credit.referral,
    )


def take_answer(message: Incoming, body: EnquiryAnswerBody) -> None:
    """Apply what the partner's centre tells, in the place of what it told before.

    An answer that cannot be true spoils its own enquiry alone: nothing of it is applied, and a person sees why.
    """
    take_answers([(message, body)])


def take_answers(messages: Sequence[tuple[Incoming, EnquiryAnswerBody]]) -> None:
    """The same for many answers, in one go as far as each is to another enquiry."""
    asked = claim_queries.enquiries_of(NODE, {body.enquiry_id for _, body in messages})
    told: dict[UUID, tuple[EnquiryAnswer, int]] = {}
    for message, body in messages:
        enquiry = asked.get(body.enquiry_id)
        if enquiry is None or enquiry.institution != message.partner_id:
            raise Refused("enquiry", Msg.ENQUIRY_NOT_ASKED, partner=message.partner_id, enquiry=body.enquiry_id)
        if enquiry.pk in told:
            _apply(told)
            told.clear()
        try:
            told[enquiry.pk] = (_checked(message, body, enquiry), body.version)
        except Nonsense as nonsense:
            claims.fail(enquiry.pk, nonsense.stored())
    _apply(told)


def _apply(told: Mapping[UUID, tuple[EnquiryAnswer, int]]) -> None:
    if told:
        answers = {enquiry_id: answer for enquiry_id, (answer, _) in told.items()}
        claims.take_answers(answers, {enquiry_id: version for enquiry_id, (_, version) in told.items()})


def _checked(message: Incoming, body: EnquiryAnswerBody, enquiry: Enquiry) -> EnquiryAnswer:
    """The answer, if it is one and can be true; Nonsense says why it cannot be applied."""
    if body.outcome is Outcome.REFUSED:
        clause, reason = body.clause or Msg.NO_CLAUSE_NAMED, body.reason[:2_000]
        raise Nonsense(Msg.PARTNER_REFUSES, partner=message.partner_id, clause=clause, reason=reason)
    answer = read_answer(body, message.partner_id)
    check_answer(request_of(enquiry, ""), answer)
    return replace(answer, answered_at=min(by_our_clock(message.partner, body.answered_at), clock.now()))


def read_answer(body: EnquiryAnswerBody, partner: str) -> CentreAnswer:
    """The answer in the words of the port. Raises Nonsense where it names what does not exist."""
    nowhere = [leg for leg in body.onward if not (leg.jurisdiction or leg.creditor_bank)]
    return CentreAnswer(
        answered_at=body.answered_at,
        flows=tuple(_leg(leg) for leg in body.flows),
        standing=tuple(_standing(row, partner) for row in body.standing),
        onward=tuple(_leg(leg) for leg in body.onward if leg not in nowhere),
        exits=tuple(LegExit(_exit_leg(leg, partner), _exit_kind(leg, partner)) for leg in body.exits),
        absorbed=body.absorbed,
        open=(
            *(OpenAmount(part.amount, part.currency, part.bank, part.answer_due_at) for part in body.open),
            *(OpenAmount(leg.amount, leg.currency) for leg in nowhere),
        ),
        held=tuple(HeldThere(row.bank, row.place, row.currency, row.held) for row in body.standing if row.held > 0),
        referrals=tuple((leg.transfer, leg.referral) for leg in body.onward if leg.referral),
    )


def _leg(leg: WireLeg) -> TransferLeg:
    return TransferLeg(
        transfer=leg.transfer,
        debtor=leg.debtor,
        debtor_bank=leg.debtor_bank,
        creditor=leg.creditor,
        creditor_bank=leg.creditor_bank or leg.jurisdiction,
        time=leg.time,
        amount=leg.amount,
        currency=leg.currency,
        intervals=leg.intervals,
        counter_amount=leg.counter_amount,
        counter_currency=leg.counter_currency,
    )


def _exit_leg(leg: WireLeg, partner: str) -> TransferLeg:
    """Exits that are merged have no transfer of their own; the partner's code keeps them apart from others' totals."""
    merged = leg.transfer.startswith("exit:")
    return replace(_leg(leg), transfer=f"{partner}/{leg.transfer}/{leg.currency}" if merged else leg.transfer)


def _exit_kind(leg: WireLeg, partner: str) -> ExitKind:
    try:
        return ExitKind(leg.exit)
    except ValueError:
        raise Nonsense(Msg.NAMES_KIND_EXIT, partner=partner, exit=leg.exit[:40]) from None


def _standing(row: WireStanding, partner: str) -> AccountStanding:
    try:
        kind = AccountKind(row.account_kind)
    except ValueError:
        raise Nonsense(Msg.NAMES_KIND_ACCOUNT, partner=partner, kind=row.account_kind[:40]) from None
    return AccountStanding(
        account=row.place,
        amount=row.amount,
        currency=row.currency,
        kind=kind,
        parcels=tuple(Parcel(*parcel) for parcel in row.parcels),
        seconds_to_pass_on=row.seconds_to_pass_on,
        bank=row.bank,
    )
