"""camt.056 and camt.029: what is written is valid and comes back the same; what others write is read, or refused."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from iso20022_samples import ASSIGNMENT, PAYMENT, UETR, changed, is_valid, local_names, pacs008, transfer
from levels import examples

from accord.adapters.iso20022 import codes
from accord.adapters.iso20022.case import Assignment
from accord.adapters.iso20022.codes import CodeList
from accord.adapters.iso20022.payment import OriginalPayment, Side
from accord.adapters.iso20022.recall import RecallDraft, read_recall, write_recall
from accord.adapters.iso20022.resolution import RecallOutcome, RecallResolution, read_resolutions, write_resolution
from accord.core.errors import BadInput
from accord.core.money import EXPONENTS, MAX_MINOR, Money

RECALL = RecallDraft(ASSIGNMENT, PAYMENT, info=("报案编号 R-1", "paid under deception"), cancellation_id="C-1")
ANSWER = RecallResolution(
    ASSIGNMENT, PAYMENT, status="RJCR", transaction_status="RJCR", reasons=("CUST", "AM04"), info=("说明",)
)

# --- what is written ---


def test_a_recall_carries_the_case_and_both_sides() -> None:
    written = write_recall(RECALL)
    assert is_valid(written)
    assert {"Case", "OrgnlTxRef", "Dbtr", "DbtrAcct", "DbtrAgt", "CdtrAgt", "Cdtr", "CdtrAcct", "OrgnlUETR"} <= local_names(
        written
    )
    assert read_recall(written) == RECALL
    assert b"<IBAN>DE89370400440532013000</IBAN>" in written
    assert b'<IntrBkSttlmAmt Ccy="CNY">1234.50</IntrBkSttlmAmt>' in written


def test_an_answer_carries_the_case_and_both_sides() -> None:
    written = write_resolution(ANSWER)
    assert is_valid(written)
    assert {"RslvdCase", "OrgnlTxRef", "DbtrAcct", "CdtrAcct", "TxCxlSts"} <= local_names(written)
    assert read_resolutions(written) == (ANSWER,)


def test_banks_without_a_bic_and_accounts_without_an_iban_are_carried() -> None:
    payment = replace(PAYMENT, debtor=Side("甲", "6228 4800", "某村镇银行"), creditor=Side(bank="102100099996"))
    draft = replace(RECALL, payment=payment, assignment=replace(ASSIGNMENT, assignee="102100099996"))
    assert read_recall(write_recall(draft)) == draft


def test_a_currency_without_decimals() -> None:
    draft = replace(RECALL, payment=replace(PAYMENT, amount=Money(150, "JPY")))
    written = write_recall(draft)
    assert b'Ccy="JPY">150<' in written
    assert read_recall(written) == draft


@pytest.mark.parametrize(
    ("draft", "message"),
    [
        (replace(RECALL, reason="FRUD"), "CxlRsnInf/Rsn/Cd: 'FRUD' is not in ExternalCancellationReason1Code"),
        (replace(RECALL, reason=""), "is not in ExternalCancellationReason1Code"),
        (replace(RECALL, info=("x" * 106,)), "AddtlInf: .* is longer than 105 characters"),
        (replace(RECALL, info=("a\tb",)), "AddtlInf: .*control characters"),
        (replace(RECALL, info=("a\ud800",)), "AddtlInf: .*control characters"),
        (replace(RECALL, cancellation_id=" C"), "CxlId: .*white space"),
        (replace(RECALL, assignment=replace(ASSIGNMENT, case_id="")), "Case/Id: is missing"),
        (replace(RECALL, assignment=replace(ASSIGNMENT, case_id="x" * 36)), "Id: .* is longer than 35"),
        (replace(RECALL, assignment=replace(ASSIGNMENT, assignee="")), "Assgnmt/Assgne: is missing"),
        (replace(RECALL, assignment=replace(ASSIGNMENT, created_at=datetime(2026, 3, 1))), "CreDtTm: needs a zone"),  # noqa: DTZ001  # on purpose
        (replace(RECALL, payment=replace(PAYMENT, uetr="8A562C67")), "is not a UETR"),
        (replace(RECALL, payment=replace(PAYMENT, message_name="")), "needs both its id and its name"),
        (replace(RECALL, payment=OriginalPayment(amount=Money(1, "CNY"))), "has no reference"),
        (replace(RECALL, payment=replace(PAYMENT, creditor=Side(account="x" * 35))), "is longer than 34"),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_field(draft: RecallDraft, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        write_recall(draft)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (replace(ANSWER, status="NOPE"), "Sts/Conf: 'NOPE' is not in ExternalInvestigation"),
        (replace(ANSWER, transaction_status="CNCL"), "TxCxlSts: 'CNCL' is not in CancellationIndividualStatus1Code"),
        (replace(ANSWER, reasons=("FRAD",)), "'FRAD' is not in ExternalPaymentCancellationRejection1Code"),
    ],
)
def test_an_answer_with_an_unknown_code_is_not_written(answer: RecallResolution, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        write_resolution(answer)


# --- round trips ---

_LETTERS = string.ascii_letters + string.digits + "甲乙丙é-./ "


def texts(longest: int, least: int = 0) -> st.SearchStrategy[str]:
    return st.text(_LETTERS, max_size=longest).map(str.strip).filter(lambda text: len(text) >= least)


_BANKS = st.one_of(st.just(""), st.sampled_from(["DEUTDEFF", "BKCHCNBJ300", "102100099996"]), texts(35))
_SIDES = st.builds(Side, texts(140), st.one_of(st.just("DE89370400440532013000"), texts(34)), _BANKS)
_MONEY = st.builds(Money, st.integers(0, MAX_MINOR), st.sampled_from(sorted(EXPONENTS)))
_PAYMENTS = st.builds(
    OriginalPayment,
    *(texts(35) for _ in range(2)),
    texts(35),
    texts(35),
    texts(35, least=1),
    st.sampled_from(["", UETR]),
    st.none() | _MONEY,
    st.none() | st.dates(date(1, 1, 1)),
    _SIDES,
    _SIDES,
).map(
    lambda payment: payment if payment.message_id and payment.message_name else replace(payment, message_id="", message_name="")
)
_ASSIGNMENTS = st.builds(
    Assignment,
    texts(35, least=1),
    texts(35, least=1),
    texts(140, least=1),
    _BANKS.filter(bool),
    _BANKS.filter(bool),
    st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # the strategy adds the zone
)
_LINES = st.lists(texts(105, least=1), max_size=3).map(tuple)


def known(which: CodeList) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(codes.codes(which).codes))


@examples(60, suppress_health_check=[HealthCheck.too_slow])
@given(st.builds(RecallDraft, _ASSIGNMENTS, _PAYMENTS, known(CodeList.CANCELLATION_REASON), _LINES, texts(35)))
def test_any_recall_comes_back_as_it_was(draft: RecallDraft) -> None:
    assert read_recall(write_recall(draft)) == draft


@examples(60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.builds(
        RecallResolution,
        _ASSIGNMENTS,
        _PAYMENTS,
        known(CodeList.STATUS),
        st.just("") | known(CodeList.TRANSACTION_STATUS),
        st.lists(known(CodeList.REJECTION_REASON), max_size=3).map(tuple),
        _LINES,
        st.none() | _MONEY,
        texts(35),
    )
)
def test_any_answer_comes_back_as_it_was(answer: RecallResolution) -> None:
    assert read_resolutions(write_resolution(answer)) == (answer,)


# --- what others write ---


def test_an_answer_in_an_envelope_of_the_network_is_found() -> None:
    written = write_resolution(ANSWER).decode().partition("?>")[2]
    envelope = (
        f'<m:Message xmlns:m="urn:x"><AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"/>{written}</m:Message>'
    )
    assert read_resolutions(envelope.encode()) == (ANSWER,)


def test_a_version_without_a_schema_here_is_read_and_says_so() -> None:
    older = changed(write_resolution(ANSWER), "camt.029.001.14", "camt.029.001.09")
    assert read_resolutions(older) == (replace(ANSWER, schema_checked=False),)


def test_an_answer_about_several_payments_gives_one_each() -> None:
    written = write_resolution(replace(ANSWER, info=())).decode()
    one = written[written.index("<CxlDtls>") : written.index("</CxlDtls>") + 10]
    other = one.replace("T-1", "T-2").replace(">RJCR<", ">ACCR<")
    read = read_resolutions(written.replace(one, one + other).encode())
    assert [(answer.payment.transaction_id, answer.transaction_status) for answer in read] == [("T-1", "RJCR"), ("T-2", "ACCR")]


def test_a_case_named_with_the_payment_counts_before_that_of_the_message() -> None:
    own = "<RslvdCase><Id>CASE-2</Id><Cretr><Pty><Nm>x</Nm></Pty></Cretr></RslvdCase><OrgnlGrpInf>"
    read = read_resolutions(changed(write_resolution(ANSWER), "<OrgnlGrpInf>", own))
    assert read[0].assignment.case_id == "CASE-2"


def test_unknown_codes_are_read_shown_and_decide_nothing() -> None:
    written = write_resolution(replace(ANSWER, transaction_status="", reasons=("CUST",)))
    read = read_resolutions(changed(changed(written, "<Conf>RJCR<", "<Conf>ZZZZ<"), ">CUST<", ">QQQQ<"))[0]
    assert (read.status, read.reasons, read.unknown_codes, read.outcome) == (
        "ZZZZ",
        ("QQQQ",),
        ("ZZZZ", "QQQQ"),
        RecallOutcome.UNCLEAR,
    )
    assert codes.meaning(CodeList.STATUS, read.status) == "unknown code"
    assert codes.meaning(CodeList.REJECTION_REASON, "CUST") == "the creditor refuses"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pacs008(transfer(1)), "expected one camt.029, found pacs.008.001.08"),
        (b"<a/>", "expected one camt.029, found <a>"),
        (b'<Document xmlns="urn:x"/>', "found a Document of no ISO 20022 message"),
        (write_recall(RECALL), "found camt.056.001.12"),
        (write_resolution(ANSWER)[:-40], "not well-formed"),
        (
            write_resolution(ANSWER).replace(b">RJCR</TxCxlSts>", b">RJXX</TxCxlSts>"),
            r"no valid camt.029.001.14: line \d+:.*RJXX",
        ),
        (write_resolution(ANSWER).replace(b'Ccy="CNY">1234.50', b'Ccy="JPY">1234.50'), "OrgnlIntrBkSttlmAmt: .* decimals"),
        (write_resolution(ANSWER).replace(b'Ccy="CNY"', b'Ccy="ABC"'), "unknown currency 'ABC'"),
        (write_resolution(ANSWER).replace(b"-03-01T12:00:00Z", b"-03-01"), "no valid camt.029.001.14"),
        (
            write_resolution(ANSWER).replace(b".001.14", b".001.09").replace(b"-01T12:00:00Z", b"-41T12:00:00Z"),
            "is not a date and time",
        ),
        (write_resolution(ANSWER).replace(b".001.14", b".001.09").replace(b"TxInfAndSts", b"TxInf"), "names no payment"),
        (write_resolution(ANSWER).replace(b".001.14", b".001.09").replace(b"RslvdCase", b"Case"), "names no case"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(content: bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_resolutions(content)


def test_a_recall_of_several_payments_is_not_read_as_one() -> None:
    written = write_recall(RECALL).decode()
    one = written[written.index("<TxInf>") : written.index("</TxInf>") + 8]
    with pytest.raises(BadInput, match="recalls 2 payments"):
        read_recall(written.replace(one, one + one).encode())


# --- what an answer says ---


@pytest.mark.parametrize(
    ("status", "own", "resolved", "outcome"),
    [
        ("CNCL", "", None, RecallOutcome.CANCELLED),
        ("CNCL", "ACCR", Money(123_450, "CNY"), RecallOutcome.CANCELLED),
        ("CNCL", "ACCR", Money(100, "CNY"), RecallOutcome.PARTIALLY),
        ("PECR", "", None, RecallOutcome.PARTIALLY),
        ("PECR", "ACCR", None, RecallOutcome.PARTIALLY),
        ("PECR", "RJCR", None, RecallOutcome.REJECTED),
        ("PDCR", "", None, RecallOutcome.PENDING),
        ("PDCR", "PDCR", None, RecallOutcome.PENDING),
        ("CWFW", "", None, RecallOutcome.PENDING),
        ("RJCR", "RJCR", None, RecallOutcome.REJECTED),
        ("RJCR", "", None, RecallOutcome.REJECTED),
        ("CNCL", "RJCR", None, RecallOutcome.UNCLEAR),
        ("RJCR", "ACCR", None, RecallOutcome.UNCLEAR),
        ("PDCR", "ACCR", None, RecallOutcome.UNCLEAR),
        ("CNCL", "WHAT", None, RecallOutcome.UNCLEAR),
        ("INFO", "", None, RecallOutcome.UNCLEAR),
        ("", "", None, RecallOutcome.UNCLEAR),
    ],
)
def test_what_the_codes_say(status: str, own: str, resolved: Money | None, outcome: RecallOutcome) -> None:
    assert replace(ANSWER, status=status, transaction_status=own, resolved=resolved).outcome is outcome


# --- the lists themselves ---


@pytest.mark.parametrize("which", list(CodeList))
def test_every_list_says_what_it_is(which: CodeList) -> None:
    stated = codes.codes(which)
    assert stated.list.endswith("1Code")
    assert isinstance(stated.verified, bool)
    assert all(code and meaning for code, meaning in stated.codes.items())
