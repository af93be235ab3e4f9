"""From what a holder states to the money that is free again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from orders_by_hand import confirm, held, ordered, refuse

from accord.capabilities.agenda import next_due as next_due_of
from accord.capabilities.orders import regime, tasks
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Appeal, AppealDecision, AppealState, Order
from accord.capabilities.orders.ports import AppealMessage, Care, OrderAnswer, Refusal
from accord.capabilities.orders.remedies import queries as remedies
from accord.capabilities.orders.remedies.services import appeals
from accord.capabilities.orders.remedies.services.appeals import AppealFacts
from accord.capabilities.orders.services import following
from accord.capabilities.people.models import AuditEntry, Role, User
from accord.capabilities.people.services import create_user
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.node.worker import next_due

pytestmark = [pytest.mark.database, pytest.mark.django_db]

FACTS = AppealFacts("Zhao Wei", "This is my salary.", "+86 138 0000 0000", "zh-hans")


@pytest.fixture
def judge(db: None) -> User:
    return create_user("judge", "a-long-password", Role.SUPERVISOR, "Judge Bao")


@pytest.fixture
def order(officer: User, day: SteppedClock) -> Order:
    return held(officer)


def next_appeal(now: datetime) -> datetime | None:
    """When the next clock of an appeal runs out."""
    return next_due_of([clock for clock in tasks.CLOCKS if clock.name == "appeals"], now)


def _now(appeal: Appeal) -> Appeal:
    return Appeal.objects.select_related("order", "release").get(pk=appeal.pk)


def _appeal(order: Order, **changed: str) -> Appeal:
    facts = {"appellant": "Zhao Wei", "statement": "This is my salary.", "reach": "", "language": "en", "care": ""} | changed
    return appeals.receive_public(order.reference, order.holder_code, AppealFacts(**facts))


class TestReceiving:
    def test_the_holder_appeals_with_reference_and_code(self, order: Order, day: SteppedClock) -> None:
        appeal = appeals.receive_public(f" {order.reference.lower()} ", order.holder_code.replace("-", ""), FACTS)
        assert (appeal.order, appeal.state, appeal.channel) == (order, AppealState.RECEIVED, "public")
        assert (appeal.received_at, appeal.due_at) == (day.now(), day.now() + timedelta(hours=72))
        assert appeal.code not in (order.holder_code, "")
        assert remedies.appeal_by_code(appeal.reference, appeal.code) == appeal
        assert "appeal received" in AuditEntry.objects.values_list("action", flat=True)

    @pytest.mark.parametrize("wrong", ["reference", "code", "nonsense", "another"])
    def test_a_wrong_reference_and_a_wrong_code_get_one_answer(self, officer: User, order: Order, wrong: str) -> None:
        other = held(officer, account="m-2")
        given = {
            "reference": ("O-0000-0000", order.holder_code),
            "code": (order.reference, "0000-0000"),
            "nonsense": ("'; drop table", "\x00"),
            "another": (order.reference, other.holder_code),
        }[wrong]
        with pytest.raises(NotFound) as refused:
            appeals.receive_public(*given, FACTS)
        assert refused.value.id == "orders.no_order_fits"
        assert not Appeal.objects.exists()

    def test_the_appeals_own_code_is_checked_the_same_way(self, officer: User, order: Order) -> None:
        one, other = _appeal(order), _appeal(held(officer, account="m-2"))
        wrong = ((one.reference, other.code), ("A-0000-0000", one.code), ("?", "?"), (order.reference, one.code))
        for reference, code in wrong:
            with pytest.raises(NotFound, match="no appeal fits"):
                remedies.appeal_by_code(reference, code)

    def test_orders_that_touch_nobody_cannot_be_appealed(self, officer: User, day: SteppedClock) -> None:
        recalled = ordered(officer, still_pending=True)
        refused = refuse(ordered(officer, account="m-9"), Refusal.NO_SUCH_ACCOUNT)
        for order in (recalled, refused):
            with pytest.raises(NotFound):
                _appeal(order)
            with pytest.raises(Conflict, match="nobody was touched"):
                appeals.record(officer, order.pk, "desk", FACTS)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("appellant", "  "),
            ("appellant", "x" * 151),
            ("statement", ""),
            ("statement", "x" * 8_001),
            ("statement", "a\x00b"),
            ("reach", "x" * 201),
            ("language", "tlh"),
            ("care", "rich"),
        ],
    )
    def test_bad_facts_leave_nothing_behind(self, order: Order, field: str, value: str) -> None:
        with pytest.raises(BadInput):
            _appeal(order, **{field: value})
        assert not Appeal.objects.exists()

    def test_one_open_appeal_an_appellant(self, order: Order, judge: User) -> None:
        first = _appeal(order)
        with pytest.raises(Conflict, match=first.reference):
            _appeal(order, appellant="zhao  WEI", statement="Again")
        _appeal(order, appellant="Zhao Min")
        appeals.withdraw(judge, first.pk, "by telephone")
        assert _appeal(order).state == AppealState.RECEIVED

    def test_through_the_bank_the_clock_runs_from_the_bank(self, order: Order, judge: User, day: SteppedClock) -> None:
        told = day.now() + timedelta(hours=1)
        day.advance_to(day.now() + timedelta(hours=5))
        message = AppealMessage(order.pk, "Zhao Wei", "Salary", told, Care.NONE, "zh-Hans")
        appeal = appeals.receive_from_bank("MULEBANK", message)
        assert (appeal.channel, appeal.received_at, appeal.due_at) == ("bank", told, told + timedelta(hours=72))
        assert appeals.receive_from_bank("MULEBANK", message) == appeal, "sent again, it is the same"
        assert Appeal.objects.count() == 1
        appeals.withdraw(judge, appeal.pk, "by letter")
        assert appeals.receive_from_bank("MULEBANK", message).state == AppealState.WITHDRAWN, "a late copy opens nothing"

    def test_another_bank_may_not_appeal(self, order: Order, day: SteppedClock) -> None:
        message = AppealMessage(order.pk, "Zhao Wei", "Salary", day.now())
        with pytest.raises(NotFound):
            appeals.receive_from_bank("OTHERBANK", message)

    def test_a_bank_cannot_move_the_clock_out_of_the_orders_life(self, order: Order, day: SteppedClock) -> None:
        early = AppealMessage(order.pk, "A", "a", day.now() - timedelta(days=900))
        late = AppealMessage(order.pk, "B", "b", day.now() + timedelta(days=900))
        assert appeals.receive_from_bank("MULEBANK", early).received_at == order.approved_at
        assert appeals.receive_from_bank("MULEBANK", late).received_at == day.now()

    def test_an_order_that_has_just_expired_can_be_found_wrong(self, order: Order, judge: User, day: SteppedClock) -> None:
        day.advance_to(order.until)
        assert orders.expire_due(day.now()) == 1
        appeal = _appeal(order)
        with pytest.raises(Conflict, match="nothing is kept"):
            appeals.decide(judge, appeal.pk, AppealDecision.RELEASE_PARTLY, 5, "a part")
        appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "It was your salary.")
        appeal = _now(appeal)
        assert (appeal.state, appeal.release, appeal.is_granted) == (AppealState.CLOSED, None, True)


class TestDeciding:
    def test_in_full_the_release_leaves_is_clocked_and_closes_the_appeal(
        self, order: Order, judge: User, day: SteppedClock
    ) -> None:
        appeal = appeals.begin_review(judge, _appeal(order).pk)
        day.advance_to(day.now() + timedelta(hours=2))
        appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "It was your salary.")
        appeal = _now(appeal)
        release = appeal.release
        assert release is not None
        assert (appeal.state, appeal.release_amount, release.amount) == (AppealState.RELEASING, 100_000, 100_000)
        assert appeal.release_due_at == release.answer_due_at == day.now() + timedelta(hours=12)
        assert (release.state, release.next_attempt_at) == (State.APPROVED, day.now()), "no second permission is asked"
        confirm(release)
        appeal = _now(appeal)
        assert (appeal.state, appeal.released_at, appeal.closed_at) == (AppealState.CLOSED, day.now(), day.now())
        assert appeal.order.state == State.RELEASED

    def test_in_part(self, order: Order, judge: User) -> None:
        appeal = _appeal(order)
        appeals.decide(judge, appeal.pk, AppealDecision.RELEASE_PARTLY, 30_000, "That much was your salary.")
        release = _now(appeal).release
        assert release is not None
        assert release.amount == 30_000
        confirm(release)
        appeal = _now(appeal)
        assert (appeal.state, appeal.order.state, appeal.order.held) == (AppealState.CLOSED, State.HELD_PARTLY, 70_000)

    @pytest.mark.parametrize("amount", [None, 0, -1, 100_000, 100_001])
    def test_a_part_is_more_than_nothing_and_less_than_all(self, order: Order, judge: User, amount: int | None) -> None:
        appeal = _appeal(order)
        with pytest.raises(BadInput):
            appeals.decide(judge, appeal.pk, AppealDecision.RELEASE_PARTLY, amount, "a part")
        assert _now(appeal).state == AppealState.RECEIVED
        assert not Order.objects.filter(kind="release").exists()

    def test_kept(self, order: Order, judge: User) -> None:
        appeal = _appeal(order)
        appeals.decide(judge, appeal.pk, AppealDecision.KEEP, None, "It is the victim's money.")
        appeal = _now(appeal)
        assert (appeal.state, appeal.is_granted, appeal.order.state) == (AppealState.CLOSED, False, State.HELD)
        with pytest.raises(Conflict, match="an appeal that is closed cannot"):
            appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "after all")

    def test_reasons_are_asked_for(self, order: Order, judge: User) -> None:
        appeal = _appeal(order)
        with pytest.raises(BadInput, match="reasons"):
            appeals.decide(judge, appeal.pk, AppealDecision.KEEP, None, " ")

    def test_an_order_not_carried_out_yet_is_withdrawn(self, officer: User, judge: User, day: SteppedClock) -> None:
        order = ordered(officer)
        appeal = _appeal(order)
        appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "Wrong account.")
        release = _now(appeal).release
        assert release is not None
        confirm(release, 0)
        assert (_now(appeal).state, _now(appeal).order.state) == (AppealState.CLOSED, State.RELEASED)

    def test_two_appeals_at_once_share_one_release(self, order: Order, judge: User) -> None:
        one, other = _appeal(order), _appeal(order, appellant="Zhao Min")
        appeals.decide(judge, one.pk, AppealDecision.RELEASE, None, "Yes.")
        appeals.decide(judge, other.pk, AppealDecision.RELEASE, None, "Yes, too.")
        release = _now(one).release
        assert release is not None
        assert _now(other).release == release
        confirm(release)
        assert _now(one).state == _now(other).state == AppealState.CLOSED

    def test_a_smaller_release_under_way_is_waited_for(self, order: Order, judge: User) -> None:
        one, other = _appeal(order), _appeal(order, appellant="Zhao Min")
        appeals.decide(judge, one.pk, AppealDecision.RELEASE_PARTLY, 10, "A little.")
        with pytest.raises(Conflict, match="still open"):
            appeals.decide(judge, other.pk, AppealDecision.RELEASE, None, "All.")
        assert _now(other).state == AppealState.RECEIVED

    def test_a_renewal_under_way_keeps_nobody_from_being_released(self, officer: User, order: Order, judge: User) -> None:
        renewal = orders.renew(officer, order.pk, "the complaint is being written")
        appeal = _appeal(order)
        appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "Yes.")
        release = _now(appeal).release
        assert release is not None
        confirm(release)
        assert Order.objects.get(pk=renewal.pk).state == State.EXPIRED

    def test_what_a_freeze_replaced_is_released_from_the_freeze(self, officer: User, order: Order, judge: User) -> None:
        colleague = create_user("second", "a-long-password", Role.OFFICER)
        appeal = _appeal(order)
        freeze = following.freeze(officer, order.pk, "the court will decide")
        orders.approve(colleague, [freeze.pk])
        orders.mark_sent([Order.objects.get(pk=freeze.pk)])
        orders.answered(freeze.pk, OrderAnswer(freeze.drafted_at, 100_000, transfer="T"))
        appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "Yes.")
        release = _now(appeal).release
        assert release is not None
        assert release.target == freeze


class TestWhoDecides:
    def test_not_who_ordered(self, supervisor: User, judge: User, day: SteppedClock) -> None:
        order = held(supervisor)
        appeal = _appeal(order)
        for act in (
            lambda: appeals.begin_review(supervisor, appeal.pk),
            lambda: appeals.decide(supervisor, appeal.pk, AppealDecision.RELEASE, None, "mine"),
        ):
            with pytest.raises(Conflict, match=f"supervisor drafted or approved {order.reference}"):
                act()
        assert appeals.decide(judge, appeal.pk, AppealDecision.KEEP, None, "fine").decided_by == judge

    def test_not_who_renewed(self, order: Order, supervisor: User) -> None:
        renewal = orders.renew(supervisor, order.pk, "longer")
        with pytest.raises(Conflict, match=renewal.reference):
            appeals.decide(supervisor, _appeal(order).pk, AppealDecision.KEEP, None, "fine")

    def test_not_who_froze_what_was_stopped(self, order: Order, supervisor: User) -> None:
        following.freeze(supervisor, order.pk, "for longer")
        appeal = _appeal(order)
        # only a draft: it never came to be, so the supervisor ordered nothing yet
        freeze = Order.objects.get(kind="freeze")
        assert appeals.begin_review(supervisor, appeal.pk).reviewer == supervisor
        Order.objects.filter(pk=freeze.pk).update(state=State.HELD)
        with pytest.raises(Conflict, match=freeze.reference):
            appeals.decide(supervisor, appeal.pk, AppealDecision.KEEP, None, "fine")

    def test_only_those_who_hold_the_permission(self, officer: User, administrator: User, order: Order) -> None:
        appeal = _appeal(order)
        for actor in (officer, administrator):
            with pytest.raises(NotAllowed):
                appeals.decide(actor, appeal.pk, AppealDecision.RELEASE, None, "please")
        with pytest.raises(NotAllowed):
            appeals.record(administrator, order.pk, "desk", FACTS)

    def test_a_third_party_sees_no_appeal(self, administrator: User, officer: User, order: Order) -> None:
        appeal = _appeal(order)
        strangers = [administrator, *(create_user(role, "a-long-password", Role(role)) for role in ("auditor", "bank_officer"))]
        for stranger in strangers:
            assert not remedies.appeals(stranger).exists()
            assert not remedies.open_appeals(stranger).exists()
            assert not remedies.overdue_appeals(stranger).exists()
            with pytest.raises(NotFound):
                remedies.appeal(stranger, appeal.pk)
        assert remedies.appeal(officer, appeal.pk) == appeal


class TestWhatBecomesOfIt:
    def test_a_refused_release_needs_a_person(self, order: Order, judge: User) -> None:
        appeal = _appeal(order)
        appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "Yes.")
        release = _now(appeal).release
        assert release is not None
        refuse(release)
        assert _now(appeal).state == AppealState.DECIDED
        assert remedies.open_appeals(judge).filter(pk=appeal.pk).exists()
        appeals.release_again(judge, appeal.pk)
        again = _now(appeal).release
        assert again is not None
        assert again != release
        confirm(again)
        assert _now(appeal).state == AppealState.CLOSED

    def test_the_order_lapses_before_the_bank_has_released(self, order: Order, judge: User, day: SteppedClock) -> None:
        appeal = _appeal(order)
        appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "Yes.")
        day.advance_to(order.until)
        orders.expire_due(day.now())
        appeal = _now(appeal)
        assert (appeal.state, appeal.released_at, appeal.closed_at) == (AppealState.CLOSED, None, day.now())

    def test_the_order_lapses_after_a_refused_release(self, order: Order, judge: User, day: SteppedClock) -> None:
        appeal = _appeal(order)
        appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "Yes.")
        release = _now(appeal).release
        assert release is not None
        refuse(release)
        day.advance_to(order.until)
        orders.expire_due(day.now())
        assert _now(appeal).state == AppealState.CLOSED

    def test_overdue_appeals_reach_supervisors_once_a_clock(self, order: Order, judge: User, day: SteppedClock) -> None:
        appeal = _appeal(order)
        assert next_appeal(day.now()) == appeal.due_at
        assert appeals.appeals_overdue(day.now()) == 0
        day.advance_to(appeal.due_at + timedelta(seconds=1))
        assert list(remedies.overdue_appeals(judge)) == [appeal]
        assert [appeals.appeals_overdue(day.now()) for _ in range(3)] == [1, 0, 0]
        assert AuditEntry.objects.filter(action="appeal overdue").count() == 1
        assert next_appeal(day.now()) is None

    def test_the_node_knows_when_the_next_clock_of_an_appeal_runs_out(self, order: Order, day: SteppedClock) -> None:
        appeal, soonest = _appeal(order), day.now() - timedelta(hours=1)
        assert next_due() != soonest
        Appeal.objects.filter(pk=appeal.pk).update(due_at=soonest)
        assert next_due() == soonest

    def test_a_late_release_is_told_of_too(self, officer: User, judge: User, day: SteppedClock) -> None:
        order = held(officer)
        Order.objects.filter(pk=order.pk).update(until=day.now() + timedelta(days=30))
        appeal = _appeal(order)
        day.advance_to(appeal.due_at + timedelta(seconds=1))
        appeals.appeals_overdue(day.now())
        appeals.decide(judge, appeal.pk, AppealDecision.RELEASE, None, "Yes, late.")
        assert appeals.appeals_overdue(day.now()) == 0
        assert not remedies.overdue_appeals(judge).exists()
        day.advance_to(day.now() + timedelta(hours=12, seconds=1))
        assert list(remedies.overdue_appeals(judge)) == [appeal]
        assert appeals.appeals_overdue(day.now()) == 1


def test_no_regime_may_ask_for_a_second_person_before_money_is_given_back() -> None:
    """A granted appeal leaves at once: nobody can hold it up."""
    strict = regime._table("default")
    changed = {**strict, "kinds": {**strict["kinds"], "release": {**strict["kinds"]["release"], "approval": "two_officers"}}}
    with pytest.raises(BadInput, match="giving back needs no second person"):
        regime.parse("XX", changed, "xx.toml", strict)
