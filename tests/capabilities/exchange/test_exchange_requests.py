"""Requests by people across the border: asked under the agreement, answered, escalated, withdrawn; unseen by all others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from federation_kit.partner_messages import THERE, THIRD, agreed_partner, comes_in, sent

from accord.capabilities.exchange.crossborder.queries import requests as queries
from accord.capabilities.exchange.crossborder.services import requests as services
from accord.capabilities.exchange.crossborder.services.requests import RequestFacts
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind, Outcome, RequestKind
from accord.capabilities.exchange.messages import NoteBody, RequestAnswerBody, RequestBody
from accord.capabilities.exchange.models import Incoming, IncomingState, OwnCase, PartnerRequest, RequestState, ThreadNote
from accord.capabilities.people.models import AuditEntry
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.labels import Handling, Label, Tlp
from accord.core.money import Money

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim
    from accord.capabilities.people.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("centre")]
HERE = "CN-ASC"


@pytest.fixture
def claim(day: SteppedClock) -> Claim:
    from accord.capabilities.claims.models import Claim

    made: Claim = Claim.objects.create(amount=100_000, currency="CNY", rule="fifo", opened_at=clock.now())
    return made


@pytest.fixture
def auditor(db: None) -> User:
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    return people.create_user("auditor", "a-long-password", Role.AUDITOR)


def facts(claim: Claim, **changes: Any) -> RequestFacts:
    stated = RequestFacts(
        claim_id=claim.pk,
        kind=RequestKind.INFORMATION,
        offence="fraud",
        purpose="fraud_funds",
        language="en",
        wanted="Who opened the account?",
        reasons="It received the money of three victims.",
    )
    return replace(stated, **changes)


def asked_of_us(**changes: Any) -> RequestBody:
    stated: dict[str, Any] = {
        "request_id": uuid4(),
        "case": "P-OF-SG",
        "kind": RequestKind.IDENTIFICATION,
        "offence": "fraud",
        "purpose": "fraud_funds",
        "language": "en",
        "wanted": "Who uses this number?",
        "asked_at": clock.now(),
        "due_at": clock.now() + timedelta(hours=240),
    }
    return RequestBody(**{**stated, **changes})


def test_a_request_leaves_under_a_pseudonym_with_its_clock_and_label(liaison: User, claim: Claim) -> None:
    agreed_partner()
    request = services.ask(liaison, THERE, facts(claim))
    (message,) = sent(MessageKind.REQUEST)
    assert message.pk == request.pk == message.about
    assert message.body["wanted"] == "Who opened the account?"
    assert claim.reference not in str(message.body)
    assert message.body["case"] == OwnCase.objects.get(claim=claim).pseudonym
    assert request.due_at == clock.now() + timedelta(hours=240)
    assert message.label == request.label
    assert {name: message.label[name] for name in ("originator", "tlp", "recipients")} == {
        "originator": HERE,
        "tlp": "amber+strict",
        "recipients": [THERE],
    }
    assert AuditEntry.objects.get(action="request asked").subject == claim.pk


def test_an_urgent_request_has_the_shorter_clock(liaison: User, claim: Claim) -> None:
    agreed_partner()
    assert services.ask(liaison, THERE, facts(claim, urgent=True)).due_at == clock.now() + timedelta(hours=8)


def test_fields_that_the_agreement_does_not_disclose_neither_leave_nor_are_kept_as_sent(liaison: User, claim: Claim) -> None:
    from federation_kit.terms import party

    agreed_partner(parties=(party(HERE, fields={MessageKind.REQUEST: ()}), party(THERE)))
    request = services.ask(liaison, THERE, facts(claim))
    (message,) = sent(MessageKind.REQUEST)
    assert "reasons" not in message.body
    assert "reasons" not in request.body


@pytest.mark.parametrize(
    ("terms", "changes", "clause"),
    [
        ({}, {"offence": "espionage"}, "offences"),
        ({}, {"purpose": "taxes"}, "purposes"),
        ({}, {"language": "fr"}, "languages"),
        ({}, {"label": Label(originator=HERE, tlp=Tlp.CLEAR)}, "labels"),
        ({"kinds": (MessageKind.ENQUIRY,)}, {}, "kinds"),
    ],
)
def test_what_the_agreement_does_not_allow_is_not_asked(
    liaison: User, claim: Claim, terms: dict[str, Any], changes: dict[str, Any], clause: str
) -> None:
    from federation_kit.terms import party

    if "kinds" in terms:
        terms["parties"] = tuple(party(code, quotas={MessageKind.ENQUIRY: 5}) for code in (HERE, THERE))
    agreed_partner(**terms)
    with pytest.raises(Refused) as refused:
        services.ask(liaison, THERE, facts(claim, **changes))
    assert refused.value.clause == clause
    assert not PartnerRequest.objects.exists()
    assert not sent(MessageKind.REQUEST)


def test_a_stricter_label_is_kept(liaison: User, claim: Claim) -> None:
    agreed_partner()
    label = Label(originator=HERE, tlp=Tlp.RED, handling=(Handling.H0, Handling.H1))
    assert services.ask(liaison, THERE, facts(claim, label=label)).label["tlp"] == "red"


@pytest.mark.parametrize("missing", [{"wanted": "  "}, {"wanted": "x" * 4_001}, {"kind": RequestKind.HOLD}])
def test_what_cannot_be_answered_is_not_asked(liaison: User, claim: Claim, missing: dict[str, Any]) -> None:
    agreed_partner()
    with pytest.raises(BadInput):
        services.ask(liaison, THERE, facts(claim, **missing))
    assert not sent(MessageKind.REQUEST)


def test_a_request_for_a_hold_names_its_place_and_amount(liaison: User, claim: Claim) -> None:
    agreed_partner()
    hold = facts(claim, kind=RequestKind.HOLD, account="SG-1", institution="DBSSSGSG", amount=Money(5_000, "SGD"))
    services.ask(liaison, THERE, hold)
    (message,) = sent(MessageKind.REQUEST)
    assert (message.body["account"], message.body["amount"], message.body["currency"]) == ("SG-1", 5_000, "SGD")


def test_a_claim_of_one_partner_is_not_told_to_another(liaison: User, claim: Claim) -> None:
    agreed_partner()
    claim.origin, claim.onward = THIRD, []
    claim.save()
    with pytest.raises(Refused) as refused:
        services.ask(liaison, THERE, facts(claim))
    assert refused.value.clause == "onward"
    assert not sent(MessageKind.REQUEST)
    claim.onward = [THERE]
    claim.save()
    services.ask(liaison, THERE, facts(claim))
    assert len(sent(MessageKind.REQUEST)) == 1


def test_the_answer_of_the_partner_settles_the_request(liaison: User, claim: Claim) -> None:
    agreed_partner()
    request = services.ask(liaison, THERE, facts(claim))
    part = RequestAnswerBody(request_id=request.pk, outcome=Outcome.PARTLY, text="A company.", answered_at=clock.now())
    assert comes_in(MessageKind.REQUEST_ANSWER, part).state == IncomingState.APPLIED
    request.refresh_from_db()
    assert (request.state, request.answer["text"]) == (RequestState.PARTLY, "A company.")
    rest = RequestAnswerBody(request_id=request.pk, outcome=Outcome.ANSWERED, text="Its director.", answered_at=clock.now())
    comes_in(MessageKind.REQUEST_ANSWER, rest)
    again = comes_in(MessageKind.REQUEST_ANSWER, rest)
    request.refresh_from_db()
    assert (request.state, request.answer["text"]) == (RequestState.ANSWERED, "Its director.")
    assert again.state == IncomingState.REFUSED


def test_another_partner_can_neither_answer_nor_write(liaison: User, claim: Claim) -> None:
    agreed_partner()
    agreed_partner(THIRD)
    request = services.ask(liaison, THERE, facts(claim))
    forged = RequestAnswerBody(request_id=request.pk, outcome=Outcome.ANSWERED, text="Nobody.", answered_at=clock.now())
    assert comes_in(MessageKind.REQUEST_ANSWER, forged, THIRD).state == IncomingState.REFUSED
    note = NoteBody(request_id=request.pk, note_id=uuid4(), text="Hello", withdrawn=True)
    assert comes_in(MessageKind.NOTE, note, THIRD).state == IncomingState.REFUSED
    request.refresh_from_db()
    assert (request.state, ThreadNote.objects.count()) == (RequestState.OPEN, 0)


def test_what_is_about_an_unknown_request_waits(liaison: User, day: SteppedClock) -> None:
    agreed_partner()
    note = NoteBody(request_id=uuid4(), note_id=uuid4(), text="Hello")
    assert comes_in(MessageKind.NOTE, note).state == IncomingState.PARKED


def test_a_request_of_the_partner_is_taken_over_and_answered(liaison: User, supervisor: User, day: SteppedClock) -> None:
    agreed_partner()
    body = asked_of_us(urgent=True)
    comes_in(MessageKind.REQUEST, body)
    request = queries.request(liaison, body.request_id)
    assert (request.outgoing, request.due_at) == (False, clock.now() + timedelta(hours=8))
    services.take(liaison, request.pk)
    services.take(supervisor, request.pk)
    day.advance_to(clock.now() + timedelta(hours=1))
    services.answer(supervisor, request.pk, Outcome.ANSWERED, "Mr Tan, of 1 Example Road.")
    (message,) = sent(MessageKind.REQUEST_ANSWER)
    assert message.about == message.in_reply_to == body.request_id
    assert message.body == {
        "request_id": str(body.request_id),
        "outcome": "answered",
        "text": "Mr Tan, of 1 Example Road.",
        "answered_at": clock.to_iso(clock.now()),
    }
    request.refresh_from_db()
    assert (request.state, request.taken_by, request.answered_by) == (RequestState.ANSWERED, "supervisor", "supervisor")
    with pytest.raises(Conflict):
        services.answer(liaison, request.pk, Outcome.ANSWERED, "More.")
    assert len(sent(MessageKind.REQUEST_ANSWER)) == 1


def test_a_refusal_names_a_ground_of_the_agreement(liaison: User, day: SteppedClock) -> None:
    agreed_partner(refusal_grounds=("political",))
    body = asked_of_us()
    comes_in(MessageKind.REQUEST, body)
    for ground in ("", "human_rights", "no reason"):
        with pytest.raises(BadInput):
            services.answer(liaison, body.request_id, Outcome.REFUSED, "", ground)
    services.answer(liaison, body.request_id, Outcome.REFUSED, "We are sorry.", "political")
    assert sent(MessageKind.REQUEST_ANSWER)[0].body["ground"] == "political"
    assert queries.request(liaison, body.request_id).state == RequestState.REFUSED


def test_an_answer_says_something(liaison: User, day: SteppedClock) -> None:
    agreed_partner()
    body = asked_of_us()
    comes_in(MessageKind.REQUEST, body)
    with pytest.raises(BadInput):
        services.answer(liaison, body.request_id, Outcome.PARTLY, " ")
    assert not sent(MessageKind.REQUEST_ANSWER)


def test_the_thread_is_read_on_both_sides_and_escalation_moves_a_request_up(liaison: User, day: SteppedClock) -> None:
    agreed_partner()
    later, sooner = asked_of_us(), asked_of_us(urgent=True, wanted="Sooner")
    for body in (later, sooner):
        comes_in(MessageKind.REQUEST, body)
    assert [row.pk for row in queries.unsettled(liaison)] == [sooner.request_id, later.request_id]
    comes_in(MessageKind.NOTE, NoteBody(request_id=later.request_id, note_id=uuid4(), text="It burns.", escalated=True))
    assert [row.pk for row in queries.unsettled(liaison)] == [later.request_id, sooner.request_id]
    day.advance_to(clock.now() + timedelta(minutes=1))
    services.note(liaison, later.request_id, "We look at it.")
    assert sent(MessageKind.NOTE)[0].body["text"] == "We look at it."
    thread = queries.thread(liaison, queries.request(liaison, sooner.request_id))
    assert [(line.note.text, line.note.outgoing) for line in thread] == [("It burns.", False), ("We look at it.", True)]
    assert {line.request.pk for line in thread} == {later.request_id}, "one thread a case"


def test_withdrawing_is_told_and_is_for_the_side_that_asked(liaison: User, claim: Claim) -> None:
    agreed_partner()
    request = services.ask(liaison, THERE, facts(claim))
    services.withdraw(liaison, request.pk, "The victim was mistaken.")
    (message,) = sent(MessageKind.NOTE)
    assert message.body["withdrawn"] is True
    assert queries.request(liaison, request.pk).state == RequestState.WITHDRAWN
    theirs = asked_of_us()
    comes_in(MessageKind.REQUEST, theirs)
    with pytest.raises(NotAllowed):
        services.withdraw(liaison, theirs.request_id, "No.")
    gone = NoteBody(request_id=theirs.request_id, note_id=uuid4(), text="Not needed.", withdrawn=True)
    comes_in(MessageKind.NOTE, gone)
    assert queries.request(liaison, theirs.request_id).state == RequestState.WITHDRAWN
    mine = NoteBody(request_id=request.pk, note_id=uuid4(), text="We withdraw yours.", withdrawn=True)
    assert comes_in(MessageKind.NOTE, mine).state == IncomingState.REFUSED


def test_the_same_request_again_is_refused_and_changes_nothing(liaison: User, day: SteppedClock) -> None:
    agreed_partner()
    body = asked_of_us()
    comes_in(MessageKind.REQUEST, body)
    other = msg_with(body, wanted="Something else")
    assert comes_in(MessageKind.REQUEST, other).state == IncomingState.REFUSED
    assert queries.request(liaison, body.request_id).body["wanted"] == "Who uses this number?"


def msg_with(body: RequestBody, **changes: Any) -> RequestBody:
    import msgspec

    return msgspec.structs.replace(body, **changes)


def test_overdue_requests_are_counted_on_either_side(liaison: User, claim: Claim, day: SteppedClock) -> None:
    agreed_partner()
    services.ask(liaison, THERE, facts(claim, urgent=True))
    comes_in(MessageKind.REQUEST, asked_of_us())
    assert queries.counts(liaison) == queries.Counts(to_answer=1, asked=1, overdue=0)
    day.advance_to(clock.now() + timedelta(hours=9))
    assert queries.counts(liaison) == queries.Counts(to_answer=1, asked=1, overdue=1)
    assert [row.outgoing for row in queries.overdue(liaison)] == [True]


def test_those_who_do_not_work_with_partners_see_and_do_nothing(
    administrator: User, auditor: User, liaison: User, claim: Claim
) -> None:
    agreed_partner()
    request = services.ask(liaison, THERE, facts(claim))
    theirs = asked_of_us()
    comes_in(MessageKind.REQUEST, theirs)
    for outsider in (administrator, auditor):
        assert not queries.requests(outsider).exists()
        assert queries.counts(outsider) == queries.Counts(0, 0, 0)
        with pytest.raises(NotFound):
            queries.request(outsider, request.pk)
        for attempt in (
            lambda who: services.ask(who, THERE, facts(claim)),
            lambda who: services.take(who, theirs.request_id),
            lambda who: services.answer(who, theirs.request_id, Outcome.ANSWERED, "x"),
            lambda who: services.note(who, request.pk, "x"),
            lambda who: services.withdraw(who, request.pk, "x"),
        ):
            with pytest.raises(NotAllowed):
                attempt(outsider)
    assert Incoming.objects.count() == 1
    assert not sent(MessageKind.NOTE)


def test_an_officer_asks_but_does_not_answer(officer: User, claim: Claim) -> None:
    agreed_partner()
    services.ask(officer, THERE, facts(claim))
    theirs = asked_of_us()
    comes_in(MessageKind.REQUEST, theirs)
    with pytest.raises(NotAllowed):
        services.answer(officer, theirs.request_id, Outcome.ANSWERED, "x")
