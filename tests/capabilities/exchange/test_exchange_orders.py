"""Holds across the border: asked like a bank, ordered by the other centre under its own law, told to their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from federation_kit.one_store_border import Border, asking_people_first, terms
from small_world import VICTIM, SmallWorld, at, call_of

from accord.capabilities.claims.models import Claim, ClaimTransfer, PlanItem
from accord.capabilities.claims.ports import AccountStanding, EnquiryAnswer, TransferLeg
from accord.capabilities.exchange.agreements.terms import AccountDetail
from accord.capabilities.exchange.crossborder.services.orders import foreign_orders
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.messages import OrderBody, WireCredit
from accord.capabilities.exchange.models import (
    Alarm,
    ForeignEnquiry,
    ForeignOrder,
    ForeignOrderState,
    Incoming,
    OwnCase,
    Partner,
    SentOrder,
)
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import OrderAnswer
from accord.capabilities.orders.regime import KindRule
from accord.capabilities.orders.rules import rule_of
from accord.capabilities.people.models import User
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import Conflict
from accord.core.object_ids import new_id
from accord.engine.tracing.model import Parcel

pytestmark = [pytest.mark.database, pytest.mark.django_db]


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
    found = {order.pk: order for order in Order.objects.all()}
    return [found[order.pk] for order in placed]


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

    @pytest.mark.parametrize(
        ("detail", "place"),
        [
            (AccountDetail.BANK, ("BANKB", "bank:BANKB:CNY")),
            (AccountDetail.TOTAL, ("TH-AOC", "total:CNY")),
        ],
    )
    def test_the_place_is_named_as_the_agreement_lets_answers_name_places(
        self, border: Border, officer: User, detail: AccountDetail, place: tuple[str, str]
    ) -> None:
        border.agree(terms(account_detail=detail))
        order = called(border, officer, amount=980)
        assert (order.institution, order.account, order.held) == (*place, 600)
        start = ClaimTransfer.objects.get(claim=order.claim)
        assert (start.institution, start.transfer, start.amount) == ("BANKB", "T0", 1_000), "the chase asks about the bank"
        told = [{**answer, "order_id": ""} for answer in border.said("TH-AOC", "order_answer")]  # any id may have these letters
        assert "b-1" not in str(told)

    def test_a_payment_that_is_not_found_there_is_refused_and_asked_of_the_payers_bank(
        self, border: Border, officer: User
    ) -> None:
        order = called(border, officer, amount=777)
        assert (order.state, order.refusal, order.transfer) == (State.REFUSED, "no_such_transfer", "")
        assert ForeignOrder.objects.get().state == ForeignOrderState.REFUSED
        assert border.kept_by_banks() == 0

    def test_a_recall_that_came_too_late_leads_to_a_hold_abroad(self, border: Border, officer: User) -> None:
        """Nobody knew which bank received it; the payer's bank says so, and names the transfer."""
        recall = called(border, officer, payee_bank="")
        assert (recall.kind, recall.state, recall.refusal) == ("recall", State.REFUSED, "already_settled")
        order = Order.objects.get(claim=recall.claim, kind="stop_payment")
        assert (order.state, order.held, order.transfer) == (State.HELD_PARTLY, 600, "T0")
        (own,) = Order.objects.exclude(claim__origin="")
        assert (own.institution, own.account, own.held) == ("BANKB", "b-1", 600)

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


def hold_all(border: Border, officer: User, amount: int = 1_000) -> list[Order]:
    """What was traced at TH-AOC is on hold there, by two orders of CN-ASC: 6.00 at BANKB, 4.00 at BANKC."""
    claim = border.traced(officer, amount)
    with border.at("CN-ASC"):
        orders.approve_plan(officer, claim.pk, [line.pk for line in PlanItem.objects.filter(claim=claim)])
    border.settle()
    return list(Order.objects.filter(claim=claim).order_by("institution"))


def confirmed(border: Border, officer: User) -> None:
    """An officer of TH-AOC stands by every automatic hold."""
    with border.at("TH-AOC"):
        for foreign in ForeignOrder.objects.filter(automatic=True):
            foreign_orders.confirm(officer, foreign.pk)
    border.settle()


def current_rule_of(border: Border, own: Order) -> KindRule:
    with border.at("TH-AOC"):
        return rule_of(own)


class TestRelease:
    def test_released_at_once_and_told_once(self, border: Border, officer: User, supervisor: User) -> None:
        at_b, at_c = hold_all(border, officer)
        with border.at("CN-ASC"):
            release = orders.ask_release(supervisor, at_b.pk, "the victim was paid back")
        border.settle()
        assert [order.state for order in fresh([at_b, at_c])] == [State.RELEASED, State.HELD]
        release.refresh_from_db()
        assert (release.state, release.held) == (State.DONE, 600)
        assert border.kept_by_banks() == 400
        assert ForeignOrder.objects.get(pk=at_b.pk).state == ForeignOrderState.ENDED
        assert not ForeignOrder.objects.exclude(next_attempt_at=None).exists(), "nothing is left to look at"

    def test_in_part(self, border: Border, officer: User, supervisor: User) -> None:
        at_b, _ = hold_all(border, officer)
        with border.at("CN-ASC"):
            orders.ask_release(supervisor, at_b.pk, "part of it was hers", 150)
        border.settle()
        (order,) = fresh([at_b])
        assert (order.state, order.held) == (State.HELD_PARTLY, 450)
        assert border.kept_by_banks() == 850

    def test_before_anything_was_held_the_request_is_withdrawn(self, border: Border, officer: User, supervisor: User) -> None:
        border.agree(asking_people_first(terms()))
        order = called(border, officer)
        assert (order.state, SentOrder.objects.get().waits_for) == (State.ACKNOWLEDGED, "officer")
        with border.at("CN-ASC"):
            orders.ask_release(supervisor, order.pk, "it was a mistake")
        border.settle()
        assert fresh([order])[0].state == State.RELEASED
        foreign = ForeignOrder.objects.get(pk=order.pk)
        assert foreign.state == ForeignOrderState.ENDED
        with border.at("TH-AOC"), pytest.raises(Conflict, match="decided already"):
            foreign_orders.decide(officer, foreign.pk, True, "too late")

    def test_of_an_order_of_another_partner_nothing_is_released(self, border: Border, officer: User) -> None:
        at_b, _ = hold_all(border, officer)
        Partner.objects.create(code="XX-ASC", name="XX", jurisdiction="XX", card={}, added_at=at(0), state="confirmed")
        foreign = ForeignOrder.objects.get(pk=at_b.pk)
        body = OrderBody(
            order_id=new_id(), reference="O", case="c", offence="fraud", kind="release", rule="fifo",
            until=at(600), target=at_b.pk, amount=600, currency="CNY",
        )  # fmt: skip
        message = Incoming(id=body.order_id, partner_id="XX-ASC", agreement=foreign.agreement, label=foreign.label)
        with border.at("TH-AOC"), pytest.raises(Refused):
            foreign_orders.receive_order(message, body)
        assert border.kept_by_banks() == 1_000


class TestRenewal:
    def test_prolonged_by_the_other_centres_own_rule_and_never_beyond_what_was_asked(
        self, border: Border, officer: User, day: SteppedClock
    ) -> None:
        at_b, _ = hold_all(border, officer)
        confirmed(border, officer)
        day.advance_to(at(60 * 40))
        with border.at("CN-ASC"):
            renewal = orders.renew(officer, at_b.pk, "the court needs a day more")
        border.settle()
        (order,) = fresh([at_b])
        renewal.refresh_from_db()
        own = Order.objects.get(claim__origin="CN-ASC", institution="BANKB", kind="hold")
        assert (renewal.state, order.renewals, own.renewals) == (State.DONE, 1, 1)
        assert order.until == own.until == renewal.until
        assert border.said("TH-AOC", "order_news")[-1]["why"] == "until"

    def test_refused_where_the_other_centres_rule_allows_no_more(
        self, border: Border, officer: User, day: SteppedClock
    ) -> None:
        """Thailand's rule allows one renewal of a hold, China's one of a stop payment: the second is refused by whoever is
        asked for it."""
        at_b, _ = hold_all(border, officer)
        confirmed(border, officer)
        day.advance_to(at(60 * 40))
        own = Order.objects.get(claim__origin="CN-ASC", institution="BANKB", kind="hold")
        Order.objects.filter(pk=own.pk).update(renewals=current_rule_of(border, own).renewals)
        with border.at("CN-ASC"):
            renewal = orders.renew(officer, at_b.pk, "the court needs a day more")
        border.settle()
        renewal.refresh_from_db()
        assert (renewal.state, renewal.refusal) == (State.REFUSED, "not_authorised")
        assert "renewals" in renewal.reason
        assert fresh([at_b])[0].renewals == 0


class TestEnds:
    def test_a_hold_ends_on_both_sides_when_the_receivers_own_order_ends(
        self, border: Border, officer: User, day: SteppedClock
    ) -> None:
        orders_of_ours = hold_all(border, officer)
        confirmed(border, officer)
        day.advance_to(at(60 * 24 * 8))
        with border.at("TH-AOC"):
            orders.expire_due(clock.now())
        border.settle()
        assert {order.state for order in fresh(orders_of_ours)} <= {State.EXPIRED, State.LAPSED}
        assert border.kept_by_banks() == 0

    def test_what_the_receiver_gives_back_by_itself_is_told(self, border: Border, officer: User, supervisor: User) -> None:
        """An appeal there, for one: CN-ASC learns that less is held, then that nothing is, and may propose it again."""
        at_b, _ = hold_all(border, officer)
        own = Order.objects.get(claim__origin="CN-ASC", institution="BANKB")
        with border.at("TH-AOC"):
            orders.ask_release(supervisor, own.pk, "living costs", 200)
        border.settle()
        (order,) = fresh([at_b])
        assert (order.state, order.held) == (State.HELD_PARTLY, 400)
        with border.at("TH-AOC"):
            orders.ask_release(supervisor, own.pk, "appeal granted")
        border.settle()
        (order,) = fresh([at_b])
        assert (order.state, order.held, order.reason) == (State.LAPSED, 400, "released")
        line = PlanItem.objects.get(claim=order.claim, state="proposed")
        assert (line.account, line.amount) == ("bank:BANKB:CNY", 600), "free for whoever has a claim to it"


class TestLimits:
    @staticmethod
    def _ask(
        border: Border, claim: Claim, amount: int, account: str = "bank:BANKB:CNY", pap: str = "green", **more: Any
    ) -> ForeignOrder:
        """CN-ASC asks for so much of a place, as its message would."""
        asked = {
            "order_id": new_id(), "reference": "O", "offence": "fraud", "kind": "hold", "rule": "fifo", "until": at(600),
            "case": OwnCase.objects.get(claim=claim).pseudonym, "amount": amount, "currency": "CNY", "account": account,
            "credits": (WireCredit(transfer="T0", amount=1_000, currency="CNY", institution="BANKB"),),
        }  # fmt: skip
        body = OrderBody(**(asked | more))
        agreement = ForeignEnquiry.objects.get().agreement
        label = {"originator": "CN-ASC", "tlp": "amber+strict", "handling": ["h0"], "pap": pap}
        partner = Partner.objects.get(code="CN-ASC")
        with border.at("TH-AOC"):
            message = Incoming(id=body.order_id, partner=partner, agreement=agreement, label=label)
            foreign_orders.receive_order(message, body)
        border.settle()
        return ForeignOrder.objects.get(pk=body.order_id)

    def test_a_part_of_a_place_then_the_rest_and_never_more(self, border: Border, officer: User) -> None:
        claim = border.traced(officer)
        assert [self._ask(border, claim, amount).held for amount in (200, 300, 900)] == [200, 300, 100]
        assert border.kept_by_banks() == 600
        again = self._ask(border, claim, 50)
        assert (again.state, again.refusal) == (ForeignOrderState.REFUSED, "nothing_stands")

    def test_a_total_of_everything_is_held_where_it_stands(self, border: Border, officer: User) -> None:
        claim = border.traced(officer)
        foreign = self._ask(border, claim, 900, "total:CNY")
        held = {order.institution: order.held for order in Order.objects.exclude(claim__origin="")}
        assert (foreign.held, sum(held.values()), set(held)) == (900, 900, {"BANKB", "BANKC"})

    REFUSED: ClassVar = {
        "run out": ({"until": at(5)}, "not_authorised"),
        "a label that lets nothing be noticed": ({"pap": "amber"}, "not_authorised"),
        "no amount": ({"amount": 0}, "not_authorised"),
        "a recall": ({"kind": "recall"}, "not_supported"),
        "a kind of tomorrow": ({"kind": "teleport"}, "not_supported"),
        "nothing traced": ({"case": "case-unknown"}, "nothing_stands"),
        "a place with nothing": ({"account": "x-9", "institution": "BANKB"}, "nothing_stands"),
        "no earlier order": ({"kind": "release", "target": new_id()}, "no_such_order"),
    }

    @pytest.mark.parametrize("name", REFUSED)
    def test_what_nobody_could_act_on_is_refused_with_the_reason(self, border: Border, officer: User, name: str) -> None:
        changes, refusal = self.REFUSED[name]
        foreign = self._ask(border, border.traced(officer), **{"amount": 100, **changes})
        assert (foreign.state, foreign.refusal) == (ForeignOrderState.REFUSED, refusal)
        assert not Order.objects.exclude(claim__origin="").exists()

    def test_a_freeze_is_for_an_officer_and_takes_over_what_is_held(self, border: Border, officer: User) -> None:
        claim = border.traced(officer)
        first = self._ask(border, claim, 600)
        freeze = self._ask(border, claim, 600, kind="freeze", replaces=first.pk)
        assert freeze.state == ForeignOrderState.PROPOSED
        with border.at("TH-AOC"):
            foreign_orders.decide(officer, freeze.pk, True, "the court's order is on file")
        with border.at("TH-AOC"):
            foreign_orders.answer_due_orders(clock.now())
        first.refresh_from_db()
        freeze.refresh_from_db()
        assert (first.state, freeze.state, freeze.held) == (ForeignOrderState.ENDED, ForeignOrderState.ANSWERED, 600)
        assert border.kept_by_banks() == 600

    def test_a_return_to_victims_is_never_carried_out_on_a_request(self, border: Border, officer: User) -> None:
        claim = border.traced(officer)
        first = self._ask(border, claim, 600)
        asked = self._ask(border, claim, 600, kind="return", target=first.pk)
        assert asked.state == ForeignOrderState.PROPOSED
        with border.at("TH-AOC"), pytest.raises(Conflict, match="under Returns"):
            foreign_orders.decide(officer, asked.pk, True, "pay it")
        assert border.kept_by_banks() == 600
