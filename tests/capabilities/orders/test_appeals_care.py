"""Minors, vulnerable people and deceived mules: less time to wait, and something to live on at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from orders_by_hand import confirm, held, ordered, refuse

from accord.capabilities.orders import services as orders
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import AppealDecision, Order
from accord.capabilities.orders.remedies.living_costs import living_costs_due
from accord.capabilities.orders.remedies.services import appeals, care, compensations
from accord.capabilities.orders.remedies.services.appeals import AppealFacts
from accord.capabilities.orders.services import following
from accord.capabilities.people.models import AuditEntry, User
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed

pytestmark = [pytest.mark.database, pytest.mark.django_db]

LIVING = 200_000
"""What the Chinese regime leaves, in fen."""


def _fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def _minor(order: Order) -> AppealFacts:
    return AppealFacts("Zhao Wei", "I am sixteen.", language="en", care="minor")


def test_half_the_time_and_living_costs_proposed_at_once(officer: User, day: SteppedClock) -> None:
    order = held(officer, 500_000)
    assert living_costs_due(order) == 0
    appeal = appeals.receive_public(order.reference, order.holder_code, _minor(order))
    order = _fresh(order)
    assert appeal.due_at == day.now() + timedelta(hours=36)
    assert (order.care, order.living_costs, living_costs_due(order)) == ("minor", LIVING, LIVING)
    assert AuditEntry.objects.filter(action="care noted").count() == 1


def test_somebody_who_may_release_approves_it(officer: User, supervisor: User, day: SteppedClock) -> None:
    order = care.set_care(officer, held(officer, 500_000).pk, "vulnerable", "seen at the desk")
    with pytest.raises(NotAllowed):
        care.release_living_costs(officer, order.pk)
    release = care.release_living_costs(supervisor, order.pk)
    assert (release.amount, release.kind, release.approved_by) == (LIVING, "release", supervisor)
    assert living_costs_due(_fresh(order)) == 0, "it is on its way"
    with pytest.raises(Conflict, match="nothing more"):
        care.release_living_costs(supervisor, order.pk)
    confirm(release)
    order = _fresh(order)
    assert (order.held, living_costs_due(order)) == (300_000, 0)


def test_a_refused_release_is_proposed_again(officer: User, supervisor: User, day: SteppedClock) -> None:
    order = care.set_care(officer, held(officer, 500_000).pk, "vulnerable", "seen at the desk")
    refuse(care.release_living_costs(supervisor, order.pk))
    assert living_costs_due(_fresh(order)) == LIVING


def test_never_more_than_is_held(officer: User, supervisor: User, day: SteppedClock) -> None:
    order = care.set_care(officer, held(officer, 150_000).pk, "minor", "by the papers")
    release = care.release_living_costs(supervisor, order.pk)
    assert release.amount == 150_000
    confirm(release)
    assert _fresh(order).state == "released"


def test_declined_with_a_reason_that_stays(officer: User, supervisor: User, day: SteppedClock) -> None:
    order = care.set_care(officer, held(officer, 500_000).pk, "deceived_mule", "by the papers")
    with pytest.raises(BadInput):
        care.decline_living_costs(supervisor, order.pk, " ")
    with pytest.raises(NotAllowed):
        care.decline_living_costs(officer, order.pk, "has wages elsewhere")
    care.decline_living_costs(supervisor, order.pk, "has wages on another account")
    order = _fresh(order)
    assert (order.care, living_costs_due(order)) == ("deceived_mule", 0)
    entry = AuditEntry.objects.get(action="living costs declined")
    assert entry.details["reason"] == "has wages on another account"


def test_a_bank_that_was_told_with_the_order_owes_nothing_more(officer: User, colleague: User, day: SteppedClock) -> None:
    order = care.set_care(officer, held(officer, 500_000).pk, "minor", "by the papers")
    freeze = following.freeze(officer, order.pk, "the court decides")
    (approved,) = orders.approve(colleague, [freeze.pk])
    assert (message_of(approved).living_costs, message_of(approved).care) == (LIVING, "minor")
    approved.state, approved.held = "held", 300_000
    approved.save()
    assert living_costs_due(approved) == 0


def test_a_mark_before_the_answer_is_proposed_once_money_is_held(officer: User, day: SteppedClock) -> None:
    order = care.set_care(officer, ordered(officer, 500_000).pk, "minor", "by the papers")
    assert living_costs_due(order) == 0
    Order.objects.filter(pk=order.pk).update(state="held", held=500_000)
    assert living_costs_due(_fresh(order)) == LIVING


def test_marks_that_cannot_be(officer: User, administrator: User, day: SteppedClock) -> None:
    order = held(officer)
    with pytest.raises(BadInput):
        care.set_care(officer, order.pk, "rich", "no")
    with pytest.raises(BadInput):
        care.set_care(officer, order.pk, "minor", " ")
    with pytest.raises(NotAllowed):
        care.set_care(administrator, order.pk, "minor", "no")
    day.advance_to(order.until)
    orders.expire_due(day.now())
    with pytest.raises(Conflict, match="touches nobody"):
        care.set_care(officer, order.pk, "minor", "late")


class TestCompensation:
    def test_noted_and_paid(self, officer: User, supervisor: User, day: SteppedClock) -> None:
        order = held(officer)
        appeal = appeals.receive_public(order.reference, order.holder_code, _minor(order))
        with pytest.raises(Conflict, match="granted"):
            compensations.note_compensation(supervisor, appeal.pk, 500, "CNY", "interest")
        appeals.decide(supervisor, appeal.pk, AppealDecision.RELEASE, None, "Yes.")
        noted = compensations.note_compensation(supervisor, appeal.pk, 500, "CNY", "interest")
        with pytest.raises(BadInput):
            compensations.compensation_paid(supervisor, noted.pk, "")
        paid = compensations.compensation_paid(supervisor, noted.pk, "P-77")
        assert (paid.paid_at, paid.payment_reference) == (day.now(), "P-77")
        with pytest.raises(Conflict, match="already"):
            compensations.compensation_paid(supervisor, noted.pk, "P-78")
        with pytest.raises(NotAllowed):
            compensations.note_compensation(officer, appeal.pk, 500, "CNY", "interest")
        for amount, currency, ground in ((0, "CNY", "x"), (5, "XXX", "x"), (5, "CNY", " "), (10**15 + 1, "CNY", "x")):
            with pytest.raises(BadInput):
                compensations.note_compensation(supervisor, appeal.pk, amount, currency, ground)
