"""What the holder is told and when, appeals through the bank, and who may do and see what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bank_at_work import BANK, CENTRE, channel, enquiry, hold
from small_world import at

from accord.adapters.sandbox_core import SandboxCore
from accord.capabilities.controls import queries, services
from accord.capabilities.controls.services.appeals import HoldersAppeal, appeal_message
from accord.capabilities.controls.services.rules import AgreementFacts
from accord.capabilities.orders.ports import Care, OrderMessage
from accord.capabilities.people.policy import NODE
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.money import Money

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(automatic: None, core: SandboxCore) -> OrderMessage:
    order = hold()
    services.take_order(channel(), order)
    return order


def test_the_holder_is_not_told_before_the_time_that_the_order_states(
    held: OrderMessage, clerk: User, day: SteppedClock
) -> None:
    with pytest.raises(Conflict, match="may be told from"):
        services.note_notified(clerk, held.order_id)
    with pytest.raises(Conflict, match="may be told from"):
        services.record_appeal(clerk, held.order_id, HoldersAppeal("Nobody", "It is my wage."))
    day.advance_to(at(60))
    first = services.note_notified(clerk, held.order_id)
    day.advance_to(at(90))
    assert services.note_notified(clerk, held.order_id).told_at == first.told_at == at(60)


def test_nothing_is_told_of_an_order_that_was_not_carried_out(
    agreed: None, core: SandboxCore, clerk: User, day: SteppedClock
) -> None:
    waiting = hold()
    services.take_order(channel(), waiting)
    day.advance_to(at(61))
    with pytest.raises(Conflict, match="nothing was put in force"):
        services.note_notified(clerk, waiting.order_id)


def test_an_appeal_goes_to_the_centre_until_it_is_taken(held: OrderMessage, clerk: User, day: SteppedClock) -> None:
    day.advance_to(at(70))
    row = services.record_appeal(clerk, held.order_id, HoldersAppeal(" Nobody ", "It is my wage.", Care.VULNERABLE, "en"))
    (found,) = services.appeals_to_hand_in()
    message = appeal_message(found)
    assert (found.order.sender, message.order_id, message.appellant) == (CENTRE, held.order_id, "Nobody")
    assert (message.care, message.language, message.received_at) == (Care.VULNERABLE, "en", at(70))
    services.appeal_failed(found, "no answer")
    assert services.appeals_to_hand_in().get().last_error == "no answer"
    services.appeal_delivered(row.pk, "A-1234-5678")
    assert not services.appeals_to_hand_in().exists()
    assert queries.appeals(clerk, held.order_id)[0].centre_reference == "A-1234-5678"


@pytest.mark.parametrize(
    "appeal", [HoldersAppeal("", "It is mine."), HoldersAppeal("Nobody", " "), HoldersAppeal("Nobody", "x" * 4_001)]
)
def test_an_appeal_without_a_person_or_words_is_not_taken(
    held: OrderMessage, clerk: User, day: SteppedClock, appeal: HoldersAppeal
) -> None:
    day.advance_to(at(70))
    with pytest.raises(BadInput):
        services.record_appeal(clerk, held.order_id, appeal)
    assert not services.appeals_to_hand_in().exists()


def test_every_list_is_empty_for_whoever_does_not_work_the_inbox(
    held: OrderMessage, agreed: None, core: SandboxCore, officer: User, supervisor: User, administrator: User, clerk: User
) -> None:
    services.take_enquiry(channel(), enquiry())
    lists = (
        queries.orders,
        queries.enquiries,
        queries.in_force,
        queries.ended,
        queries.agreements,
        queries.rules,
        queries.overdue,
        queries.stuck,
        queries.for_decision,
    )
    for stranger in (officer, supervisor, administrator, NODE, channel()):
        for found in lists:
            assert not found(stranger).exists(), (stranger, found)
        with pytest.raises(NotFound):
            queries.order(stranger, held.order_id)
        assert queries.appeals(stranger, held.order_id) == []
        assert not queries.search(stranger, "a-1").exists()
    assert [row.pk for row in queries.search(clerk, "a-1")] == [held.order_id]
    assert [row.pk for row in queries.search(clerk, str(held.order_id))] == [held.order_id]


def test_who_may_not_decide_decides_nothing(
    agreed: None, core: SandboxCore, officer: User, supervisor: User, clerk: User, day: SteppedClock
) -> None:
    order, asked = hold(), enquiry()
    services.take_order(channel(), order)
    services.take_enquiry(channel(), asked)
    day.advance_to(at(61))
    for stranger in (officer, supervisor):
        with pytest.raises(NotAllowed):
            services.execute(stranger, order.order_id, "why not")
        with pytest.raises(NotAllowed):
            services.refuse(stranger, order.order_id, "legal_review", "why not")
        with pytest.raises(NotAllowed):
            services.answer_enquiry(stranger, asked.enquiry_id)
        with pytest.raises(NotAllowed):
            services.note_notified(stranger, order.order_id)
        with pytest.raises(NotAllowed):
            services.record_appeal(stranger, order.order_id, HoldersAppeal("Nobody", "It is mine."))
    for officer_of_the_bank in (clerk, officer):
        with pytest.raises(NotAllowed):
            services.set_rule(officer_of_the_bank, CENTRE, "enquiry")
        with pytest.raises(NotAllowed):
            services.agree(officer_of_the_bank, AgreementFacts("X", "X", [], 1))


@pytest.mark.parametrize("kind", ["return", "freeze", "number_block", "nothing"])
def test_some_kinds_never_act_alone(head: User, agreed: None, kind: str) -> None:
    with pytest.raises(BadInput):
        services.set_rule(head, CENTRE, kind, Money(1, "CNY"))


def test_a_rule_about_money_needs_a_ceiling_and_an_agreement(head: User, agreed: None) -> None:
    with pytest.raises(BadInput, match="ceiling"):
        services.set_rule(head, CENTRE, "hold")
    with pytest.raises(BadInput, match="no agreement"):
        services.set_rule(head, "NOBODY", "enquiry")
    services.set_rule(head, CENTRE, "hold", Money(100, "CNY"))
    services.set_rule(head, CENTRE, "hold", Money(200, "CNY"))
    assert [rule.ceiling for rule in queries.rules(head).filter(kind="hold")] == [200]


@pytest.mark.parametrize(
    "facts",
    [
        AgreementFacts("", "Centre", [], 1),
        AgreementFacts("X", "", [], 1),
        AgreementFacts("X", "Centre", ["number_block"], 1),
        AgreementFacts("X", "Centre", [], 0),
        AgreementFacts("X", "Centre", [], 1, webhook="http://centre.example/"),
    ],
)
def test_an_agreement_that_cannot_be_is_refused(head: User, facts: AgreementFacts) -> None:
    with pytest.raises(BadInput):
        services.agree(head, facts)
    assert not queries.agreements(head).exists()
    assert BANK
