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
from accord.capabilities.exchange.models import ForeignOrder, ForeignOrderState, SentOrder
from accord.capabilities.exchange.queries import partners
from accord.capabilities.exchange.terms import AccountDetail
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import User
from accord.core.clock import SteppedClock

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
