"""What partners told goes when its time is over, with what was made of it; a label is changed by its originator alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from federation_kit.partner_centre import OtherCentre, confirmed_partner
from federation_kit.partner_side import HERE, THERE, received, signed_with
from federation_kit.terms import OFFENCE, terms_between, with_party
from small_world import NOON

from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.messages import to_json
from accord.capabilities.claims.models import Claim, ClaimState, ClaimTransfer, Enquiry, EnquiryState, StandingAmount
from accord.capabilities.claims.ports import AccountStanding, CentreAnswer, Credit, TransferLeg
from accord.capabilities.exchange.agreements import enforcement, labelling
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.services import agreements as acts
from accord.capabilities.exchange.agreements.terms import AgreementTerms, OnwardRule
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.crossborder.retention_rules import remove_messages_without_time
from accord.capabilities.exchange.crossborder.services.labels import relabelling, retention
from accord.capabilities.exchange.crossborder.services.labels.sent_labels import label_of
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind, Outcome, RequestKind
from accord.capabilities.exchange.messages import (
    Budget,
    EnquiryAnswerBody,
    EnquiryBody,
    NoteBody,
    OrderBody,
    ReceiptBody,
    RelabelBody,
    RequestAnswerBody,
    RequestBody,
    WireCredit,
    WireStanding,
)
from accord.capabilities.exchange.models import (
    Agreement,
    ForeignEnquiry,
    ForeignOrder,
    Incoming,
    IncomingState,
    Outgoing,
    OutgoingState,
    PartnerRequest,
    ThreadNote,
)
from accord.capabilities.exchange.partners.services import own_keys, partners
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.policy import NODE, OPERATOR
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import NotAllowed, NotFound
from accord.core.labels import Label, Tlp
from accord.core.money import Money
from accord.engine.tracing.model import Rule

SECRET = "6222-0000-8841"
"""An account that the partner told of. It must be nowhere once its time is over."""


@pytest.fixture
def terms() -> AgreementTerms:
    return terms_between(HERE, THERE, retention_days=30, onward=OnwardRule.NAMED)


@pytest.fixture
def other(centre: None, day: SteppedClock) -> OtherCentre:
    own_keys.make_keys(OPERATOR)
    found = OtherCentre(THERE)
    confirmed_partner(found)
    return found


@pytest.fixture
def agreement(other: OtherCentre, terms: AgreementTerms) -> Agreement:
    return signed_with(other, terms)


def kept(kind: MessageKind, body: msgspec.Struct, agreement: Agreement, **columns: Any) -> Incoming:
    """A message of the partner that was applied, kept for as long as the agreement says."""
    document = msgspec.to_builtins(body)
    label = enforcement.default_label(agreements.in_force(THERE), THERE)
    stated: dict[str, Any] = {
        "id": uuid4(),
        "partner_id": THERE,
        "epoch": uuid4(),
        "sequence": 1,
        "kind": kind,
        "agreement": agreement.hash,
        "label": labelling.to_json(label),
        "body": document,
        "signed": f"signed: {document}",
        "content_hash": "0" * 64,
        "received_at": clock.now(),
        "applied_at": clock.now(),
        "state": IncomingState.APPLIED,
        "retain_until": clock.now() + timedelta(days=30),
    }
    return Incoming.objects.create(**{**stated, **columns})


def credit(**changes: Any) -> WireCredit:
    stated = {"transfer": "T1", "amount": 5_000, "currency": "CNY", "institution": "BANKA", "account": SECRET}
    return WireCredit(**{**stated, **changes})


def enquiry_body(offence: str = OFFENCE) -> EnquiryBody:
    budget = Budget(depth=3, answer_by=NOON)
    return EnquiryBody(enquiry_id=uuid4(), case="K-1", offence=offence, rule="fifo", credits=(credit(),), budget=budget)


def asked(agreement: Agreement, claim: Claim | None = None, **columns: Any) -> tuple[Incoming, ForeignEnquiry]:
    body = enquiry_body()
    row = kept(MessageKind.ENQUIRY, body, agreement, about=body.enquiry_id, **columns)
    made = ForeignEnquiry.objects.create(
        id=body.enquiry_id,
        partner_id=THERE,
        agreement=agreement.hash,
        case=body.case,
        rule=body.rule,
        credits=row.body["credits"],
        budget=row.body["budget"],
        label=row.label,
        claim=claim,
        message=row.pk,
        received_at=row.received_at,
        answer_due_at=NOON,
    )
    return row, made


def everything_kept() -> str:
    """All that this node's tables of partners and claims hold, but for the record of changes."""
    from django.apps import apps

    rows = []
    for label in ("exchange", "claims"):
        for model in apps.get_app_config(label).get_models():
            rows += [str(row) for row in model._default_manager.values()]
    return "\n".join(rows)


def receipts() -> list[dict[str, Any]]:
    return [row.body for row in Outgoing.objects.filter(kind=MessageKind.RECEIPT).order_by("sequence")]


def test_a_message_goes_when_its_time_is_over_and_the_partner_is_told(agreement: Agreement, day: SteppedClock) -> None:
    early, _ = asked(agreement, retain_until=NOON + timedelta(days=3))
    late, _ = asked(agreement)
    assert retention.delete_due(clock.now()) == 0
    day.advance_to(NOON + timedelta(days=3))
    assert retention.delete_due(clock.now()) == 1
    early.refresh_from_db()
    late.refresh_from_db()
    assert (early.state, early.body, early.signed, early.label) == (IncomingState.DELETED, {}, "", None)
    assert early.content_hash == "0" * 64
    assert late.state == IncomingState.APPLIED
    assert receipts() == [{"messages": [str(early.pk)], "deleted_at": "2026-03-23T12:00:00Z", "why": "retention"}]
    assert retention.delete_due(clock.now()) == 0
    day.advance_to(NOON + timedelta(days=30))
    assert retention.delete_due(clock.now()) == 1
    assert SECRET not in everything_kept()


def test_the_claim_of_a_partner_goes_with_the_last_message_it_was_followed_for(agreement: Agreement, day: SteppedClock) -> None:
    start = ("BANKA", Credit("T1", 5_000, "CNY", account=SECRET))
    claim = claims.open_foreign_claim(THERE, Money(5_000, "CNY"), Rule.FIFO, [start])
    Enquiry.objects.filter(claim=claim).update(answer={"secret": SECRET}, state=EnquiryState.ANSWERED)
    enquiry = Enquiry.objects.get(claim=claim)
    StandingAmount.objects.create(
        enquiry=enquiry, claim=claim, institution="BANKA", account=SECRET, currency="CNY", amount=5, account_kind="unknown"
    )
    asked(agreement, claim, retain_until=NOON + timedelta(days=1))
    asked(agreement, claim, retain_until=NOON + timedelta(days=2))
    day.advance_to(NOON + timedelta(days=1))
    retention.delete_due(clock.now())
    claim.refresh_from_db()
    assert (claim.state, StandingAmount.objects.count()) == (ClaimState.OPEN, 1)
    day.advance_to(NOON + timedelta(days=2))
    retention.delete_due(clock.now())
    claim.refresh_from_db()
    assert (claim.state, StandingAmount.objects.count(), ClaimTransfer.objects.count()) == (ClaimState.CLOSED, 0, 0)
    assert SECRET not in everything_kept()
    assert claim_queries.trace(NODE, claim.pk).standing == ()


def test_what_our_own_orders_stand_on_stays_without_what_it_said(agreement: Agreement, day: SteppedClock) -> None:
    body = OrderBody(
        order_id=uuid4(),
        reference="O-1",
        case="K-1",
        offence=OFFENCE,
        kind="hold",
        institution="BANKA",
        account=SECRET,
        amount=4_000,
        currency="CNY",
        rule="fifo",
        until=NOON + timedelta(days=180),
        credits=(credit(),),
        holder_name=f"Holder of {SECRET}",
        grounds=f"About {SECRET}",
        legal_basis="Police Act, s. 12",
    )
    row = kept(MessageKind.ORDER, body, agreement, about=body.order_id)
    ForeignOrder.objects.create(
        id=body.order_id,
        partner_id=THERE,
        agreement=agreement.hash,
        case="K-1",
        body=row.body,
        label=row.label,
        message=row.pk,
        received_at=NOON,
        answer_due_at=NOON,
    )
    day.advance_to(NOON + timedelta(days=30))
    retention.delete_due(clock.now())
    left = msgspec.convert(ForeignOrder.objects.get().body, OrderBody)
    assert (left.order_id, left.amount, left.currency, left.until) == (body.order_id, 4_000, "CNY", body.until)
    assert SECRET not in everything_kept()


def _own_claim_asked_there(standing: int, onward: int) -> Enquiry:
    claim = claims.open_foreign_claim(
        HERE, Money(standing + onward, "CNY"), Rule.HAIRCUT, [("BANKA", Credit("T0", standing + onward, "CNY"))]
    )
    Claim.objects.filter(pk=claim.pk).update(origin="")
    Enquiry.objects.filter(claim=claim).delete()
    leg = TransferLeg("T2", SECRET, "SGBANK1", SECRET, "MYBANK1", NOON, onward, "CNY")
    answer = CentreAnswer(
        answered_at=NOON,
        flows=(TransferLeg("T3", SECRET, "SGBANK1", SECRET, "SGBANK2", NOON, 70, "CNY", (), 10, "SGD"),),
        standing=(
            AccountStanding(SECRET, standing - 70, "CNY", bank="SGBANK1"),
            AccountStanding(SECRET, 10, "SGD", bank="SGBANK2"),
        ),
        onward=(leg,),
        exits=(),
    )
    stated = {"claim": claim, "rule": "haircut", "asked_at": NOON, "answer_due_at": NOON}
    Enquiry.objects.create(
        **stated, institution="MYBANK1", credits=to_json((Credit("T2", onward, "CNY"),)), key="k2", state=EnquiryState.LEFT
    )
    return Enquiry.objects.create(
        **stated,
        institution=THERE,
        credits=to_json((Credit("T0", standing + onward, "CNY"),)),
        key="k",
        state=EnquiryState.ANSWERED,
        answered_at=NOON,
        answer=to_json(answer),
    )


def test_of_a_partners_answer_totals_stay_that_add_up(agreement: Agreement, day: SteppedClock) -> None:
    enquiry = _own_claim_asked_there(standing=900, onward=100)
    before = claim_queries.trace(NODE, enquiry.claim_id)
    body = EnquiryAnswerBody(
        enquiry_id=enquiry.pk,
        outcome=Outcome.ANSWERED,
        answered_at=NOON,
        standing=(WireStanding(place=SECRET, amount=900, currency="CNY"),),
    )
    kept(MessageKind.ENQUIRY_ANSWER, body, agreement, about=enquiry.pk)
    day.advance_to(NOON + timedelta(days=30))
    retention.delete_due(clock.now())
    after = claim_queries.trace(NODE, enquiry.claim_id)
    assert SECRET not in everything_kept()
    assert before.conserved
    assert after.conserved
    assert (after.total("standing"), after.total("open")) == ({}, {"CNY": 930, "SGD": 10})


def test_an_answer_whose_place_a_later_one_took_takes_nothing_with_it(agreement: Agreement, day: SteppedClock) -> None:
    enquiry = _own_claim_asked_there(standing=900, onward=100)
    body = EnquiryAnswerBody(enquiry_id=enquiry.pk, outcome=Outcome.ANSWERED, answered_at=NOON)
    kept(MessageKind.ENQUIRY_ANSWER, body, agreement, about=enquiry.pk)
    later = NOON + timedelta(days=1)
    kept(
        MessageKind.ENQUIRY_ANSWER, body, agreement, about=enquiry.pk, applied_at=later, retain_until=later + timedelta(days=30)
    )
    day.advance_to(NOON + timedelta(days=30))
    assert retention.delete_due(clock.now()) == 1
    assert SECRET in everything_kept()
    day.advance_to(NOON + timedelta(days=31))
    assert retention.delete_due(clock.now()) == 1
    assert SECRET not in everything_kept()


def _request(agreement: Agreement, identity: UUID, *, outgoing: bool, body: dict[str, Any], **columns: Any) -> PartnerRequest:
    return PartnerRequest.objects.create(
        id=identity,
        partner_id=THERE,
        outgoing=outgoing,
        agreement=agreement.hash,
        case="K-1",
        kind=RequestKind.IDENTIFICATION,
        body=body,
        label={},
        asked_at=NOON,
        due_at=NOON,
        **columns,
    )


def test_what_people_wrote_goes_too(agreement: Agreement, day: SteppedClock) -> None:
    body = RequestBody(
        request_id=uuid4(),
        case="K-1",
        kind=RequestKind.IDENTIFICATION,
        offence=OFFENCE,
        purpose="fraud_funds",
        language="en",
        wanted=f"Who holds {SECRET}?",
        reasons=SECRET,
        due_at=NOON,
        account=SECRET,
    )
    row = kept(MessageKind.REQUEST, body, agreement, about=body.request_id)
    theirs = _request(agreement, body.request_id, outgoing=False, body=row.body)
    ours = _request(
        agreement, uuid4(), outgoing=True, body={}, answer={"outcome": "answered", "text": f"The holder of {SECRET} is …"}
    )
    answered = RequestAnswerBody(request_id=ours.pk, outcome=Outcome.ANSWERED, text=f"The holder of {SECRET} is …")
    kept(MessageKind.REQUEST_ANSWER, answered, agreement, about=ours.pk)
    written = NoteBody(request_id=ours.pk, note_id=uuid4(), text=SECRET)
    kept(MessageKind.NOTE, written, agreement, about=ours.pk)
    ThreadNote.objects.create(id=written.note_id, request=ours, outgoing=False, at=NOON, text=SECRET)
    day.advance_to(NOON + timedelta(days=30))
    assert retention.delete_due(clock.now()) == 3
    assert SECRET not in everything_kept()
    theirs.refresh_from_db()
    ours.refresh_from_db()
    assert (theirs.body["request_id"], theirs.body["offence"]) == (str(body.request_id), OFFENCE)
    assert ours.answer["outcome"] == "answered"
    assert len(receipts()) == 1
    assert len(receipts()[0]["messages"]) == 3


def test_a_partner_that_is_trusted_no_more_is_owed_no_receipt_and_its_content_goes(
    agreement: Agreement, day: SteppedClock
) -> None:
    asked(agreement)
    partners.revoke(OPERATOR, THERE, "Its keys were stolen.")
    day.advance_to(NOON + timedelta(days=30))
    assert retention.delete_due(clock.now()) == 1
    assert (receipts(), SECRET in everything_kept()) == ([], False)


def test_what_the_agreement_did_not_let_pass_is_not_kept_either(agreement: Agreement, terms: AgreementTerms) -> None:
    body = enquiry_body(offence="insult")
    row = received(MessageKind.ENQUIRY, body, agreement.hash, about=body.enquiry_id)
    assert row.state == IncomingState.REFUSED
    retention.delete_due(clock.now())
    row.refresh_from_db()
    assert (row.state, row.body, row.signed) == (IncomingState.REFUSED, {}, "")
    assert "offences" in row.reason
    assert SECRET not in everything_kept()


def test_a_message_under_no_agreement_of_ours_is_refused_and_goes(agreement: Agreement) -> None:
    note = NoteBody(request_id=uuid4(), note_id=uuid4(), text=SECRET)
    row = received(MessageKind.NOTE, note, "f" * 64, about=note.request_id)
    assert row.state == IncomingState.REFUSED
    retention.delete_due(clock.now())
    assert SECRET not in everything_kept()


def test_receipts_are_noted_on_what_was_sent_and_nowhere_else(agreement: Agreement) -> None:
    sent = sending.queue(THERE, MessageKind.NOTE, NoteBody(request_id=uuid4(), note_id=uuid4(), text="Any news?"))
    waiting = sending.queue(THERE, MessageKind.NOTE, NoteBody(request_id=uuid4(), note_id=uuid4(), text="And now?"))
    Outgoing.objects.filter(pk=sent.pk).update(state=OutgoingState.DELIVERED)
    told = ReceiptBody(messages=(sent.pk, waiting.pk, uuid4()), deleted_at=NOON, why="retention")
    assert received(MessageKind.RECEIPT, told, agreement.hash).state == IncomingState.APPLIED
    sent.refresh_from_db()
    waiting.refresh_from_db()
    assert (sent.state, waiting.state) == (OutgoingState.DELETED, OutgoingState.QUEUED)


def test_messages_without_a_time_lose_their_signed_text_in_the_end(agreement: Agreement, day: SteppedClock) -> None:
    row = kept(MessageKind.CARD, NoteBody(request_id=uuid4(), note_id=uuid4(), text=SECRET), agreement, retain_until=None)
    day.advance_to(NOON + timedelta(days=91))
    before = clock.now() - timedelta(days=90)
    assert remove_messages_without_time(before, True) == 1
    assert remove_messages_without_time(before, False) == 1
    row.refresh_from_db()
    assert (row.state, row.signed) == (IncomingState.APPLIED, "")
    assert remove_messages_without_time(before, False) == 0


def relabelled(agreement: Agreement, row: Incoming, **changes: Any) -> Incoming:
    """The partner's RELABEL of one of its messages, as it arrives."""
    label = msgspec.convert(row.label, dict[str, Any])
    body = RelabelBody(message=row.pk, label={**label, **changes})
    return received(MessageKind.RELABEL, body, agreement.hash, about=row.pk)


def test_the_originator_relabels_and_what_was_made_of_it_follows(agreement: Agreement) -> None:
    claim = claims.open_foreign_claim(THERE, Money(5_000, "CNY"), Rule.FIFO, [("BANKA", Credit("T1", 5_000, "CNY"))])
    row, enquiry = asked(agreement, claim)
    until = NOON + timedelta(days=60)
    changes = {"tlp": "red", "onward": ["MY-NFP"], "recipients": [HERE], "retain_until": clock.to_iso(until)}
    refused = relabelled(agreement, row, **changes)
    assert (refused.state, "retention" in refused.reason) == (IncomingState.REFUSED, True)  # beyond what is agreed
    changes["retain_until"] = clock.to_iso(NOON + timedelta(days=20))
    assert relabelled(agreement, row, **changes).state == IncomingState.APPLIED
    row.refresh_from_db()
    enquiry.refresh_from_db()
    claim.refresh_from_db()
    assert labelling.from_json(row.label).tlp is Tlp.RED
    assert row.retain_until == NOON + timedelta(days=20)
    assert (enquiry.label, claim.onward) == (row.label, ["MY-NFP"])


def test_a_message_is_recalled_by_its_originator(agreement: Agreement) -> None:
    row, _ = asked(agreement)
    relabelled(agreement, row, retain_until=clock.to_iso(NOON))
    assert SECRET not in everything_kept()
    assert receipts()[0]["why"] == "recalled"


def test_nobody_relabels_what_is_another_agencys(agreement: Agreement) -> None:
    """The partner passed on what a third centre had told it: it may make that stricter, and never more open."""
    third = Label(originator="MY-NFP", tlp=Tlp.RED, recipients=(THERE, HERE), onward=(HERE,))
    row, _ = asked(agreement, label=labelling.to_json(third))
    for changes in ({"tlp": "amber+strict"}, {"tlp": "amber+strict", "originator": THERE}):
        refused = relabelled(agreement, row, **changes)
        assert (refused.state, "only MY-NFP may relax" in refused.reason) == (IncomingState.REFUSED, True)
    row.refresh_from_db()
    assert labelling.from_json(row.label) == third


def test_a_change_of_what_has_not_arrived_waits(agreement: Agreement) -> None:
    body = RelabelBody(message=uuid4(), label=labelling.to_json(enforcement.default_label(agreements.in_force(THERE), THERE)))
    assert received(MessageKind.RELABEL, body, agreement.hash).state == IncomingState.PARKED


def test_our_own_labels_are_changed_by_us_and_told(
    agreement: Agreement, officer: User, liaison: User, day: SteppedClock
) -> None:
    sent = sending.queue(THERE, MessageKind.NOTE, NoteBody(request_id=uuid4(), note_id=uuid4(), text="Any news?"))
    before = label_of(sent)
    stricter = enforcement.default_label(agreements.in_force(THERE), HERE)
    with pytest.raises(NotAllowed):
        relabelling.relabel(officer, sent.pk, stricter)
    with pytest.raises(NotFound):
        relabelling.relabel(liaison, uuid4(), stricter)
    changed = labelling.strictest(before, Label(originator=HERE, tlp=Tlp.RED, recipients=(THERE,)))
    day.advance_to(NOON + timedelta(minutes=1))
    told = relabelling.relabel(liaison, sent.pk, changed)
    assert (told.kind, told.body["message"], label_of(sent)) == (MessageKind.RELABEL, str(sent.pk), changed)
    day.advance_to(NOON + timedelta(minutes=2))
    relabelling.relabel(liaison, sent.pk, before)  # it is ours to relax again
    with pytest.raises(Refused) as refused:
        relabelling.relabel(liaison, sent.pk, Label(originator=HERE, tlp=Tlp.CLEAR))
    assert refused.value.clause == "labels"
    assert AuditEntry.objects.filter(action="label changed").count() == 2


def test_receipts_and_releases_leave_after_the_end_of_an_agreement(
    agreement: Agreement, terms: AgreementTerms, day: SteppedClock
) -> None:
    asked(agreement)
    acts.end(OPERATOR, agreement.pk, "The law has changed.")
    day.advance_to(NOON + timedelta(days=31))
    retention.delete_due(clock.now())
    assert len(receipts()) == 1
    with pytest.raises(Refused):
        sending.queue(THERE, MessageKind.NOTE, NoteBody(request_id=uuid4(), note_id=uuid4(), text="Any news?"))


def test_quota_of_another_day_counts_no_more(
    other: OtherCentre, agreement: Agreement, terms: AgreementTerms, day: SteppedClock
) -> None:
    """The quota is of 24 hours, counted over what was really sent."""
    acts.end(OPERATOR, agreement.pk, "To be narrowed.")
    signed_with(other, with_party(terms, HERE, quotas={MessageKind.ENQUIRY: 1}))

    def ask(at: datetime) -> None:
        day.advance_to(at)
        sending.queue(THERE, MessageKind.ENQUIRY, enquiry_body())

    ask(NOON + timedelta(hours=1))
    with pytest.raises(Refused) as refused:
        ask(NOON + timedelta(hours=24))
    assert refused.value.clause == "quotas"
    ask(NOON + timedelta(hours=25))
