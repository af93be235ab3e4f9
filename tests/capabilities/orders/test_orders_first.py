"""From the call to the first order, and from the first answer to the next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from small_world import VICTIM, SmallWorld, at, call_of, worker_of

from accord.adapters.sandbox_bank import Faults, SandboxBanks
from accord.capabilities.claims.joined_trace import join
from accord.capabilities.claims.models import Claim, HoldShare, PlanItem
from accord.capabilities.orders import queries
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import OrderAnswer, Refusal
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.queries import first_broken_audit_entry
from accord.core.clock import SteppedClock, now
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.money import Money
from accord.core.object_ids import new_id
from accord.node.worker import Worker

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.both_stores]


@contextmanager
def open_banks(world: SmallWorld, folder: Path) -> Iterator[tuple[SandboxBanks, Worker]]:
    with closing(world.banks(folder)) as banks:
        worker = worker_of(banks)
        yield banks, worker
        worker.close()


@pytest.fixture
def paid(day: SteppedClock) -> SmallWorld:
    """v-1 pays 10.00 to a-1 at noon, which passes 4.00 on to b-1 at 12:05; it is 12:10."""
    day.advance_to(at(10))
    world = SmallWorld(openings={VICTIM: 5_000}, aliases={"a-1": "promptpay:0812345678"})
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    world.pay("T1", 5, "a-1", "b-1", 400)
    return world


class TestChoice:
    """What leaves before any match or trace."""

    def test_a_pending_payment_is_recalled_at_the_payers_bank(self, officer: User, day: SteppedClock) -> None:
        order = orders.respond_to_call(officer, call_of(still_pending=True)).order
        assert (order.kind, order.institution, order.account) == (OrderKind.RECALL, "BANKV", VICTIM)

    def test_an_unknown_receiving_bank_is_asked_of_the_payers_bank(self, officer: User, day: SteppedClock) -> None:
        order = orders.respond_to_call(officer, call_of(payee_bank="")).order
        assert (order.kind, order.institution) == (OrderKind.RECALL, "BANKV")

    def test_else_the_payees_bank_holds(self, officer: User, day: SteppedClock) -> None:
        response = orders.respond_to_call(officer, call_of())
        order = response.order
        assert (order.kind, order.institution, order.account) == (OrderKind.STOP_PAYMENT, "BANKA", "a-1")
        assert (order.state, order.amount, order.currency) == (State.APPROVED, 1_000, "CNY")
        assert (order.approved_by, order.until) == (officer, day.now() + timedelta(hours=48))
        assert (order.credits, order.rule, order.regime) == ([], "fifo", "CN")
        assert order.next_attempt_at == day.now(), "it leaves at once"
        assert response.claim.report == response.report
        assert not response.claim.starts.exists()

    def test_a_duplicate_call_sends_nothing_more(self, officer: User, colleague: User, day: SteppedClock) -> None:
        first = orders.respond_to_call(officer, call_of())
        second = orders.respond_to_call(colleague, call_of(still_pending=True))
        assert (second.claim, second.order) == (first.claim, first.order)
        assert second.report != first.report
        assert Order.objects.count() == Claim.objects.count() == 1

    def test_a_call_that_is_refused_leaves_nothing_behind(self, officer: User, day: SteppedClock) -> None:
        with pytest.raises(BadInput):
            orders.respond_to_call(officer, call_of(0))
        assert not Order.objects.exists()
        assert not AuditEntry.objects.exists()


class TestHold:
    def test_what_stands_is_held_and_the_rest_is_followed(self, officer: User, paid: SmallWorld, tmp_path: Path) -> None:
        with open_banks(paid, tmp_path) as (banks, worker):
            response = orders.respond_to_call(officer, call_of())
            worker.run_until_idle()
            order = Order.objects.get()
            assert (order.state, order.held, order.transfer) == (State.HELD_PARTLY, 600, "T0")
            (hold,) = banks.placed_holds()
            assert (hold.order_id, hold.amount, hold.until) == (order.pk, 600, hold.until)
            trace = join(response.claim)
            assert {(row.account, row.amount, row.held) for row in trace.standing} == {("a-1", 600, 600), ("b-1", 400, 0)}
            assert [(line.account, line.amount) for line in PlanItem.objects.all()] == [("b-1", 400)], (
                "what is held is not proposed"
            )
            actions = list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))
            assert actions[:5] == ["report taken", "claim opened", "order approved", "order sent", "order held_partly"]
            assert first_broken_audit_entry() is None

    def test_by_alias(self, officer: User, paid: SmallWorld, tmp_path: Path) -> None:
        with open_banks(paid, tmp_path) as (_, worker):
            orders.respond_to_call(officer, call_of(payee_account="promptpay:0812345678"))
            worker.run_until_idle()
            order = Order.objects.get()
            assert (order.held, order.account) == (600, "a-1"), "once found, the account has its own name"
            assert [line.account for line in PlanItem.objects.all()] == ["b-1"], "nothing is proposed twice"

    def test_not_found_at_the_payees_bank_the_payers_bank_is_asked_once(
        self, officer: User, paid: SmallWorld, tmp_path: Path
    ) -> None:
        """The victim names the right account at a wrong bank, then a wrong sum altogether."""
        with open_banks(paid, tmp_path) as (_, worker):
            orders.respond_to_call(officer, call_of(payee_bank="BANKB", payee_account="b-1"))
            worker.run_until_idle()
            told = [(order.kind, order.institution, order.refusal) for order in queries.orders(officer).order_by("id")]
            assert told == [("stop_payment", "BANKB", Refusal.NO_SUCH_TRANSFER), ("recall", "BANKV", Refusal.NO_SUCH_TRANSFER)]
            worker.run_until_idle()
            assert Order.objects.count() == 2

    def test_no_such_account_at_the_named_bank(self, officer: User, paid: SmallWorld, tmp_path: Path) -> None:
        """The payer's bank knows better: it names the transfer, and the hold goes where it went."""
        with open_banks(paid, tmp_path) as (_, worker):
            orders.respond_to_call(officer, call_of(payee_bank="BANKB"))
            worker.run_until_idle()
            told = [(order.kind, order.institution, order.state) for order in queries.orders(officer).order_by("id")]
            assert told == [
                ("stop_payment", "BANKB", "refused"),
                ("recall", "BANKV", "refused"),
                ("stop_payment", "BANKA", "held_partly"),
            ]
            assert Order.objects.filter(approved_by=officer).count() == 3, "under the officer's first approval"

    def test_refused_outright_the_money_is_followed_all_the_same(self, officer: User, paid: SmallWorld, tmp_path: Path) -> None:
        with open_banks(paid, tmp_path) as (banks, worker):
            banks.bank("BANKA").faults = Faults(refuse_all=True)
            response = orders.respond_to_call(officer, call_of())
            worker.run_until_idle()
            assert Order.objects.get().refusal == Refusal.LEGAL_REVIEW
            assert {(row.account, row.amount) for row in join(response.claim).standing} == {("a-1", 600), ("b-1", 400)}
            assert {(line.account, line.amount) for line in PlanItem.objects.all()} == {("a-1", 600), ("b-1", 400)}


class TestRecall:
    @pytest.fixture
    def pending(self, day: SteppedClock) -> SmallWorld:
        """v-1's payment at noon settles at 12:20."""
        day.advance_to(at(10))
        world = SmallWorld(openings={VICTIM: 5_000})
        world.pay("T0", 0, VICTIM, "a-1", 1_000, settles=20)
        return world

    def test_a_pending_payment_is_stopped(
        self, officer: User, supervisor: User, pending: SmallWorld, day: SteppedClock, tmp_path: Path
    ) -> None:
        with open_banks(pending, tmp_path) as (banks, worker):
            response = orders.respond_to_call(officer, call_of(still_pending=True))
            worker.run_until_idle()
            order = Order.objects.get()
            assert (order.state, order.held, order.transfer) == (State.HELD, 1_000, "T0")
            day.advance_to(at(60))
            banks.advance(at(60))
            assert set(banks.stopped()) == {"T0"}
            assert not response.claim.starts.exists(), "the money never left"
            with pytest.raises(Conflict, match="a recall holds nothing"):
                orders.ask_release(supervisor, order.pk, "mistake")

    def test_a_settled_one_is_held_where_it_went(
        self, officer: User, pending: SmallWorld, day: SteppedClock, tmp_path: Path
    ) -> None:
        day.advance_to(at(30))
        with open_banks(pending, tmp_path) as (_, worker):
            response = orders.respond_to_call(officer, call_of(still_pending=True, payee_bank=""))
            worker.run_until_idle()
            recall, hold = Order.objects.order_by("id")
            assert (recall.state, recall.refusal) == (State.REFUSED, Refusal.ALREADY_SETTLED)
            assert (hold.institution, hold.account, hold.state, hold.held) == ("BANKA", "a-1", State.HELD, 1_000)
            assert [credit["transfer"] for credit in hold.credits] == ["T0"]
            assert join(response.claim).total("held") == {"CNY": 1_000}

    def test_said_to_be_settled_while_it_is_pending(self, officer: User, pending: SmallWorld, tmp_path: Path) -> None:
        """The payee's bank sees it coming but has not got it: the payer's bank can still stop it."""
        with open_banks(pending, tmp_path) as (_, worker):
            orders.respond_to_call(officer, call_of())
            worker.run_until_idle()
            hold, recall = Order.objects.order_by("id")
            assert (hold.state, hold.refusal) == (State.REFUSED, Refusal.NO_SUCH_TRANSFER)
            assert (recall.kind, recall.state, recall.held) == (OrderKind.RECALL, State.HELD, 1_000)

    def test_a_rounded_sum_holds_what_was_paid_in_full(self, officer: User, day: SteppedClock, tmp_path: Path) -> None:
        day.advance_to(at(30))
        world = SmallWorld(openings={VICTIM: 5_000})
        world.pay("T0", 0, VICTIM, "a-1", 973)
        with open_banks(world, tmp_path) as (_, worker):
            orders.respond_to_call(officer, call_of(1_000, payee_bank=""))
            worker.run_until_idle()
            hold = Order.objects.get(kind=OrderKind.STOP_PAYMENT)
            assert (hold.amount, hold.held, hold.state) == (973, 973, State.HELD)

    def test_a_sum_told_in_the_currency_that_arrived(self, officer: User, day: SteppedClock, tmp_path: Path) -> None:
        """10.00 USD arrived for 72.00 CNY: all of the transfer is claimed, not its first 10.00 CNY."""
        day.advance_to(at(30))
        world = SmallWorld(openings={VICTIM: 50_000})
        world.pay("T0", 0, VICTIM, "a-1", 7_200, counter_amount=1_000, counter_currency="USD")
        with open_banks(world, tmp_path) as (_, worker):
            response = orders.respond_to_call(officer, call_of(Money(1_000, "USD"), payee_bank=""))
            worker.run_until_idle()
            hold = Order.objects.get(kind=OrderKind.STOP_PAYMENT)
            assert (hold.held, hold.currency, hold.state) == (1_000, "USD", State.HELD)
            assert join(response.claim).claimed == {"CNY": 7_200}


class TestEnds:
    """Expiry and release."""

    @pytest.fixture
    def held(self, officer: User, paid: SmallWorld, tmp_path: Path) -> Iterator[tuple[SandboxBanks, Worker]]:
        with open_banks(paid, tmp_path) as (banks, worker):
            orders.respond_to_call(officer, call_of())
            worker.run_until_idle()
            yield banks, worker

    def test_to_the_second(self, held: tuple[SandboxBanks, Worker], day: SteppedClock) -> None:
        _, worker = held
        until = Order.objects.get().until
        day.advance_to(until - timedelta(seconds=1))
        worker.run_until_idle()
        assert Order.objects.get().state == State.HELD_PARTLY
        day.advance_to(until)
        worker.run_until_idle()
        order = Order.objects.get()
        assert (order.state, order.ended_at) == (State.EXPIRED, until)
        assert not HoldShare.objects.filter(active=True).exists()
        assert {(line.account, line.amount) for line in PlanItem.objects.all()} == {("a-1", 600), ("b-1", 400)}, (
            "proposed again"
        )
        assert AuditEntry.objects.filter(action="order expired").count() == 1

    def test_after_the_node_was_down(self, held: tuple[SandboxBanks, Worker], day: SteppedClock) -> None:
        banks, worker = held
        day.advance_to(now() + timedelta(days=30))
        worker.run_once()
        order = Order.objects.get()
        assert order.state == State.EXPIRED
        status = banks.bank("BANKA").status(order.pk)
        assert status is not None
        assert (status.amount, status.ended_at) == (0, order.until), "the bank lifted it by itself"

    def test_an_answer_missed_while_the_node_was_down_is_still_learnt(
        self, officer: User, paid: SmallWorld, day: SteppedClock, tmp_path: Path
    ) -> None:
        paid.delay = 30.0
        with open_banks(paid, tmp_path) as (banks, worker):
            response = orders.respond_to_call(officer, call_of())
            worker.run_until_idle()
            assert Order.objects.get().state == State.ACKNOWLEDGED
            day.advance_to(at(60))
            banks.advance(at(60))
            day.advance_to(now() + timedelta(days=3))
            worker.run_until_idle()
            order = Order.objects.get()
            assert (order.state, order.held) == (State.EXPIRED, 600)
            assert response.claim.starts.count() == 1, "the chase began all the same"

    def test_an_order_that_nobody_answers_ends_too(
        self, officer: User, paid: SmallWorld, day: SteppedClock, tmp_path: Path
    ) -> None:
        with open_banks(paid, tmp_path) as (banks, worker):
            banks.bank("BANKA").faults = Faults(down=True)
            orders.respond_to_call(officer, call_of())
            until = Order.objects.get().until
            while now() < until + timedelta(minutes=30):
                worker.run_until_idle()
                day.advance_to(now() + timedelta(minutes=10))
            assert Order.objects.get().state == State.EXPIRED
            assert until <= Order.objects.get().ended_at <= until + timedelta(minutes=20)

    def test_released_by_a_supervisor_with_a_reason(
        self, held: tuple[SandboxBanks, Worker], supervisor: User, day: SteppedClock
    ) -> None:
        banks, worker = held
        order = Order.objects.get()
        for reason in ("", " "):
            with pytest.raises(BadInput, match="say why"):
                orders.ask_release(supervisor, order.pk, reason)
        with pytest.raises(NotFound):
            orders.ask_release(supervisor, new_id(), "reason")
        orders.ask_release(supervisor, order.pk, "the holder sold a bicycle")
        with pytest.raises(Conflict, match="another order about it is still open"):
            orders.ask_release(supervisor, order.pk, "again")
        worker.run_until_idle()
        order.refresh_from_db()
        assert (order.state, order.ended_at) == (State.RELEASED, day.now())
        assert [hold.ends_at - hold.placed_at for hold in banks.placed_holds()] == [0]
        assert not HoldShare.objects.filter(active=True).exists()
        assert [line.account for line in PlanItem.objects.filter(state="proposed")] == ["b-1"], "not proposed again"
        with pytest.raises(Conflict):
            orders.ask_release(supervisor, order.pk, "once more")

    def test_duplicate_answers_do_nothing(self, held: tuple[SandboxBanks, Worker], day: SteppedClock) -> None:
        banks, _ = held
        order = Order.objects.get()
        before = (AuditEntry.objects.count(), HoldShare.objects.count(), order.state)
        again = banks.bank("BANKA").carry_out(message_of(order))
        assert isinstance(again, OrderAnswer)
        assert not orders.answered(order.pk, again)
        assert not orders.answered(order.pk, OrderAnswer(day.now(), 0, Refusal.LEGAL_REVIEW))
        orders.fail(order.pk, "too late to be unusable")
        order.refresh_from_db()
        assert (AuditEntry.objects.count(), HoldShare.objects.count(), order.state) == before
        assert order.last_error == ""
