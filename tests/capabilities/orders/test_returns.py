"""From money on hold to the accounts of those it was taken from, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from orders_by_hand import confirm, held, ordered, paid_back, refuse, share_of

from accord.capabilities.orders import regime as regimes
from accord.capabilities.orders import rules
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import AppealDecision, Order, Payout, Restitution, RestitutionState
from accord.capabilities.orders.ports import OrderAnswer, PayTo
from accord.capabilities.orders.regime import Approval
from accord.capabilities.orders.remedies import queries as remedies
from accord.capabilities.orders.remedies import returns
from accord.capabilities.orders.remedies.services import appeals, payouts, restitutions
from accord.capabilities.orders.remedies.services.appeals import AppealFacts
from accord.capabilities.orders.remedies.services.restitutions import ClaimantFacts
from accord.capabilities.orders.services import following
from accord.capabilities.people.models import AuditEntry, Role, User
from accord.capabilities.people.services import create_user
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.money import Money

pytestmark = [pytest.mark.database, pytest.mark.django_db]

DAYS = 1


@pytest.fixture
def one(officer: User, day: SteppedClock) -> Order:
    """1,000.00 were claimed, 600.00 are held."""
    return _held(officer, 100_000, 60_000)


@pytest.fixture
def two(officer: User, day: SteppedClock) -> Order:
    """Another victim's money on the same account: 500.00 were claimed, 400.00 are held."""
    return _held(officer, 50_000, 40_000)


def _held(officer: User, amount: int, kept: int) -> Order:
    order = held(officer, amount, kept)
    share_of(order)
    return order


def _victim(order: Order, claimed: int | None = None, **changed: Any) -> ClaimantFacts:
    assert order.claim is not None
    facts: dict[str, Any] = {
        "kind": "victim",
        "name": f"Victim of {order.reference}",
        "claimed": order.claim.amount if claimed is None else claimed,
        "pay_institution": "HOMEBANK",
        "pay_account": "v-1",
        "claim": order.claim.pk,
    }
    return ClaimantFacts(**(facts | changed))


def _prepared(officer: User, *sources: Order, rule: str = "traced", ground: str = "", **facts: Any) -> Restitution:
    restitution = restitutions.prepare(officer, [(order.pk, order.held) for order in sources], rule, ground)
    for order in sources:
        restitutions.add_claimant(officer, restitution.pk, _victim(order, **facts))
    return _now(restitution)


def _announced(officer: User, day: SteppedClock, *sources: Order, **facts: Any) -> Restitution:
    """Past the time for objections."""
    restitution = _prepared(officer, *sources, **facts)
    restitutions.give_notice(officer, restitution.pk, "The money goes back to its owners.", DAYS)
    day.advance_to(day.now() + timedelta(days=DAYS))
    return _now(restitution)


def _now(restitution: Restitution) -> Restitution:
    return Restitution.objects.get(pk=restitution.pk)


def _return_orders() -> list[Order]:
    return list(Order.objects.filter(kind="return").order_by("drafted_at", "id"))


class TestThePath:
    def test_two_victims_on_one_account(
        self, officer: User, supervisor: User, one: Order, two: Order, day: SteppedClock
    ) -> None:
        restitution = _announced(officer, day, one, two)
        assert restitution.state == RestitutionState.NOTICED
        payouts.decide(supervisor, restitution.pk, "Traced to the unit.")
        restitution = _now(restitution)
        assert (restitution.state, restitution.decided_by) == (RestitutionState.PAYING, supervisor)
        first, second = _return_orders()
        assert [(order.target, order.amount, order.state) for order in (first, second)] == [
            (one, 60_000, State.APPROVED),
            (two, 40_000, State.APPROVED),
        ]
        assert (first.drafted_by, first.approved_by) == (officer, supervisor), "the decision is the second approval"
        assert message_of(first).pay_to == PayTo("HOMEBANK", "v-1", f"Victim of {one.reference}", restitution.reference)
        assert message_of(first).target == one.pk
        confirm(first)
        assert _now(restitution).state == RestitutionState.PAYING
        confirm(second)
        restitution = _now(restitution)
        assert (restitution.state, restitution.closed_at) == (RestitutionState.CLOSED, day.now())
        assert {Order.objects.get(pk=order.pk).state for order in (one, two)} == {State.RETURNED}
        assert one.claim is not None
        assert two.claim is not None
        assert paid_back(one.claim.pk, two.claim.pk) == {
            one.claim.pk: [Money(60_000, "CNY")],
            two.claim.pk: [Money(40_000, "CNY")],
        }
        told = list(AuditEntry.objects.filter(object_type="restitution").order_by("seq").values_list("action", flat=True))
        assert told == [
            "return prepared",
            "claimant added",
            "claimant added",
            "return announced",
            "return decided",
            "return paid",
        ]

    def test_pro_rata_pays_several_from_one_hold(
        self, officer: User, supervisor: User, one: Order, two: Order, day: SteppedClock
    ) -> None:
        restitution = restitutions.prepare(officer, [(one.pk, 60_000)], "pro_rata")
        for order in (one, two):
            restitutions.add_claimant(officer, restitution.pk, _victim(order))
        restitutions.give_notice(officer, restitution.pk, "In proportion.", DAYS)
        day.advance_to(day.now() + timedelta(days=DAYS))
        payouts.decide(supervisor, restitution.pk, "In proportion.")
        assert [order.amount for order in _return_orders()] == [40_000, 20_000]
        assert [claimant.awarded for claimant in returns.claimants_of(restitution)] == [40_000, 20_000]
        for order in _return_orders():
            confirm(order)
        assert Order.objects.get(pk=one.pk).state == State.RETURNED
        assert _now(restitution).state == RestitutionState.CLOSED

    def test_a_bank_that_has_reimbursed_steps_into_the_victims_place(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock
    ) -> None:
        restitution = _prepared(officer, one, claimed=25_000)
        bank = _victim(one, 75_000, kind="bank", name="Home Bank", pay_account="b-0")
        with pytest.raises(BadInput, match="document"):
            restitutions.add_claimant(officer, restitution.pk, bank)
        restitutions.add_claimant(
            officer, restitution.pk, _victim(one, 75_000, kind="bank", name="Home Bank", ground="Letter 7")
        )
        assert [amount for _, amount in sorted(returns.planned_awards(restitution).items())] == [15_000, 45_000]
        with pytest.raises(BadInput, match=r"at most 0\.00 CNY more can be claimed"):
            restitutions.add_claimant(officer, restitution.pk, _victim(one, 1, name="Somebody"))

    def test_stated_amounts(self, officer: User, supervisor: User, one: Order, day: SteppedClock) -> None:
        with pytest.raises(BadInput, match="reference of the decision"):
            restitutions.prepare(officer, [(one.pk, 60_000)], "stated")
        restitution = _announced(officer, day, one, rule="stated", ground="Court 12/2026", stated=33_333)
        payouts.decide(supervisor, restitution.pk, "As the court states.")
        (order,) = _return_orders()
        confirm(order)
        assert Order.objects.get(pk=one.pk).held == 60_000 - 33_333

    def test_a_refused_payment_is_corrected_and_ordered_again(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock
    ) -> None:
        restitution = _announced(officer, day, one)
        payouts.decide(supervisor, restitution.pk, "Yes.")
        (order,) = _return_orders()
        with pytest.raises(Conflict, match="paid or under way"):
            payouts.pay_again(supervisor, restitution.pk)
        claimant = returns.claimants_of(restitution)[0]
        with pytest.raises(Conflict, match="once a bank has refused"):
            payouts.correct_payee(officer, claimant.pk, "HOMEBANK", "v-2", "the victim called")
        refuse(order)
        assert remedies.payouts(officer, restitution.pk)[0].failed
        payouts.correct_payee(officer, claimant.pk, "HOMEBANK", "v-2", "the victim called")
        assert payouts.pay_again(supervisor, restitution.pk) == 1
        again = Payout.objects.get().order
        assert again != order
        assert message_of(again).pay_to == PayTo("HOMEBANK", "v-2", claimant.name, restitution.reference)
        confirm(again)
        assert _now(restitution).state == RestitutionState.CLOSED

    def test_who_corrects_the_account_may_not_order_the_payment(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock
    ) -> None:
        restitution = _announced(officer, day, one)
        payouts.decide(supervisor, restitution.pk, "Yes.")
        refuse(_return_orders()[0])
        claimant = returns.claimants_of(restitution)[0]
        payouts.correct_payee(supervisor, claimant.pk, "MYBANK", "mine", "trust me")
        with pytest.raises(Conflict, match="somebody else"):
            payouts.pay_again(supervisor, restitution.pk)

    def test_what_is_refused_for_good_is_given_up_and_stays_held(
        self, officer: User, supervisor: User, one: Order, two: Order, day: SteppedClock
    ) -> None:
        restitution = _announced(officer, day, one, two)
        payouts.decide(supervisor, restitution.pk, "Yes.")
        first, second = _return_orders()
        confirm(first)
        with pytest.raises(Conflict, match="under way"):
            payouts.close(supervisor, restitution.pk, "enough")
        refuse(second)
        payouts.close(supervisor, restitution.pk, "The bank is insolvent.")
        assert _now(restitution).state == RestitutionState.CLOSED
        assert Order.objects.get(pk=two.pk).held == 40_000
        assert two.claim is not None
        assert paid_back(two.claim.pk) == {two.claim.pk: []}


class TestWhatTheRegimeAsksFor:
    """The law may be content with one officer, or ask for a court."""

    @staticmethod
    def _under(monkeypatch: pytest.MonkeyPatch, approval: str) -> None:
        """The rules of this node's jurisdiction, but returns need `approval`."""
        code = settings.ACCORD_JURISDICTION
        ours = regimes.regime(code)
        rule = replace(ours.rule("return"), approval=Approval(approval), verified=True)
        changed = replace(ours, kinds={**ours.kinds, OrderKind.RETURN: rule})
        for module in (regimes, rules):
            monkeypatch.setattr(module, "regime", lambda _code: changed)

    def test_a_court(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        restitution = _announced(officer, day, one)
        self._under(monkeypatch, "court")
        assert returns.asks_for_court()
        with pytest.raises(BadInput, match="court's decision"):
            payouts.decide(supervisor, restitution.pk, "Yes.")
        assert _now(restitution).state == RestitutionState.NOTICED, "nothing is half decided"
        payouts.decide(supervisor, restitution.pk, "Yes.", "Court 7/2026")
        (order,) = _return_orders()
        assert (order.court_reference, message_of(order).court_reference) == ("Court 7/2026", "Court 7/2026")
        assert (order.state, order.drafted_by, order.approved_by) == (State.APPROVED, officer, supervisor)
        refuse(order)
        payouts.pay_again(supervisor, restitution.pk)
        assert _return_orders()[-1].court_reference == "Court 7/2026"

    def test_one_officer(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        restitution = _announced(officer, day, one)
        self._under(monkeypatch, "one_officer")
        payouts.decide(supervisor, restitution.pk, "Yes.")
        (order,) = _return_orders()
        assert (order.state, order.approved_by) == (State.APPROVED, supervisor), "whoever decides answers for it"


class TestLimits:
    def test_never_more_than_is_held_and_free(self, officer: User, one: Order, day: SteppedClock) -> None:
        for amount in (0, -1, 60_001):
            with pytest.raises(BadInput, match=r"at most 600\.00 CNY"):
                restitutions.prepare(officer, [(one.pk, amount)], "traced")
        restitutions.prepare(officer, [(one.pk, 50_000)], "traced")
        with pytest.raises(BadInput, match=r"at most 100\.00 CNY"):
            restitutions.prepare(officer, [(one.pk, 10_001)], "traced")

    def test_only_money_that_is_kept(self, officer: User, day: SteppedClock) -> None:
        with pytest.raises(Conflict, match="keeps no money"):
            restitutions.prepare(officer, [(ordered(officer).pk, 1)], "traced")

    def test_one_currency(self, officer: User, one: Order) -> None:
        other = held(officer, 5_000, currency="USD")
        with pytest.raises(BadInput, match="several currencies"):
            restitutions.prepare(officer, [(one.pk, 1), (other.pk, 1)], "traced")
        with pytest.raises(BadInput, match="once"):
            restitutions.prepare(officer, [(one.pk, 1), (one.pk, 1)], "traced")
        assert not Restitution.objects.exists()

    @pytest.mark.parametrize(
        "changed",
        [
            {"kind": "cousin"},
            {"name": " "},
            {"pay_account": ""},
            {"pay_institution": "x" * 65},
            {"claimed": 0},
            {"claimed": 100_001},
            {"stated": 100_001},
            {"claim": None},
            {"kind": "other", "claim": None},
        ],
        ids=str,
    )
    def test_bad_claimants_leave_nothing_behind(self, officer: User, one: Order, changed: dict[str, Any]) -> None:
        restitution = restitutions.prepare(officer, [(one.pk, 60_000)], "traced")
        with pytest.raises(BadInput):
            restitutions.add_claimant(officer, restitution.pk, _victim(one, **changed))
        assert not returns.claimants_of(restitution)

    def test_what_was_returned_before_cannot_be_claimed_again(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock
    ) -> None:
        restitution = _announced(officer, day, one)
        payouts.decide(supervisor, restitution.pk, "Yes.")
        confirm(_return_orders()[0])
        assert one.claim is not None
        later = held(officer, 70_000, account="m-7")
        second = restitutions.prepare(officer, [(later.pk, 70_000)], "pro_rata")
        with pytest.raises(BadInput, match=r"at most 400\.00 CNY"):
            restitutions.add_claimant(officer, second.pk, _victim(one, 40_001))
        restitutions.add_claimant(officer, second.pk, _victim(one, 40_000))

    def test_a_claim_that_does_not_exist(self, officer: User, one: Order) -> None:
        restitution = restitutions.prepare(officer, [(one.pk, 60_000)], "traced")
        with pytest.raises(NotFound):
            restitutions.add_claimant(officer, restitution.pk, _victim(one, claim=restitution.pk))


class TestDeciding:
    def test_not_by_who_prepared_it(self, supervisor: User, one: Order, day: SteppedClock) -> None:
        restitution = _announced(supervisor, day, one)
        with pytest.raises(Conflict, match="somebody else must decide"):
            payouts.decide(supervisor, restitution.pk, "Yes.")

    def test_not_without_the_permission(self, officer: User, colleague: User, one: Order, day: SteppedClock) -> None:
        restitution = _announced(officer, day, one)
        with pytest.raises(NotAllowed):
            payouts.decide(colleague, restitution.pk, "Yes.")

    def test_not_before_the_time_for_objections_is_over(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock
    ) -> None:
        restitution = _prepared(officer, one)
        with pytest.raises(Conflict, match="a return that is prepared cannot decide"):
            payouts.decide(supervisor, restitution.pk, "Yes.")
        restitutions.give_notice(officer, restitution.pk, "Soon.", DAYS)
        day.advance_to(day.now() + timedelta(days=DAYS) - timedelta(seconds=1))
        with pytest.raises(Conflict, match="time for objections is not over"):
            payouts.decide(supervisor, restitution.pk, "Yes.")

    def test_not_while_an_objection_is_open_and_anew_after_one_is_upheld(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock
    ) -> None:
        restitution = _announced(officer, day, one)
        first = restitutions.take_objection(officer, restitution.pk, "The holder", "It is mine.")
        with pytest.raises(Conflict, match="objection is not answered"):
            payouts.decide(supervisor, restitution.pk, "Yes.")
        with pytest.raises(NotAllowed):
            restitutions.answer_objection(officer, first.pk, upheld=False, answer="No.")
        restitutions.answer_objection(supervisor, first.pk, upheld=False, answer="It was traced.")
        with pytest.raises(Conflict, match="already answered"):
            restitutions.answer_objection(supervisor, first.pk, upheld=True, answer="Or was it?")
        second = restitutions.take_objection(officer, restitution.pk, "Another victim", "I was forgotten.")
        restitutions.answer_objection(supervisor, second.pk, upheld=True, answer="You were.")
        assert _now(restitution).state == RestitutionState.PREPARED
        with pytest.raises(Conflict, match="a return that is prepared cannot decide"):
            payouts.decide(supervisor, restitution.pk, "Yes.")

    def test_not_while_an_appeal_against_the_hold_is_open(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock
    ) -> None:
        restitution = _announced(officer, day, one)
        appeal = appeals.receive_public(one.reference, one.holder_code, AppealFacts("Zhao", "Mine.", language="en"))
        with pytest.raises(Conflict, match=appeal.reference):
            payouts.decide(supervisor, restitution.pk, "Yes.")
        appeals.decide(supervisor, appeal.pk, AppealDecision.KEEP, None, "No.")
        payouts.decide(supervisor, restitution.pk, "Yes.")

    def test_not_once_money_was_released_meanwhile(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock
    ) -> None:
        restitution = _announced(officer, day, one)
        orders.ask_release(supervisor, one.pk, "an error", 10)
        with pytest.raises(Conflict, match="keeps less"):
            payouts.decide(supervisor, restitution.pk, "Yes.")
        assert not _return_orders()

    def test_a_hold_that_lapses_during_the_procedure_is_warned_of(
        self, officer: User, supervisor: User, one: Order, day: SteppedClock
    ) -> None:
        restitution = _prepared(officer, one)
        restitutions.give_notice(officer, restitution.pk, "Soon.", 30)
        assert returns.lapsing_sources(_now(restitution), day.now()) == [one]
        day.advance_to(one.until)
        orders.expire_due(day.now())
        day.advance_to(day.now() + timedelta(days=30))
        with pytest.raises(Conflict, match=f"{one.reference} keeps no money"):
            payouts.decide(supervisor, restitution.pk, "Yes.")

    def test_a_freeze_that_takes_a_holds_place_takes_its_place_in_the_return(
        self, officer: User, supervisor: User, colleague: User, one: Order, day: SteppedClock
    ) -> None:
        restitution = _prepared(officer, one)
        restitutions.give_notice(officer, restitution.pk, "Soon.", 30)
        freeze = following.freeze(officer, one.pk, "the procedure takes a month")
        orders.approve(colleague, [freeze.pk])
        orders.mark_sent([Order.objects.get(pk=freeze.pk)])
        orders.answered(freeze.pk, OrderAnswer(day.now(), 50_000, transfer="T"))
        assert not returns.lapsing_sources(_now(restitution), day.now())
        day.advance_to(day.now() + timedelta(days=30))
        payouts.decide(supervisor, restitution.pk, "Yes.")
        (order,) = _return_orders()
        assert (order.target_id, order.amount) == (freeze.pk, 50_000)

    def test_not_more_than_is_left_of_a_claim_that_another_return_pays(
        self, officer: User, supervisor: User, one: Order, two: Order, day: SteppedClock
    ) -> None:
        first = restitutions.prepare(officer, [(one.pk, 60_000)], "traced")
        second = restitutions.prepare(officer, [(two.pk, 40_000)], "pro_rata")
        for restitution in (first, second):
            restitutions.add_claimant(officer, restitution.pk, _victim(one))
            restitutions.give_notice(officer, restitution.pk, "Soon.", DAYS)
        day.advance_to(day.now() + timedelta(days=DAYS))
        payouts.decide(supervisor, first.pk, "Yes.")
        with pytest.raises(Conflict, match="more is claimed"):
            payouts.decide(supervisor, second.pk, "Yes.")

    def test_nobody_to_pay_no_notice(self, officer: User, one: Order) -> None:
        restitution = restitutions.prepare(officer, [(one.pk, 60_000)], "traced")
        with pytest.raises(Conflict, match="nobody would get anything"):
            restitutions.give_notice(officer, restitution.pk, "Soon.", DAYS)
        for days in (0, 366):
            with pytest.raises(BadInput, match="days"):
                restitutions.give_notice(officer, restitution.pk, "Soon.", days)

    def test_claimants_change_only_while_it_is_prepared(self, officer: User, one: Order, day: SteppedClock) -> None:
        restitution = _prepared(officer, one)
        claimant = returns.claimants_of(restitution)[0]
        restitutions.remove_claimant(officer, claimant.pk, "named wrongly")
        restitutions.add_claimant(officer, restitution.pk, _victim(one))
        restitutions.give_notice(officer, restitution.pk, "Soon.", DAYS)
        with pytest.raises(Conflict, match="a return that is noticed cannot change"):
            restitutions.remove_claimant(officer, returns.claimants_of(restitution)[0].pk, "too late")

    def test_given_up_it_leaves_the_hold_as_it_was(self, officer: User, one: Order) -> None:
        restitution = _prepared(officer, one)
        restitutions.abandon(officer, restitution.pk, "The court takes it over.")
        assert _now(restitution).state == RestitutionState.ABANDONED
        assert returns.amount_free(one) == 60_000


def test_a_third_party_sees_no_return(officer: User, administrator: User, one: Order) -> None:
    restitution = _prepared(officer, one)
    for stranger in (administrator, create_user("a", "a-long-password", Role.AUDITOR)):
        assert not remedies.restitutions(stranger).exists()
        assert remedies.payouts(stranger, restitution.pk) == []
        with pytest.raises(NotFound):
            remedies.restitution(stranger, restitution.pk)
        with pytest.raises(NotAllowed):
            restitutions.prepare(stranger, [(one.pk, 1)], "traced")
    assert remedies.restitution(officer, restitution.pk) == restitution
