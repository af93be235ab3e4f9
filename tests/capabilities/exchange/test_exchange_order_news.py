"""What happens to holds across the border, whatever happens in whatever order: both sides end with the same figures."""

from __future__ import annotations

import random
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid5

import msgspec
import pytest
from django.db import transaction
from federation_kit.one_store_border import A, B, Border, terms
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from small_world import VICTIM, SmallWorld, at

from accord.capabilities.claims.models import Claim, PlanItem
from accord.capabilities.exchange.agreements.terms import AccountDetail
from accord.capabilities.exchange.crossborder.services.orders import foreign_orders, sent_orders
from accord.capabilities.exchange.crossborder.services.orders.foreign_answers import body_of
from accord.capabilities.exchange.errors import Parked, Refused
from accord.capabilities.exchange.messages import OrderAnswerBody, OrderNewsBody
from accord.capabilities.exchange.models import ForeignOrder, ForeignOrderState, Incoming, Partner, SentOrder
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import KEEPS_MONEY
from accord.capabilities.orders.life_cycle import HOLDING, State
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import User
from accord.core import clock
from accord.core.clock import SteppedClock, using
from accord.core.errors import AccordError
from accord.core.object_ids import new_id

pytestmark = [pytest.mark.database, pytest.mark.django_db]

OPERATIONS: Final = ("release", "release_part", "give_back_there", "confirm", "renew", "wait", "hold_more", "lapse")


@st.composite
def payments(draw: st.DrawFn) -> SmallWorld:
    """The victim pays 10.00 to b-1; up to six payments among accounts of three banks there follow."""
    world = SmallWorld(openings={VICTIM: 5_000})
    world.pay("T0", 0, VICTIM, "b-1", 1_000)
    accounts = ("b-1", "b-2", "c-1", "d-1")
    for number in range(1, draw(st.integers(1, 7))):
        debtor, creditor = draw(st.lists(st.sampled_from(accounts), min_size=2, max_size=2, unique=True))
        world.pay(f"T{number}", number, debtor, creditor, draw(st.integers(1, 700)))
    return world


@examples(15, deep=250, suppress_health_check=list(HealthCheck))
@given(
    world=payments(),
    detail=st.sampled_from([AccountDetail.BANK, AccountDetail.TOTAL]),
    operations=st.lists(st.sampled_from(OPERATIONS), max_size=6),
    seed=st.integers(0, 1_000),
)
def test_both_sides_end_with_the_same_figures(
    officer: User, supervisor: User, world: SmallWorld, detail: AccountDetail, operations: list[str], seed: int
) -> None:
    """Whatever is done on either side, and however messages are bunched and repeated: what CN-ASC believes to be held is what
    the banks of TH-AOC hold for it; never more than was asked for, and never more than was traced."""
    chance = random.Random(seed)
    with transaction.atomic(), tempfile.TemporaryDirectory() as folder, using(SteppedClock(at(30))) as day:
        with closing(world.banks(Path(folder))) as banks:
            border = Border(banks, terms(account_detail=detail))
            claim = border.traced(officer, detail=detail)
            _hold(border, officer, claim, chance)
            for operation in operations:
                _settle_some(border, chance)
                _do(border, operation, officer, supervisor, claim, chance, day)  # type: ignore[arg-type]
            border.settle()
            _repeat_everything(border)
            border.settle()
            _check(border, claim)
        transaction.set_rollback(True)


def _hold(border: Border, officer: User, claim: Claim, chance: random.Random) -> None:
    with border.at(A):
        lines = list(PlanItem.objects.filter(claim=claim, state="proposed", action="hold"))
        if lines:
            orders.approve_plan(officer, claim.pk, [line.pk for line in chance.sample(lines, chance.randint(1, len(lines)))])


def _settle_some(border: Border, chance: random.Random) -> None:
    """Let a part of what is due happen; the rest waits, so that what follows overtakes it."""
    for _ in range(chance.randint(0, 4)):
        if chance.random() < 0.5:
            border.work()
        else:
            border.carry()


def _do(
    border: Border,
    operation: str,
    officer: User,
    supervisor: User,
    claim: Claim,
    chance: random.Random,
    day: SteppedClock,
) -> None:
    ours = [order for order in Order.objects.filter(claim=claim, kind__in=KEEPS_MONEY) if order.state in HOLDING]
    theirs = Order.objects.exclude(claim__origin="").filter(kind__in=KEEPS_MONEY, state__in=HOLDING)
    try:
        if operation == "wait":
            day.advance_to(clock.now() + timedelta(hours=chance.choice([1, 20])))
            orders.expire_due(clock.now())
        elif operation == "lapse":
            with border.at(B):
                foreign_orders.lapse_due(clock.now())
        elif operation == "hold_more":
            _hold(border, officer, claim, chance)
        elif operation == "confirm":
            with border.at(B):
                foreign_orders.confirm(officer, ForeignOrder.objects.order_by("pk")[0].pk)
        elif operation == "give_back_there" and theirs:
            order = chance.choice(list(theirs))
            with border.at(B):
                orders.ask_release(supervisor, order.pk, "an appeal", chance.choice([None, max(1, order.held // 2)]))
        elif ours:
            order = chance.choice(ours)
            with border.at(A):
                if operation == "renew":
                    orders.renew(officer, order.pk, "more time")
                else:
                    part = max(1, order.held // 3) if operation == "release_part" else None
                    orders.ask_release(supervisor, order.pk, "not hers after all", part)
    except (AccordError, IndexError):
        pass  # the state of things refuses it, as a page would say


def _repeat_everything(border: Border) -> None:
    """Every message comes once more, as the handlers would see it if the inbox did not know it."""
    for row in list(Incoming.objects.filter(kind__in=("order_answer", "order_news"))):
        body: Any = OrderAnswerBody if row.kind == "order_answer" else OrderNewsBody
        handler = sent_orders.take_answer if row.kind == "order_answer" else sent_orders.take_news
        with border.at(A):
            handler(row, msgspec.convert(row.body, body))


def _check(border: Border, claim: Claim) -> None:
    ours = list(Order.objects.filter(claim=claim, kind__in=KEEPS_MONEY))
    believed = sum(order.held for order in ours if order.state in HOLDING)
    assert believed == border.kept_by_banks()
    for order in ours:
        foreign = ForeignOrder.objects.get(pk=order.pk)
        own = Order.objects.filter(pk__in=foreign.parts.values("order"))
        kept = sum(one.held for one in own if one.state in HOLDING)
        assert kept == (order.held if order.state in HOLDING else 0), order.state
        assert kept <= order.amount
        assert all(one.until <= order.until for one in own if one.state in HOLDING) or order.kind == "renewal"
    assert border.kept_by_banks() <= 1_000, "never more than was traced"
    assert not ForeignOrder.objects.exclude(last_error="").exists()
    assert not Order.objects.exclude(last_error="").exists()


class TestNews:
    @staticmethod
    def _order(border: Border, officer: User) -> Order:
        claim = border.traced(officer)
        with border.at(A):
            (order,) = orders.approve_plan(officer, claim.pk, [PlanItem.objects.get(claim=claim).pk])
        border.settle()
        order.refresh_from_db()
        assert (order.state, order.held) == (State.HELD, 1_000)
        return order

    @pytest.fixture
    def border(self, day: SteppedClock, tmp_path: Path) -> Any:
        day.advance_to(at(10))
        world = SmallWorld(openings={VICTIM: 5_000})
        world.pay("T0", 0, VICTIM, "b-1", 1_000)
        with closing(world.banks(tmp_path)) as banks:
            yield Border(banks, terms(account_detail=AccountDetail.BANK))

    def _message(self, sender: str = B) -> Incoming:
        return Incoming(id=new_id(), partner=Partner.objects.get(code=sender))

    def test_older_news_than_the_latest_changes_nothing(self, border: Border, officer: User) -> None:
        order = self._order(border, officer)
        with border.at(A):
            for version, amount in ((2, 700), (1, 900), (2, 100)):
                news = OrderNewsBody(order_id=order.pk, version=version, amount=amount, until=order.until)
                sent_orders.take_news(self._message(), news)
        order.refresh_from_db()
        assert (order.state, order.held, SentOrder.objects.get().version) == (State.HELD_PARTLY, 700, 2)

    def test_more_or_longer_than_was_ordered_is_never_taken_over(self, border: Border, officer: User) -> None:
        order = self._order(border, officer)
        until = order.until
        with border.at(A):
            news = OrderNewsBody(order_id=order.pk, version=1, amount=400, until=until + timedelta(days=9))
            sent_orders.take_news(self._message(), news)
            news = OrderNewsBody(order_id=order.pk, version=2, amount=1_000, until=until)
            sent_orders.take_news(self._message(), news)
        order.refresh_from_db()
        assert (order.held, order.until) == (400, until)

    def test_news_before_the_answer_waits_for_it(self, border: Border, officer: User) -> None:
        claim = border.traced(officer)
        with border.at(A):
            (order,) = orders.approve_plan(officer, claim.pk, [PlanItem.objects.get(claim=claim).pk])
        border.send(order)
        news = OrderNewsBody(order_id=order.pk, version=1, amount=0, until=order.until, ended_at=clock.now())
        with border.at(A), pytest.raises(Parked):
            sent_orders.take_news(self._message(), news)
        assert SentOrder.objects.get().version == 0

    def test_only_the_partner_that_was_asked_is_believed(self, border: Border, officer: User) -> None:
        order = self._order(border, officer)
        Partner.objects.create(code="XX-ASC", name="XX", jurisdiction="XX", card={}, added_at=at(0), state="confirmed")
        for order_id in (order.pk, new_id()):
            news = OrderNewsBody(order_id=order_id, version=9, amount=0, until=order.until, ended_at=clock.now())
            answer = OrderAnswerBody(order_id=order_id, answered_at=clock.now(), refusal="legal_review")
            with border.at(A), pytest.raises(Refused, match="was not asked"):
                sent_orders.take_news(self._message("XX-ASC"), news)
            with border.at(A), pytest.raises(Refused, match="was not asked"):
                sent_orders.take_answer(self._message("XX-ASC"), answer)
        order.refresh_from_db()
        assert (order.state, order.held) == (State.HELD, 1_000)

    @pytest.mark.parametrize(
        "lie",
        [{"amount": 1_001}, {"amount": -1}, {"refusal": "no_reason_at_all"}, {"amount": 5, "refusal": "legal_review"}, {}],
        ids=str,
    )
    def test_an_answer_that_cannot_be_true_is_shown_to_a_person(
        self, border: Border, officer: User, lie: dict[str, Any]
    ) -> None:
        claim = border.traced(officer)
        with border.at(A):
            (order,) = orders.approve_plan(officer, claim.pk, [PlanItem.objects.get(claim=claim).pk])
        border.send(order)
        with border.at(A):
            answer = OrderAnswerBody(order_id=order.pk, answered_at=clock.now(), **lie)
            sent_orders.take_answer(self._message(), answer)
        order.refresh_from_db()
        assert (order.is_stuck, order.held, bool(order.last_error)) == (True, 0, True)

    def test_the_same_request_again_is_answered_again_and_done_once(self, border: Border, officer: User) -> None:
        """CN-ASC was restored from a backup and has lost the answer."""
        order = self._order(border, officer)
        before = len(border.said(B, "order_answer"))
        (request,) = Incoming.objects.filter(kind="order")
        foreign = ForeignOrder.objects.get()
        with border.at(B):
            foreign_orders.receive_order(request, body_of(foreign))
        assert len(border.said(B, "order_answer")) == before + 1
        border.settle()
        assert Order.objects.exclude(claim__origin="").count() == 1
        order.refresh_from_db()
        assert (order.held, foreign.state) == (1_000, ForeignOrderState.ANSWERED)

    def test_restored_from_a_backup_the_receivers_banks_know_its_orders_again(self, border: Border, officer: User) -> None:
        """TH-AOC loses everything it knew of the request; asked once more, its order has the same id, and the bank holds
        nothing twice."""
        order = self._order(border, officer)
        assert Order.objects.exclude(claim__origin="").get().pk == uuid5(order.pk, "BANKB/b-1/CNY")
