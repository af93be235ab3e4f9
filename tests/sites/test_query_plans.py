"""What a node asks the store while it works: none of it reads a whole table of cases.

What the worker looks for, the clocks that it watches, and what a change of a claim asks from the call to the hold. Pages:
test_page_statements.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk_claims_world import MULE, NOON, SECOND, answer, called, held, next_answer, officer
from desk_orders_world import of_plan
from query_plans import Looks, looks, scanned

from accord.capabilities.agenda import compiled
from accord.capabilities.claims import queries as claim_queries
from accord.capabilities.claims import services as claims
from accord.capabilities.orders import services as orders
from accord.capabilities.people.models import Role
from accord.core import clock
from accord.core.clock import SteppedClock, using

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def noon() -> Iterator[SteppedClock]:
    with using(SteppedClock(NOON)) as stepped:
        assert isinstance(stepped, SteppedClock)
        yield stepped


@pytest.mark.parametrize("kind", ["centre", "bank"])
def test_what_the_worker_looks_for_is_found_by_an_index(kind: str, settings: object, noon: SteppedClock) -> None:
    from accord.node import tasks

    settings.ACCORD_AGENCY_KIND = kind  # type: ignore[attr-defined]
    found: dict[str, list[str]] = {}
    for task in (*tasks.clocks(), *tasks.work()):
        for look in task.looks:
            sql, parameters = compiled(look, look.states[0] if look.states else None)
            for table in scanned(sql, parameters, first_rows=False):
                found.setdefault(f"{task.name}: {table}", []).append(sql)
    assert found == {}


@pytest.mark.parametrize("kind", ["centre", "bank"])
def test_clocks_find_what_ran_out_by_an_index(kind: str, settings: object, noon: SteppedClock) -> None:
    from accord.node import tasks

    settings.ACCORD_AGENCY_KIND = kind  # type: ignore[attr-defined]
    with looks() as noted:
        for task in tasks.clocks():
            task.run(clock.now())
    assert _by_table(noted) == {}


def test_a_call_its_answers_and_its_holds_find_their_rows_by_an_index(noon: SteppedClock) -> None:
    """From the call to confirmed holds and their end; the store holds the claim alone, plans do not look at that."""
    taker, approver = officer(), officer("chen", Role.SUPERVISOR)
    with looks() as noted:
        chase = called(taker)
        claims.answered(chase.asked.pk, answer(chase))
        claims.answered(chase.enquiry_to("NEXTBANK").pk, next_answer(chase))
        for order in of_plan(taker, chase, MULE, SECOND):
            if order.state == "draft":
                orders.approve(approver, [order.pk])
            held(order, order.amount)
        claim_queries.picture(taker, chase.claim.pk)
        noon.advance_to(NOON.replace(year=NOON.year + 1))
        orders.expire_due(clock.now())
    assert _by_table(noted) == {}


def test_a_look_without_an_index_is_noticed(noon: SteppedClock) -> None:
    from accord.capabilities.orders.models import Order

    with looks() as noted:
        list(Order.objects.filter(grounds="seen in three reports").order_by())
    assert [scan.partition(":")[0] for scan in noted.scans()] == ["orders_order"]


def _by_table(noted: Looks) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for sql, parameters in noted.sent.items():
        for table in scanned(sql, parameters):
            found.setdefault(table, []).append(sql)
    return found
