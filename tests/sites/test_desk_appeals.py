"""Appeals at the desk: the list by clock, one appeal, its decision, and what strangers get to see of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from desk_at_work import SignedIn
from django.test import Client
from django.urls import reverse
from orders_by_hand import held, refuse

from accord.capabilities.orders.models import Appeal, AppealState, Compensation, Order
from accord.capabilities.orders.remedies.services import appeals
from accord.capabilities.orders.remedies.services.appeals import AppealFacts
from accord.capabilities.people.models import Role, User
from accord.capabilities.people.services import create_user
from accord.core import clock
from accord.core.clock import SteppedClock

pytestmark = [pytest.mark.database, pytest.mark.django_db]

REASONS = "It was your salary."


@pytest.fixture
def order(duty_officer: User, desk_clock: SteppedClock) -> Order:
    """1,000.00 held."""
    return held(duty_officer)


@pytest.fixture
def appeal(order: Order) -> Appeal:
    return _appeal(order)


@pytest.fixture
def desk(duty_officer: User, signed_in: SignedIn) -> Client:
    return signed_in(duty_officer)


@pytest.fixture
def judge(desk_supervisor: User, signed_in: SignedIn) -> Client:
    return signed_in(desk_supervisor)


def _appeal(order: Order, appellant: str = "Zhao Wei", **changed: str) -> Appeal:
    facts = {"statement": "This is my salary.", "language": "en"} | changed
    return appeals.receive_public(order.reference, order.holder_code, AppealFacts(appellant, **facts))


def _page(client: Client, appeal: Appeal) -> str:
    return client.get(reverse("desk:appeal", args=[appeal.pk])).content.decode()


def _decide(client: Client, appeal: Appeal, **given: str) -> tuple[int, str]:
    response = client.post(reverse("desk:appeal-decide", args=[appeal.pk]), {"reasons": REASONS} | given)
    return response.status_code, response.content.decode()


def _now(appeal: Appeal) -> Appeal:
    return Appeal.objects.select_related("order", "release").get(pk=appeal.pk)


def _listed(client: Client, **query: str) -> set[str]:
    return set(re.findall(r">(A-[0-9A-Z-]+)</a>", client.get(reverse("desk:appeals"), query).content.decode()))


def test_the_list_narrows_by_clock_state_and_text(
    desk: Client, duty_officer: User, appeal: Appeal, desk_clock: SteppedClock
) -> None:
    closed = _appeal(held(duty_officer, account="m-2"), "Mary Tan")
    appeals.withdraw(duty_officer, closed.pk, "by letter")
    assert _listed(desk) == {appeal.reference}
    assert _listed(desk, show="all") == {appeal.reference, closed.reference}
    assert _listed(desk, show="all", state="withdrawn") == {closed.reference}
    assert _listed(desk, show="all", q="mary") == {closed.reference}
    assert _listed(desk, q=appeal.order.reference.lower()) == {appeal.reference}
    assert _listed(desk, show="overdue") == set()
    desk_clock.advance_to(appeal.due_at + timedelta(minutes=1))
    assert _listed(desk, show="overdue") == {appeal.reference}
    assert "needs-person" in desk.get(reverse("desk:appeals")).content.decode()
    assert appeal.reference in desk.get(reverse("desk:queue")).content.decode(), "and it stands in the queue"


def test_the_page_has_what_is_needed_to_decide(judge: Client, appeal: Appeal) -> None:
    html = _page(judge, appeal)
    for text in (appeal.statement, appeal.order.reference, "Lin Mei", "At most this", "Take it over"):
        assert (text in html) is (text not in ("At most this", "Take it over")), text
    assert appeal.order.holder_code in html, "the notice as it was sent"
    assert 'name="decision"' in html


def test_an_officer_sees_it_but_does_not_decide(desk: Client, appeal: Appeal) -> None:
    html = _page(desk, appeal)
    assert 'name="decision"' not in html
    status, _html = _decide(desk, appeal, decision="keep", confirmed="yes")
    assert (status, _now(appeal).state) == (403, AppealState.RECEIVED)


def test_first_what_the_appellant_reads_then_the_decision(judge: Client, appeal: Appeal) -> None:
    status, html = _decide(judge, appeal, decision="release_partly", amount="300")
    assert status == 200
    assert "300.00 CNY is released" in html
    assert REASONS in html
    assert _now(appeal).state == AppealState.RECEIVED, "nothing is decided yet"
    status, _html = _decide(judge, appeal, decision="release_partly", amount="300", confirmed="yes")
    assert status == 302
    decided = _now(appeal)
    assert (decided.state, decided.release_amount) == (AppealState.RELEASING, 30_000)
    assert "300.00 CNY is released" in _page(judge, appeal)


def test_the_appellant_is_written_to_in_their_language(judge: Client, order: Order) -> None:
    chinese = _appeal(order, language="zh-hans")
    _status, html = _decide(judge, chinese, decision="keep")
    assert '<blockquote class="said" lang="zh-Hans">' in html


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"decision": ""}, 400),
        ({"decision": "burn"}, 400),
        ({"decision": "keep", "reasons": " "}, 400),
        ({"decision": "release_partly", "amount": "much"}, 400),
        ({"decision": "release_partly", "amount": "0"}, 400),
        ({"decision": "release_partly", "amount": "1000"}, 400),
    ],
)
@pytest.mark.parametrize("confirmed", ["", "yes"])
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    judge: Client, appeal: Appeal, given: dict[str, str], status: int, confirmed: str
) -> None:
    code, html = _decide(judge, appeal, confirmed=confirmed, **given)
    assert code == status
    assert 'id="problem"' in html
    assert given.get("reasons", REASONS).strip() in html
    assert _now(appeal).state == AppealState.RECEIVED


def test_whoever_ordered_is_told_so(signed_in: SignedIn, desk_supervisor: User, desk_clock: SteppedClock) -> None:
    own = _appeal(held(desk_supervisor))
    client = signed_in(desk_supervisor)
    assert f"You drafted or approved {own.order.reference}" in _page(client, own)
    status, html = _decide(client, own, decision="release")
    assert status == 409
    assert "somebody who did not order it" in html


def test_a_release_that_the_bank_refused_is_ordered_once_more(judge: Client, appeal: Appeal) -> None:
    _decide(judge, appeal, decision="release", confirmed="yes")
    release = _now(appeal).release
    assert release is not None
    refuse(release)
    assert "Granted, but not released" in _page(judge, appeal)
    judge.post(reverse("desk:appeal-release-again", args=[appeal.pk]))
    assert _now(appeal).state == AppealState.RELEASING


def test_an_officer_writes_an_appeal_down(desk: Client, order: Order) -> None:
    address = reverse("desk:appeal-new", args=[order.pk])
    assert address in desk.get(reverse("desk:order", args=[order.pk])).content.decode()
    assert desk.get(address).status_code == 200
    given = {"appellant": "Zhao Wei", "statement": "Mine.", "language": "en", "channel": "desk", "care": "minor"}
    refused = desk.post(address, given | {"statement": " "})
    assert refused.status_code == 400
    assert 'value="Zhao Wei"' in refused.content.decode()
    page = desk.post(address, given, follow=True).content.decode()
    received = Appeal.objects.get()
    assert received.code in page, "to be told to the appellant"
    again = desk.post(address, given)
    assert again.status_code == 409
    assert Appeal.objects.count() == 1


def test_care_is_marked_and_living_costs_are_decided_on_the_orders_page(
    desk: Client, judge: Client, duty_officer: User, desk_clock: SteppedClock
) -> None:
    order = held(duty_officer, 500_000)
    page = reverse("desk:order", args=[order.pk])
    assert "Living costs" not in desk.get(page).content.decode()
    desk.post(reverse("desk:order-care", args=[order.pk]), {"care": "minor", "note": "by the papers"})
    html = desk.get(page).content.decode()
    assert "2,000.00" in html
    assert reverse("desk:order-living-costs", args=[order.pk]) not in html, "an officer may not release"
    assert desk.post(reverse("desk:order-living-costs", args=[order.pk]), {"choice": "release"}).status_code == 403
    judge.post(reverse("desk:order-living-costs", args=[order.pk]), {"choice": "release"})
    release = Order.objects.get(kind="release")
    assert (release.amount, release.target) == (200_000, order)
    assert "Living costs" not in judge.get(page).content.decode()


def test_compensation_is_a_log(judge: Client, appeal: Appeal) -> None:
    address = reverse("desk:appeal-compensation", args=[appeal.pk])
    assert judge.post(address, {"amount": "5", "currency": "CNY", "ground": "interest"}).status_code == 409
    _decide(judge, appeal, decision="release", confirmed="yes")
    assert judge.post(address, {"amount": "five", "currency": "CNY", "ground": "interest"}).status_code == 400
    judge.post(address, {"amount": "5", "currency": "cny", "ground": "interest"})
    noted = Compensation.objects.get()
    assert (noted.amount, noted.currency) == (500, "CNY")
    judge.post(reverse("desk:appeal-compensation-paid", args=[appeal.pk, noted.pk]), {"payment_reference": "P-1"})
    assert "P-1" in _page(judge, appeal)


def test_taking_it_back_and_looking_at_it(desk: Client, judge: Client, appeal: Appeal) -> None:
    judge.post(reverse("desk:appeal-review", args=[appeal.pk]))
    assert "Chen Jun" in _page(desk, appeal)
    desk.post(reverse("desk:appeal-withdraw", args=[appeal.pk]), {"reason": "on the telephone"})
    assert _now(appeal).state == AppealState.WITHDRAWN
    assert "on the telephone" in _page(desk, appeal)


@pytest.mark.parametrize("role", ["administrator", "auditor", "bank_officer", "bank_supervisor"])
def test_strangers_see_nothing_and_change_nothing(signed_in: SignedIn, appeal: Appeal, role: str) -> None:
    client = signed_in(create_user("stranger", "a-long-password", Role(role)))
    assert appeal.reference not in client.get(reverse("desk:appeals"), {"show": "all"}).content.decode()
    assert client.get(reverse("desk:appeal", args=[appeal.pk])).status_code == 404
    assert client.get(reverse("desk:appeal-new", args=[appeal.order.pk])).status_code == 404
    for name in ("appeal-review", "appeal-decide", "appeal-release-again", "appeal-withdraw", "appeal-compensation"):
        given = {"decision": "release", "reasons": "x", "reason": "x", "confirmed": "yes"}
        assert client.post(reverse(f"desk:{name}", args=[appeal.pk]), given).status_code in (403, 404)
    for name in ("appeal-new", "order-care", "order-living-costs"):
        given = {"appellant": "x", "statement": "x", "care": "minor", "note": "x", "choice": "release"}
        assert client.post(reverse(f"desk:{name}", args=[appeal.order.pk]), given).status_code in (403, 404)
    assert (_now(appeal).state, Appeal.objects.count(), Order.objects.count()) == (AppealState.RECEIVED, 1, 1)


def test_nobody_who_is_not_signed_in_gets_in(client: Client, appeal: Appeal) -> None:
    for address in (reverse("desk:appeals"), reverse("desk:appeal", args=[appeal.pk])):
        assert client.get(address).status_code == 302


def test_the_clock_of_the_page_is_that_of_the_appeal(judge: Client, appeal: Appeal, desk_clock: SteppedClock) -> None:
    desk_clock.advance_to(appeal.due_at + timedelta(minutes=5))
    assert clock.now() > appeal.due_at
    assert "The decision is overdue." in _page(judge, appeal)
