"""What was held abroad is lifted: by an appeal against the order that asked for it, and by a return that is decided there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from federation_kit.one_store_border import A, B, Border, terms
from small_world import VICTIM, SmallWorld, at, call_of

from accord.capabilities.exchange.agreements.terms import AccountDetail
from accord.capabilities.exchange.crossborder.services.orders import foreign_orders
from accord.capabilities.exchange.models import ForeignOrder, ForeignOrderState
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Appeal, AppealDecision, AppealState, Order
from accord.capabilities.orders.remedies.services import appeals, payouts, restitutions
from accord.capabilities.orders.remedies.services.appeals import AppealFacts
from accord.capabilities.orders.remedies.services.restitutions import ClaimantFacts
from accord.capabilities.people.models import Role, User
from accord.capabilities.people.services import create_user
from accord.core.clock import SteppedClock

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def border(day: SteppedClock, tmp_path: Path) -> Iterator[Border]:
    day.advance_to(at(10))
    world = SmallWorld(openings={VICTIM: 5_000})
    world.pay("T0", 0, VICTIM, "b-1", 1_000)
    world.pay("T1", 5, "b-1", "c-1", 400)
    with closing(world.banks(tmp_path)) as banks:
        yield Border(banks, terms(account_detail=AccountDetail.BANK))


@pytest.fixture
def held_abroad(border: Border, officer: User) -> Order:
    """6.00 are held at TH-AOC for an order of CN-ASC, and an officer there has confirmed it."""
    with border.at(A):
        order = orders.respond_to_call(officer, call_of(payee="b-1")).order
    border.settle()
    with border.at(B):
        foreign_orders.confirm(officer, order.pk)
    border.settle()
    order.refresh_from_db()
    assert (order.held, border.kept_by_banks()) == (600, 600)
    return order


@pytest.mark.parametrize("amount", [None, 150], ids=["in full", "in part"])
def test_an_appeal_against_the_order_that_asked_reaches_the_bank_abroad(
    border: Border, held_abroad: Order, amount: int | None
) -> None:
    judge = create_user("judge", "a-long-password", Role.SUPERVISOR, "Judge Bao")
    with border.at(A):
        facts = AppealFacts("Somchai", "This is my salary.", "", "en")
        appeal = appeals.receive_public(held_abroad.reference, held_abroad.holder_code, facts)
        decision = AppealDecision.RELEASE if amount is None else AppealDecision.RELEASE_PARTLY
        appeals.decide(judge, appeal.pk, decision, amount, "It is.")
    border.settle()
    held_abroad.refresh_from_db()
    left = 0 if amount is None else 600 - amount
    assert border.kept_by_banks() == left
    assert held_abroad.state == (State.HELD_PARTLY if left else State.RELEASED)
    assert Appeal.objects.get().state == AppealState.CLOSED, "the bank's confirmation has come all the way back"
    foreign = ForeignOrder.objects.get(pk=held_abroad.pk)
    assert (foreign.state, foreign.held) == ((ForeignOrderState.ANSWERED if left else ForeignOrderState.ENDED), left)


def test_what_the_holders_centre_returns_is_told_to_the_victims_centre(
    border: Border, officer: User, supervisor: User, held_abroad: Order, day: SteppedClock
) -> None:
    """The partner's centre prepares a return of its own, and decides it under its own law."""
    own = Order.objects.exclude(claim__origin="").get(kind__in=("hold", "stop_payment"))
    with border.at(B):
        restitution = restitutions.prepare(officer, [(own.pk, 600)], "stated", "decision of CN-ASC, 12/2026")
        claimant = ClaimantFacts(
            "other", "Victim at CN-ASC", 600, "BANKV", VICTIM, ground="request of CN-ASC's people", stated=600
        )
        restitutions.add_claimant(officer, restitution.pk, claimant)
        restitutions.give_notice(officer, restitution.pk, "It goes back to its owner.", 1)
    day.advance_to(day.now() + timedelta(days=1))
    with border.at(B):
        payouts.decide(supervisor, restitution.pk, "Traced to the unit.")
    border.settle()
    held_abroad.refresh_from_db()
    assert (held_abroad.state, held_abroad.reason) == (State.LAPSED, "returned")
    assert border.said(B, "order_news")[-1]["why"] == "returned"
    own.refresh_from_db()
    assert own.state == State.RETURNED
