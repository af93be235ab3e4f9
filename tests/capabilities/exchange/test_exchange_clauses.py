"""Every clause bites: one test each, on what would have crossed if the clause were not carried out, out and in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.utils import translation
from federation_kit.terms import OFFENCE, STARTS, in_force_at, terms_between, with_party
from small_world import NOON

from accord.capabilities.exchange.agreements.enforcement import admit, default_label
from accord.capabilities.exchange.agreements.labelling import NOBODY, to_json
from accord.capabilities.exchange.agreements.terms import (
    AccountDetail,
    AgreementTerms,
    Informs,
    LabelDefaults,
    Offence,
    OnwardRule,
    RefusalGround,
)
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind, Outcome, RequestKind
from accord.capabilities.exchange.messages import (
    BODIES,
    Budget,
    EnquiryAnswerBody,
    EnquiryBody,
    NoteBody,
    OrderAnswerBody,
    OrderBody,
    OrderNewsBody,
    ReceiptBody,
    RelabelBody,
    RequestAnswerBody,
    RequestBody,
    WireCredit,
    WireLeg,
    WireOpen,
    WirePayment,
    WireStanding,
)
from accord.core.clock import SteppedClock
from accord.core.labels import Handling, Label, Pap, Tlp
from accord.web.wording import text_of

HERE, THERE, THIRD = "AA-CENTRE", "BB-CENTRE", "CC-CENTRE"
SECRET = "account-8841"

pytestmark = pytest.mark.usefixtures("day")


def credit(**changes: Any) -> WireCredit:
    stated = {"transfer": "T1", "amount": 5_000, "currency": "CNY", "institution": "BANKBB1"}
    return WireCredit(**{**stated, **changes})


def enquiry(**changes: Any) -> EnquiryBody:
    stated = {
        "enquiry_id": uuid4(),
        "case": "K-1",
        "offence": OFFENCE,
        "rule": "fifo",
        "credits": (credit(account=SECRET, time=NOON, debtor_bank="BANKAA1", intervals=((0, 5_000),)),),
        "budget": Budget(depth=3, answer_by=NOON + timedelta(minutes=15)),
    }
    return EnquiryBody(**{**stated, **changes})


def leg(**changes: Any) -> WireLeg:
    stated = {"transfer": "T2", "time": NOON, "amount": 1_000, "currency": "CNY", "debtor": SECRET, "debtor_bank": "BANKBB1"}
    return WireLeg(**{**stated, "creditor": "account-9", "creditor_bank": "BANKBB2", **changes})


def answer(**changes: Any) -> EnquiryAnswerBody:
    stated = {
        "enquiry_id": uuid4(),
        "outcome": Outcome.ANSWERED,
        "answered_at": NOON,
        "standing": (
            WireStanding(
                place=SECRET,
                bank="BANKBB1",
                amount=4_000,
                currency="CNY",
                account_kind="joint",
                held=4_000,
                parcels=(("T9", 0, 4_000),),
            ),
        ),
        "flows": (leg(),),
        "onward": (leg(creditor_bank="BANKCC1", jurisdiction=THIRD, referral="a.b.c"),),
        "exits": (leg(exit="cash"),),
        "open": (WireOpen(amount=10, currency="CNY", bank="BANKBB3"),),
    }
    return EnquiryAnswerBody(**{**stated, **changes})


def order(**changes: Any) -> OrderBody:
    stated = {
        "order_id": uuid4(),
        "reference": "O-1",
        "case": "K-1",
        "offence": OFFENCE,
        "kind": "hold",
        "institution": "BANKBB1",
        "account": SECRET,
        "amount": 4_000,
        "currency": "CNY",
        "rule": "fifo",
        "until": NOON + timedelta(hours=48),
        "holder_name": "Zhang San",
        "grounds": "The victim was called by a false officer.",
        "legal_basis": "Police Act, s. 12",
        "contact": "+86 10 0000",
    }
    return OrderBody(**{**stated, **changes})


def request(**changes: Any) -> RequestBody:
    stated = {
        "request_id": uuid4(),
        "case": "K-1",
        "kind": RequestKind.IDENTIFICATION,
        "offence": OFFENCE,
        "purpose": "fraud_funds",
        "language": "en",
        "wanted": "Who holds the account?",
        "reasons": "It was used within a minute.",
        "due_at": NOON + timedelta(days=10),
        "account": SECRET,
        "institution": "BANKBB1",
    }
    return RequestBody(**{**stated, **changes})


SAMPLES: dict[MessageKind, Callable[[], Any]] = {
    MessageKind.ENQUIRY: enquiry,
    MessageKind.ENQUIRY_ANSWER: answer,
    MessageKind.ORDER: order,
    MessageKind.ORDER_ANSWER: lambda: OrderAnswerBody(order_id=uuid4(), amount=5, reason="Zhang San", transfer="T1"),
    MessageKind.ORDER_NEWS: lambda: OrderNewsBody(order_id=uuid4(), version=1, amount=5, until=NOON, why="expired"),
    MessageKind.REQUEST: request,
    MessageKind.REQUEST_ANSWER: lambda: RequestAnswerBody(request_id=uuid4(), outcome=Outcome.ANSWERED, text="Zhang San"),
    MessageKind.NOTE: lambda: NoteBody(request_id=uuid4(), note_id=uuid4(), text="Any news?"),
    MessageKind.RELABEL: lambda: RelabelBody(message=uuid4(), label=to_json(Label(originator=HERE))),
    MessageKind.RECEIPT: lambda: ReceiptBody(messages=(uuid4(),), deleted_at=NOON, why="retention"),
}


def out(terms: AgreementTerms, kind: MessageKind, body: Any, label: Label | None = None, **more: Any) -> tuple[Any, Label]:
    """Sent by HERE, at the node of HERE."""
    return admit(in_force_at(HERE, terms), HERE, kind, body, label, **more)


def into(terms: AgreementTerms, kind: MessageKind, body: Any, label: Label | None = None, **more: Any) -> tuple[Any, Label]:
    """The same message as it arrives at the node of THERE, from a sender whose own node let it out."""
    return admit(in_force_at(THERE, terms), HERE, kind, body, label, **more)


def is_translated(refused: Refused) -> bool:
    """Whether an officer who reads Chinese is told in Chinese."""
    with translation.override("zh-hans"):
        return text_of(refused) != refused.message


def both_refuse(
    clause: str, terms: AgreementTerms, kind: MessageKind, body: Any, label: Label | None = None, **more: Any
) -> None:
    for way in (out, into):
        with pytest.raises(Refused) as refused:
            way(terms, kind, body, label, **more)
        assert refused.value.clause == clause, (way, refused.value)
        assert is_translated(refused.value), "an officer reads it in English alone"


@pytest.fixture
def terms() -> AgreementTerms:
    return terms_between(HERE, THERE)


@pytest.mark.parametrize("kind", list(BODIES))
def test_under_the_widest_agreement_everything_passes_unchanged(terms: AgreementTerms, kind: MessageKind) -> None:
    body = SAMPLES[kind]()
    wide = msgspec.structs.replace(terms, informs_holder=Informs.NOBODY_YET)
    sent, label = out(wide, kind, body)
    assert sent == body
    assert into(wide, kind, sent, label) == (sent, label)


@pytest.mark.parametrize("kind", list(BODIES))
def test_nobody_sends_under_an_agreement_of_others(terms: AgreementTerms, kind: MessageKind) -> None:
    with pytest.raises(Refused) as refused:
        admit(in_force_at(THERE, terms), THIRD, kind, SAMPLES[kind](), None)
    assert refused.value.clause == "parties"


@pytest.mark.parametrize("asked", [MessageKind.ENQUIRY, MessageKind.ORDER, MessageKind.REQUEST])
def test_kinds(terms: AgreementTerms, asked: MessageKind) -> None:
    """What is not agreed is neither asked nor answered; labels and receipts are cared for in any case."""
    narrow = msgspec.structs.replace(terms, kinds=tuple(kind for kind in terms.kinds if kind is not asked))
    gone = {kind for kind in BODIES if kind.startswith(asked)} | ({MessageKind.NOTE} if asked is MessageKind.REQUEST else set())
    for kind in gone:
        both_refuse("kinds", narrow, kind, SAMPLES[kind]())
    for kind in set(BODIES) - gone:
        out(narrow, kind, SAMPLES[kind]())


def test_fields_out(terms: AgreementTerms) -> None:
    """Without a word about fields, what is personal stays here and what the protocol needs goes."""
    narrow = with_party(terms, HERE, fields={})
    sent, _ = out(narrow, MessageKind.ENQUIRY, enquiry())
    assert (sent.credits[0].transfer, sent.credits[0].amount, sent.credits[0].intervals) == ("T1", 5_000, ((0, 5_000),))
    assert (sent.credits[0].account, sent.credits[0].time, sent.credits[0].debtor_bank) == ("", None, "")
    sent, _ = out(narrow, MessageKind.ENQUIRY_ANSWER, answer())
    assert (sent.flows, sent.onward, sent.exits) == ((), (), ())
    assert (sent.standing[0].amount, sent.standing[0].held) == (4_000, 4_000)
    assert (sent.standing[0].bank, sent.standing[0].account_kind, sent.open[0].bank) == ("", "unknown", "")
    assert sent.standing[0].parcels == ()  # they name transfers inside the jurisdiction
    sent, _ = out(narrow, MessageKind.ORDER, order())
    assert (sent.account, sent.holder_name, sent.grounds, sent.contact) == ("", "", "", "")
    sent, _ = out(narrow, MessageKind.REQUEST, request())
    assert (sent.wanted, sent.account, sent.institution, sent.reasons) == ("Who holds the account?", "", "", "")
    sent, _ = out(narrow, MessageKind.REQUEST_ANSWER, SAMPLES[MessageKind.REQUEST_ANSWER]())
    assert sent.text == ""
    sent, _ = out(narrow, MessageKind.ORDER_ANSWER, SAMPLES[MessageKind.ORDER_ANSWER]())
    assert (sent.amount, sent.reason, sent.transfer) == (5, "", "")


def test_fields_of_fields(terms: AgreementTerms) -> None:
    """A list may go while something in its entries may not."""
    narrow = with_party(terms, HERE, fields={MessageKind.ENQUIRY_ANSWER: ("flows", "flows.debtor_bank")})
    sent, _ = out(narrow, MessageKind.ENQUIRY_ANSWER, answer())
    assert sent.flows == (WireLeg(transfer="T2", time=NOON, amount=1_000, currency="CNY", debtor_bank="BANKBB1"),)


def test_an_optional_part_that_may_go_goes_without_what_may_not(terms: AgreementTerms) -> None:
    payment = WirePayment(
        payer_bank="BANKAA1",
        payer_account=SECRET,
        payee_account="9",
        payee_bank="BANKBB1",
        amount=1,
        currency="CNY",
        about_when=NOON,
    )
    narrow = with_party(terms, HERE, fields={MessageKind.ORDER: ("payment",)})
    sent, _ = out(narrow, MessageKind.ORDER, order(payment=payment))
    assert sent.payment == msgspec.structs.replace(payment, payer_account="")


@pytest.mark.parametrize("kind", [kind for kind in BODIES if kind not in ("order_news", "note", "relabel", "receipt")])
def test_fields_in(terms: AgreementTerms, kind: MessageKind) -> None:
    """A partner whose node disclosed more than agreed is refused, and the field is named."""
    with pytest.raises(Refused) as refused:
        into(with_party(terms, HERE, fields={}), kind, SAMPLES[kind]())
    assert refused.value.clause == "fields"


def test_a_total_that_the_recipient_named_is_no_account(terms: AgreementTerms) -> None:
    narrow = with_party(terms, HERE, fields={})
    sent, _ = out(narrow, MessageKind.ORDER, order(account="total:CNY"))
    assert sent.account == "total:CNY"
    bare = msgspec.structs.replace(sent, tell_from=None)
    assert into(narrow, MessageKind.ORDER, bare)[0].account == "total:CNY"


def test_offences(terms: AgreementTerms) -> None:
    for kind, body in (
        (MessageKind.ENQUIRY, enquiry(offence="insult")),
        (MessageKind.ORDER, order(offence="insult")),
        (MessageKind.REQUEST, request(offence="insult")),
    ):
        both_refuse("offences", terms, kind, body)


def test_dual_criminality(terms: AgreementTerms) -> None:
    """An offence that one law alone knows is none of the agreement, though it is named."""
    half = Offence(code=OFFENCE, name="Fraud", provisions={HERE: "Penal Code, s. 415"})
    both_refuse("offences", msgspec.structs.replace(terms, offences=(half,)), MessageKind.ENQUIRY, enquiry())


def test_purposes(terms: AgreementTerms) -> None:
    both_refuse("purposes", terms, MessageKind.REQUEST, request(purpose="tax"))
    both_refuse("purposes", terms, MessageKind.ENQUIRY, enquiry(), Label(originator=HERE, purposes=("fraud_funds", "tax")))


def test_languages(terms: AgreementTerms) -> None:
    both_refuse("languages", terms, MessageKind.REQUEST, request(language="th"))


def test_quotas(terms: AgreementTerms) -> None:
    narrow = with_party(terms, HERE, quotas={MessageKind.ENQUIRY: 2})
    out(narrow, MessageKind.ENQUIRY, enquiry(), sent_before=1)
    both_refuse("quotas", narrow, MessageKind.ENQUIRY, enquiry(), sent_before=2)
    both_refuse("quotas", narrow, MessageKind.ORDER, order())  # none is stated: none may be sent
    both_refuse("quotas", narrow, MessageKind.REQUEST, request())
    out(narrow, MessageKind.ENQUIRY_ANSWER, answer(), sent_before=1_000)  # answering is no asking


def test_no_quota_stands_in_the_way_of_giving_back(terms: AgreementTerms) -> None:
    out(with_party(terms, HERE, quotas={}), MessageKind.ORDER, order(kind="release", target=uuid4()))


def test_dates(terms: AgreementTerms, day: SteppedClock) -> None:
    later = msgspec.structs.replace(terms, starts_at=NOON + timedelta(hours=1))
    both_refuse("dates", later, MessageKind.ENQUIRY, enquiry())
    day.advance_to(NOON + timedelta(hours=1))
    out(later, MessageKind.ENQUIRY, enquiry())
    over = msgspec.structs.replace(terms, ends_at=NOON)
    both_refuse("dates", over, MessageKind.ENQUIRY, enquiry())


def test_a_clock_that_is_a_little_ahead_does_not_make_a_partner_start_too_early(terms: AgreementTerms) -> None:
    into(msgspec.structs.replace(terms, starts_at=NOON + timedelta(minutes=2)), MessageKind.ENQUIRY, enquiry())


def test_depth(terms: AgreementTerms) -> None:
    for depth in (7, -1):
        both_refuse("depth", terms, MessageKind.ENQUIRY, enquiry(budget=Budget(depth=depth, answer_by=NOON)))


def test_floor(terms: AgreementTerms) -> None:
    narrow = msgspec.structs.replace(terms, floor_minor=100)
    both_refuse("floor", narrow, MessageKind.ENQUIRY, enquiry(budget=Budget(depth=1, floor=99, answer_by=NOON)))
    small = enquiry(credits=(credit(amount=99),), budget=Budget(depth=1, floor=100, answer_by=NOON))
    both_refuse("floor", narrow, MessageKind.ENQUIRY, small)


BANK_TOTAL = WireStanding(place="bank:BANKBB1:CNY", bank="BANKBB1", amount=4_000, currency="CNY")
TOTAL = WireStanding(place="total:CNY", amount=4_000, currency="CNY")
NOTHING: dict[str, Any] = {"flows": (), "onward": (), "exits": (), "open": ()}


@pytest.mark.parametrize(
    "finer",
    [
        answer(**NOTHING),
        answer(**{**NOTHING, "standing": (BANK_TOTAL,), "flows": (leg(creditor=""),)}),
        answer(**{**NOTHING, "standing": (BANK_TOTAL,), "flows": (leg(debtor=""),)}),
        answer(**{**NOTHING, "standing": (BANK_TOTAL,), "onward": (leg(),)}),
        answer(**{**NOTHING, "standing": (BANK_TOTAL,), "exits": (leg(),)}),
    ],
)
def test_account_detail_bank(terms: AgreementTerms, finer: EnquiryAnswerBody) -> None:
    both_refuse(
        "account_detail", msgspec.structs.replace(terms, account_detail=AccountDetail.BANK), MessageKind.ENQUIRY_ANSWER, finer
    )


def test_account_detail_bank_lets_totals_of_banks_pass(terms: AgreementTerms) -> None:
    narrow = msgspec.structs.replace(terms, account_detail=AccountDetail.BANK)
    told = answer(standing=(BANK_TOTAL, TOTAL), flows=(), exits=(), onward=(leg(debtor="", jurisdiction=THIRD),))
    assert out(narrow, MessageKind.ENQUIRY_ANSWER, told)[0] == told


@pytest.mark.parametrize(
    "finer",
    [
        answer(**NOTHING),
        answer(**{**NOTHING, "standing": (BANK_TOTAL,)}),
        answer(**{**NOTHING, "standing": (msgspec.structs.replace(TOTAL, bank="BANKBB1"),)}),
        answer(**{**NOTHING, "standing": (TOTAL,), "open": (WireOpen(amount=1, currency="CNY", bank="BANKBB1"),)}),
        answer(**{**NOTHING, "standing": (TOTAL,), "onward": (leg(debtor=""),)}),
        answer(**{**NOTHING, "standing": (TOTAL,), "exits": (leg(debtor="", debtor_bank="", creditor=""),)}),
    ],
)
def test_account_detail_total(terms: AgreementTerms, finer: EnquiryAnswerBody) -> None:
    both_refuse(
        "account_detail", msgspec.structs.replace(terms, account_detail=AccountDetail.TOTAL), MessageKind.ENQUIRY_ANSWER, finer
    )


def test_says_left_to(terms: AgreementTerms) -> None:
    narrow = msgspec.structs.replace(terms, says_left_to=False)
    sent, _ = out(narrow, MessageKind.ENQUIRY_ANSWER, answer())
    assert THIRD not in msgspec.json.encode(sent).decode()
    assert "a.b.c" not in msgspec.json.encode(sent).decode()
    with pytest.raises(Refused) as refused:
        into(narrow, MessageKind.ENQUIRY_ANSWER, answer())
    assert refused.value.clause == "says_left_to"


def test_informs_holder(terms: AgreementTerms) -> None:
    """Where the receiver informs the holder by its own rules, the requester does not say from when."""
    sent, _ = out(terms, MessageKind.ORDER, order(tell_from=NOON))
    assert sent.tell_from is None
    with pytest.raises(Refused) as refused:
        into(terms, MessageKind.ORDER, order(tell_from=NOON))
    assert refused.value.clause == "informs_holder"


def test_refusal_grounds(terms: AgreementTerms) -> None:
    narrow = msgspec.structs.replace(terms, refusal_grounds=(RefusalGround.POLITICAL,))
    refusal = RequestAnswerBody(request_id=uuid4(), outcome=Outcome.REFUSED, ground="sovereignty")
    both_refuse("refusal_grounds", narrow, MessageKind.REQUEST_ANSWER, refusal)


LABELS = msgspec.structs.replace(LabelDefaults(), handling=(Handling.H1,))


@pytest.mark.parametrize(
    "loose",
    [
        Label(originator=HERE, tlp=Tlp.AMBER, handling=(Handling.H1,)),
        Label(originator=HERE, pap=Pap.CLEAR, handling=(Handling.H1,)),
        Label(originator=HERE, handling=(Handling.H0,)),
        Label(originator=HERE, handling=(Handling.H1, Handling.H3)),
    ],
)
def test_labels(terms: AgreementTerms, loose: Label) -> None:
    """A label that is more open than agreed, or stands for words that it does not give."""
    both_refuse("labels", msgspec.structs.replace(terms, labels=LABELS), MessageKind.ENQUIRY, enquiry(), loose)
    relabelled = RelabelBody(message=uuid4(), label=to_json(loose))
    both_refuse("labels", msgspec.structs.replace(terms, labels=LABELS), MessageKind.RELABEL, relabelled)


def test_the_label_gets_what_the_agreement_states(terms: AgreementTerms) -> None:
    narrow = msgspec.structs.replace(terms, labels=LabelDefaults(tlp=Tlp.RED, handling=(Handling.H2,)), retention_days=30)
    _, label = out(narrow, MessageKind.ENQUIRY, enquiry())
    assert label == Label(
        originator=HERE,
        tlp=Tlp.RED,
        handling=(Handling.H2,),
        purposes=("fraud_funds",),
        recipients=(THERE,),
        retain_until=NOON + timedelta(days=30),
    )
    assert label == into(narrow, MessageKind.ENQUIRY, enquiry(), label)[1]


def test_an_order_is_not_asked_for_where_nothing_may_be_noticed(terms: AgreementTerms) -> None:
    both_refuse("labels", terms, MessageKind.ORDER, order(), Label(originator=HERE, pap=Pap.AMBER))


def test_recipients(terms: AgreementTerms) -> None:
    for recipients in ((THIRD,), NOBODY):
        both_refuse(
            "recipients", terms, MessageKind.NOTE, SAMPLES[MessageKind.NOTE](), Label(originator=HERE, recipients=recipients)
        )


def test_onward(terms: AgreementTerms) -> None:
    """The agreement's onward rule is stronger than the label; by default nobody goes on."""
    label = Label(originator=HERE, onward=(THIRD,))
    both_refuse("onward", terms, MessageKind.ENQUIRY, enquiry(), label)
    named = msgspec.structs.replace(terms, onward=OnwardRule.NAMED)
    assert out(named, MessageKind.ENQUIRY, enquiry(), label)[1].recipients == (THERE, THIRD)


@pytest.mark.parametrize(
    ("of_third", "passes"),
    [
        (Label(originator=THIRD, recipients=(HERE,)), False),
        (Label(originator=THIRD, recipients=(HERE, THERE)), False),  # may be told of it, but not by whoever was told
        (Label(originator=THIRD, recipients=(HERE, THERE), onward=(THERE,)), True),
    ],
)
def test_what_a_third_centre_told_goes_on_only_where_its_label_lets_it(
    terms: AgreementTerms, of_third: Label, passes: bool
) -> None:
    named = msgspec.structs.replace(terms, onward=OnwardRule.NAMED)
    if passes:
        assert out(named, MessageKind.ENQUIRY, enquiry(), of_third)[1].originator == THIRD
        return
    with pytest.raises(Refused) as refused:
        out(named, MessageKind.ENQUIRY, enquiry(), of_third)
    assert refused.value.clause in ("onward", "recipients")


def test_what_came_from_the_recipient_goes_back_to_it(terms: AgreementTerms) -> None:
    out(terms, MessageKind.ENQUIRY_ANSWER, answer(), Label(originator=THERE, recipients=(HERE,), handling=(Handling.H2,)))


def test_retention(terms: AgreementTerms) -> None:
    narrow = msgspec.structs.replace(terms, retention_days=30)
    both_refuse(
        "retention",
        narrow,
        MessageKind.NOTE,
        SAMPLES[MessageKind.NOTE](),
        Label(originator=HERE, retain_until=NOON + timedelta(days=33)),
    )
    sooner = replace(default_label(in_force_at(HERE, narrow), HERE), retain_until=NOON + timedelta(days=3))
    assert out(narrow, MessageKind.NOTE, SAMPLES[MessageKind.NOTE](), sooner)[1].retain_until == NOON + timedelta(days=3)


def test_a_partner_whose_clock_is_a_day_ahead_makes_nothing_be_kept_longer(terms: AgreementTerms) -> None:
    ahead = Label(originator=HERE, retain_until=NOON + timedelta(days=terms.retention_days + 1))
    _, label = into(terms, MessageKind.NOTE, SAMPLES[MessageKind.NOTE](), ahead)
    assert label.retain_until == NOON + timedelta(days=terms.retention_days)


def test_the_tests_begin_when_the_agreement_is_in_force() -> None:
    assert STARTS < NOON
