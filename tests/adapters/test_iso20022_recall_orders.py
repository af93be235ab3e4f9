"""Our recall orders as drafts for the payer's bank, and what that bank's copy of the answer says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from iso20022_samples import IBAN_DE, UETR, is_valid

from accord.adapters.iso20022.case import Assignment
from accord.adapters.iso20022.payment import OriginalPayment, Side
from accord.adapters.iso20022.recall import RecallDraft, read_recall, write_recall
from accord.adapters.iso20022.recalls import KnownReferences, recall_draft, resolution_to_answer
from accord.adapters.iso20022.resolution import RecallResolution, read_resolutions, write_resolution
from accord.capabilities.claims.ports import Acknowledged
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, PaymentFacts, Refusal
from accord.core.errors import BadInput
from accord.core.money import Money
from accord.engine.tracing.model import Rule

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDER = OrderMessage(
    order_id=UUID("019503b0-0000-7000-8000-000000000001"),
    reference="O-7K2M-9QXD",
    kind=OrderKind.RECALL,
    authority="Public security organ",
    institution="DEUTDEFF",
    account=IBAN_DE,
    amount=100_000,
    currency="EUR",
    rule=Rule.FIFO,
    until=NOON + timedelta(hours=48),
    payment=PaymentFacts("DEUTDEFF", IBAN_DE, "6222020200012345678", "BKCHCNBJ", 100_000, "EUR", NOON - timedelta(hours=1)),
    legal_basis="Some law",
    verified=False,
    contact="+86 10 0000 0000",
)
ANSWERED = RecallResolution(
    assignment=Assignment("B-1", ORDER.reference, "Public security organ", "BKCHCNBJ", "DEUTDEFFXXX", NOON),
    payment=OriginalPayment(
        uetr=UETR,
        amount=Money(90_000, "EUR"),
        settled_on=date(2026, 3, 1),
        creditor=Side("乙", "6222-02", "ICBKCNBJ"),
    ),
    status="CNCL",
)
REJECTED = replace(ANSWERED, status="RJCR", transaction_status="RJCR", reasons=("AM04",), info=("nothing left",))


def drafted(order: OrderMessage = ORDER, known: KnownReferences | None = None) -> RecallDraft:
    return recall_draft(order, NOON, known or KnownReferences())


def told(*resolutions: RecallResolution, order: OrderMessage = ORDER, at: datetime = NOON) -> Acknowledged | OrderAnswer:
    """What comes of answers that have gone over the wire, checked as any answer is."""
    read = tuple(answer for resolution in resolutions for answer in read_resolutions(write_resolution(resolution)))
    reply = resolution_to_answer(read, order, at)
    if isinstance(reply, OrderAnswer):
        check_order_answer(order, reply)
    return reply


def answer(*resolutions: RecallResolution, order: OrderMessage = ORDER, at: datetime = NOON) -> OrderAnswer:
    reply = told(*resolutions, order=order, at=at)
    assert isinstance(reply, OrderAnswer)
    return reply


def test_the_draft_is_from_the_payers_bank_to_the_payees_with_both_accounts() -> None:
    draft = drafted(known=KnownReferences(uetr=UETR, payee_name="乙"))
    assert is_valid(write_recall(draft))
    assert read_recall(write_recall(draft)) == draft
    assert (draft.assignment.assigner, draft.assignment.assignee) == ("DEUTDEFF", "BKCHCNBJ")
    assert (draft.assignment.case_id, draft.assignment.case_creator) == (ORDER.reference, ORDER.authority)
    assert draft.payment.debtor == Side("", IBAN_DE, "DEUTDEFF")
    assert draft.payment.creditor == Side("乙", "6222020200012345678", "BKCHCNBJ")
    assert (draft.payment.uetr, draft.payment.amount, draft.reason) == (UETR, Money(100_000, "EUR"), "FRAD")


def test_what_nobody_has_stated_is_not_made_up() -> None:
    draft = drafted()
    assert (draft.payment.uetr, draft.payment.end_to_end_id, draft.payment.settled_on, draft.payment.message_id) == (
        "",
        "",
        None,
        "",
    )
    assert is_valid(write_recall(draft))


def test_a_rule_that_nobody_has_checked_is_shown_as_such() -> None:
    assert "Legal basis: Some law (not verified)" in drafted().info
    assert "Legal basis: Some law" in drafted(replace(ORDER, verified=True)).info


def test_long_grounds_are_broken_into_lines() -> None:
    draft = drafted(replace(ORDER, legal_basis="a long law " * 30))
    assert max(map(len, draft.info)) <= 105
    assert read_recall(write_recall(draft)) == draft


def test_a_draft_without_the_payees_bank_or_without_a_payment_is_refused() -> None:
    assert ORDER.payment is not None
    unknown = replace(ORDER, payment=replace(ORDER.payment, payee_bank=""))
    with pytest.raises(BadInput, match="the payee's bank is not known"):
        drafted(unknown)
    assert drafted(unknown, KnownReferences(payee_bank="BKCHCNBJ")).assignment.assignee == "BKCHCNBJ"
    with pytest.raises(BadInput, match="states no payment"):
        drafted(replace(ORDER, payment=None))


def test_a_cancelled_payment_is_stopped_with_the_amount_that_comes_back() -> None:
    assert answer(ANSWERED) == OrderAnswer(NOON, 90_000, transfer=UETR)
    assert answer(replace(ANSWERED, resolved=Money(90_000, "EUR"))).amount == 90_000
    assert answer(replace(ANSWERED, payment=replace(ANSWERED.payment, amount=None))).amount == ORDER.amount


def test_a_part_that_comes_back_is_that_part() -> None:
    assert answer(replace(ANSWERED, status="PECR", resolved=Money(30_000, "EUR"))).amount == 30_000
    assert answer(replace(ANSWERED, resolved=Money(30_000, "EUR"))).amount == 30_000
    with pytest.raises(BadInput, match="not how much"):
        told(replace(ANSWERED, status="PECR"))


def test_a_pending_cancellation_is_asked_about_again() -> None:
    assert told(replace(ANSWERED, status="PDCR")) == Acknowledged(NOON + timedelta(minutes=15))


def test_a_rejection_says_where_the_money_is() -> None:
    reply = answer(REJECTED)
    assert (reply.refusal, reply.transfer, reply.amount) == (Refusal.ALREADY_SETTLED, UETR, 0)
    assert reply.reason == "AM04: the funds available do not suffice; nothing left"
    assert reply.settled is not None
    assert (reply.settled.payee_bank, reply.settled.payee_account) == ("ICBKCNBJ", "6222-02")
    assert (reply.settled.amount, reply.settled.currency, reply.settled.time) == (
        90_000,
        "EUR",
        datetime(2026, 3, 1, tzinfo=UTC),
    )


def test_a_rejection_without_details_falls_back_on_what_was_ordered() -> None:
    reply = answer(replace(REJECTED, payment=OriginalPayment(end_to_end_id="E-1")))
    assert reply.settled is not None
    assert (reply.settled.payee_bank, reply.settled.payee_account) == ("BKCHCNBJ", "6222020200012345678")
    assert (reply.settled.amount, reply.settled.time) == (100_000, NOON - timedelta(hours=1))


@pytest.mark.parametrize(
    ("reasons", "refusal"),
    [
        (("NOOR",), Refusal.NO_SUCH_TRANSFER),
        (("ARDT",), Refusal.ALREADY_ENDED),
        (("LEGL",), Refusal.LEGAL_REVIEW),
        (("CUST", "RR04"), Refusal.LEGAL_REVIEW),
        (("CUST",), Refusal.ALREADY_SETTLED),
        ((), Refusal.ALREADY_SETTLED),
    ],
)
def test_what_a_rejection_means(reasons: tuple[str, ...], refusal: Refusal) -> None:
    assert answer(replace(REJECTED, reasons=reasons)).refusal is refusal


def test_an_answer_from_the_future_was_given_when_it_was_handed_in() -> None:
    assert answer(ANSWERED, at=NOON - timedelta(hours=8)).answered_at == NOON - timedelta(hours=8)


def test_the_answer_to_this_case_is_picked_among_others() -> None:
    other = replace(ANSWERED, status="RJCR", assignment=replace(ANSWERED.assignment, case_id="O-OTHER"))
    assert answer(other, ANSWERED).amount == 90_000


@pytest.mark.parametrize(
    ("resolutions", "order", "message"),
    [
        ((replace(ANSWERED, assignment=replace(ANSWERED.assignment, case_id="X")),), ORDER, "0 answers in the file are about"),
        ((ANSWERED, ANSWERED), ORDER, "2 answers in the file are about O-7K2M-9QXD"),
        ((ANSWERED,), replace(ORDER, institution="OTHRDEFF"), "between BKCHCNBJ and DEUTDEFFXXX; OTHRDEFF has no part"),
        ((ANSWERED,), replace(ORDER, kind=OrderKind.HOLD), "is not a recall"),
        ((replace(ANSWERED, status="INFO"),), ORDER, r"does not say what became of the recall \(status INFO\)"),
        ((replace(ANSWERED, transaction_status="RJCR"),), ORDER, r"status CNCL, RJCR"),
        ((replace(ANSWERED, resolved=Money(1, "CNY")),), ORDER, "the answer is in CNY, the order in EUR"),
    ],
)
def test_an_answer_that_says_nothing_certain_is_not_taken_over(
    resolutions: tuple[RecallResolution, ...], order: OrderMessage, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        told(*resolutions, order=order)


def test_a_rejection_without_any_reference_is_not_taken_over() -> None:
    nameless = replace(REJECTED, payment=replace(REJECTED.payment, uetr=""))
    with pytest.raises(BadInput, match="names no reference of the payment"):
        resolution_to_answer((nameless,), ORDER, NOON)
