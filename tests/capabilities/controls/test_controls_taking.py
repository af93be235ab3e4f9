"""What another agency hands in: taken in once, checked, carried out by rule or laid before a person, answered alike."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from bank_at_work import BANK, about, answered, channel, credit, enquiry, hold
from small_world import at

from accord.adapters.sandbox_core import SandboxCore
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer
from accord.capabilities.controls import services
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderStatus, Refusal
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.both_stores]


def test_a_rule_lets_a_stop_payment_act_at_once_and_keeps_what_stands(automatic: None, core: SandboxCore) -> None:
    order = hold(1_000)
    answer = answered(services.take_order(channel(), order))
    assert (answer.amount, answer.transfer, answer.refusal) == (600, "stolen", None)
    assert services.status_of(channel(), order.order_id) == OrderStatus(600, order.until)
    assert core.status(order.order_id) == OrderStatus(600, order.until)


def test_the_same_order_twice_gets_the_same_answer_and_other_content_is_refused(automatic: None, core: SandboxCore) -> None:
    order = hold()
    first = services.take_order(channel(), order)
    assert services.take_order(channel(), order) == first
    with pytest.raises(Conflict, match="another content"):
        services.take_order(channel(), replace(order, amount=500))
    assert answered(services.take_order(channel(), order)).amount == 600


def test_an_id_of_another_agency_is_denied_and_shows_nothing(automatic: None, core: SandboxCore) -> None:
    order = hold()
    services.take_order(channel(), order)
    stranger = channel("SG-CENTRE")
    with pytest.raises(NotAllowed, match="another agency's"):
        services.take_order(stranger, order)
    assert services.status_of(stranger, order.order_id) is None
    assert services.status_of(channel(), uuid4()) is None


def test_a_stranger_is_refused_and_the_refusal_is_on_record(core: SandboxCore) -> None:
    answer = answered(services.take_order(channel("SG-CENTRE"), hold()))
    assert answer.refusal is Refusal.NOT_AUTHORISED
    with pytest.raises(NotAllowed):
        services.take_enquiry(channel("SG-CENTRE"), enquiry())


def test_without_a_core_at_hand_it_is_acknowledged_and_the_worker_carries_it_out(automatic: None, core: SandboxCore) -> None:
    from accord.capabilities.controls import core_line, tasks
    from accord.core import clock

    order = hold()
    with core_line.using(None):
        assert isinstance(services.take_order(channel(), order), Acknowledged)
    assert tasks.run_due(clock.now()) == 1
    assert answered(services.take_order(channel(), order)).amount == 600


def test_an_enquiry_is_answered_from_the_banks_own_ledger(agreed: None, core: SandboxCore) -> None:
    request = enquiry()
    answer = services.take_enquiry(channel(), request)
    assert isinstance(answer, EnquiryAnswer)
    assert [(place.account, place.amount) for place in answer.standing] == [("a-1", 600)]
    assert [(leg.creditor_bank, leg.amount) for leg in answer.onward] == [("BANKB", 400)]
    assert services.take_enquiry(channel(), request) == answer
    with pytest.raises(Conflict):
        services.take_enquiry(channel(), replace(request, credits=(credit(500),)))
    with pytest.raises(NotFound):
        services.take_enquiry(channel(), enquiry(credit(transfer="nowhere")))


@pytest.mark.parametrize(
    "changed",
    [
        {"institution": "BANKB"},
        {"amount": 0},
        {"amount": -1},
        {"currency": ""},
        {"currency": "ABC"},
        {"credits": ()},
        {"credits": (credit(0),)},
        {"reference": "x" * 41},
        {"grounds": "\x00"},
        {"kind": OrderKind.RELEASE},
        {"kind": OrderKind.LIMIT},
        {"until": at(60).replace(tzinfo=None)},
    ],
)
def test_an_order_that_contradicts_itself_is_refused_and_nothing_is_kept(agreed: None, changed: dict[str, object]) -> None:
    from accord.capabilities.controls.models import ReceivedOrder

    with pytest.raises(BadInput):
        services.take_order(channel(), replace(hold(), **changed))  # type: ignore[arg-type]
    assert not ReceivedOrder.objects.exists()


def test_a_release_gives_back_part_then_the_rest(automatic: None, core: SandboxCore) -> None:
    order = hold()
    services.take_order(channel(), order)
    assert answered(services.take_order(channel(), about(order, OrderKind.RELEASE, 200))).amount == 200
    assert services.status_of(channel(), order.order_id) == OrderStatus(400, order.until)
    assert answered(services.take_order(channel(), about(order, OrderKind.RELEASE, 400))).amount == 400
    status = services.status_of(channel(), order.order_id)
    assert status is not None
    assert (status.amount, status.ended_at) == (0, at(15))
    late = answered(services.take_order(channel(), about(order, OrderKind.RELEASE, 400)))
    assert late.refusal is Refusal.ALREADY_ENDED
    assert core.institution == BANK
