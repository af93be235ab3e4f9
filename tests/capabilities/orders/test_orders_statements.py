"""How many statements a change needs: few, and no more of them in a store that has grown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from small_world import VICTIM, SmallWorld, at, call_of, worker_of
from statements import BOOK_OF_PARTNERS, counted

from accord.adapters.sandbox_bank import SandboxBanks
from accord.capabilities.claims.models import Claim, PlanItem, PlanItemState
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import OrderAnswer
from accord.capabilities.people.models import AuditEntry, User
from accord.core import clock
from accord.core.clock import SteppedClock

pytestmark = [pytest.mark.database, pytest.mark.django_db]

MOST_TO_APPROVE = 14
MOST_TO_ANSWER = 6
GROWN = 12
"""Claims that a grown store has more than a small one."""


@pytest.fixture
def banks(day: SteppedClock, tmp_path: Path) -> Iterator[SandboxBanks]:
    """Every victim's money is parted: some stays on the first account, some goes on to another one."""
    day.advance_to(at(60))
    world = SmallWorld()
    for number in range(GROWN + 2):
        world.pay(f"T{number}", 0, VICTIM, f"a-{number}", 1_000 + number)
        world.pay(f"U{number}", 1, f"a-{number}", f"b-{number}", 600)
    with closing(world.banks(tmp_path)) as banks:
        yield banks


def traced(officer: User, banks: SandboxBanks, *numbers: int) -> list[Claim]:
    """Claims that are followed as far as they go; the plan of each proposes one hold."""
    claims = []
    for number in numbers:
        call = call_of(1_000 + number, payee=f"a-{number}", callback_number=f"+86139{number:08}")
        claims.append(orders.respond_to_call(officer, call).claim)
    worker = worker_of(banks)
    worker.run_until_idle()
    worker.close()
    return claims


def proposed(claim: Claim) -> list[PlanItem]:
    return list(PlanItem.objects.filter(claim=claim, state=PlanItemState.PROPOSED))


def approve_and_answer(officer: User, claim: Claim) -> tuple[int, int]:
    """Statements to approve the plan's hold, and to apply the bank's answer to it."""
    with counted() as approving:
        (order,) = orders.approve_plan(officer, claim.pk, [line.pk for line in proposed(claim)])
    orders.mark_sent([order])
    with counted() as answering:
        assert orders.answered(order.pk, OrderAnswer(clock.now(), order.amount))
    return approving.but(*BOOK_OF_PARTNERS) - 1, answering.but(*BOOK_OF_PARTNERS)  # the first reads the plan for the test


def test_a_change_needs_few_statements_and_not_more_as_the_store_grows(officer: User, banks: SandboxBanks) -> None:
    (claim,) = traced(officer, banks, 0)
    small = approve_and_answer(officer, claim)
    others = traced(officer, banks, *range(1, GROWN + 1))
    for other in others:
        approve_and_answer(officer, other)
    (last,) = traced(officer, banks, GROWN + 1)
    grown = approve_and_answer(officer, last)
    assert small == grown
    assert grown[0] <= MOST_TO_APPROVE
    assert grown[1] <= MOST_TO_ANSWER


def test_many_answers_need_hardly_more_statements_than_one(officer: User, banks: SandboxBanks) -> None:
    """Beyond what one answer needs, each further one only writes its own order."""
    sent = []
    for claim in traced(officer, banks, *range(8)):
        sent += orders.approve_plan(officer, claim.pk, [line.pk for line in proposed(claim)])
    orders.mark_sent(sent)
    entries = AuditEntry.objects.count()
    with counted() as answering:
        orders.apply_answers({order.pk: OrderAnswer(clock.now(), order.amount) for order in sent})
    assert answering.but(*BOOK_OF_PARTNERS) <= MOST_TO_ANSWER + len(sent) - 1
    assert AuditEntry.objects.count() == entries + len(sent)
    assert set(Order.objects.filter(pk__in=[order.pk for order in sent]).values_list("state", flat=True)) == {State.HELD}
