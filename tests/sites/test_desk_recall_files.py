"""A recall's draft for the payer's bank taken from its page, and that bank's copy of the answer handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accord.adapters.iso20022.recall import read_recall
from accord.adapters.iso20022.resolution import RecallResolution, write_resolution
from accord.capabilities.claims.ports import Nonsense
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import OrderAnswer, Refusal
from accord.capabilities.people.models import AuditEntry, Role, User
from accord.capabilities.reports.services import CallFacts
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import NotAllowed
from accord.core.money import Money

pytestmark = [pytest.mark.database, pytest.mark.django_db]

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
UETR = "8a562c67-ca16-48ba-b074-65581be6f011"


@pytest.fixture(autouse=True)
def recall_clock() -> Iterator[SteppedClock]:
    stepped = SteppedClock(NOON)
    with clock.using(stepped):
        yield stepped


def person(role: Role, name: str = "") -> User:
    return User.objects.create(username=name or f"person-{role}", role=role)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(person(Role.OFFICER, "li"))
    return client


@pytest.fixture
def recall(desk: Client) -> Order:
    """A recall of 1,000.00 CNY at HOMEBANK that has been sent."""
    return sent_recall()


def sent_recall(payee_bank: str = "MULEBANK", pending: bool = True, payer: str = "6298000000000001") -> Order:
    facts = CallFacts(
        callback_number=f"+86 139 0000 {payer[-4:]}",
        payer_bank="HOMEBANK",
        payer_account=payer,
        payee_bank=payee_bank,
        payee_account="6298000000000027",
        amount=Money(100_000, "CNY"),
        about_when=NOON,
        still_pending=pending,
    )
    order = orders.respond_to_call(User.objects.get(username="li"), facts).order
    orders.mark_sent([order])
    return Order.objects.get(pk=order.pk)


def drafted(desk: Client, order: Order, **query: str) -> HttpResponse:
    return desk.get(reverse("desk:recall-draft", args=[order.pk]), query)


def handed_in(desk: Client, order: Order, content: bytes, follow: bool = False) -> HttpResponse:
    file = SimpleUploadedFile("answer.xml", content, "application/xml")
    return desk.post(reverse("desk:recall-hand-in", args=[order.pk]), {"file": file}, follow=follow)


def bank_says(desk: Client, order: Order, status: str, *reasons: str, **changes: object) -> bytes:
    """The answer to the draft, from the payee's bank to the payer's."""
    draft = read_recall(drafted(desk, order, uetr=UETR).content)
    asked = draft.assignment
    back = replace(asked, id="B-1", assigner=asked.assignee, assignee=asked.assigner)
    return write_resolution(replace(RecallResolution(back, draft.payment, status, reasons=reasons), **changes))


def test_the_page_of_a_recall_offers_the_files(desk: Client, recall: Order) -> None:
    html = desk.get(reverse("desk:order", args=[recall.pk])).content.decode()
    assert reverse("desk:recall-draft", args=[recall.pk]) in html
    assert reverse("desk:recall-hand-in", args=[recall.pk]) in html
    hold = sent_recall(pending=False, payer="6298000000000043")
    assert "camt.056" not in desk.get(reverse("desk:order", args=[hold.pk])).content.decode()


def test_the_draft_is_a_file_and_its_taking_is_on_record(desk: Client, recall: Order) -> None:
    response = drafted(desk, recall, uetr=UETR.upper(), end_to_end_id=" E-1 ")
    draft = read_recall(response.content)
    assert response["Content-Disposition"] == f'attachment; filename="camt.056-{recall.reference}.xml"'
    assert (draft.payment.uetr, draft.payment.end_to_end_id, draft.assignment.case_id) == (UETR, "E-1", recall.reference)
    assert (draft.assignment.assigner, draft.assignment.assignee) == ("HOMEBANK", "MULEBANK")
    entry = AuditEntry.objects.get(action="recall draft taken")
    assert (entry.actor, entry.details["sha256"]) == ("li", hashlib.sha256(response.content).hexdigest())


def test_a_wrong_reference_makes_no_draft(desk: Client, recall: Order) -> None:
    assert drafted(desk, recall, uetr="123").status_code == 400
    assert not AuditEntry.objects.filter(action="recall draft taken").exists()


def test_an_unknown_receiving_bank_is_asked_for(desk: Client) -> None:
    order = sent_recall(payee_bank="")
    assert 'name="payee_bank"' in desk.get(reverse("desk:order", args=[order.pk])).content.decode()
    assert drafted(desk, order).status_code == 400
    assert read_recall(drafted(desk, order, payee_bank="BKCHCNBJ").content).assignment.assignee == "BKCHCNBJ"


def test_a_recall_that_is_not_approved_gives_no_draft(desk: Client, recall: Order) -> None:
    Order.objects.filter(pk=recall.pk).update(state="draft", approved_at=None)
    assert drafted(desk, recall).status_code == 409
    assert "camt.056" not in desk.get(reverse("desk:order", args=[recall.pk])).content.decode()


def test_a_cancelled_payment_is_taken_over(desk: Client, recall: Order) -> None:
    content = bank_says(desk, recall, "CNCL")
    response = handed_in(desk, recall, content, follow=True)
    assert "is taken over" in response.content.decode()
    recall.refresh_from_db()
    assert (recall.state, recall.held, recall.transfer) == ("held", 100_000, UETR)
    entry = AuditEntry.objects.get(action="answer handed in")
    assert (entry.actor, entry.details["form"]) == ("li", "camt.029")
    assert entry.details["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_rejection_leads_to_a_hold_where_the_money_went(desk: Client, recall: Order) -> None:
    handed_in(desk, recall, bank_says(desk, recall, "RJCR", "CUST"))
    recall.refresh_from_db()
    assert (recall.state, recall.refusal, recall.reason) == ("refused", "already_settled", "CUST: the creditor refuses")
    hold = Order.objects.exclude(pk=recall.pk).get()
    assert (hold.institution, hold.account, hold.credits[0]["transfer"]) == ("MULEBANK", "6298000000000027", UETR)


def test_a_pending_answer_keeps_the_order_waiting(desk: Client, recall: Order) -> None:
    handed_in(desk, recall, bank_says(desk, recall, "PDCR"))
    recall.refresh_from_db()
    assert recall.state == "acknowledged"
    handed_in(desk, recall, bank_says(desk, recall, "CNCL"))
    recall.refresh_from_db()
    assert recall.state == "held"


def test_a_second_answer_changes_nothing(desk: Client, recall: Order) -> None:
    handed_in(desk, recall, bank_says(desk, recall, "CNCL"))
    assert handed_in(desk, recall, bank_says(desk, recall, "RJCR", "CUST")).status_code == 409
    recall.refresh_from_db()
    assert recall.state == "held"


@pytest.mark.parametrize(
    "content", [b"", b"<a/>", b"%PDF-1.7", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>']
)
def test_what_is_no_answer_changes_nothing(desk: Client, recall: Order, content: bytes) -> None:
    assert handed_in(desk, recall, content).status_code == 400
    recall.refresh_from_db()
    assert recall.state == "sent"
    assert not AuditEntry.objects.filter(action="answer handed in").exists()


def test_an_answer_to_another_case_changes_nothing(desk: Client, recall: Order) -> None:
    other = sent_recall(payer="6298000000000043")
    assert handed_in(desk, other, bank_says(desk, recall, "CNCL")).status_code == 400
    for order in (recall, other):
        order.refresh_from_db()
        assert order.state == "sent"


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.BANK_OFFICER, Role.BANK_SUPERVISOR])
def test_who_does_not_work_the_desk_gets_neither_file_nor_word(client: Client, role: Role) -> None:
    client.force_login(person(Role.OFFICER, "li"))
    order = sent_recall()
    content = bank_says(client, order, "CNCL")
    client.force_login(person(role))
    assert drafted(client, order).status_code in (302, 403, 404)
    assert handed_in(client, order, content).status_code in (302, 403, 404)
    order.refresh_from_db()
    assert order.state == "sent"


def test_the_service_itself_asks_who_it_is_and_whether_it_can_be_true(desk: Client, recall: Order) -> None:
    stopped = OrderAnswer(NOON, 100_000)
    with pytest.raises(NotAllowed):
        orders.hand_in_answer(person(Role.AUDITOR), recall.pk, stopped, "camt.029", "00")
    with pytest.raises(Nonsense, match="both carries out"):
        orders.hand_in_answer(
            User.objects.get(username="li"), recall.pk, replace(stopped, refusal=Refusal.LEGAL_REVIEW), "camt.029", "00"
        )
    recall.refresh_from_db()
    assert recall.state == "sent"
    assert not AuditEntry.objects.filter(action="answer handed in").exists()


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    client.force_login(person(Role.OFFICER, "li"))
    order = sent_recall()
    client.logout()
    assert drafted(client, order).status_code == handed_in(client, order, b"<a/>").status_code == 302
