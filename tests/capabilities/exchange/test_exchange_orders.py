"""Holds across the border: asked like a bank, ordered by the other centre under its own law, told to their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from across_a_border import Border, terms
from small_world import VICTIM, SmallWorld, at, call_of

from accord.capabilities.claims import territory
from accord.capabilities.claims.models import PlanItem
from accord.capabilities.claims.ports import AccountStanding, EnquiryAnswer, TransferLeg
from accord.capabilities.exchange.models import Alarm, ForeignOrder, ForeignOrderState, SentOrder
from accord.capabilities.exchange.queries import partners
from accord.capabilities.exchange.terms import AccountDetail
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import OrderAnswer
from accord.capabilities.people.models import User
from accord.core.clock import SteppedClock
from accord.engine.tracing.model import Parcel

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def foreign_territory() -> Iterator[None]:
    territory.connect(partners.partner_of)
    yield
    territory.connect(None)


@pytest.fixture
def border(day: SteppedClock, tmp_path: Path) -> Iterator[Border]:
    """v-1 pays 10.00 to b-1 abroad at noon, which passes 4.00 on to c-1 at 12:05; it is 12:10."""
    day.advance_to(at(10))
    world = SmallWorld(openings={VICTIM: 5_000})
    world.pay("T0", 0, VICTIM, "b-1", 1_000)
    world.pay("T1", 5, "b-1", "c-1", 400)
    with closing(world.banks(tmp_path)) as banks:
        yield Border(banks, terms(account_detail=AccountDetail.BANK))


def called(border: Border, officer: User, **facts: Any) -> Order:
    """The victim calls at CN-ASC, and everything runs its course on both sides."""
    with border.at("CN-ASC"):
        order = orders.respond_to_call(officer, call_of(payee="b-1", **facts)).order
    border.settle()
    order.refresh_from_db()
    return order


def fresh(placed: list[Order]) -> list[Order]:
    return list(Order.objects.filter(pk__in=[order.pk for order in placed]))


class TestFirstOrder:
    def test_the_other_centre_holds_under_its_own_law_and_says_what_it_holds(self, border: Border, officer: User) -> None:
        order = called(border, officer)
        assert (order.state, order.held, order.transfer) == (State.HELD_PARTLY, 600, "T0")
        foreign = ForeignOrder.objects.get()
        assert (foreign.pk, foreign.state, foreign.held, foreign.automatic) == (order.pk, ForeignOrderState.ANSWERED, 600, True)
        own = Order.objects.get(claim=foreign.claim)
        assert (own.institution, own.account, own.held, own.regime) == ("BANKB", "b-1", 600, "TH")
        assert (own.approval, own.approved_by, own.drafted_by) == ("standing", None, None)
        assert own.until <= order.until
        assert border.kept_by_banks() == 600
        sent = SentOrder.objects.get()
        assert (sent.partner_id, sent.automatic, sent.confirm_by) == ("TH-AOC", True, foreign.confirm_by)

    def test_a_payment_that_is_not_found_there_is_refused_and_asked_of_the_payers_bank(
        self, border: Border, officer: User
    ) -> None:
        order = called(border, officer, amount=777)
        assert (order.state, order.refusal, order.transfer) == (State.REFUSED, "no_such_transfer", "")
        assert ForeignOrder.objects.get().state == ForeignOrderState.REFUSED
        assert border.kept_by_banks() == 0

    def test_a_payment_that_did_not_come_from_the_asker_is_none_of_its_business(self, border: Border, officer: User) -> None:
        """A bank that does not look where a payment came from finds one of its own country's: nothing stays held, and the
        asker is told in the words of a payment that was not found."""
        with border.at("CN-ASC"):
            order = orders.respond_to_call(officer, call_of(400, payee="c-1", about_when=at(5))).order
            border.send(order)
        border.carry()
        (own,) = Order.objects.exclude(claim__origin="")
        with border.at("TH-AOC"):
            orders.mark_sent([own])
            leg = TransferLeg("T1", "b-1", "BANKB", "c-1", "BANKC", at(5), 400, "CNY", ((0, 400),))
            stands = AccountStanding("c-1", 400, "CNY", parcels=(Parcel("T1", 0, 400),))
            told = EnquiryAnswer(at(10), (leg,), (stands,), (), ())
            orders.answered(own.pk, OrderAnswer(at(10), 400, transfer="T1", followed=told))
        border.settle()
        order.refresh_from_db()
        assert (order.state, order.refusal, order.transfer, order.reason) == (State.REFUSED, "no_such_transfer", "", "")
        assert Order.objects.filter(target=own, kind="release").exists(), "given back at once"
        (said,) = border.said("TH-AOC", "order_answer")
        assert {"refusal", "order_id", "answered_at"} == {name for name, value in said.items() if value}
        assert Alarm.objects.get().what == "probing"


class TestTraced:
    def test_a_place_that_the_answer_named_is_held_once(self, border: Border, officer: User) -> None:
        claim = border.traced(officer)
        with border.at("CN-ASC"):
            lines = PlanItem.objects.filter(claim=claim)
            assert {(line.institution, line.account, line.amount) for line in lines} == {
                ("BANKB", "bank:BANKB:CNY", 600),
                ("BANKC", "bank:BANKC:CNY", 400),
            }
            placed = orders.approve_plan(officer, claim.pk, [line.pk for line in lines])
        border.settle()
        assert {(order.institution, order.state, order.held) for order in fresh(placed)} == {
            ("BANKB", State.HELD, 600),
            ("BANKC", State.HELD, 400),
        }
        assert border.kept_by_banks() == 1_000
        border.settle()
        assert Order.objects.exclude(claim__origin="").count() == 2

    def test_no_more_than_was_asked_for(self, border: Border, officer: User) -> None:
        claim = border.traced(officer, amount=250)
        with border.at("CN-ASC"):
            lines = [line.pk for line in PlanItem.objects.filter(claim=claim)]
            orders.approve_plan(officer, claim.pk, lines)
        border.settle()
        assert border.kept_by_banks() == 250
