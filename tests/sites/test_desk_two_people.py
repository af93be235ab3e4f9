"""Calls and plans where the rule asks for a second person: what waits, what leaves in an emergency, and where it is seen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from desk_at_work import SignedIn
from desk_claims_world import SECOND, chased
from desk_orders_world import of_plan, standing
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accord.capabilities.orders import services
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import User
from accord.core import clock
from accord.core.clock import SteppedClock

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("desk_clock")]

CALL = {
    "callback_number": "13900000001",
    "payer_bank": "HOMEBANK",
    "payee_account": "622200000000012345",
    "payee_bank": "MULEBANK",
    "amount": "50000",
    "currency": "SGD",
    "about": "15",
    "still_pending": "no",
}


@pytest.fixture(autouse=True)
def two_people(settings: SettingsWrapper) -> None:
    settings.ACCORD_JURISDICTION = "SG"


def _call(browser: Client, **changed: str) -> HttpResponse:
    return browser.post(reverse("desk:call-new"), CALL | changed)  # type: ignore[return-value]


def test_the_form_says_that_a_hold_waits(signed_in: SignedIn, duty_officer: User) -> None:
    html = signed_in(duty_officer).get(reverse("desk:call-new")).content.decode()
    assert "waits until a colleague approves it" in html
    assert "Nobody has checked the rule for: Hold." in html


def test_where_one_officer_is_enough_the_form_says_nothing_of_it(
    signed_in: SignedIn, duty_officer: User, settings: SettingsWrapper
) -> None:
    settings.ACCORD_JURISDICTION = "CN"
    html = signed_in(duty_officer).get(reverse("desk:call-new")).content.decode()
    assert "colleague" not in html
    assert 'name="emergency"' not in html


def test_the_first_order_waits_and_the_report_says_so(signed_in: SignedIn, duty_officer: User) -> None:
    browser = signed_in(duty_officer)
    answer = _call(browser)
    order = Order.objects.get()
    assert order.state == "draft"
    page = browser.get(answer["Location"]).content.decode()
    assert "waits for a colleague to approve it. Tell them now." in page
    assert "It has not left: a colleague must approve it." in page


def test_a_recall_of_ones_own_payment_waits_for_nobody(signed_in: SignedIn, duty_officer: User) -> None:
    _call(signed_in(duty_officer), still_pending="yes")
    assert (Order.objects.get().kind, Order.objects.get().state) == ("recall", "approved")


def test_in_an_emergency_the_first_order_leaves_with_a_reason(signed_in: SignedIn, duty_officer: User) -> None:
    browser = signed_in(duty_officer)
    refused = _call(browser, at_once="on")
    assert refused.status_code == 400
    assert 'id="emergency-error"' in refused.content.decode()
    assert not Order.objects.exists()
    answer = _call(browser, at_once="on", emergency="being withdrawn now")
    order = Order.objects.get()
    assert (order.state, order.override_reason) == ("approved", "being withdrawn now")
    assert "a supervisor must look at it" in browser.get(answer["Location"]).content.decode()


def _confirm(browser: Client, claim: object, items: list[str], **more: str) -> HttpResponse:
    address = reverse("desk:plan-approve", args=[claim])
    return browser.post(address, {"item": items, **more})  # type: ignore[return-value]


def test_a_plan_is_drafted_unless_there_is_an_emergency(signed_in: SignedIn, duty_officer: User) -> None:
    browser, chase = signed_in(duty_officer), chased(duty_officer)
    items = [str(chase.claim.plan.get(account=SECOND).pk)]
    asked = _confirm(browser, chase.claim.pk, items).content.decode()
    assert "the orders wait as drafts until a colleague approves them" in asked
    assert "Draft the orders" in asked
    assert _confirm(browser, chase.claim.pk, items, confirmed="yes", at_once="on").status_code == 400
    planned = Order.objects.exclude(plan_item=None)
    assert not planned.exists()
    _confirm(browser, chase.claim.pk, items, confirmed="yes", at_once="on", emergency="leaving now")
    assert (planned.get().state, planned.get().override_reason) == ("approved", "leaving now")


def test_a_drafted_plan_says_that_it_waits(signed_in: SignedIn, duty_officer: User) -> None:
    browser, chase = signed_in(duty_officer), chased(duty_officer)
    items = [str(chase.claim.plan.get(account=SECOND).pk)]
    answer = _confirm(browser, chase.claim.pk, items, confirmed="yes", emergency="typed but not chosen")
    told = browser.get(answer["Location"]).content.decode()
    assert "1 hold waits for a colleague’s approval: 500.00 CNY." in told


def test_the_queue_shows_what_waits_for_whom(
    signed_in: SignedIn, duty_officer: User, second_officer: User, desk_supervisor: User, node_administrator: User
) -> None:
    chase = chased(duty_officer)
    (order,) = of_plan(duty_officer, chase, SECOND, emergency="leaving now")
    mark = f'id="mk-{order.pk}"'
    draft = f'id="dr-{chase.first.pk}"'
    for user, sees_draft in ((duty_officer, False), (second_officer, True), (desk_supervisor, True)):
        html = signed_in(user).get(reverse("desk:queue-rows")).content.decode()
        assert mark in html
        assert (draft in html) is sees_draft
    browser = signed_in(node_administrator)
    for page in ("queue-rows", "to-approve", "orders"):
        html = browser.get(reverse(f"desk:{page}")).content.decode()
        assert order.reference not in html
        assert chase.first.reference not in html


def test_the_queue_prompts_renewals_before_they_lapse(
    signed_in: SignedIn, duty_officer: User, second_officer: User, settings: SettingsWrapper, desk_clock: SteppedClock
) -> None:
    settings.ACCORD_JURISDICTION = "TH"
    order = standing(duty_officer, second_officer)
    desk_clock.advance_to(order.until - timedelta(hours=6))
    assert services.prompt_renewals(clock.now()) == 1
    html = signed_in(duty_officer).get(reverse("desk:queue-rows")).content.decode()
    assert f'id="rn-{order.pk}"' in html
    page = signed_in(duty_officer).get(reverse("desk:order", args=[order.pk])).content.decode()
    assert "It lapses soon and may be renewed." in page
    listed = signed_in(duty_officer).get(reverse("desk:orders"), {"clock": "renewals"}).content.decode()
    assert order.reference in listed


def test_the_list_narrows_by_kind_and_to_ones_own(signed_in: SignedIn, duty_officer: User, second_officer: User) -> None:
    order = standing(duty_officer, second_officer)
    other = chased(second_officer).first
    browser = signed_in(duty_officer)
    mine = browser.get(reverse("desk:orders"), {"mine": "on"}).content.decode()
    assert order.reference in mine
    assert other.reference not in mine
    assert order.reference in signed_in(second_officer).get(reverse("desk:orders"), {"mine": "on"}).content.decode()
    assert order.reference in browser.get(reverse("desk:orders"), {"kind": "hold"}).content.decode()
    assert order.reference not in browser.get(reverse("desk:orders"), {"kind": "freeze"}).content.decode()
    text = browser.get(reverse("desk:orders-export"), {"state": "held"}).content.decode("utf-8-sig")
    header, row = text.splitlines()
    values = dict(zip(header.split(","), row.split(","), strict=True))
    assert (values["drafted_by"], values["approved_by"], values["verified"]) == ("Lin Mei", "Wang Fang", "no")


def test_bad_filters_find_nothing_and_break_nothing(signed_in: SignedIn, duty_officer: User) -> None:
    browser = signed_in(duty_officer)
    for query in ({"kind": "x\x00"}, {"state": "nothing"}, {"clock": "never"}, {"q": "\x00", "page": "x"}):
        assert browser.get(reverse("desk:orders"), query).status_code == 200
