"""The machine's clock jumps by a day, forward or back: nothing is lost, nothing doubled, nobody is held beyond the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_world import SmallWorld, at, call_of, worker_of

from accord.adapters.sandbox_bank import Faults, SandboxBanks
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.models import Order
from accord.capabilities.people import services as people
from accord.capabilities.people.models import Role, User
from accord.capabilities.people.queries import first_broken_audit_entry
from accord.core.clock import using
from accord.node.worker import Worker

pytestmark = [pytest.mark.database, pytest.mark.django_db]

DAY = timedelta(days=1)


class Machine:
    """A clock that somebody sets, also back."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class Node:
    """A node, and victims' payments to accounts of three banks."""

    def __init__(self, banks: SandboxBanks, officer: User, machine: Machine) -> None:
        self.banks, self.officer, self.machine = banks, officer, machine
        self.worker: Worker = worker_of(banks)

    def call(self, number: int, account: str) -> Order:
        number_of_victim = f"+861390000000{number}"
        facts = call_of(payee=account, payer_account=f"v-{number}", callback_number=number_of_victim)
        order: Order = orders.respond_to_call(self.officer, facts).order
        return order

    def go(self, moment: datetime) -> None:
        self.machine.moment = moment
        self.worker.run_until_idle()


@pytest.fixture
def node(db: None, settings: Any, tmp_path: Path) -> Iterator[Node]:
    world = SmallWorld()
    for number, account in enumerate(("a-1", "b-1", "c-1")):
        world.pay(f"V{number}", 0, f"v-{number}", account, 1_000)
    machine = Machine(at(10))
    with using(machine), closing(world.banks(tmp_path)) as banks:
        made = Node(banks, people.create_user("o", "a-long-password", Role.OFFICER), machine)
        yield made
        made.worker.close()


def state_of(order: Order) -> str:
    order.refresh_from_db()
    return str(order.state)


def test_forward_by_a_day_and_back(node: Node) -> None:
    """What stands goes on standing; what is over stays over; what is sent while the clock is wrong is sent once."""
    first = node.call(0, "a-1")
    node.go(at(11))
    assert state_of(first) == "held"
    node.machine.moment = at(12) + DAY
    second = node.call(1, "b-1")
    node.go(at(12) + DAY)
    assert [state_of(first), state_of(second)] == ["held", "held"]
    node.go(at(13))
    third = node.call(2, "c-1")
    node.go(at(14))
    assert [state_of(order) for order in (first, second, third)] == ["held", "held", "held"]
    assert len(node.banks.placed_holds()) == 3
    node.go(max(order.until for order in (first, second, third)))
    assert [state_of(order) for order in (first, second, third)] == ["expired", "expired", "expired"]
    assert first_broken_audit_entry() is None


def test_what_is_over_under_a_fast_clock_is_not_held_again(node: Node) -> None:
    order = node.call(0, "a-1")
    node.go(at(11))
    node.go(at(12) + 3 * DAY)
    assert state_of(order) == "expired"
    ended = order.ended_at
    node.go(at(13))
    assert (state_of(order), order.ended_at) == ("expired", ended)
    assert len(node.banks.placed_holds()) == 1


def test_a_row_put_off_under_a_fast_clock_does_not_wait_for_it_to_come_round(node: Node) -> None:
    """The line was down while the clock was a day ahead, so the next attempt lies a day ahead too."""
    node.banks.bank("BANKA").faults = Faults(down=True)
    node.machine.moment = at(10) + DAY
    order = node.call(0, "a-1")
    node.worker.run_once()
    node.worker.run_once()
    order.refresh_from_db()
    assert order.state == "sent"
    assert order.next_attempt_at is not None
    assert order.next_attempt_at > at(10) + DAY
    node.banks.bank("BANKA").faults = Faults()
    node.go(at(11))
    assert state_of(order) == "held"
    assert len(node.banks.placed_holds()) == 1


def test_a_lease_of_a_worker_that_died_under_a_fast_clock_is_free(node: Node) -> None:
    order = node.call(0, "a-1")
    Order.objects.filter(pk=order.pk).update(state="sent", next_attempt_at=at(10) + DAY + timedelta(seconds=4))
    node.go(at(11))
    assert state_of(order) == "held"


def test_back_by_a_day_nothing_ends_too_early_or_late(node: Node) -> None:
    """The clock is set back while an order stands: it ends when its time is over by the clock, and only then."""
    order = node.call(0, "a-1")
    node.go(at(11))
    node.go(at(11) - DAY)
    assert state_of(order) == "held"
    node.go(order.until - timedelta(seconds=1))
    assert state_of(order) == "held"
    node.go(order.until)
    assert state_of(order) == "expired"
