"""The chase from bank to bank against one trace over all ledgers at once, on small random worlds."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from small_world import VICTIM, SmallWorld, at, bank_of, call_of, worker_of

from accord.adapters.sandbox_bank import Faults
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.joined_trace import JoinedTrace, join
from accord.capabilities.claims.models import Claim, Enquiry, EnquiryState
from accord.capabilities.claims.ports import Credit
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core.clock import SteppedClock, now, using
from accord.core.money import Money
from accord.engine.tracing.model import ClaimStart, ExitKind, Rule, TraceOptions
from accord.node.worker import Worker

pytestmark = [pytest.mark.database, pytest.mark.django_db]

ACCOUNTS = ("a-1", "a-2", "b-1", "b-2", "c-1", "d-1")
LAST = 60
KINDS = ("transfer", "transfer", "transfer", "transfer", "cash", "merchant")


@st.composite
def worlds(draw: st.DrawFn) -> SmallWorld:
    """Up to twenty payments among six accounts of four banks, after the victim's; some leave as cash or to a merchant."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, draw(st.sampled_from(ACCOUNTS)), 1_000)
    for number in range(1, draw(st.integers(1, 20))):
        debtor, creditor = draw(st.lists(st.sampled_from(ACCOUNTS), min_size=2, max_size=2, unique=True))
        minutes = 1 + number * (LAST - 2) / 20
        amount = draw(st.one_of(st.integers(1, 60), st.integers(1, 1_200)))
        world.pay(f"T{number}", minutes, debtor, creditor, amount, kind=draw(st.sampled_from(KINDS)))
    return world


def start_claim(officer: User, world: SmallWorld, rule: Rule) -> Claim:
    report = reports.take_report(officer, call_of(payee=world.transfers[0]["creditor"]))
    claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), rule)
    credit = Credit("T0", 1_000, "CNY", ((0, 1_000),) if rule.keeps_parcels else ())
    claims.start_at(NODE, claim.pk, bank_of(world.transfers[0]["creditor"]), credit)
    return claim


def standing_of(trace: JoinedTrace) -> Counter[tuple[str, str]]:
    return Counter({(row.account, row.currency): row.amount for row in trace.standing})


def seen_from_above(world: SmallWorld, rule: Rule) -> tuple[Counter[tuple[str, str]], Counter[str], dict[str, int]]:
    """(standing by account, exits by transfer, what each transfer carried) for somebody who sees every ledger."""
    trace = world.ledger().trace([ClaimStart("T0")], rule, TraceOptions(until=now()))
    standing = Counter({(place.account.number, place.currency): place.amount for place in trace.standing})
    exits = Counter({exit_.transfer: exit_.amount for exit_ in trace.exits if exit_.kind is not ExitKind.OUTSIDE})
    return standing, exits, {flow.transfer: flow.amount for flow in trace.flows}


def check_whole(claim: Claim, world: SmallWorld, rule: Rule) -> None:
    trace = join(claim, rule)
    standing, exits, flows = seen_from_above(world, rule)
    assert trace.open == ()
    assert trace.conserved
    assert standing_of(trace) == standing
    assert Counter({exit_.leg.transfer: exit_.leg.amount for exit_ in trace.exits}) == exits
    assert {flow.leg.transfer: flow.leg.amount for flow in trace.flows} == flows


def chase(worker: Worker, claim: Claim, rule: Rule) -> None:
    """Sweep to the end; the picture is whole after every sweep."""
    while worker.run_once() or worker.calls_under_way:
        trace = join(claim, rule)
        told = Counter(trace.total("standing")) + Counter(trace.total("exits")) + Counter(trace.total("open"))
        assert told == Counter(trace.claimed) == Counter({"CNY": 1_000})
        assert trace.conserved


@pytest.mark.slow
@pytest.mark.parametrize("rule", [Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.LIBR])
@examples(8, deep=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds(), first=st.integers(1, LAST))
def test_the_chase_finds_what_one_trace_over_all_ledgers_finds(
    officer: User, rule: Rule, world: SmallWorld, first: int
) -> None:
    """Asked when part of the payments have been made, and again after all of them have."""
    clock = SteppedClock(at(first))
    with transaction.atomic(), using(clock), tempfile.TemporaryDirectory() as folder:
        with closing(world.banks(Path(folder))) as banks:
            worker = worker_of(banks)
            claim = start_claim(officer, world, rule)
            chase(worker, claim, rule)
            check_whole(claim, world, rule)
            clock.advance_to(at(LAST))
            claims.trace_again(officer, claim.pk)
            chase(worker, claim, rule)
            check_whole(claim, world, rule)
            worker.close()
        transaction.set_rollback(True)


@pytest.mark.slow
@examples(5, deep=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds(), other=st.sampled_from([Rule.LIFO, Rule.HAIRCUT, Rule.LIBR]))
def test_another_rule_is_another_picture_beside_the_first(officer: User, world: SmallWorld, other: Rule) -> None:
    with transaction.atomic(), using(SteppedClock(at(LAST))), tempfile.TemporaryDirectory() as folder:
        with closing(world.banks(Path(folder))) as banks:
            worker = worker_of(banks)
            claim = start_claim(officer, world, Rule.FIFO)
            claims.trace_under(officer, claim.pk, other)
            worker.run_until_idle()
            check_whole(claim, world, Rule.FIFO)
            check_whole(claim, world, other)
            plan = {(item.account, item.amount) for item in claim.plan.filter(transfer="")}
            assert plan == {(account, amount) for (account, _), amount in seen_from_above(world, Rule.FIFO)[0].items()}
            assert claims.trace_under(officer, claim.pk, other) == [], "asked before"
            worker.close()
        transaction.set_rollback(True)


def test_money_that_runs_in_circles_between_banks_is_asked_about_once(officer: User, day: SteppedClock, tmp_path: Path) -> None:
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    for number in range(1, 121):
        debtor, creditor = ("a-1", "b-1") if number % 2 else ("b-1", "a-1")
        world.pay(f"T{number}", number / 10, debtor, creditor, 1_000)
    day.advance_to(at(30))
    with closing(world.banks(tmp_path)) as banks:
        worker = worker_of(banks)
        claim = start_claim(officer, world, Rule.FIFO)
        worker.run_until_idle()
        trace = join(claim)
        assert trace.conserved
        stopped = Enquiry.objects.get(state=EnquiryState.FAILED)
        assert "more than 40 banks away" in stopped.last_error
        assert trace.total("open") == {"CNY": 1_000}, "what nobody was asked about shows as open"
        for _ in range(3):
            claims.trace_again(officer, claim.pk)
            worker.run_until_idle()
        assert standing_of(join(claim)) == {("a-1", "CNY"): 1_000}
        assert Enquiry.objects.exclude(state=EnquiryState.SUPERSEDED).count() == 121
        worker.close()


@pytest.mark.parametrize("rule", [Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.LIBR])
def test_two_ways_into_one_account_leave_it_together(officer: User, day: SteppedClock, tmp_path: Path, rule: Rule) -> None:
    """Bank D hears of one half first and of the other later; both halves leave it in one transfer."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    world.pay("half", 1, "a-1", "d-1", 500)
    world.pay("way", 2, "a-1", "b-1", 500)
    world.pay("round", 3, "b-1", "d-1", 500)
    world.pay("both", 4, "d-1", "c-1", 1_000)
    day.advance_to(at(10))
    with closing(world.banks(tmp_path)) as banks:
        worker = worker_of(banks)
        claim = start_claim(officer, world, rule)
        chase(worker, claim, rule)
        check_whole(claim, world, rule)
        assert standing_of(join(claim)) == {("c-1", "CNY"): 1_000}
        (line,) = claim.plan.all()
        assert (line.account, line.amount) == ("c-1", 1_000)
        worker.close()


def test_conversions_are_counted_in_each_currency(officer: User, day: SteppedClock, tmp_path: Path) -> None:
    """7.00 CNY to the dollar at the border, then back at a worse rate; what one minor unit cannot buy is lost in rounding."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    world.pay("out", 1, "a-1", "b-1", 700, counter_amount=100, counter_currency="USD")
    world.pay("on", 2, "b-1", "c-1", 60, currency="USD")
    world.pay("back", 3, "c-1", "d-1", 30, currency="USD", counter_amount=200, counter_currency="CNY")
    day.advance_to(at(10))
    with closing(world.banks(tmp_path)) as banks:
        worker = worker_of(banks)
        claim = start_claim(officer, world, Rule.FIFO)
        worker.run_until_idle()
        expected = {("a-1", "CNY"): 300, ("b-1", "USD"): 40, ("c-1", "USD"): 30, ("d-1", "CNY"): 200}
        assert standing_of(join(claim)) == expected == seen_from_above(world, Rule.FIFO)[0]
        assert {(item.account, item.currency): item.amount for item in claim.plan.all()} == expected
        worker.close()


def test_open_branches_are_told_apart_by_currency(officer: User, day: SteppedClock, tmp_path: Path) -> None:
    """Money in two currencies on its way into one bank is one question and two branches."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    world.pay("change", 1, "a-1", "a-2", 700, counter_amount=100, counter_currency="USD")
    world.pay("yuan", 2, "a-1", "b-1", 300)
    world.pay("dollars", 3, "a-2", "b-1", 100, currency="USD")
    day.advance_to(at(10))
    with closing(world.banks(tmp_path)) as banks:
        banks.bank("BANKB").faults = Faults(down=True)
        worker = worker_of(banks)
        claim = start_claim(officer, world, Rule.FIFO)
        worker.run_until_idle()
        trace = join(claim)
        assert Enquiry.objects.filter(institution="BANKB").count() == 1
        assert trace.total("open") == {"CNY": 300, "USD": 100}
        assert {(branch.currency, branch.transfers) for branch in trace.open} == {("CNY", ("yuan",)), ("USD", ("dollars",))}
        worker.close()


def test_a_second_start_that_was_reached_already_is_not_asked_about_twice(
    officer: User, day: SteppedClock, tmp_path: Path
) -> None:
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    world.pay("T1", 1, "a-1", "b-1", 1_000)
    day.advance_to(at(10))
    with closing(world.banks(tmp_path)) as banks:
        worker = worker_of(banks)
        claim = start_claim(officer, world, Rule.FIFO)
        worker.run_until_idle()
        assert claims.start_at(officer, claim.pk, "BANKA", Credit("T0", 1_000, "CNY")) is None, "named before"
        assert claims.start_at(officer, claim.pk, "BANKB", Credit("T1", 1_000, "CNY", ((0, 1_000),))) is None
        assert standing_of(join(claim)) == {("b-1", "CNY"): 1_000}
        worker.close()
