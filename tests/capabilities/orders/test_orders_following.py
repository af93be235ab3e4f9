"""What happens to an order that stands: renewed, replaced, given back in part, escalated, ended to the minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_world import VICTIM, SmallWorld, at, call_of, worker_of

from accord.adapters.sandbox_bank import Faults, SandboxBanks
from accord.capabilities.claims.models import HoldShare, PlanItem
from accord.capabilities.claims.ports import Nonsense
from accord.capabilities.orders import queries, tasks
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import Contact, Escalation, Order
from accord.capabilities.orders.ports import Limits, OrderAnswer, Refusal
from accord.capabilities.people.models import AuditEntry, User
from accord.core.clock import SteppedClock, now
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.object_ids import new_id
from accord.node.worker import Worker

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@dataclass
class Held:
    """An order of 10.00 at BANKA, confirmed at 12:10, and the node around it."""

    order: Order
    banks: SandboxBanks
    worker: Worker
    day: SteppedClock

    def go(self, **later: float) -> Order:
        """Let time pass, then carry out what is due."""
        self.day.advance_to(now() + timedelta(**later))
        self.worker.run_until_idle()
        self.order.refresh_from_db()
        return self.order


@pytest.fixture
def jurisdiction() -> str:
    return "CN"


@pytest.fixture
def held(officer: User, day: SteppedClock, settings: SettingsWrapper, jurisdiction: str, tmp_path: Path) -> Iterator[Held]:
    settings.ACCORD_JURISDICTION = jurisdiction
    day.advance_to(at(10))
    world = SmallWorld(openings={VICTIM: 5_000})
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    banks = world.banks(tmp_path)
    worker = worker_of(banks)
    order = orders.respond_to_call(officer, call_of()).order
    held = Held(order, banks, worker, day)
    assert held.go().state == State.HELD
    yield held
    worker.close()
    banks.close()


class TestRenewal:
    def test_prompted_in_time_and_counted_from_the_end(self, held: Held, officer: User) -> None:
        end = held.order.until
        assert not queries.renewals_to_decide(officer)
        held.go(hours=42, seconds=-held.day.now().second)
        assert list(queries.renewals_to_decide(officer)) == [held.order]
        renewal = orders.renew(officer, held.order.pk, "the victim's complaint is on file")
        assert not queries.renewals_to_decide(officer), "it is under way"
        assert held.order.until == end, "nothing is longer before the bank has confirmed it"
        order = held.go()
        assert (order.state, order.until, order.renewals) == (State.HELD, end + timedelta(hours=48), 1)
        renewal.refresh_from_db()
        assert (renewal.state, renewal.kind) == (State.DONE, OrderKind.RENEWAL)
        assert held.go(hours=10).state == State.HELD, "past the old end"
        assert held.go(hours=60).state == State.EXPIRED

    def test_never_more_often_than_the_regime_allows(self, held: Held, officer: User) -> None:
        orders.renew(officer, held.order.pk, "once")
        held.go()
        with pytest.raises(Conflict, match="allows 1 renewals and 1 are used"):
            orders.renew(officer, held.order.pk, "twice")
        held.go(hours=92)
        assert held.order.renewal_prompted_at is None, "nothing to prompt"

    def test_refused_it_lapses_as_before(self, held: Held, officer: User) -> None:
        end = held.order.until
        renewal = orders.renew(officer, held.order.pk, "more time")
        with pytest.raises(Conflict, match="still open"):
            orders.renew(officer, held.order.pk, "more time")
        orders.mark_sent([renewal])
        assert tasks.receive("BANKA", renewal.pk, OrderAnswer(now(), 0, Refusal.COURT_ORDER_NEEDED, "ask a judge"))
        assert held.go(hours=47).until == end
        assert held.go(hours=2).state == State.EXPIRED

    def test_while_the_answer_is_out_the_hold_is_not_written_off(self, held: Held, officer: User) -> None:
        """The bank may have renewed it: for an hour its answer is waited for, then the books close."""
        renewal = orders.renew(officer, held.order.pk, "more time")
        held.banks.bank("BANKA").faults = Faults(down=True)
        held.go()
        held.go(hours=48)
        assert held.order.state == State.HELD
        held.banks.bank("BANKA").faults = Faults()
        held.go(minutes=20)
        renewal.refresh_from_db()
        assert renewal.state in (State.DONE, State.REFUSED)

    def test_what_is_over_cannot_be_renewed(self, held: Held, officer: User) -> None:
        held.go(hours=49)
        with pytest.raises(Conflict, match="expired cannot be renewed"):
            orders.renew(officer, held.order.pk, "too late")

    @pytest.mark.parametrize("jurisdiction", ["TH"])
    def test_a_renewal_may_last_longer_than_the_first_time(self, held: Held, officer: User) -> None:
        end = held.order.until
        orders.renew(officer, held.order.pk, "a police complaint was made")
        assert held.go().until == end + timedelta(days=7)


class TestFreeze:
    def test_it_takes_the_place_without_a_gap_or_a_double(self, held: Held, officer: User, colleague: User) -> None:
        freeze = orders.freeze(officer, held.order.pk, "an arrest was made")
        assert queries.with_replaced([freeze.pk]) == {freeze.pk, held.order.pk}
        assert freeze.state == State.DRAFT, "two officers"
        orders.approve(colleague, [freeze.pk])
        stop = held.go()
        freeze.refresh_from_db()
        assert (stop.state, freeze.state, freeze.held) == (State.REPLACED, State.HELD, 1_000)
        earlier, later = sorted(held.banks.placed_holds(), key=lambda hold: hold.placed_at)
        assert earlier.ends_at == later.placed_at
        (share,) = HoldShare.objects.filter(active=True)
        assert (share.order_id, share.amount, share.confirmed) == (freeze.pk, 1_000, True)
        assert not PlanItem.objects.filter(state="proposed").exists()
        held.go(hours=72)
        freeze.refresh_from_db()
        assert freeze.state == State.HELD, "long after the stop payment would have lapsed"

    def test_refused_the_stop_payment_goes_on(self, held: Held, officer: User, colleague: User) -> None:
        freeze = orders.freeze(officer, held.order.pk, "an arrest was made")
        orders.approve(colleague, [freeze.pk])
        held.banks.bank("BANKA").faults = Faults(refuse_all=True)
        assert held.go().state == State.HELD
        freeze.refresh_from_db()
        assert (freeze.state, freeze.refusal) == (State.REFUSED, Refusal.LEGAL_REVIEW)
        (share,) = HoldShare.objects.filter(active=True)
        assert share.order_id == held.order.pk


class TestRelease:
    def test_in_part(self, held: Held, supervisor: User) -> None:
        for amount in (0, -1, 1_001):
            with pytest.raises(BadInput, match="at most the 1000"):
                orders.ask_release(supervisor, held.order.pk, "wages", amount)
        release = orders.ask_release(supervisor, held.order.pk, "wages", 400)
        assert held.order.held == 1_000, "held until the bank says otherwise"
        order = held.go()
        release.refresh_from_db()
        assert (order.state, order.held, release.state, release.held) == (State.HELD_PARTLY, 600, State.DONE, 400)
        assert [hold.amount for hold in held.banks.placed_holds()] == [600]
        (share,) = HoldShare.objects.filter(active=True)
        assert share.amount == 600
        assert not PlanItem.objects.filter(state="proposed").exists(), "what was given back is not proposed again"
        orders.ask_release(supervisor, held.order.pk, "the rest too")
        assert (held.go().state, held.order.ended_at) == (State.RELEASED, held.day.now())

    def test_the_release_has_the_regimes_clock(self, held: Held, supervisor: User) -> None:
        release = orders.ask_release(supervisor, held.order.pk, "wrong person")
        assert release.answer_due_at == now() + timedelta(hours=12)

    def test_before_the_answer_it_is_withdrawn(self, officer: User, supervisor: User, held: Held) -> None:
        held.banks.bank("BANKA").faults = Faults(slow_seconds=600)
        second = orders.respond_to_call(officer, call_of(900, callback_number="+8613900000009")).order
        held.go()
        second.refresh_from_db()
        assert second.state == State.ACKNOWLEDGED
        held.banks.bank("BANKA").faults = Faults()
        with pytest.raises(Conflict, match="not in part"):
            orders.ask_release(supervisor, second.pk, "typed twice", 100)
        orders.ask_release(supervisor, second.pk, "typed twice")
        held.go()
        held.go(minutes=15)
        second.refresh_from_db()
        assert second.state == State.RELEASED
        assert sum(hold.amount for hold in held.banks.placed_holds() if hold.order_id == second.pk) == 0

    def test_a_release_that_the_bank_refuses_releases_nothing(self, held: Held, supervisor: User) -> None:
        release = orders.ask_release(supervisor, held.order.pk, "wrong person")
        orders.mark_sent([release])
        assert tasks.receive("BANKA", release.pk, OrderAnswer(now(), 0, Refusal.LEGAL_REVIEW, "our lawyers disagree"))
        assert (held.go().state, held.order.held) == (State.HELD, 1_000)

    def test_what_ends_takes_its_open_follow_ups_along(self, held: Held, officer: User, supervisor: User) -> None:
        draft = Order.objects.create(
            kind=OrderKind.RELEASE, target=held.order, institution="BANKA", rule="fifo", regime="CN", drafted_at=now(),
            until=now() + timedelta(days=9), answer_due_at=now(),
        )  # fmt: skip
        held.go(hours=49)
        draft.refresh_from_db()
        assert (held.order.state, draft.state) == (State.EXPIRED, State.DISCARDED)


class TestEscalation:
    @pytest.fixture
    def contacts(self, db: None) -> None:
        Contact.objects.create(institution="", step=1, after_minutes=0, name="any duty desk", reach="+1")
        Contact.objects.create(institution="BANKA", step=1, after_minutes=5, name="fraud desk", reach="+2")
        Contact.objects.create(institution="BANKA", step=2, after_minutes=30, name="head of fraud", reach="+3")

    def test_up_the_list_by_clock_each_step_once(self, contacts: None, held: Held, officer: User) -> None:
        held.banks.bank("BANKA").faults = Faults(down=True)
        order = orders.respond_to_call(officer, call_of(800, callback_number="+8613900000008")).order
        for _ in range(12):
            held.go(minutes=5)
        steps = [(row.step, row.contact_name, row.at - order.answer_due_at) for row in Escalation.objects.all()]
        assert [step[:2] for step in steps] == [(1, "fraud desk"), (2, "head of fraud")]
        assert [timedelta(minutes=5), timedelta(minutes=30)] == [step[2] for step in steps]
        assert AuditEntry.objects.filter(action="order escalated").count() == 2

    def test_an_answer_ends_the_climb(self, contacts: None, held: Held, officer: User) -> None:
        order = orders.respond_to_call(officer, call_of(700, callback_number="+8613900000007")).order
        assert order.escalate_at is not None
        held.go()
        held.go(hours=2)
        order.refresh_from_db()
        assert order.escalate_at is None
        assert not Escalation.objects.exists()

    def test_a_bank_without_contacts_of_its_own_gets_everybodys(self, contacts: None, officer: User, day: SteppedClock) -> None:
        order = orders.respond_to_call(officer, call_of(payee="z-1")).order
        day.advance_to(order.answer_due_at + timedelta(seconds=1))
        orders.escalate_due(now())
        assert [row.contact_name for row in Escalation.objects.all()] == ["any duty desk"]


class TestPushed:
    """An answer that the bank sends by itself is worth what an asked-for one is, and no more."""

    def test_checked_and_taken_once(self, officer: User, day: SteppedClock) -> None:
        order = orders.respond_to_call(officer, call_of()).order
        orders.mark_sent([order])
        refused = OrderAnswer(now(), 0, Refusal.LEGAL_REVIEW, "later")
        with pytest.raises(NotFound):
            tasks.receive("BANKB", order.pk, refused)
        with pytest.raises(NotFound):
            tasks.receive("BANKA", new_id(), refused)
        with pytest.raises(Nonsense):
            tasks.receive("BANKA", order.pk, OrderAnswer(now(), 10**9, transfer="T0"))
        order.refresh_from_db()
        assert order.state == State.SENT
        assert tasks.receive("BANKA", order.pk, refused)
        assert not tasks.receive("BANKA", order.pk, refused)


class TestMessage:
    def test_the_same_words_each_time(self, officer: User, day: SteppedClock, settings: SettingsWrapper) -> None:
        order = orders.respond_to_call(officer, call_of()).order
        first = message_of(Order.objects.get(pk=order.pk))
        settings.ACCORD_CONTACT = "another number"
        day.advance_to(at(5))
        assert message_of(Order.objects.get(pk=order.pk)) == first

    def test_what_the_holder_may_be_told(self, officer: User, day: SteppedClock) -> None:
        order = orders.respond_to_call(officer, call_of()).order
        notice = message_of(order).notice
        assert notice is not None
        assert notice.tell_from == order.approved_at
        for tag in ("en", "zh-Hans"):
            for part in (order.reference, order.holder_code, "10.00 CNY", "72"):
                assert part in notice.words[tag]


class TestWithoutATrace:
    def facts(self, **changed: object) -> orders.OrderFacts:
        return orders.OrderFacts(**{"institution": "TELCO", "grounds": "called forty victims", **changed})  # type: ignore[arg-type]

    def test_a_number_is_blocked(self, officer: User, colleague: User, day: SteppedClock) -> None:
        order = orders.draft_order(officer, OrderKind.NUMBER_BLOCK, self.facts(number="139 0000 0001"))
        assert (order.state, order.identifier, order.claim) == (State.DRAFT, "+8613900000001", None)
        (order,) = orders.approve(colleague, [order.pk])
        assert message_of(order).identifier == "+8613900000001"
        orders.mark_sent([order])
        assert tasks.receive("TELCO", order.pk, OrderAnswer(now()))
        order.refresh_from_db()
        assert order.state == State.IN_FORCE
        day.advance_to(order.until)
        assert orders.expire_due(now()) == 1

    @pytest.mark.parametrize(
        ("kind", "changed", "what"),
        [
            (OrderKind.HOLD, {}, "follows from a call or a trace"),
            (OrderKind.NUMBER_BLOCK, {"institution": " ", "number": "13900000001"}, "who is to carry"),
            (OrderKind.NUMBER_BLOCK, {"grounds": ""}, "say why"),
            (OrderKind.NUMBER_BLOCK, {"number": "12"}, "not a telephone number"),
            (OrderKind.LIMIT, {"account": "6222"}, "at least one limit"),
            (OrderKind.LIMIT, {"account": "6222", "limits": Limits(amount_per_day=-1)}, "0 or more"),
            (OrderKind.RESTRICTION, {}, "name the account"),
            (OrderKind.RESTRICTION, {"account": "6222", "lasts": timedelta(days=9)}, "at most 24 hours"),
            (OrderKind.RESTRICTION, {"account": "6222", "tell_from": at(60)}, "not told at once"),
            (OrderKind.RESTRICTION, {"account": "6222", "tell_from": at(10**5), "delay_reason": "x"}, "at the latest"),
            (OrderKind.TRACE_BACK, {"number": "13900000001"}, "state the call"),
            (OrderKind.PRESERVATION, {}, "which data"),
        ],
    )
    def test_facts_that_are_missing(
        self, officer: User, day: SteppedClock, kind: OrderKind, changed: dict[str, object], what: str
    ) -> None:
        with pytest.raises(BadInput, match=what):
            orders.draft_order(officer, kind, self.facts(**changed))
        assert not Order.objects.exists()

    def test_an_administrator_drafts_nothing(self, administrator: User, day: SteppedClock) -> None:
        with pytest.raises(NotAllowed):
            orders.draft_order(administrator, OrderKind.NUMBER_BLOCK, self.facts(number="13900000001"))
