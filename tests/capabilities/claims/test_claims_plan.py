"""The hold plan, and several claims on one account."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from small_world import VICTIM, SmallWorld, at, bank_of, call_of, worker_of

from accord.adapters.sandbox_bank import Faults, SandboxBanks
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.joined_trace import join
from accord.capabilities.claims.models import Claim, Enquiry, HoldShare, PlanAction, PlanItemState, SavedTrace
from accord.capabilities.claims.ports import Credit
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core.canonical import content_hash
from accord.core.clock import SteppedClock, using
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.money import Money
from accord.core.object_ids import new_id
from accord.engine.tracing.model import ClaimStart, Interval, Rule, TraceOptions
from accord.node.worker import Worker

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@contextmanager
def opened(world: SmallWorld, folder: Path) -> Iterator[tuple[SandboxBanks, Worker]]:
    with closing(world.banks(folder)) as banks, ExitStack() as ends:
        worker = worker_of(banks)
        ends.callback(worker.close)
        yield banks, worker


def claim_on(officer: User, transfer: str, account: str, intervals: Sequence[Interval], rule: Rule = Rule.FIFO) -> Claim:
    amount = sum(end - start for start, end in intervals)
    report = reports.take_report(officer, call_of(amount, payee=account, callback_number=str(new_id())[:20]))
    claim = claims.open_claim(officer, report.pk, Money(amount, "CNY"), rule)
    named = tuple(intervals) if rule.keeps_parcels else ()
    claims.start_at(NODE, claim.pk, bank_of(account), Credit(transfer, amount, "CNY", named))
    return claim


def lines(claim: Claim, state: PlanItemState = PlanItemState.PROPOSED) -> list[tuple[str, str, int]]:
    return [(line.action, line.account, line.amount) for line in claim.plan.filter(state=state)]


def approve_all(officer: User, claim: Claim) -> list[Order]:
    items = list(claim.plan.filter(state=PlanItemState.PROPOSED, action=PlanAction.HOLD).values_list("pk", flat=True))
    return orders.approve_plan(officer, claim.pk, items) if items else []


class TestLines:
    @pytest.fixture
    def world(self, day: SteppedClock) -> SmallWorld:
        """10.00 to a-1: 2.00 to a joint account, 1.00 to a merchant's, 1.00 as cash, 1.00 to a gold dealer, the rest stands."""
        day.advance_to(at(30))
        world = SmallWorld(kinds={"b-1": "joint", "c-1": "merchant", "d-1": "salary", "d-2": "pooled"})
        world.pay("T0", 0, VICTIM, "a-1", 1_000)
        world.pay("joint", 1, "a-1", "b-1", 200)
        world.pay("shop", 2, "a-1", "c-1", 100)
        world.pay("cash", 3, "a-1", "e-1", 100, kind="cash")
        world.pay("gold", 4, "a-1", "e-2", 90, kind="merchant")
        world.pay("coins", 5, "a-1", "e-3", 80, kind="exchange")
        world.pay("wages", 6, "a-1", "d-1", 70)
        world.pay("pool", 7, "a-1", "d-2", 60)
        world.pay("pay", 8, "a-1", "e-4", 50, kind="payroll")
        return world

    def test_one_line_an_account_and_an_action_an_exit(self, officer: User, world: SmallWorld, tmp_path: Path) -> None:
        with opened(world, tmp_path) as (_, worker):
            claim = claim_on(officer, "T0", "a-1", [(0, 1_000)])
            worker.run_until_idle()
            assert sorted(lines(claim)) == sorted(
                [
                    ("hold", "a-1", 250),
                    ("enquire", "b-1", 200),
                    ("enquire", "c-1", 100),
                    ("enquire", "d-1", 70),
                    ("enquire", "d-2", 60),
                    ("secure_cash", "e-1", 100),
                    ("stop_delivery", "e-2", 90),
                    ("exchange", "e-3", 80),
                    ("ask_employer", "e-4", 50),
                ]
            )
            urgencies = [line.urgency for line in claim.plan.all()]
            assert urgencies == sorted(urgencies, reverse=True)

    def test_switched_approved_dismissed_done(self, officer: User, world: SmallWorld, tmp_path: Path) -> None:
        with opened(world, tmp_path) as (_, worker):
            claim = claim_on(officer, "T0", "a-1", [(0, 1_000)])
            worker.run_until_idle()
            item = {line.account: line.pk for line in claim.plan.all()}
            claims.decide_item(officer, item["b-1"], PlanAction.HOLD, "the other holder is in it too")
            claims.decide_item(officer, item["a-1"], PlanAction.ENQUIRE, "looks like a shop")
            claims.decide_item(officer, item["a-1"], PlanAction.HOLD, "it is none")
            claims.decide_item(officer, item["d-1"], None, "wages of a cleaner")
            claims.mark_done(officer, item["e-1"], "the machine's film is secured")
            for bad in (
                lambda: claims.decide_item(officer, item["c-1"], PlanAction.HOLD, "  "),
                lambda: claims.decide_item(officer, item["e-2"], PlanAction.HOLD, "reason"),
                lambda: claims.decide_item(officer, item["c-1"], PlanAction.EXCHANGE, "reason"),
                lambda: claims.decide_item(officer, new_id(), None, "reason"),
                lambda: orders.approve_plan(officer, claim.pk, []),
                lambda: orders.approve_plan(officer, claim.pk, [item["e-2"]]),
                lambda: orders.approve_plan(officer, claim.pk, [item["a-1"], new_id()]),
            ):
                with pytest.raises(BadInput):
                    bad()
            with pytest.raises(Conflict, match="already dismissed by officer"):
                claims.decide_item(officer, item["d-1"], PlanAction.HOLD, "or not")
            with pytest.raises(Conflict, match="already dismissed"):
                orders.approve_plan(officer, claim.pk, [item["a-1"], item["d-1"]])
            assert not Order.objects.exists(), "one bad line, no order at all"

            placed = orders.approve_plan(officer, claim.pk, [item["a-1"], item["b-1"], item["c-1"]])
            assert {(order.account, order.amount) for order in placed} == {("a-1", 250), ("b-1", 200)}
            assert Enquiry.objects.filter(institution="BANKC", state="queued").count() == 1, "an enquiry asks afresh"
            saved = SavedTrace.objects.get()
            assert saved.sha256 == content_hash(saved.document)
            worker.run_until_idle()
            assert {(order.account, order.state, order.held) for order in Order.objects.all()} == {
                ("a-1", "held", 250),
                ("b-1", "held", 200),
            }
            claims.trace_again(officer, claim.pk)
            worker.run_until_idle()
            assert ("enquire", "d-1", 70) not in lines(claim), "dismissed, not proposed again"
            assert ("secure_cash", "e-1", 100) not in lines(claim), "done, not proposed again"
            assert not [line for line in lines(claim) if line[1] in ("a-1", "b-1")], "held, not proposed again"
            assert join(claim).total("held") == {"CNY": 450}

    def test_what_a_bank_could_not_hold_is_not_asked_for_again(self, officer: User, world: SmallWorld, tmp_path: Path) -> None:
        with opened(world, tmp_path) as (banks, worker):
            claim = claim_on(officer, "T0", "a-1", [(0, 1_000)])
            worker.run_until_idle()
            banks.bank("BANKA").faults = Faults(holds_percent=60)
            approve_all(officer, claim)
            worker.run_until_idle()
            assert [(order.state, order.held) for order in Order.objects.all()] == [("held_partly", 150)]
            assert not [line for line in lines(claim) if line[1] == "a-1"]
            assert HoldShare.objects.get().amount == 150
            assert AuditEntry.objects.filter(action="traced again").exists(), "where did the rest go"

    def test_another_claims_line_is_not_found(self, officer: User, world: SmallWorld, tmp_path: Path) -> None:
        with opened(world, tmp_path) as (_, worker):
            one = claim_on(officer, "T0", "a-1", [(0, 500)])
            other = claim_on(officer, "T0", "a-1", [(500, 1_000)])
            worker.run_until_idle()
            with pytest.raises(NotFound, match="reload"):
                orders.approve_plan(officer, one.pk, [other.plan.first().pk])


def test_a_hold_under_haircut_is_not_taken_a_second_time_further_on(officer: User, day: SteppedClock, tmp_path: Path) -> None:
    """The account with the hold goes on paying: its taint moves on while the bank keeps the money back."""
    world = SmallWorld(openings={"a-1": 5_000})
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    world.pay("T1", 30, "a-1", "b-1", 3_000)
    world.pay("T2", 31, "a-1", "c-1", 2_000)
    day.advance_to(at(10))
    with opened(world, tmp_path) as (_, worker):
        claim = claim_on(officer, "T0", "a-1", [(0, 1_000)], Rule.HAIRCUT)
        worker.run_until_idle()
        approve_all(officer, claim)
        worker.run_until_idle()
        held = Order.objects.get().held
        day.advance_to(at(40))
        claims.trace_again(officer, claim.pk, "BANKA", "a-1")
        worker.run_until_idle()
        approve_all(officer, claim)
        worker.run_until_idle()
        assert held > 0
        assert sum(share.amount for share in HoldShare.objects.filter(active=True)) <= 1_000


class TestShares:
    """Several claims on one account."""

    @pytest.fixture
    def crowd(self, day: SteppedClock) -> SmallWorld:
        """Two victims' claims name the same 10.00, of which 7.00 still stand."""
        day.advance_to(at(10))
        world = SmallWorld()
        world.pay("T0", 0, VICTIM, "a-1", 1_000)
        world.pay("T1", 1, "a-1", "e-1", 300, kind="cash")
        return world

    def test_the_others_line_shrinks_and_grows_back(
        self, officer: User, supervisor: User, crowd: SmallWorld, tmp_path: Path
    ) -> None:
        with opened(crowd, tmp_path) as (_, worker):
            one = claim_on(officer, "T0", "a-1", [(0, 800)])
            other = claim_on(officer, "T0", "a-1", [(600, 1_000)])
            worker.run_until_idle()
            assert (lines(one)[0][2], lines(other)[0][2]) == (500, 400)
            (order,) = approve_all(officer, one)
            assert ("hold", "a-1", 200) in lines(other), "units 600 to 800 are booked"
            worker.run_until_idle()
            orders.ask_release(supervisor, order.pk, "a mistake")
            worker.run_until_idle()
            assert ("hold", "a-1", 400) in lines(other)
            assert not [line for line in lines(one) if line[0] == "hold"], "released, so not proposed again"

    @pytest.mark.parametrize("how", ["expiry", "refusal"])
    def test_a_line_that_was_withdrawn_comes_back(
        self, officer: User, crowd: SmallWorld, day: SteppedClock, tmp_path: Path, how: str
    ) -> None:
        with opened(crowd, tmp_path) as (banks, worker):
            one = claim_on(officer, "T0", "a-1", [(0, 1_000)])
            other = claim_on(officer, "T0", "a-1", [(0, 1_000)])
            worker.run_until_idle()
            banks.bank("BANKA").faults = Faults(refuse_all=how == "refusal")
            (order,) = approve_all(officer, one)
            assert not [line for line in lines(other) if line[1] == "a-1"], "nothing is left to hold"
            worker.run_until_idle()
            if how == "expiry":
                day.advance_to(order.until)
                worker.run_until_idle()
            assert ("hold", "a-1", 700) in lines(other)
            assert (("hold", "a-1", 700) in lines(one)) == (how == "expiry"), "a bank is not asked for what it just refused"
            assert not HoldShare.objects.filter(active=True).exists()

    @pytest.mark.slow
    @examples(8, deep=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_never_more_than_their_union(self, officer: User, data: st.DataObject) -> None:
        """Random claims on random units of three victims' payments, approved in any order, some cut short by the bank."""
        world = SmallWorld()
        for number in range(3):
            world.pay(f"T{number}", number, f"v-{number + 1}", "a-1", 100)
        spent = data.draw(st.integers(1, 250), label="spent")
        world.pay("away", 5, "a-1", "e-1", spent, kind="cash")
        wanted = data.draw(
            st.lists(st.tuples(st.integers(0, 2), st.integers(0, 90), st.integers(1, 100)), min_size=2, max_size=5),
            label="claims",
        )
        folder = tempfile.TemporaryDirectory()
        with folder, transaction.atomic(), using(SteppedClock(at(10))):
            with opened(world, Path(folder.name)) as (banks, worker):
                union: set[tuple[str, int]] = set()
                made = []
                for number, start, length in wanted:
                    span = (start, min(100, start + length))
                    made.append(claim_on(officer, f"T{number}", "a-1", [span]))
                    union |= units_standing(world, f"T{number}", span)
                worker.run_until_idle()
                for claim in data.draw(st.permutations(made), label="order"):
                    banks.bank("BANKA").faults = Faults(holds_percent=data.draw(st.sampled_from([100, 100, 50, 0])))
                    approve_all(officer, claim)
                    assert booked() <= len(union)
                    worker.run_until_idle()
                    assert booked() <= len(union)
                banks.bank("BANKA").faults = Faults()
                held = [hold for hold in banks.placed_holds() if hold.amount]
                kept = [(p.transfer, unit) for hold in held for p in hold.parcels for unit in range(p.start, p.end)]
                assert len(kept) == len(set(kept)) == booked()
                assert set(kept) <= union
                if all(order.state == "held" for order in Order.objects.all()):
                    assert set(kept) == union, "and all of it where no bank cut anything short"
            transaction.set_rollback(True)


def units_standing(world: SmallWorld, transfer: str, span: Interval) -> set[tuple[str, int]]:
    trace = world.ledger().trace([ClaimStart(transfer, intervals=(span,))], Rule.FIFO, TraceOptions(until=at(10)))
    return {(p.transfer, unit) for place in trace.standing for p in place.parcels for unit in range(p.start, p.end)}


def booked() -> int:
    return sum(HoldShare.objects.filter(active=True).values_list("amount", flat=True))
