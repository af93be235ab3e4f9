"""A claim that leaves the jurisdiction is followed by the partner's centre; two or three centres find what one would."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from federation_kit.one_store import Centres
from federation_kit.terms import terms_between
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from small_world import VICTIM, SmallWorld, at, bank_of, call_of

from accord.adapters.sandbox_bank import SandboxBanks
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.joined_trace import JoinedTrace, join
from accord.capabilities.claims.models import Claim
from accord.capabilities.claims.ports import Credit
from accord.capabilities.exchange.agreements.terms import AccountDetail, OnwardRule
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core.clock import SteppedClock, now, using
from accord.core.money import Money
from accord.engine.tracing.model import ClaimStart, ExitKind, Rule, TraceOptions

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]

CN, TH, SG = "CN-ASC", "TH-AOC", "SG-ASC"
COVERS = {CN: ("BANKV", "BANKA"), TH: ("BANKB",), SG: ("BANKC", "BANKD")}
PAIRS = ((CN, TH), (CN, SG), (TH, SG))
RULES = (Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.LIBR)
ACCOUNTS = ("a-1", "a-2", "b-1", "b-2", "c-1", "d-1")
LAST = 60


def agreed(**changes: Any) -> dict[tuple[str, str], Any]:
    return {pair: terms_between(*pair, **changes) for pair in PAIRS}


def start_claim(officer: User, world: SmallWorld, rule: Rule, centres: Centres) -> Claim:
    first = world.transfers[0]["creditor"]
    with centres.at(CN):
        report = reports.take_report(officer, call_of(payee=first))
        claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), rule)
        credit = Credit("T0", 1_000, "CNY", ((0, 1_000),) if rule.keeps_parcels else ())
        claims.start_at(NODE, claim.pk, bank_of(first), credit)
    return claim


def trace_of(centres: Centres, claim: Claim) -> JoinedTrace:
    with centres.at(CN):
        return join(claim)


def standing_of(trace: JoinedTrace) -> Counter[tuple[str, str]]:
    return Counter({(row.account, row.currency): row.amount for row in trace.standing})


def seen_from_above(world: SmallWorld, rule: Rule) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    trace = world.ledger().trace([ClaimStart("T0")], rule, TraceOptions(until=now()))
    standing = Counter({(place.account.number, place.currency): place.amount for place in trace.standing})
    exits = Counter({exit_.transfer: exit_.amount for exit_ in trace.exits if exit_.kind is not ExitKind.OUTSIDE})
    return standing, exits


@st.composite
def worlds(draw: st.DrawFn) -> SmallWorld:
    """Up to sixteen payments among six accounts of four banks in three countries, after the victim's."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, draw(st.sampled_from(ACCOUNTS)), 1_000)
    for number in range(1, draw(st.integers(1, 16))):
        debtor, creditor = draw(st.lists(st.sampled_from(ACCOUNTS), min_size=2, max_size=2, unique=True))
        amount = draw(st.one_of(st.integers(1, 60), st.integers(1, 1_200)))
        kind = draw(st.sampled_from(("transfer", "transfer", "transfer", "cash", "merchant")))
        world.pay(f"T{number}", 1 + number * (LAST - 2) / 16, debtor, creditor, amount, kind=kind)
    return world


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
@examples(6, deep=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds(), first=st.integers(1, LAST))
def test_three_centres_find_what_one_that_sees_all_ledgers_finds(
    officer: User, rule: Rule, world: SmallWorld, first: int
) -> None:
    """Asked when part of the payments have been made, and again after all of them have."""
    clock = SteppedClock(at(first))
    with transaction.atomic(), using(clock), tempfile.TemporaryDirectory() as folder:
        with closing(world.banks(Path(folder))) as banks:
            check_now_and_at_the_end(officer, banks, clock, world, rule)
        transaction.set_rollback(True)


@pytest.mark.parametrize("first", [30, 42])
def test_one_transfer_that_separate_questions_lead_to_is_vouched_for_as_a_whole(
    officer: User, tmp_path: Path, first: int
) -> None:
    """Singapore first hears of one payment into d-1 and later of another; one transfer to Thailand carries units of both."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "c-1", 1_000)
    world.pay("T1", 20, "c-1", "d-1", 53)
    world.pay("T2", 44, "c-1", "d-1", 303)
    world.pay("T3", 50, "d-1", "b-2", 369)
    clock = SteppedClock(at(first))
    with using(clock), closing(world.banks(tmp_path)) as banks:
        check_now_and_at_the_end(officer, banks, clock, world, Rule.LIFO)


def check_now_and_at_the_end(officer: User, banks: SandboxBanks, clock: SteppedClock, world: SmallWorld, rule: Rule) -> None:
    """The claim is followed at the clock's time, and again after all payments have been made."""
    centres = Centres(banks, COVERS, agreed())
    claim = start_claim(officer, world, rule, centres)
    centres.settle()
    check_whole(centres, claim, world, rule)
    clock.advance_to(at(LAST))
    with centres.at(CN):
        claims.trace_again(officer, claim.pk)
    centres.settle()
    check_whole(centres, claim, world, rule)


def check_whole(centres: Centres, claim: Claim, world: SmallWorld, rule: Rule) -> None:
    trace = trace_of(centres, claim)
    standing, exits = seen_from_above(world, rule)
    assert trace.open == ()
    assert trace.conserved
    assert standing_of(trace) == standing
    assert Counter({exit_.leg.transfer: exit_.leg.amount for exit_ in trace.exits}) == exits
    for row in trace.standing:
        home = next(code for code, banks in COVERS.items() if row.institution in banks)
        assert row.jurisdiction == ("" if home == CN else home)


@pytest.fixture
def crossing(day: SteppedClock, tmp_path: Path) -> Any:
    """v-1 pays a-1 10.00, of which 7.00 go to Thailand (b-1, b-2) and on to Singapore (c-1); it is 12:10."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    world.pay("T1", 1, "a-1", "b-1", 700)
    world.pay("T2", 2, "b-1", "b-2", 400)
    world.pay("T3", 3, "b-2", "c-1", 150)
    day.advance_to(at(10))
    with closing(world.banks(tmp_path)) as banks:
        yield world, banks


@pytest.mark.parametrize("rule", RULES)
def test_the_tree_is_followed_over_three_countries(
    officer: User, crossing: tuple[SmallWorld, SandboxBanks], rule: Rule
) -> None:
    world, banks = crossing
    centres = Centres(banks, COVERS, agreed())
    claim = start_claim(officer, world, rule, centres)
    centres.settle()
    trace = trace_of(centres, claim)
    assert standing_of(trace) == {("a-1", "CNY"): 300, ("b-1", "CNY"): 300, ("b-2", "CNY"): 250, ("c-1", "CNY"): 150}
    assert {(row.account, row.jurisdiction) for row in trace.standing} == {
        ("a-1", ""),
        ("b-1", TH),
        ("b-2", TH),
        ("c-1", SG),
    }
    assert trace.conserved


@pytest.mark.parametrize("detail", list(AccountDetail))
@pytest.mark.parametrize("rule", RULES)
def test_a_centre_that_is_named_goes_on_by_itself(
    officer: User, crossing: tuple[SmallWorld, SandboxBanks], rule: Rule, detail: AccountDetail
) -> None:
    world, banks = crossing
    centres = Centres(banks, COVERS, agreed(onward=OnwardRule.NAMED, account_detail=detail))
    claim = start_claim(officer, world, rule, centres)
    Claim.objects.filter(pk=claim.pk).update(onward=[SG])
    centres.settle()
    trace = trace_of(centres, claim)
    assert trace.conserved
    assert trace.total("standing") == {"CNY": 1_000}
    assert trace.open == ()
    assert not centres.said(SG, CN), "CN never asked SG"
    assert len(centres.said(SG, TH)) >= 1
