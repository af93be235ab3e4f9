"""From a hold at a bank to the money that is free again, or back with the victim: desk, worker and banks together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from orders_by_hand import paid_back
from small_world import NOON, VICTIM, SmallWorld, at, call_of, worker_of

from accord.adapters.sandbox_bank import Faults, SandboxBanks
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Appeal, AppealDecision, AppealState, Order, Restitution, RestitutionState
from accord.capabilities.orders.remedies import queries as remedies
from accord.capabilities.orders.remedies.services import appeals, care, payouts, restitutions
from accord.capabilities.orders.remedies.services.appeals import AppealFacts
from accord.capabilities.orders.remedies.services.restitutions import ClaimantFacts
from accord.capabilities.people.models import Role, User
from accord.capabilities.people.services import create_user
from accord.core import clock
from accord.core.clock import SteppedClock, to_micros, using
from accord.core.money import Money
from accord.node.worker import Worker

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def day() -> Iterator[SteppedClock]:
    with using(SteppedClock(NOON)) as stepped:
        assert isinstance(stepped, SteppedClock)
        stepped.advance_to(at(10))
        yield stepped


@pytest.fixture
def banks(day: SteppedClock, tmp_path: Path) -> Iterator[SandboxBanks]:
    """v-1 pays 10,000.00 to a-1 at noon; it is 12:10 and all of it stands there."""
    world = SmallWorld(openings={VICTIM: 5_000_000})
    world.pay("T0", 0, VICTIM, "a-1", 1_000_000)
    with closing(world.banks(tmp_path)) as open_banks:
        yield open_banks


@pytest.fixture
def worker(banks: SandboxBanks) -> Iterator[Worker]:
    with closing(worker_of(banks)) as hands:
        yield hands


@pytest.fixture
def officer(db: None) -> User:
    return create_user("officer", "a-long-password", Role.OFFICER)


@pytest.fixture
def judge(db: None) -> User:
    return create_user("judge", "a-long-password", Role.SUPERVISOR)


@pytest.fixture
def order(officer: User, worker: Worker) -> Order:
    response = orders.respond_to_call(officer, call_of(1_000_000))
    worker.run_until_idle()
    order = Order.objects.get(pk=response.order.pk)
    assert (order.state, order.held) == (State.HELD, 1_000_000)
    return order


def _kept(banks: SandboxBanks, order: Order) -> int:
    """What the bank keeps now under the order, in its own books."""
    now = to_micros(clock.now())
    return sum(hold.amount for hold in banks.placed_holds() if hold.order_id == order.pk and hold.active(now))


def _appeal(order: Order, **changed: str) -> Appeal:
    facts = AppealFacts("The holder", "It is mine.", language="en", **changed)
    return appeals.receive_public(order.reference, order.holder_code, facts)


def test_released_in_part_then_in_full(order: Order, judge: User, worker: Worker, banks: SandboxBanks) -> None:
    first = _appeal(order)
    appeals.decide(judge, first.pk, AppealDecision.RELEASE_PARTLY, 300_000, "That much is yours.")
    worker.run_until_idle()
    assert _kept(banks, order) == 700_000
    assert Appeal.objects.get(pk=first.pk).state == AppealState.CLOSED
    second = _appeal(order)
    appeals.decide(judge, second.pk, AppealDecision.RELEASE, None, "All of it.")
    worker.run_until_idle()
    assert (_kept(banks, order), Order.objects.get(pk=order.pk).state) == (0, State.RELEASED)
    assert Appeal.objects.get(pk=second.pk).released_at is not None
    assert not remedies.open_appeals(judge).exists()


def test_the_line_is_down_when_the_appeal_is_decided(
    order: Order, judge: User, worker: Worker, banks: SandboxBanks, day: SteppedClock
) -> None:
    appeal = _appeal(order)
    banks.set_faults("BANKA", Faults(down=True))
    appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "Yes.")
    worker.run_until_idle()
    assert Appeal.objects.get(pk=appeal.pk).state == AppealState.RELEASING
    banks.set_faults("BANKA", Faults())
    day.advance_to(day.now() + timedelta(minutes=15))
    worker.run_until_idle()
    assert Appeal.objects.get(pk=appeal.pk).state == AppealState.CLOSED
    assert _kept(banks, order) == 0


def test_living_costs_reach_the_holder_before_the_appeal_is_decided(
    order: Order, judge: User, worker: Worker, banks: SandboxBanks
) -> None:
    appeal = _appeal(order, care="minor")
    care.release_living_costs(judge, order.pk)
    worker.run_until_idle()
    assert _kept(banks, order) == 800_000
    assert Appeal.objects.get(pk=appeal.pk).state == AppealState.RECEIVED


def test_the_hold_lapses_at_the_bank_and_here_while_the_appeal_waits(
    order: Order, judge: User, worker: Worker, banks: SandboxBanks, day: SteppedClock
) -> None:
    appeal = _appeal(order)
    day.advance_to(order.until)
    worker.run_until_idle()
    assert (_kept(banks, order), Order.objects.get(pk=order.pk).state) == (0, State.EXPIRED)
    appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "It was yours.")
    assert Appeal.objects.get(pk=appeal.pk).state == AppealState.CLOSED
    assert not Order.objects.filter(kind="release").exists()


def test_the_victim_gets_it_back(
    order: Order, officer: User, judge: User, worker: Worker, banks: SandboxBanks, day: SteppedClock
) -> None:
    assert order.claim is not None
    restitution = restitutions.prepare(officer, [(order.pk, 1_000_000)], "traced")
    for name, kind, claimed, ground in (("Victim", "victim", 400_000, ""), ("Home Bank", "bank", 600_000, "Letter 1")):
        facts = ClaimantFacts(kind, name, claimed, "BANKV", VICTIM, order.claim.pk, ground)
        restitutions.add_claimant(officer, restitution.pk, facts)
    restitutions.give_notice(officer, restitution.pk, "It goes back.", 1)
    day.advance_to(day.now() + timedelta(days=1))
    worker.run_until_idle()
    payouts.decide(judge, restitution.pk, "It was traced.")
    worker.run_until_idle()
    assert Restitution.objects.get().state == RestitutionState.CLOSED
    assert (_kept(banks, order), Order.objects.get(pk=order.pk).state) == (0, State.RETURNED)
    paid = {hold.amount for hold in banks.placed_holds() if hold.order_id != order.pk}
    assert paid == {400_000, 600_000}, "the bank paid each of them"
    assert paid_back(order.claim.pk) == {order.claim.pk: [Money(1_000_000, "CNY")]}
