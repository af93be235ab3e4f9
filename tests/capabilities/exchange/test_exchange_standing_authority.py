"""What leaves for a bank without a person: only under an authority that somebody verified, and only until it is confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from federation_kit import one_store_border
from federation_kit.one_store_border import B, Border, asking_people_first, terms
from federation_kit.terms import in_force_at, with_party
from small_world import VICTIM, SmallWorld, at, call_of

from accord.capabilities.claims.models import PlanItem
from accord.capabilities.exchange.agreements.standing_authority import orders_alone
from accord.capabilities.exchange.agreements.terms import AccountDetail, AgreementTerms, Informs
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.queries import orders as queries
from accord.capabilities.exchange.crossborder.services.orders import foreign_orders
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Agreement, ForeignOrder, ForeignOrderState, Partner, SentOrder
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import AuditEntry, User
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.wording import read

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def by_bank(**changes: Any) -> AgreementTerms:
    return terms(account_detail=AccountDetail.BANK, **changes)


@pytest.fixture
def border(day: SteppedClock, tmp_path: Path) -> Iterator[Border]:
    """v-1 pays 10.00 to b-1 abroad at noon; it is 12:10."""
    day.advance_to(at(10))
    world = SmallWorld(openings={VICTIM: 5_000}, kinds={"c-1": "joint"})
    world.pay("T0", 0, VICTIM, "b-1", 1_000)
    world.pay("T1", 1, "b-1", "c-1", 300)
    with closing(world.banks(tmp_path)) as banks:
        yield Border(banks, by_bank())


def called(border: Border, officer: User) -> Order:
    with border.at("CN-ASC"):
        order = orders.respond_to_call(officer, call_of(payee="b-1")).order
    border.settle()
    order.refresh_from_db()
    return order


def foreign() -> ForeignOrder:
    return ForeignOrder.objects.get()


AUTHORITY = {
    "nothing automatic is agreed": {"automatic": (MessageKind.ENQUIRY,)},
    "nobody verified the authority": {"standing_authority_verified": False},
}


@pytest.mark.parametrize("changes", AUTHORITY.values(), ids=AUTHORITY)
def test_without_a_verified_standing_authority_an_officer_decides(
    border: Border, officer: User, changes: dict[str, Any]
) -> None:
    border.agree(with_party(by_bank(), B, **changes))
    order = called(border, officer)
    assert (order.state, foreign().state, foreign().automatic) == (State.ACKNOWLEDGED, ForeignOrderState.PROPOSED, False)
    assert SentOrder.objects.get().waits_for == "officer"
    assert not Order.objects.exclude(claim__origin="").exists()
    assert border.kept_by_banks() == 0


@pytest.mark.parametrize(
    "changes",
    [{"standing_authority": " "}, {"standing_authority_verified": False}, {"automatic": (MessageKind.ENQUIRY,)}],
    ids=lambda changes: next(iter(changes)),
)
def test_whatever_is_missing_nothing_is_done_alone(border: Border, changes: dict[str, Any]) -> None:
    regime = (OrderKind.HOLD,)
    with border.at(B):
        assert orders_alone(in_force_at(B, by_bank()), regime) is not None
        assert orders_alone(in_force_at(B, with_party(by_bank(), B, **changes)), regime) is None
        assert orders_alone(in_force_at(B, by_bank()), (OrderKind.FREEZE,)) is None, "Thailand's rule for it is not verified"


@pytest.mark.parametrize("side", ["ask_first_here", "ask_first_there"])
def test_either_side_may_want_to_be_asked_first(border: Border, officer: User, side: str) -> None:
    Agreement.objects.update(**{side: True})
    called(border, officer)
    assert foreign().state == ForeignOrderState.PROPOSED


def test_an_unchecked_rule_of_law_lets_nothing_leave_alone(border: Border, officer: User, monkeypatch: Any) -> None:
    """Singapore's rule for holds is not verified here: whatever was agreed, two people must agree."""
    monkeypatch.setitem(one_store_border.COUNTRY, B, "SG")
    called(border, officer)
    assert foreign().state == ForeignOrderState.PROPOSED


class TestDecided:
    @pytest.fixture
    def order(self, border: Border, officer: User) -> Order:
        border.agree(asking_people_first(by_bank()))
        return called(border, officer)

    def test_let_through_it_is_an_order_of_the_officer(self, border: Border, officer: User, order: Order) -> None:
        with border.at(B):
            foreign_orders.decide(officer, order.pk, True, "a clear case")
        border.settle()
        order.refresh_from_db()
        own = Order.objects.exclude(claim__origin="").get(kind="hold")
        assert (own.approved_by, own.approval, own.held) == (officer, "one_officer", 700)
        assert (order.state, order.held) == (State.HELD_PARTLY, 700)
        assert (foreign().automatic, foreign().confirm_by, foreign().decided_by) == (False, None, "officer")

    def test_refused_with_a_ground_of_the_agreement(self, border: Border, officer: User, order: Order) -> None:
        with border.at(B), pytest.raises(BadInput, match="grounds of refusal"):
            foreign_orders.decide(officer, order.pk, False, "no", ground="because")
        with border.at(B):
            foreign_orders.decide(officer, order.pk, False, "the holder is a journalist", ground="political")
        border.settle()
        order.refresh_from_db()
        assert (order.state, order.refusal) == (State.REFUSED, "legal_review")
        assert order.reason == "political: the holder is a journalist"
        with border.at(B), pytest.raises(Conflict, match="decided already, by officer"):
            foreign_orders.decide(officer, order.pk, True, "after all")

    def test_two_people_where_the_law_there_asks_for_two(
        self, border: Border, officer: User, colleague: User, order: Order, monkeypatch: Any
    ) -> None:
        monkeypatch.setitem(one_store_border.COUNTRY, B, "SG")
        with border.at(B):
            foreign_orders.decide(officer, order.pk, True, "a clear case")
        border.settle()
        own = Order.objects.exclude(claim__origin="").get()
        assert (own.state, SentOrder.objects.get().waits_for) == (State.DRAFT, "second_officer")
        assert border.kept_by_banks() == 0
        with border.at(B):
            orders.approve(colleague, [own.pk])
        border.settle()
        order.refresh_from_db()
        assert (order.state, order.held, SentOrder.objects.get().waits_for) == (State.HELD_PARTLY, 700, "")

    def test_discarded_by_the_second_person(
        self, border: Border, officer: User, colleague: User, order: Order, monkeypatch: Any
    ) -> None:
        monkeypatch.setitem(one_store_border.COUNTRY, B, "SG")
        with border.at(B):
            foreign_orders.decide(officer, order.pk, True, "a clear case")
            orders.discard(colleague, Order.objects.exclude(claim__origin="").get().pk, "not clear at all")
        border.settle()
        order.refresh_from_db()
        assert (order.state, order.refusal) == (State.REFUSED, "legal_review")

    def test_only_by_who_may_draft_orders_and_seen_only_by_who_works_with_partners(
        self, border: Border, administrator: User, liaison: User, officer: User, order: Order
    ) -> None:
        for nobody in (administrator, liaison):
            with border.at(B), pytest.raises(NotAllowed):
                foreign_orders.decide(nobody, order.pk, True, "let me")
        assert list(queries.waiting(officer)) == list(queries.waiting(liaison)) == [foreign()]
        assert not queries.waiting(administrator)
        assert not queries.foreign_orders(administrator)
        assert queries.sent_order(administrator, order.pk) is None
        assert queries.asked_for_by(administrator, [order.pk]) == {}
        with pytest.raises(NotFound):
            queries.foreign_order(administrator, order.pk)
        with pytest.raises(BadInput, match="give the reason"), border.at(B):
            foreign_orders.decide(officer, order.pk, True, " ")


class TestConfirmed:
    def test_it_lapses_unless_somebody_confirms_it_in_time(self, border: Border, officer: User, day: SteppedClock) -> None:
        order = called(border, officer)
        assert (order.held, border.kept_by_banks()) == (700, 700)
        assert foreign().confirm_by == at(10) + timedelta(hours=24)
        day.advance_to(at(10) + timedelta(hours=24, seconds=-1))
        border.settle()
        assert border.kept_by_banks() == 700
        day.advance_to(at(10) + timedelta(hours=24))
        border.settle()
        order.refresh_from_db()
        assert (order.state, order.reason, border.kept_by_banks()) == (State.LAPSED, "lapsed", 0)
        assert foreign().state == ForeignOrderState.ENDED
        with border.at(B), pytest.raises(Conflict, match="nothing to confirm"):
            foreign_orders.confirm(officer, order.pk)
        assert AuditEntry.objects.filter(action="foreign order lapsed").count() == 1
        release = Order.objects.get(kind="release")
        assert read(release.grounds) == Msg.NOBODY_CONFIRMED_HOLD.with_()
        assert message_of(release).grounds == "nobody confirmed the automatic hold in time"
        under = AuditEntry.objects.filter(action="order approved under standing authority", object_id=str(release.pk)).get()
        assert read(under.details["authority"]) == Msg.NOT_CONFIRMED_ASKED_FOR_BY.with_(partner="CN-ASC")

    def test_confirmed_it_lasts_and_is_the_officers(self, border: Border, officer: User, day: SteppedClock) -> None:
        order = called(border, officer)
        assert list(queries.waiting(officer)) == [foreign()]
        with border.at(B):
            foreign_orders.confirm(officer, order.pk)
        border.settle()
        assert not queries.waiting(officer)
        sent = SentOrder.objects.get()
        assert (sent.automatic, sent.confirm_by, sent.version) == (False, None, 1)
        own = Order.objects.exclude(claim__origin="").get(kind="hold")
        assert (own.approved_by, own.approval) == (officer, "standing")
        day.advance_to(at(10) + timedelta(hours=30))
        border.settle()
        assert border.kept_by_banks() == 700
        with border.at(B), pytest.raises(Conflict, match="nothing to confirm"):
            foreign_orders.confirm(officer, order.pk)

    def test_the_agreements_hours_never_reach_beyond_the_law(self, border: Border, officer: User) -> None:
        border.agree(with_party(by_bank(), B, confirm_hours=1_000))
        called(border, officer)
        assert foreign().confirm_by == at(10) + timedelta(hours=72)


class TestAskFirst:
    """A joint account: nothing leaves alone, an officer may hold it all the same."""

    def test_an_account_where_people_are_asked_first_is_held_by_an_officer_only(self, border: Border, officer: User) -> None:
        claim = border.traced(officer)
        with border.at("CN-ASC"):
            line = PlanItem.objects.get(claim=claim, account="bank:BANKC:CNY")
            (order,) = orders.approve_plan(officer, claim.pk, [line.pk])
        border.settle()
        assert foreign().state == ForeignOrderState.PROPOSED
        with border.at(B):
            foreign_orders.decide(officer, order.pk, True, "both holders are suspects")
        border.settle()
        order.refresh_from_db()
        assert (order.state, order.held, border.kept_by_banks()) == (State.HELD, 300, 300)


@pytest.mark.parametrize("informs", list(Informs), ids=str)
def test_who_informs_the_holder_is_as_agreed(border: Border, officer: User, informs: Informs) -> None:
    border.agree(by_bank(informs_holder=informs))
    called(border, officer)
    own = Order.objects.exclude(claim__origin="").get()
    if informs is Informs.REQUESTER:
        assert (own.tell_from, bool(own.delay_reason)) == (clock.now() + timedelta(days=30), True)
    else:
        assert own.tell_from is None, "as the law there says, or because CN-ASC lets the holder know at once"


def test_the_partners_clock_is_a_day_off(border: Border, officer: User, day: SteppedClock) -> None:
    """TH-AOC's clock is right; CN-ASC's was measured to be a day ahead, so what it asks for ends a day earlier here."""
    ahead = 24 * 3600 * 1_000_000
    Partner.objects.filter(code="CN-ASC").update(skew_micros=ahead)
    Partner.objects.filter(code=B).update(skew_micros=-ahead)
    order = called(border, officer)
    own = Order.objects.exclude(claim__origin="").get()
    assert order.until == at(10) + timedelta(hours=48), "as CN-ASC's clock has it"
    assert own.until == at(10) + timedelta(hours=24)
