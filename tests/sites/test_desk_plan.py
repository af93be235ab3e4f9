"""Deciding on a hold plan: nothing leaves before it was confirmed, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk_claims_world import JOINT, MULE, NOON, SECOND, Chase, chased, officer
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accord.capabilities.claims.models import PlanItem
from accord.capabilities.claims.services import decide_item
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.services import approve_plan
from accord.capabilities.people.models import Role, User
from accord.core import clock
from accord.core.clock import SteppedClock

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def noon_at_the_desk() -> Iterator[None]:
    with clock.using(SteppedClock(NOON)):
        yield


@pytest.fixture
def actor() -> User:
    return officer()


@pytest.fixture
def desk(client: Client, actor: User) -> Client:
    client.force_login(actor)
    return client


@pytest.fixture
def chase(actor: User) -> Chase:
    return chased(actor)


def _line(chase: Chase, account: str) -> PlanItem:
    return chase.claim.plan.get(account=account)


def _approve(desk: Client, chase: Chase, *lines: PlanItem, confirmed: bool = True, htmx: bool = False) -> HttpResponse:
    data = {"item": [str(line.pk) for line in lines], **({"confirmed": "yes"} if confirmed else {})}
    headers = {"HX-Request": "true"} if htmx else {}
    return desk.post(reverse("desk:plan-approve", args=[chase.claim.pk]), data, headers=headers)  # type: ignore[return-value]


def _holds(chase: Chase) -> list[Order]:
    return list(Order.objects.filter(claim=chase.claim).exclude(plan_item=None))


def test_the_first_press_only_asks_with_the_totals(desk: Client, chase: Chase) -> None:
    html = _approve(desk, chase, _line(chase, MULE), _line(chase, SECOND), confirmed=False, htmx=True).content.decode()
    assert "Order 2 holds?" in html
    assert "800.00" in html
    assert "<html" not in html
    assert _holds(chase) == []


def test_without_script_the_question_is_a_page(desk: Client, chase: Chase) -> None:
    html = _approve(desk, chase, _line(chase, MULE), confirmed=False).content.decode()
    assert "<html" in html
    assert 'name="confirmed"' in html


def test_confirmed_lines_leave_as_orders(desk: Client, chase: Chase) -> None:
    response = _approve(desk, chase, _line(chase, MULE), _line(chase, SECOND))
    assert response.status_code == 302
    assert sorted((order.account, order.amount, order.state) for order in _holds(chase)) == [
        (MULE, 30_000, "approved"),
        (SECOND, 50_000, "approved"),
    ]
    assert "2 holds are on their way: 800.00 CNY." in desk.get(response["Location"]).content.decode()


def test_a_joint_account_is_flagged_and_asked_about_instead_of_held(desk: Client, chase: Chase) -> None:
    line = _line(chase, JOINT)
    assert line.action == "enquire"
    page = desk.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    assert "Several people use a joint account" in page
    question = _approve(desk, chase, line, confirmed=False, htmx=True).content.decode()
    assert "nothing is held there" in question
    _approve(desk, chase, line)
    assert _holds(chase) == []


def test_an_officer_may_hold_a_flagged_account_with_a_reason(desk: Client, chase: Chase) -> None:
    line = _line(chase, JOINT)
    decide = reverse("desk:plan-decide", args=[line.pk])
    assert desk.post(decide, {"action": "hold", "reason": ""}).status_code == 400
    desk.post(decide, {"action": "hold", "reason": "holder is the gang's bookkeeper"})
    line.refresh_from_db()
    assert (line.action, line.state, line.reason) == ("hold", "proposed", "holder is the gang's bookkeeper")


def test_a_dismissed_line_says_who_and_why(desk: Client, chase: Chase) -> None:
    line = _line(chase, MULE)
    desk.post(reverse("desk:plan-decide", args=[line.pk]), {"action": "dismiss", "reason": "account of a hospital"})
    html = desk.get(reverse("desk:claim", args=[chase.claim.pk])).content.decode()
    assert "account of a hospital" in html
    assert "1 line decided" in html


def test_an_exits_action_is_noted_as_done(desk: Client, chase: Chase) -> None:
    line = _line(chase, "ATM-7")
    assert line.action == "secure_cash"
    desk.post(reverse("desk:plan-done", args=[line.pk]), {"reason": "station 4 told at 12:01"})
    line.refresh_from_db()
    assert (line.state, line.decided_by) == ("done", "li")


def test_a_line_that_somebody_decided_meanwhile_stops_everything(desk: Client, chase: Chase, actor: User) -> None:
    mine, theirs = _line(chase, MULE), _line(chase, SECOND)
    decide_item(officer("wang"), theirs.pk, None, "being talked to")
    response = _approve(desk, chase, mine, theirs)
    assert response.status_code == 409
    html = response.content.decode()
    assert "Nothing was sent." in html
    assert "The plan below is how it stands now." in html
    assert _holds(chase) == []


def test_the_question_too_notices_that_a_line_was_decided(desk: Client, chase: Chase, actor: User) -> None:
    line = _line(chase, SECOND)
    approve_plan(actor, chase.claim.pk, [line.pk])
    assert _approve(desk, chase, line, confirmed=False).status_code == 409


def test_pressing_twice_sends_one_order(desk: Client, chase: Chase) -> None:
    line = _line(chase, SECOND)
    _approve(desk, chase, line)
    assert _approve(desk, chase, line).status_code == 409
    assert len(_holds(chase)) == 1


def test_lines_of_another_claim_are_refused(desk: Client, chase: Chase, actor: User) -> None:
    other = chased(actor)
    assert _approve(desk, chase, _line(other, SECOND)).status_code == 409
    assert _holds(chase) == _holds(other) == []


@pytest.mark.parametrize("items", [[], ["no-uuid"]])
def test_a_choice_that_is_none_is_refused(desk: Client, chase: Chase, items: list[str]) -> None:
    response = desk.post(reverse("desk:plan-approve", args=[chase.claim.pk]), {"item": items, "confirmed": "yes"})
    assert response.status_code == 400


def test_a_decision_that_is_none_is_refused(desk: Client, chase: Chase) -> None:
    line = _line(chase, MULE)
    assert desk.post(reverse("desk:plan-decide", args=[line.pk]), {"action": "seize", "reason": "x"}).status_code == 400


def test_only_posts_decide(desk: Client, chase: Chase) -> None:
    line = _line(chase, MULE)
    for address in (reverse("desk:plan-approve", args=[chase.claim.pk]), reverse("desk:plan-decide", args=[line.pk])):
        assert desk.get(address).status_code == 405


def test_a_decision_needs_the_forms_token(chase: Chase, actor: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(actor)
    response = _approve(strict, chase, _line(chase, MULE))
    assert response.status_code == 403
    assert _holds(chase) == []


def test_an_administrator_decides_nothing(client: Client, chase: Chase) -> None:
    client.force_login(officer("root", Role.ADMINISTRATOR))
    line = _line(chase, MULE)
    assert client.post(reverse("desk:plan-decide", args=[line.pk]), {"action": "dismiss", "reason": "x"}).status_code == 403
    assert _approve(client, chase, line).status_code == 403
