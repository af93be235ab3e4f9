"""One order that cannot be acted on holds up no other's clock; a lease is kept while a call is under way, and no longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from small_world import at, call_of

from accord.capabilities.delivery import LEASE, keep_leases, lease_due
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.tasks import watch_clocks
from accord.capabilities.people.models import User
from accord.core.clock import SteppedClock
from accord.core.errors import Conflict

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.both_stores]


@pytest.fixture
def three(officer: User, day: SteppedClock) -> list[Order]:
    day.advance_to(at(10))
    made = []
    for number in range(3):
        facts = call_of(payee=f"a-{number}", payer_account=f"v-{number}", callback_number=f"+861390000000{number}")
        made.append(orders.respond_to_call(officer, facts).order)
    return made


def test_an_odd_row_is_told_and_the_others_end(three: list[Order], day: SteppedClock, caplog: pytest.LogCaptureFixture) -> None:
    """A kind and a state that no table has together: nobody can say what its end would mean."""
    Order.objects.update(state="held", next_attempt_at=None)
    Order.objects.filter(pk=three[1].pk).update(state="in_force", until=at(11))
    day.advance_to(max(order.until for order in three))
    for _ in range(2):
        with pytest.raises(Conflict, match="in force cannot expire"):
            watch_clocks(day.now())
    states = dict(Order.objects.values_list("pk", "state"))
    assert [states[order.pk] for order in three] == ["expired", "in_force", "expired"]
    assert "one by one" in caplog.text


def test_an_odd_row_of_one_sort_does_not_keep_the_other_sorts(three: list[Order], day: SteppedClock) -> None:
    Order.objects.filter(pk=three[0].pk).update(state="in_force", until=at(11), next_attempt_at=None)
    Order.objects.filter(pk=three[1].pk).update(state="held", renewal_due_at=at(11), next_attempt_at=None)
    day.advance_to(at(12))
    with pytest.raises(Conflict):
        watch_clocks(day.now())
    three[1].refresh_from_db()
    assert three[1].renewal_prompted_at == day.now()


def test_a_lease_is_kept_by_its_holder_alone(three: list[Order], day: SteppedClock) -> None:
    rows = Order.objects.filter(pk=three[0].pk)
    leased = lease_due(rows, day.now(), 10)
    assert [row.pk for row in leased] == [three[0].pk]
    assert not lease_due(rows, day.now() + LEASE / 2, 10)
    keep_leases(leased, day.now() + LEASE * 3 / 4)
    assert not lease_due(rows, day.now() + LEASE, 10), "the call is still under way"
    adopted = lease_due(rows, day.now() + 2 * LEASE, 10)
    assert len(adopted) == 1, "its holder has died"
    keep_leases(leased, day.now() + 2 * LEASE)
    three[0].refresh_from_db()
    assert three[0].next_attempt_at == day.now() + 3 * LEASE, "a lease that passed on is not the first holder's to prolong"


def test_an_answer_that_came_meanwhile_is_not_asked_for_again(three: list[Order], day: SteppedClock) -> None:
    leased = lease_due(Order.objects.filter(pk=three[0].pk), day.now(), 10)
    Order.objects.filter(pk=three[0].pk).update(state="held", next_attempt_at=None)
    keep_leases(leased, day.now() + timedelta(seconds=3))
    three[0].refresh_from_db()
    assert three[0].next_attempt_at is None
