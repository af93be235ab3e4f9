"""What happens by itself: lifting at the end, expiry before the act, and a node that dies between core and record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from bank_at_work import HOUR, about, answered, channel, credit, enquiry, hold
from small_world import at

from accord.adapters.sandbox_core import SandboxCore
from accord.capabilities.agenda import next_due
from accord.capabilities.claims.ports import Acknowledged, EnquiryAnswer
from accord.capabilities.controls import core_line, services, tasks
from accord.capabilities.controls.life_cycle import State
from accord.capabilities.controls.services import outcome, progress
from accord.capabilities.delivery import LEASE
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import Limits, OrderMessage, OrderStatus, Refusal
from accord.core import clock
from accord.core.clock import SteppedClock
from accord.core.errors import Conflict, Unavailable
from accord.core.errors import Msg as CoreMsg

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

pytestmark = pytest.mark.django_db


def state_of(order: OrderMessage) -> str:
    from accord.capabilities.controls.models import ReceivedOrder

    return str(ReceivedOrder.objects.get(pk=order.order_id).state)


def test_what_has_come_to_its_end_is_lifted_unprompted_also_after_downtime(
    automatic: None, core: SandboxCore, day: SteppedClock
) -> None:
    order = hold()
    services.take_order(channel(), order)
    assert next_due([*tasks.CLOCKS, *tasks.JOBS], clock.now()) == order.until
    day.advance_to(order.until - timedelta(seconds=1))
    assert tasks.run_due(clock.now()) == 0
    day.advance_to(order.until + 5 * HOUR)  # nothing ran for five hours
    assert tasks.run_due(clock.now()) == 1
    assert state_of(order) == State.LIFTED
    assert services.status_of(channel(), order.order_id) == OrderStatus(0, order.until, order.until + 5 * HOUR)
    assert tasks.run_due(clock.now()) == 0
    assert next_due([*tasks.CLOCKS, *tasks.JOBS], clock.now()) is None


def test_a_core_that_is_away_at_the_end_is_asked_until_it_has_lifted(
    automatic: None, core: SandboxCore, day: SteppedClock
) -> None:
    order = hold()
    services.take_order(channel(), order)
    day.advance_to(order.until)
    with core_line.using(_Failing(core, "lift")):
        tasks.run_due(clock.now())
    assert state_of(order) == State.EXECUTED
    day.advance_to(order.until + timedelta(seconds=30))
    tasks.run_due(clock.now())
    assert state_of(order) == State.LIFTED


def test_an_order_that_nobody_decides_on_runs_out_and_is_refused(agreed: None, core: SandboxCore, day: SteppedClock) -> None:
    order = hold()
    services.take_order(channel(), order)
    day.advance_to(order.until)
    tasks.run_due(clock.now())
    assert state_of(order) == State.EXPIRED
    assert answered(services.take_order(channel(), order)).refusal is Refusal.NOT_AUTHORISED


def test_a_late_order_is_refused_and_holds_nobody(automatic: None, core: SandboxCore, day: SteppedClock) -> None:
    order = hold()
    day.advance_to(order.until + HOUR)
    assert answered(services.take_order(channel(), order)).refusal is Refusal.NOT_AUTHORISED
    assert core.status(order.order_id) is None


def test_no_rule_acts_on_a_basis_that_nobody_checked(automatic: None, core: SandboxCore, clerk: User) -> None:
    order = hold(verified=False)
    assert isinstance(services.take_order(channel(), order), Acknowledged)
    tasks.run_due(clock.now())
    assert (state_of(order), core.status(order.order_id)) == (State.FOR_DECISION, None)
    services.execute(clerk, order.order_id, "the centre explained it by telephone", 250)
    tasks.run_due(clock.now())
    answer = answered(services.take_order(channel(), order))
    assert (answer.amount, answer.reason) == (250, "the bank allowed 2.50 CNY of 6.00 CNY")
    assert state_of(order) == State.EXECUTED_PARTLY


def test_no_rule_acts_above_its_ceiling_or_on_another_kind(automatic: None, core: SandboxCore) -> None:
    for order in (hold(1_000_001, credits=(credit(1_000_001),)), hold(kind=OrderKind.HOLD)):
        services.take_order(channel(), order)
        assert state_of(order) == State.FOR_DECISION


def test_an_order_longer_than_agreed_is_cut_to_what_was_agreed(automatic: None, core: SandboxCore, clerk: User) -> None:
    order = hold(until=at(15) + timedelta(hours=5_000))
    services.take_order(channel(), order)
    services.execute(clerk, order.order_id, "cut to the agreement")
    tasks.run_due(clock.now())
    answer = answered(services.take_order(channel(), order))
    status = services.status_of(channel(), order.order_id)
    assert status is not None
    assert status.until == answer.until == at(15) + timedelta(hours=4_416)
    assert (answer.amount, core.status(order.order_id)) == (600, status)


def test_killed_after_the_core_acted_the_order_is_asked_again_and_nothing_is_doubled(
    automatic: None, core: SandboxCore, day: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = hold(400)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(progress, "take_over", killed)
    with pytest.raises(KeyboardInterrupt):
        services.take_order(channel(), order)
    assert core.status(order.order_id) == OrderStatus(400, order.until)  # the core has acted
    assert state_of(order) == State.EXECUTING  # and nothing here says so yet
    monkeypatch.setattr(progress, "take_over", outcome.take_over)
    assert tasks.run_due(clock.now()) == 0  # the dead node's lease
    day.advance_to(clock.now() + LEASE)
    assert tasks.run_due(clock.now()) == 1
    assert answered(services.take_order(channel(), order)).amount == 400
    other = answered(services.take_order(channel(), hold(600)))
    assert other.amount == 200  # what the first keeps counts once


def test_killed_before_the_core_acted_the_order_is_carried_out_later(
    automatic: None, core: SandboxCore, day: SteppedClock
) -> None:
    order = hold()
    with core_line.using(_Failing(core, "block")):
        assert isinstance(services.take_order(channel(), order), Acknowledged)
    assert state_of(order) == State.EXECUTING
    day.advance_to(clock.now() + timedelta(minutes=1))
    tasks.run_due(clock.now())
    assert answered(services.take_order(channel(), order)).amount == 600


def test_a_core_that_contradicts_the_order_stops_it_for_a_person(
    automatic: None, core: SandboxCore, clerk: User, day: SteppedClock
) -> None:
    order = hold(400)
    with core_line.using(_Failing(core, "block", greedy=True)):
        services.take_order(channel(), order)
        tasks.run_due(clock.now())
    from accord.capabilities.controls.models import ReceivedOrder

    row = ReceivedOrder.objects.get(pk=order.order_id)
    assert row.is_stuck
    assert "limited to 400" in row.last_error
    services.try_again(clerk, order.order_id)
    tasks.run_due(clock.now())
    assert state_of(order) == State.EXECUTED
    with pytest.raises(Conflict):
        services.try_again(clerk, order.order_id)


def test_what_the_core_may_have_kept_ends_with_the_order_even_where_its_answer_was_of_no_use(
    automatic: None, core: SandboxCore, day: SteppedClock
) -> None:
    order = hold(400, until=at(60))
    with core_line.using(_Failing(core, "block", greedy=True)):
        services.take_order(channel(), order)
    assert core.status(order.order_id) == OrderStatus(400, order.until)
    day.advance_to(at(60))
    tasks.run_due(clock.now())
    assert state_of(order) == State.EXPIRED
    assert core.status(order.order_id) == OrderStatus(0, order.until, order.until)


@pytest.mark.parametrize("kind", [OrderKind.LIMIT, OrderKind.RESTRICTION, OrderKind.PRESERVATION])
def test_limits_and_the_duty_to_keep_data_are_in_force_until_they_end(
    kind: OrderKind, agreed: None, core: SandboxCore, clerk: User, day: SteppedClock
) -> None:
    from accord.capabilities.controls import queries

    order = hold(0, kind=kind, credits=(), limits=Limits(amount_per_day=0), data_wanted="log-ins")
    services.take_order(channel(), order)
    services.execute(clerk, order.order_id, "as agreed")
    tasks.run_due(clock.now())
    assert answered(services.take_order(channel(), order)).carried_out
    assert [control.pk for control in queries.in_force(clerk)] == [order.order_id]
    day.advance_to(order.until)
    tasks.run_due(clock.now())
    assert state_of(order) == State.LIFTED
    assert not queries.in_force(clerk).exists()


def test_a_stopped_payment_leaves_nothing_in_force(head: User, automatic: None, core: SandboxCore) -> None:
    order = hold(kind=OrderKind.RECALL, account="", holder_name="", credits=(credit(400, "onward"),))
    services.take_order(channel(), order)
    services.execute(head, order.order_id, "as ordered")
    tasks.run_due(clock.now())
    answer = answered(services.take_order(channel(), order))
    assert answer.refusal is Refusal.ALREADY_SETTLED
    assert answer.settled is not None
    assert (answer.settled.payee_bank, answer.settled.payee_account) == ("BANKB", "b-1")


def test_the_clocks_start_at_arrival_and_the_inbox_shows_what_is_due_next(
    agreed: None, core: SandboxCore, clerk: User, day: SteppedClock
) -> None:
    from accord.capabilities.controls import queries

    first, second = hold(reference="FIRST"), hold(reference="SECOND")
    services.take_order(channel(), first)
    day.advance_to(at(20))
    services.take_order(channel(), second)
    rows = list(queries.orders(clerk))
    assert [row.reference for row in rows] == ["FIRST", "SECOND"]
    assert rows[0].acknowledge_due_at == at(15) + timedelta(minutes=15)
    assert rows[0].execute_due_at == at(15) + timedelta(minutes=30)
    day.advance_to(at(46))
    assert [row.reference for row in queries.overdue(clerk)] == ["FIRST"]
    assert queries.counts(clerk).overdue == 1


def test_a_promised_answer_is_pushed_once_where_the_sender_has_a_webhook(
    head: User, automatic: None, core: SandboxCore
) -> None:
    from accord.capabilities.controls.models import Agreement

    Agreement.objects.update(webhook="https://centre.example/answers")
    at_once, later = hold(100), hold(100, verified=False)
    services.take_order(channel(), at_once)
    services.take_order(channel(), later)
    assert not services.answers_to_push().exists()  # the first was answered at once, the second not yet
    services.execute(head, later.order_id, "explained")
    tasks.run_due(clock.now())
    (push,) = services.answers_to_push()
    assert (push.message_id, push.about, push.body["amount"]) == (later.order_id, "order", 100)
    services.push_failed(push, "no answer")
    assert services.answers_to_push().get().next_attempt_at > clock.now()
    services.pushed(push.pk)
    assert not services.answers_to_push().exists()


def test_an_enquiry_waits_for_a_person_where_no_rule_answers_it(
    head: User, agreed: None, core: SandboxCore, clerk: User
) -> None:
    from accord.capabilities.controls import queries
    from accord.core.errors import NotAllowed

    for rule in queries.rules(head):
        services.end_rule(head, rule.pk)
    asked, other = enquiry(), enquiry()
    assert isinstance(services.take_enquiry(channel(), asked), Acknowledged)
    services.answer_enquiry(clerk, asked.enquiry_id)
    tasks.run_due(clock.now())
    assert isinstance(services.take_enquiry(channel(), asked), EnquiryAnswer)
    services.take_enquiry(channel(), other)
    services.refuse_enquiry(clerk, other.enquiry_id, "legal_review", "ask our lawyers")
    with pytest.raises(NotAllowed, match="ask our lawyers"):
        services.take_enquiry(channel(), other)


def test_after_an_agreement_has_ended_nothing_new_is_accepted_but_giving_back_is(
    head: User, automatic: None, core: SandboxCore
) -> None:
    from accord.capabilities.controls import queries

    order = hold()
    services.take_order(channel(), order)
    for agreement in queries.agreements(head):
        services.end_agreement(head, agreement.pk)
    assert answered(services.take_order(channel(), hold())).refusal is Refusal.NOT_AUTHORISED
    assert answered(services.take_order(channel(), replace(about(order, OrderKind.RELEASE, 600)))).amount == 600


class _Failing:
    """A core that has lost its line for one act; `greedy`: that keeps more than it may instead."""

    def __init__(self, core: SandboxCore, act: str, *, greedy: bool = False) -> None:
        self._core, self._act, self._greedy = core, act, greedy

    def __getattr__(self, name: str) -> Any:
        if name != self._act:
            return getattr(self._core, name)
        return self._too_much if self._greedy else self._away

    def _away(self, *_: Any) -> None:
        raise Unavailable(CoreMsg.VERBATIM, text="the core does not answer")

    def _too_much(self, order: OrderMessage) -> Any:
        answer = self._core.block(order)
        return replace(answer, amount=order.amount + 1)  # type: ignore[type-var]
