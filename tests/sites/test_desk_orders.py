"""The list of orders, one order as a lawyer reads it, and its release."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from desk_claims_world import MULE, NOON, SECOND, Chase, chased, held, officer
from django.test import Client
from django.urls import reverse

from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import TABLES, State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.services import approve_plan
from accord.capabilities.people.models import Role, User
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.sites.desk.presenters.life_cycle_picture import life_cycle_picture

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def desk_clock() -> Iterator[SteppedClock]:
    stepped = SteppedClock(NOON)
    with clock.using(stepped):
        yield stepped


@pytest.fixture
def actor() -> User:
    return officer()


@pytest.fixture
def desk(client: Client, actor: User) -> Client:
    client.force_login(actor)
    return client


@pytest.fixture
def chase(actor: User) -> Chase:
    """A first hold that was refused and so led to a recall; a hold of 500.00 at NEXTBANK, one of 300.00 on its way."""
    chase = chased(actor)
    lines = {line.account: line.pk for line in chase.claim.plan.all()}
    orders = approve_plan(actor, chase.claim.pk, [lines[SECOND], lines[MULE]])
    held(next(order for order in orders if order.account == SECOND), 50_000)
    return chase


def _held(chase: Chase) -> Order:
    return Order.objects.get(claim=chase.claim, account=SECOND)


def _listed(desk: Client, **query: str) -> set[str]:
    html = desk.get(reverse("desk:orders"), query).content.decode()
    return set(re.findall(r">(O-[0-9A-Z-]+)</a>", html))


def test_the_list_shows_every_order(desk: Client, chase: Chase) -> None:
    assert _listed(desk) == {order.reference for order in Order.objects.all()}
    assert len(_listed(desk)) == 4


def test_the_list_narrows_by_state_bank_and_text(desk: Client, chase: Chase) -> None:
    order = _held(chase)
    assert _listed(desk, state="held") == {order.reference}
    assert _listed(desk, bank="NEXTBANK") == {order.reference}
    assert _listed(desk, q=order.reference.lower()) == {order.reference}
    assert _listed(desk, q=SECOND) == {order.reference}
    assert len(_listed(desk, q=chase.claim.reference)) == 4
    assert _listed(desk, q="nothing like it") == set()
    assert _listed(desk, q=chase.claim.reference, state="refused") == {chase.first.reference}


def test_the_list_narrows_to_orders_that_a_bank_owes_an_answer_to(desk: Client, chase: Chase, desk_clock: SteppedClock) -> None:
    assert _listed(desk, clock="overdue") == set()
    desk_clock.advance_to(NOON + timedelta(minutes=16))
    assert _listed(desk, clock="overdue") == {order.reference for order in Order.objects.filter(state="approved")}
    assert len(_listed(desk, clock="overdue")) == 2


def test_the_list_narrows_to_holds_that_lapse_soon(desk: Client, chase: Chase, desk_clock: SteppedClock) -> None:
    assert _listed(desk, clock="expiring") == set()
    desk_clock.advance_to(_held(chase).until - timedelta(hours=5))
    assert _listed(desk, clock="expiring") == {_held(chase).reference}


def test_the_list_is_exported_as_chosen(desk: Client, chase: Chase) -> None:
    text = desk.get(reverse("desk:orders-export"), {"state": "held"}).content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["reference"] == _held(chase).reference
    assert (row["limit"], row["held"], row["currency"]) == ("500.00", "500.00", "CNY")
    assert row["claim"] == chase.claim.reference


def test_an_order_shows_what_it_stands_on(desk: Client, chase: Chase) -> None:
    html = desk.get(reverse("desk:order", args=[_held(chase).pk])).content.decode()
    for text in (
        "Yinfa [2016] 86",
        "source checked",
        "Public security organ",
        "First in, first out",
        f"T3-{chase.claim.reference}",
    ):
        assert text in html
    assert str(_held(chase).pk) in html


def test_a_refusal_is_told_in_words(desk: Client, chase: Chase) -> None:
    html = desk.get(reverse("desk:order", args=[chase.first.pk])).content.decode()
    assert "The bank finds no such transfer." in html
    assert "not found by these facts" in html


def test_trouble_on_the_line_is_shown_with_the_next_try(desk: Client, chase: Chase) -> None:
    order = Order.objects.get(claim=chase.claim, account=MULE, state="approved")
    Order.objects.filter(pk=order.pk).update(last_error="line to MULEBANK is down", attempts=3)
    html = desk.get(reverse("desk:order", args=[order.pk])).content.decode()
    assert "line to MULEBANK is down" in html
    assert "tried 3 times" in html


def test_an_order_whose_answer_could_not_be_used_is_sent_again(desk: Client, chase: Chase) -> None:
    order = Order.objects.get(claim=chase.claim, account=MULE, state="approved")
    page, again = (reverse(name, args=[order.pk]) for name in ("desk:order", "desk:order-send-again"))
    assert "Send again" not in desk.get(page).content.decode()
    assert desk.post(again).status_code == 409
    Order.objects.filter(pk=order.pk).update(state="sent", last_error="MULEBANK says it holds -1", next_attempt_at=None)
    html = desk.get(page).content.decode()
    assert "MULEBANK says it holds -1" in html
    assert "Send again" in html
    assert desk.post(again).status_code == 302
    order.refresh_from_db()
    assert order.next_attempt_at is not None
    assert "Send again" not in desk.get(page).content.decode()


def test_an_administrator_sees_no_order(client: Client, chase: Chase) -> None:
    client.force_login(officer("root", Role.ADMINISTRATOR))
    assert client.get(reverse("desk:order", args=[_held(chase).pk])).status_code == 404
    assert _listed(client) == set()
    assert client.get(reverse("desk:orders-export")).status_code == 403


@pytest.mark.parametrize("kind", list(OrderKind), ids=str)
def test_the_picture_of_an_orders_life_has_every_step_of_the_table(chase: Chase, kind: OrderKind) -> None:
    order = _held(chase)
    order.kind = kind
    picture = life_cycle_picture(order)
    steps = {(step.state, step.next) for step in TABLES[kind].values() if step.state != step.next}
    assert len(picture.steps) == len(steps - {(State.HELD, State.HELD_PARTLY)})
    assert all(step.x1 < step.x2 for step in picture.steps)
    assert {box.state for box in picture.boxes} == {state for step in steps for state in step}
    places = [(box.x, box.y) for box in picture.boxes]
    assert len(set(places)) == len(places)


def test_the_picture_shows_where_the_order_has_been(chase: Chase) -> None:
    picture = life_cycle_picture(_held(chase))
    assert [box.state for box in picture.reached] == ["draft", "approved", "sent", "held"]
    assert [box.state for box in picture.boxes if box.current] == ["held"]
