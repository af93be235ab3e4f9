"""Whom to call when a receiver is silent: the lists, who may change them, and orders that climb them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from small_world import call_of

from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound

if TYPE_CHECKING:
    from accord.capabilities.orders.models import Order
    from accord.capabilities.orders.services import ContactFacts
    from accord.capabilities.people.models import User

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("day")]


def _facts(institution: str = "BANKA", step: int = 1, after: int = 5, name: str = "night desk") -> ContactFacts:
    from accord.capabilities.orders.services import ContactFacts

    return ContactFacts(institution, step, after, name, "+86 10 0000 0000")


def _waiting(officer: User) -> Order:
    from accord.capabilities.orders.models import Order
    from accord.capabilities.orders.services import mark_sent, respond_to_call

    order = respond_to_call(officer, call_of()).order
    mark_sent([order])
    return Order.objects.get(pk=order.pk)


def test_a_list_added_later_reaches_orders_that_wait_already(officer: User, supervisor: User, day: SteppedClock) -> None:
    from accord.capabilities.orders import services

    order = _waiting(officer)
    assert order.escalate_at is None
    services.add_contact(supervisor, _facts(after=5))
    order.refresh_from_db()
    assert order.escalate_at == order.answer_due_at + timedelta(minutes=5)
    day.advance_to(order.escalate_at)
    assert services.escalate_due(clock.now()) == 1
    assert services.escalate_due(clock.now()) == 0
    step = order.escalations.get()
    assert (step.step, step.contact_name) == (1, "night desk")


def test_the_list_for_all_serves_those_without_one(officer: User, supervisor: User) -> None:
    from accord.capabilities.orders import services

    order = _waiting(officer)
    services.add_contact(supervisor, _facts(institution="", after=30, name="anybody"))
    order.refresh_from_db()
    assert order.escalate_at == order.answer_due_at + timedelta(minutes=30)
    own = services.add_contact(supervisor, _facts(after=10))
    order.refresh_from_db()
    assert order.escalate_at == order.answer_due_at + timedelta(minutes=10)
    services.remove_contact(supervisor, own.pk)
    order.refresh_from_db()
    assert order.escalate_at == order.answer_due_at + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 0}, "the step must be from 1 to 9"),
        ({"step": 10}, "the step must be from 1 to 9"),
        ({"after": -1}, "the delay must be from 0"),
        ({"after": 10**6}, "the delay must be from 0"),
        ({"name": "  "}, "say who the contact is"),
        ({"name": "x" * 151}, "say who the contact is"),
        ({"step": 2, "after": 4}, "a later step cannot be called before an earlier one"),
    ],
    ids=str,
)
def test_facts_that_cannot_be(supervisor: User, change: dict[str, object], message: str) -> None:
    from accord.capabilities.orders import services
    from accord.capabilities.orders.models import Contact

    services.add_contact(supervisor, _facts())
    with pytest.raises(BadInput, match=message):
        services.add_contact(supervisor, _facts(**change))  # type: ignore[arg-type]
    assert Contact.objects.count() == 1


def test_a_step_is_one_persons(supervisor: User) -> None:
    from accord.capabilities.orders import services

    services.add_contact(supervisor, _facts())
    with pytest.raises(Conflict, match="step 1 of this list is taken"):
        services.add_contact(supervisor, _facts(after=20))
    services.add_contact(supervisor, _facts(institution="BANKB"))


def test_an_earlier_step_cannot_be_moved_behind_a_later_one(supervisor: User) -> None:
    from accord.capabilities.orders import services

    first = services.add_contact(supervisor, _facts(after=5))
    services.add_contact(supervisor, _facts(step=2, after=10))
    with pytest.raises(BadInput, match="an earlier step cannot be called after a later one"):
        services.change_contact(supervisor, first.pk, _facts(after=11))


def test_a_new_number_has_not_been_tried(officer: User, supervisor: User) -> None:
    from accord.capabilities.orders import services
    from accord.capabilities.orders.services import ContactFacts

    contact = services.add_contact(supervisor, _facts())
    tried = services.note_test_call(officer, contact.pk, "Ms Wu answered")
    assert tried.last_test_call_at == clock.now()
    kept = services.change_contact(supervisor, contact.pk, _facts(name="day desk"))
    assert kept.last_test_call_at is not None
    moved = services.change_contact(supervisor, contact.pk, ContactFacts("BANKA", 1, 5, "day desk", "another number"))
    assert moved.last_test_call_at is None


def test_who_may_do_what(officer: User, supervisor: User, administrator: User) -> None:
    from accord.capabilities.orders import queries, services

    contact = services.add_contact(supervisor, _facts())
    for stranger in (officer, administrator):
        with pytest.raises(NotAllowed):
            services.add_contact(stranger, _facts(step=2, after=9))
        with pytest.raises(NotAllowed):
            services.change_contact(stranger, contact.pk, _facts(after=9))
        with pytest.raises(NotAllowed):
            services.remove_contact(stranger, contact.pk)
    with pytest.raises(NotAllowed):
        services.note_test_call(administrator, contact.pk, "x")
    assert list(queries.contacts(officer)) == [contact]
    assert list(queries.contacts(administrator)) == []
    with pytest.raises(NotFound):
        services.remove_contact(supervisor, contact.pk + 1)


def test_what_was_said_is_noted_once(officer: User, colleague: User, supervisor: User, day: SteppedClock) -> None:
    from accord.capabilities.orders import queries, services
    from accord.capabilities.people.models import AuditEntry

    order = _waiting(officer)
    services.add_contact(supervisor, _facts())
    day.advance_to(order.answer_due_at + timedelta(minutes=5))
    services.escalate_due(clock.now())
    assert list(queries.escalated(officer)) == [order]
    step = queries.escalations(officer, order.pk).get()
    with pytest.raises(BadInput, match="say whom you reached"):
        services.note_escalation(officer, step.pk, " ")
    services.note_escalation(officer, step.pk, "Ms Wu promises it in ten minutes")
    with pytest.raises(Conflict, match="officer has already noted what was said"):
        services.note_escalation(colleague, step.pk, "the same")
    entry = AuditEntry.objects.get(action="escalation noted")
    assert (entry.object_id, entry.details["note"]) == (str(order.pk), "Ms Wu promises it in ten minutes")


def test_institutions_for_which_nobody_is_called(officer: User, supervisor: User, administrator: User) -> None:
    from accord.capabilities.orders import queries, services

    _waiting(officer)
    assert queries.without_contact(officer) == ["BANKA"]
    assert queries.without_contact(administrator) == []
    services.add_contact(supervisor, _facts(institution="BANKB"))
    assert queries.without_contact(officer) == ["BANKA"]
    services.add_contact(supervisor, _facts(institution="", after=30))
    assert queries.without_contact(officer) == []
