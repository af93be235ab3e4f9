"""Orders about earlier orders, in whatever order they arrive, and from whomever."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bank_at_work import HOUR, about, answered, channel, hold
from small_world import at

from accord.adapters.sandbox_core import SandboxCore
from accord.capabilities.claims.ports import Acknowledged
from accord.capabilities.controls import core_line, services, tasks
from accord.capabilities.controls.life_cycle import State
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderMessage, PayTo, Refusal
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import Conflict
from accord.core.errors import Msg as CoreMsg

if TYPE_CHECKING:
    from accord.capabilities.controls.models import ReceivedOrder
    from accord.capabilities.people.models import User

pytestmark = pytest.mark.django_db


def row(order: OrderMessage) -> ReceivedOrder:
    from accord.capabilities.controls.models import ReceivedOrder

    found: ReceivedOrder = ReceivedOrder.objects.get(pk=order.order_id)
    return found


def kept_in_core(core: SandboxCore, order: OrderMessage) -> int:
    status = core.status(order.order_id)
    return status.amount if status else 0


def test_a_release_that_overtakes_its_order_withdraws_it(automatic: None, core: SandboxCore) -> None:
    order = hold()
    release = about(order, OrderKind.RELEASE, 600)
    assert answered(services.take_order(channel(), release)).carried_out
    assert answered(services.take_order(channel(), order)).refusal is Refusal.WITHDRAWN
    assert kept_in_core(core, order) == 0


def test_a_release_of_another_agency_neither_withdraws_nor_gives_back(head: User, automatic: None, core: SandboxCore) -> None:
    from accord.capabilities.controls.services.rules import AgreementFacts

    services.agree(head, AgreementFacts("SG-CENTRE", "Another centre", ["stop_payment"], 48))
    order, later = hold(), hold(reference="O-LATER")
    services.take_order(channel(), order)
    stranger = channel("SG-CENTRE")
    services.take_order(stranger, about(order, OrderKind.RELEASE, 600))
    assert answered(services.take_order(stranger, about(order, OrderKind.RENEWAL))).refusal is not None
    services.take_order(stranger, about(later, OrderKind.RELEASE, 600))
    assert kept_in_core(core, order) == 600
    assert answered(services.take_order(channel(), later)).refusal is not Refusal.WITHDRAWN


def test_an_order_that_waits_for_a_person_is_withdrawn_by_its_release(agreed: None, core: SandboxCore) -> None:
    order = hold()
    assert isinstance(services.take_order(channel(), order), Acknowledged)
    assert row(order).state == State.FOR_DECISION
    assert answered(services.take_order(channel(), about(order, OrderKind.RELEASE, 600))).carried_out
    assert answered(services.take_order(channel(), order)).refusal is Refusal.WITHDRAWN


def test_a_release_waits_while_the_core_is_at_work_on_its_order(automatic: None, core: SandboxCore, day: SteppedClock) -> None:
    order = hold()
    with core_line.using(_Away(core)):
        services.take_order(channel(), order)
    assert row(order).state == State.EXECUTING
    release = about(order, OrderKind.RELEASE, 600)
    assert isinstance(services.take_order(channel(), release), Acknowledged)
    day.advance_to(at(17))
    while tasks.run_due(clock.now()):
        day.advance_to(clock.now() + HOUR / 60)
    assert row(order).state == State.RELEASED
    assert answered(services.take_order(channel(), release)).amount == 600
    assert kept_in_core(core, order) == 0


def test_a_renewal_prolongs_and_what_is_over_cannot_be_prolonged(automatic: None, core: SandboxCore, day: SteppedClock) -> None:
    order = hold()
    services.take_order(channel(), order)
    answer = answered(services.take_order(channel(), about(order, OrderKind.RENEWAL, 600, order.until + 24 * HOUR)))
    assert answer.until == order.until + 24 * HOUR
    day.advance_to(order.until + HOUR)
    tasks.run_due(clock.now())
    assert kept_in_core(core, order) == 600
    day.advance_to(order.until + 25 * HOUR)
    tasks.run_due(clock.now())
    assert row(order).state == State.LIFTED
    late = answered(services.take_order(channel(), about(order, OrderKind.RENEWAL, 0, order.until + 96 * HOUR)))
    assert late.refusal is Refusal.ALREADY_ENDED


def test_a_renewal_that_a_person_lets_through_too_late_prolongs_nothing(
    head: User, automatic: None, core: SandboxCore, clerk: User, day: SteppedClock
) -> None:
    from accord.capabilities.controls import queries

    for rule in queries.rules(head).filter(kind="renewal"):
        services.end_rule(head, rule.pk)
    order = hold()
    services.take_order(channel(), order)
    renewal = about(order, OrderKind.RENEWAL, 0, order.until + 24 * HOUR)
    services.take_order(channel(), renewal)
    day.advance_to(order.until)
    with pytest.raises(Conflict, match="prolong is over"):
        services.execute(clerk, renewal.order_id, "as asked")
    tasks.run_due(clock.now())
    assert row(order).state == State.LIFTED


def test_a_freeze_replaces_a_stop_payment_in_one_act_and_a_refused_one_leaves_it(
    automatic: None, core: SandboxCore, clerk: User
) -> None:
    order = hold()
    services.take_order(channel(), order)
    freeze = hold(kind=OrderKind.FREEZE, replaces=order.order_id, court_reference="(2026) 12", until=at(60 * 24 * 100))
    services.take_order(channel(), freeze)
    assert row(freeze).state == State.FOR_DECISION  # a freeze is never carried out by rule
    services.refuse(clerk, freeze.order_id, "legal_review", "which court?")
    assert (kept_in_core(core, order), row(order).state) == (600, State.EXECUTED)
    again = replace(freeze, order_id=hold().order_id)
    services.take_order(channel(), again)
    services.execute(clerk, again.order_id, "the court confirmed by telephone")
    tasks.run_due(clock.now())
    assert (kept_in_core(core, order), row(order).state, row(order).kept) == (0, State.REPLACED, 0)
    assert (kept_in_core(core, again), row(again).state, row(again).kept) == (600, State.EXECUTED, 600)


def test_nobody_replaces_the_order_of_another_agency(head: User, automatic: None, core: SandboxCore) -> None:
    from accord.capabilities.controls.services.rules import AgreementFacts

    services.agree(head, AgreementFacts("SG-CENTRE", "Another centre", ["freeze"], 4_416))
    order = hold()
    services.take_order(channel(), order)
    freeze = hold(kind=OrderKind.FREEZE, replaces=order.order_id, court_reference="(2026) 12")
    assert answered(services.take_order(channel("SG-CENTRE"), freeze)).refusal is Refusal.NO_SUCH_ORDER
    assert (kept_in_core(core, order), row(order).state) == (600, State.EXECUTED)


def test_a_return_is_decided_by_a_person_and_pays_out_of_what_is_kept(automatic: None, core: SandboxCore, clerk: User) -> None:
    order = hold()
    services.take_order(channel(), order)
    back = about(order, OrderKind.RETURN, 250, pay_to=PayTo("BANKV", "v-1", "Victim", "back"))
    assert isinstance(services.take_order(channel(), back), Acknowledged)
    services.execute(clerk, back.order_id, "as the court ordered")
    tasks.run_due(clock.now())
    assert answered(services.take_order(channel(), back)).amount == 250
    assert (row(order).state, row(order).kept, kept_in_core(core, order)) == (State.EXECUTED_PARTLY, 350, 350)


def test_two_agencies_share_what_stands_and_never_take_more(head: User, automatic: None, core: SandboxCore) -> None:
    from accord.capabilities.controls.services.rules import AgreementFacts
    from accord.core.money import Money

    services.agree(head, AgreementFacts("SG-CENTRE", "Another centre", ["stop_payment"], 48))
    services.set_rule(head, "SG-CENTRE", "stop_payment", Money(1_000, "CNY"))
    first = answered(services.take_order(channel(), hold(400)))
    second = answered(services.take_order(channel("SG-CENTRE"), hold(400)))
    assert (first.amount, second.amount) == (400, 200)


class _Away:
    """A core that has lost its line for whatever acts, and still knows its accounts."""

    def __init__(self, core: SandboxCore) -> None:
        self._core = core

    def __getattr__(self, name: str) -> object:
        from accord.core.errors import Unavailable

        if name in ("accounts", "missing_credits", "institution"):
            return getattr(self._core, name)
        raise Unavailable(CoreMsg.VERBATIM, text="the core does not answer")
