"""Requests that people make and answer: information, identification, a hold; with a thread of notes.

Each side keeps the same row under the same id. What leaves goes through the agreement, which may take fields out: the row
keeps what was really sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claims
from accord.capabilities.exchange.agreements import labelling
from accord.capabilities.exchange.agreements.queries import InForce, by_hash, in_force
from accord.capabilities.exchange.audit import RequestAudit
from accord.capabilities.exchange.channel.services.sending import queue
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.queries.foreign_cases import case_of_claim, claim_of_case
from accord.capabilities.exchange.crossborder.request_cycle import UNSETTLED, after_answer, after_withdrawal
from accord.capabilities.exchange.crossborder.services.enquiries.cases import pseudonym_of
from accord.capabilities.exchange.crossborder.services.enquiries.inherited import inherited_label
from accord.capabilities.exchange.errors import Parked, Refused
from accord.capabilities.exchange.kinds import MessageKind, Outcome, RequestKind
from accord.capabilities.exchange.messages import NoteBody, RequestAnswerBody, RequestBody
from accord.capabilities.exchange.models import Incoming, PartnerRequest, RequestState, ThreadNote
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.policy import NODE, Actor, require
from accord.capabilities.vocabulary import AuditAction
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.errors import Msg as CoreMsg
from accord.core.labels import Label
from accord.core.money import Money
from accord.core.object_ids import new_id

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim

LONGEST_TEXT: Final = 4_000


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What somebody asks a partner, about a claim of this node or one that the partner asked about itself.

    `offence`, `purpose` and `language` are those of the agreement. A hold names its account, institution and amount.
    `label` None: as the agreement's defaults say.
    """

    claim_id: UUID
    kind: RequestKind
    offence: str
    purpose: str
    language: str
    wanted: str
    reasons: str = ""
    urgent: bool = False
    account: str = ""
    institution: str = ""
    amount: Money | None = None
    label: Label | None = None


@unit_of_work.change
def ask(actor: Actor, partner: str, facts: RequestFacts) -> PartnerRequest:
    """Ask a partner something under the agreement in force; the request is on its way when this returns.

    Refused names the clause that does not let it pass; BadInput the fact that is missing.
    """
    require(actor, ExchangePermission.ASK)
    agreement = in_force(partner)
    _check(facts)
    claim = claims.get(actor, facts.claim_id)
    now = clock.now()
    identity = new_id()
    body = RequestBody(
        request_id=identity,
        case=_case(partner, claim),
        kind=facts.kind,
        offence=facts.offence,
        purpose=facts.purpose,
        language=facts.language,
        wanted=facts.wanted.strip(),
        reasons=facts.reasons.strip(),
        urgent=facts.urgent,
        asked_at=now,
        due_at=now + time_to_answer(agreement, urgent=facts.urgent),
        account=facts.account.strip(),
        institution=facts.institution.strip(),
        amount=facts.amount.minor if facts.amount else 0,
        currency=facts.amount.currency if facts.amount else "",
    )
    stated = [label for label in (facts.label, inherited_label(agreement, claim)) if label is not None]
    label = labelling.derive(*stated) if stated else None
    sent = queue(partner, MessageKind.REQUEST, body, about=identity, label=label, message_id=identity)
    request = PartnerRequest.objects.create(
        id=identity,
        partner_id=partner,
        outgoing=True,
        agreement=sent.agreement,
        case=body.case,
        claim=claim,
        kind=facts.kind,
        body=sent.body,
        label=sent.label or {},
        asked_by=actor.username,
        asked_at=now,
        due_at=body.due_at,
    )
    _record(actor, RequestAudit.ASKED, request)
    return request


def time_to_answer(agreement: InForce, *, urgent: bool) -> timedelta:
    """How long the partner has for a request by people."""
    clocks = agreement.terms.clocks
    return timedelta(hours=clocks.urgent_request_hours if urgent else clocks.request_hours)


def _check(facts: RequestFacts) -> None:
    if not facts.wanted.strip():
        raise BadInput(Msg.SAY_WHAT_ASKED_PARTNER, where="wanted")
    for name, text in (("wanted", facts.wanted), ("reasons", facts.reasons)):
        _check_length(text, name)
    if facts.kind is RequestKind.HOLD and not (facts.account.strip() and facts.institution.strip() and facts.amount):
        raise BadInput(Msg.REQUEST_FOR_HOLD_NAMES_ACCOUNT, where="account")


def _check_length(text: str, where: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise BadInput(CoreMsg.TEXT_TOO_LONG, count=len(text), limit=LONGEST_TEXT, where=where)


def _case(partner: str, claim: Claim) -> str:
    """The case under which the partner knows the claim.

    A claim of another centre goes to a third one only where its originator's label names that centre.
    """
    if not claim.origin:
        return pseudonym_of(partner, claim.pk)
    if claim.origin == partner:
        return case_of_claim(partner, claim.pk)
    if partner not in claim.onward:
        raise Refused("onward", Msg.LABEL_OF_CLAIM_LACKS_PARTNER, agency=claim.origin, partner=partner)
    return pseudonym_of(partner, claim.pk)


@unit_of_work.change
def take(actor: Actor, request_id: UUID) -> PartnerRequest:
    """Take a request over, also from a colleague: whoever has it deals with it."""
    require(actor, ExchangePermission.ANSWER)
    request = _for_update(request_id, outgoing=False)
    _check_unsettled(request)
    before, request.taken_by = request.taken_by, actor.username
    if before != request.taken_by:
        request.save(update_fields=["taken_by"])
        _record(actor, RequestAudit.TAKEN_OVER, request, before=before)
    return request


@unit_of_work.change
def answer(actor: Actor, request_id: UUID, outcome: Outcome, text: str, ground: str = "") -> PartnerRequest:
    """Answer a partner's request in full, in part, or refuse it on a ground of the agreement under which it was asked."""
    require(actor, ExchangePermission.ANSWER)
    request = _for_update(request_id, outgoing=False)
    _check_unsettled(request)
    _check_length(text, "text")
    if outcome is Outcome.REFUSED:
        grounds = [str(one) for one in by_hash(request.partner_id, request.agreement).terms.refusal_grounds]
        if ground not in grounds:
            raise BadInput(Msg.CHOOSE_GROUND_AGREEMENT_ON_WHICH_REQUEST, where="ground")
    elif not text.strip():
        raise BadInput(Msg.WRITE_WHAT_ANSWERED, where="text")
    now = clock.now()
    body = RequestAnswerBody(
        request_id=request.pk,
        outcome=outcome,
        ground=ground if outcome is Outcome.REFUSED else "",
        text=text.strip(),
        answered_at=now,
    )
    sent = queue(request.partner_id, MessageKind.REQUEST_ANSWER, body, about=request.pk, in_reply_to=request.pk)
    request.answer, request.answered_at, request.answered_by = sent.body, now, actor.username
    request.taken_by = request.taken_by or actor.username
    _settle(request, outcome)
    _record(actor, RequestAudit.of(outcome), request, ground=body.ground)
    return request


@unit_of_work.change
def note(actor: Actor, request_id: UUID, text: str, escalate: bool = False) -> ThreadNote:
    """Write a line in the thread of a request; the partner reads it. `escalate` moves the request up on both sides."""
    request = _for_update(request_id)
    require(actor, ExchangePermission.ASK if request.outgoing else ExchangePermission.ANSWER)
    if not text.strip():
        raise BadInput(Msg.WRITE_SOMETHING, where="text")
    if escalate:
        _check_unsettled(request)
    row = say(actor, request, text, escalated=escalate)
    if escalate and not request.escalated:
        request.escalated = True
        request.save(update_fields=["escalated"])
    _record(actor, RequestAudit.ESCALATED if escalate else RequestAudit.NOTED, request)
    return row


@unit_of_work.change
def withdraw(actor: Actor, request_id: UUID, reason: str) -> PartnerRequest:
    """Need a request of this node no more; the partner is told why."""
    require(actor, ExchangePermission.ASK)
    request = _for_update(request_id, outgoing=True)
    _check_unsettled(request)
    if not reason.strip():
        raise BadInput(Msg.SAY_WHY_REQUEST_WITHDRAWN, where="reason")
    say(actor, request, reason, withdrawn=True)
    request.state = after_withdrawal(RequestState(request.state))
    request.save(update_fields=["state"])
    _record(actor, RequestAudit.WITHDRAWN, request)
    return request


def say(actor: Actor, request: PartnerRequest, text: str, *, escalated: bool = False, withdrawn: bool = False) -> ThreadNote:
    """A line of the thread, on its way to the partner, for whoever has been found to be allowed to. Call inside a change."""
    _check_length(text, "text")
    identity = new_id()
    body = NoteBody(request_id=request.pk, note_id=identity, text=text.strip(), escalated=escalated, withdrawn=withdrawn)
    sent = queue(request.partner_id, MessageKind.NOTE, body, about=request.pk, in_reply_to=request.pk, message_id=identity)
    return ThreadNote.objects.create(
        id=identity,
        request=request,
        outgoing=True,
        written_by=actor.username,
        at=clock.now(),
        text=sent.body.get("text", ""),
    )


def take_request(incoming: Incoming, body: RequestBody) -> None:
    """A partner asks: for an officer to answer within the time that the partner states and the agreement gives."""
    if PartnerRequest.objects.filter(pk=body.request_id).exists():
        raise Refused("request", Msg.REQUEST_WITH_ID_KNOWN_ALREADY)
    agreement = by_hash(incoming.partner_id, incoming.agreement)
    request = PartnerRequest.objects.create(
        id=body.request_id,
        partner_id=incoming.partner_id,
        outgoing=False,
        agreement=incoming.agreement,
        case=body.case,
        claim_id=claim_of_case(incoming.partner_id, body.case),
        kind=body.kind,
        body=msgspec.to_builtins(body),
        label=incoming.label or {},
        asked_at=incoming.received_at,
        due_at=incoming.received_at + time_to_answer(agreement, urgent=body.urgent),
    )
    _record(NODE, RequestAudit.RECEIVED, request)


def take_answer(incoming: Incoming, body: RequestAnswerBody) -> None:
    """The partner answers what this node asked it."""
    request = _of_partner(incoming, body.request_id, outgoing=True)
    if after_answer(RequestState(request.state), body.outcome) is None:
        raise Refused("request", Msg.REQUEST_ALREADY_SETTLED, reference=request.reference)
    request.answer = msgspec.to_builtins(body)
    request.answered_at, request.answered_by = body.answered_at or incoming.received_at, ""
    _settle(request, body.outcome)
    _record(NODE, RequestAudit.of(body.outcome), request, ground=body.ground)


def take_note(incoming: Incoming, body: NoteBody) -> None:
    """The partner writes in the thread of a request, of whichever side."""
    request = _of_partner(incoming, body.request_id)
    if body.withdrawn and request.outgoing:
        raise Refused("request", Msg.ONLY_SIDE_ASKED_MAY_WITHDRAW)
    ThreadNote.objects.get_or_create(
        id=body.note_id, defaults={"request": request, "outgoing": False, "at": incoming.received_at, "text": body.text}
    )
    request.escalated = request.escalated or body.escalated
    if body.withdrawn:
        request.state = after_withdrawal(RequestState(request.state))
    request.save(update_fields=["escalated", "state"])
    action = RequestAudit.WITHDRAWN if body.withdrawn else RequestAudit.ESCALATED if body.escalated else RequestAudit.NOTED
    _record(NODE, action, request)


def _of_partner(incoming: Incoming, request_id: UUID, *, outgoing: bool | None = None) -> PartnerRequest:
    """The request that a message is about, of that partner; another partner's does not exist for it."""
    found = PartnerRequest.objects.select_for_update().filter(pk=request_id).first()
    if found is None:
        raise Parked(Msg.REQUEST_NOT_KNOWN_HERE_YET, id=request_id)
    if found.partner_id != incoming.partner_id or (outgoing is not None and found.outgoing != outgoing):
        raise Refused("request", Msg.NO_SUCH_REQUEST_PARTNER)
    return found


def _settle(request: PartnerRequest, outcome: Outcome) -> None:
    after = after_answer(RequestState(request.state), outcome)
    assert after is not None, (request.state, outcome)
    request.state = after
    request.save(update_fields=["answer", "answered_at", "answered_by", "taken_by", "state"])


def _for_update(request_id: UUID, *, outgoing: bool | None = None) -> PartnerRequest:
    request = PartnerRequest.objects.select_for_update().filter(pk=request_id).first()
    if request is None:
        raise NotFound(Msg.NO_SUCH_REQUEST)
    if outgoing is not None and request.outgoing != outgoing:
        raise NotAllowed(Msg.PARTNER_ASKED_THIS if outgoing else Msg.NODE_ASKED_THIS)
    return request


def _check_unsettled(request: PartnerRequest) -> None:
    if request.state not in UNSETTLED:
        raise Conflict(Msg.REQUEST_ALREADY_SETTLED_RELOAD, reference=request.reference)


def _record(actor: Actor, action: AuditAction, request: PartnerRequest, **details: str) -> None:
    unit_of_work.record(
        actor,
        action,
        subject=request.claim_id,
        obj=request,
        partner=request.partner_id,
        reference=request.reference,
        **details,
    )
