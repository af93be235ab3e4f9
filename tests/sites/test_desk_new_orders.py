"""Orders that stand on no trace, contact lists, the rules page: drafted and kept at the desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from desk_claims_world import NOON, SECOND, called, officer
from desk_orders_world import FACTS, drafted, planned
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accord.capabilities.orders import services
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.models import Contact, Order
from accord.capabilities.orders.services import ContactFacts
from accord.capabilities.people.models import Role, User
from accord.capabilities.reports.models import IdentifierState, ReportIdentifier
from accord.capabilities.reports.services import add_narrative, decide_identifier
from accord.core import clock
from accord.core.clock import SteppedClock

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.django_db]

TYPED = {
    OrderKind.LIMIT: {"account": "70-9999", "currency": "cny", "amount_per_day": "5万", "payees_per_day": "3"},
    OrderKind.RESTRICTION: {"account": "70-9999"},
    OrderKind.NUMBER_BLOCK: {"number": "139 0000 0009"},
    OrderKind.NUMBER_SUSPENSION: {"number": "+8613900000009"},
    OrderKind.TRACE_BACK: {"caller": "+8613900000009", "called": "+8613900000001", "about_when": "2026-03-05T11:00"},
    OrderKind.PRESERVATION: {"data_wanted": "sessions of the web shop in March"},
}


@pytest.fixture(autouse=True)
def desk_clock() -> Iterator[SteppedClock]:
    stepped = SteppedClock(NOON)
    with clock.using(stepped):
        yield stepped


@pytest.fixture
def actor() -> User:
    return officer()


@pytest.fixture
def supervisor() -> User:
    return officer("vera", Role.SUPERVISOR)


def _as(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _address(kind: OrderKind) -> str:
    return reverse("desk:order-draft", args=[kind.value.replace("_", "-")])


def _send(user: User, kind: OrderKind, query: str = "", **changed: str) -> HttpResponse:
    data = {"institution": "NEXTBANK", "grounds": "seen in three reports", **TYPED[kind], **changed}
    return _as(user).post(_address(kind) + query, data)  # type: ignore[return-value]


@pytest.mark.parametrize("kind", list(FACTS), ids=str)
def test_every_kind_is_asked_about_and_then_drafted(actor: User, kind: OrderKind) -> None:
    assert _as(actor).get(_address(kind)).status_code == 200
    asked = _send(actor, kind)
    assert asked.status_code == 200
    assert 'name="confirmed"' in asked.content.decode()
    assert "It waits as a draft until a colleague approves it." in asked.content.decode()
    assert not Order.objects.exists()
    answer = _send(actor, kind, confirmed="yes")
    order = Order.objects.get()
    assert answer["Location"] == reverse("desk:order", args=[order.pk])
    assert (order.kind, order.state, order.institution, order.grounds) == (
        kind, "draft", "NEXTBANK", "seen in three reports"
    )  # fmt: skip
    page = _as(actor).get(answer["Location"]).content.decode()
    assert order.reference in page
    assert "seen in three reports" in page


@pytest.mark.parametrize("kind", list(FACTS), ids=str)
def test_what_is_needed_is_asked_for_and_nothing_is_written(actor: User, kind: OrderKind) -> None:
    for missing in ("institution", "grounds", next(iter(TYPED[kind]))):
        answer = _send(actor, kind, confirmed="yes", **{missing: " "})
        assert answer.status_code == 400, missing
        assert f'id="{missing}-error"' in answer.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("kind", "changed", "field"),
    [
        (OrderKind.LIMIT, {"amount_per_day": "-5"}, "amount_per_day"),
        (OrderKind.LIMIT, {"amount_per_day": "much"}, "amount_per_day"),
        (OrderKind.LIMIT, {"payees_per_day": "-1"}, "payees_per_day"),
        (OrderKind.LIMIT, {"currency": "XQX"}, "currency"),
        (OrderKind.LIMIT, {"amount_per_day": "", "payees_per_day": ""}, "amount_per_day"),
        (OrderKind.LIMIT, {"hours": "25"}, "hours"),
        (OrderKind.LIMIT, {"hours": "0"}, "hours"),
        (OrderKind.LIMIT, {"tell_from": "2026-03-06T12:00"}, "delay_reason"),
        (OrderKind.LIMIT, {"at_once": "on"}, "emergency"),
        (OrderKind.NUMBER_BLOCK, {"number": "12"}, "number"),
        (OrderKind.TRACE_BACK, {"about_when": "yesterday"}, "about_when"),
        (OrderKind.TRACE_BACK, {"called": "nobody"}, "called"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_at_its_field(actor: User, kind: OrderKind, changed: dict[str, str], field: str) -> None:
    answer = _send(actor, kind, confirmed="yes", **changed)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.content.decode()
    assert not Order.objects.exists()


def test_a_delay_longer_than_allowed_is_refused_on_the_form(actor: User) -> None:
    answer = _send(actor, OrderKind.LIMIT, confirmed="yes", tell_from="2026-05-06T12:00", delay_reason="an arrest")
    assert answer.status_code == 400
    assert "30 days at the latest" in answer.content.decode()


def test_going_back_keeps_what_was_typed(actor: User) -> None:
    answer = _send(actor, OrderKind.LIMIT, edit="yes")
    assert 'value="70-9999"' in answer.content.decode()
    assert 'name="confirmed"' not in answer.content.decode()


def test_limits_care_and_delay_stand_on_the_order(actor: User) -> None:
    _send(
        actor, OrderKind.LIMIT, confirmed="yes", care="vulnerable", hours="3", tell_from="2026-03-06T12:00",
        delay_reason="an arrest is planned", cash_per_day="0", delay_minutes="90",
    )  # fmt: skip
    order = Order.objects.get()
    assert order.terms["limits"] == {
        "amount_per_day": 5_000_000, "payees_per_day": 3, "cash_per_day": 0, "delay_minutes": 90
    }  # fmt: skip
    page = _as(actor).get(reverse("desk:order", args=[order.pk])).content.decode()
    for text in (
        "Payments of at most 50,000.00 CNY a day.",
        "Payments to at most 3 payees a day.",
        "Cash of at most 0.00 CNY a day.",
        "Every payment waits 90 minutes before it leaves.",
        "A vulnerable person",
        "an arrest is planned",
        "the delay is approved with the order",
    ):
        assert text in page, text


def test_an_emergency_leaves_at_once_with_its_mark(actor: User) -> None:
    asked = _send(actor, OrderKind.NUMBER_SUSPENSION, at_once="on", emergency="calls go on").content.decode()
    assert "It leaves at once, in an emergency" in asked
    _send(actor, OrderKind.NUMBER_SUSPENSION, at_once="on", emergency="calls go on", confirmed="yes")
    order = Order.objects.get()
    assert (order.state, order.override_reason, order.identifier) == ("approved", "calls go on", "+8613900000009")


def test_a_reason_without_the_tick_is_no_emergency(actor: User) -> None:
    _send(actor, OrderKind.NUMBER_SUSPENSION, emergency="calls go on", confirmed="yes")
    assert Order.objects.get().state == "draft"


def test_one_officer_is_enough_where_the_rule_says_so(actor: User, settings: SettingsWrapper) -> None:
    settings.ACCORD_JURISDICTION = "KR"
    asked = _send(actor, OrderKind.NUMBER_SUSPENSION).content.decode()
    assert "It leaves at once." in asked
    _send(actor, OrderKind.NUMBER_SUSPENSION, confirmed="yes")
    assert Order.objects.get().state == "approved"


def test_a_block_takes_the_place_of_a_suspension(actor: User) -> None:
    from desk_orders_world import confirmed

    suspension = drafted(actor, OrderKind.NUMBER_SUSPENSION)
    services.approve(officer("wang"), [suspension.pk])
    confirmed(suspension)
    page = _as(actor).get(reverse("desk:order", args=[suspension.pk])).content.decode()
    query = f"?replaces={suspension.pk}"
    assert _address(OrderKind.NUMBER_BLOCK) + query in page
    form = _as(actor).get(_address(OrderKind.NUMBER_BLOCK) + query).content.decode()
    assert 'value="+8613900000009"' in form
    _send(actor, OrderKind.NUMBER_BLOCK, query, confirmed="yes")
    assert Order.objects.get(kind="number_block").replaces == suspension


def test_a_report_leads_to_orders_with_its_facts(actor: User) -> None:
    report = called(actor).claim.report_id
    add_narrative(actor, report, "来电 13912345678 自称客服")
    number = ReportIdentifier.objects.get(report=report, type="phone")
    page = reverse("desk:report", args=[report])
    assert "number=%2B8613912345678" not in _as(actor).get(page).content.decode()
    decide_identifier(actor, report, number.pk, IdentifierState.CONFIRMED)
    html = _as(actor).get(page).content.decode()
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/orders/new/[^"]+)"', html)]
    assert len(links) == 7
    (suspension,) = [link for link in links if "number-suspension" in link]
    form = _as(actor).get(suspension).content.decode()
    assert 'value="+8613912345678"' in form
    restriction = _as(actor).get(next(link for link in links if "restriction" in link)).content.decode()
    assert 'value="6298000000000001"' in restriction
    _send(actor, OrderKind.NUMBER_SUSPENSION, f"?report={report}", confirmed="yes")
    order = Order.objects.get(kind="number_suspension")
    assert str(order.report_id) == str(report)
    assert order.reference in _as(actor).get(page).content.decode()
    assert _as(actor).get(reverse("desk:order", args=[order.pk])).status_code == 200


@pytest.mark.parametrize(
    "address", ["/orders/new/hold/", "/orders/new/limit/?report=x", "/orders/new/number-block/?replaces=x"]
)
def test_addresses_that_lead_nowhere(actor: User, address: str) -> None:
    assert _as(actor).get(address).status_code == 404


def test_those_who_draft_nothing_get_no_form() -> None:
    for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.BANK_OFFICER):
        stranger = officer(role, role)
        assert _as(stranger).get(reverse("desk:order-new")).status_code == 403
        assert _send(stranger, OrderKind.LIMIT, confirmed="yes").status_code == 403
    assert not Order.objects.exists()


def test_the_rules_page_marks_what_nobody_checked(actor: User) -> None:
    html = _as(actor).get(reverse("desk:rules")).content.decode()
    assert "China: stop payment and freeze" in html
    assert html.count("source checked") == 3
    assert html.count("source not checked") == 10
    assert "Choices of this node, not law" in html
    other = _as(actor).get(reverse("desk:rules"), {"code": "th"}).content.decode()
    assert "Not in force here." in other
    assert _as(actor).get(reverse("desk:rules"), {"code": "XX"}).status_code == 404


def test_a_supervisor_keeps_the_contact_lists(supervisor: User, actor: User) -> None:
    planned(actor, SECOND)
    lists, new = reverse("desk:contacts"), reverse("desk:contact-new")
    assert "Nobody is called if these stay silent:" in _as(actor).get(lists).content.decode()
    assert _as(actor).get(new).status_code == 403
    facts = {"institution": "NEXTBANK", "step": "1", "after_minutes": "0", "name": "Night desk", "reach": "+65 6000 0001"}
    assert _as(actor).post(new, facts).status_code == 403
    assert _as(supervisor).post(new, facts).status_code == 302
    contact = Contact.objects.get()
    assert _as(supervisor).post(new, facts).status_code == 400
    assert _as(supervisor).post(new, {**facts, "step": "x"}).status_code == 400
    html = _as(actor).get(lists).content.decode()
    assert "Night desk" in html
    assert "call due: once a month" in html
    change = reverse("desk:contact", args=[contact.pk])
    assert f'href="{change}"' not in html
    assert f'href="{change}"' in _as(supervisor).get(lists).content.decode()
    assert _as(supervisor).post(change, {**facts, "step": "3"}).status_code == 302
    assert "Nobody stands at step 1: orders go no further." in _as(actor).get(lists).content.decode()
    test_call = reverse("desk:contact-test-call", args=[contact.pk])
    assert _as(actor).post(test_call, {"note": ""}).status_code == 400
    assert _as(actor).post(test_call, {"note": "Ms Wu answered"}).status_code == 302
    assert "call due" not in _as(actor).get(lists).content.decode()
    assert _as(actor).post(reverse("desk:contact-remove", args=[contact.pk])).status_code == 403
    assert _as(supervisor).post(reverse("desk:contact-remove", args=[contact.pk])).status_code == 302
    assert not Contact.objects.exists()
    assert _as(supervisor).get(change).status_code == 404


def test_a_silent_receiver_names_whom_to_call(supervisor: User, actor: User, desk_clock: SteppedClock) -> None:
    services.add_contact(supervisor, ContactFacts("NEXTBANK", 1, 0, "Night desk", "+65 6000 0001"))
    (order,) = planned(actor, SECOND)
    services.mark_sent([Order.objects.get(pk=order.pk)])
    desk_clock.advance_to(order.answer_due_at)
    services.escalate_due(clock.now())
    page = reverse("desk:order", args=[order.pk])
    assert "+65 6000 0001" in _as(actor).get(page).content.decode()
    assert "Gone up the contact list" in _as(actor).get("/").content.decode()
    step = order.escalations.get()
    note = reverse("desk:order-escalation", args=[order.pk, step.pk])
    assert _as(actor).post(note, {"note": "promised"}).status_code == 302
    assert "“promised”" in _as(actor).get(page).content.decode()
    assert _as(actor).post(note, {"note": "again"}).status_code == 409
    other = drafted(actor, OrderKind.LIMIT)
    assert _as(actor).post(reverse("desk:order-escalation", args=[other.pk, step.pk]), {"note": "x"}).status_code == 404
