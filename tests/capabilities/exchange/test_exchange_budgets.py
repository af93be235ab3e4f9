"""One budget binds a whole chase over several centres: how many in a row, how small an amount, until when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.db import transaction
from federation_kit.one_store import Centres
from federation_kit.terms import terms_between
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from small_world import VICTIM, SmallWorld, at, call_of

from accord.adapters.sandbox_bank import SandboxBanks
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.joined_trace import JoinedTrace, join
from accord.capabilities.claims.models import Claim, Enquiry, EnquiryState
from accord.capabilities.claims.ports import Credit
from accord.capabilities.exchange.agreements.terms import AgreementTerms, Clocks, OnwardRule
from accord.capabilities.exchange.messages import Budget
from accord.capabilities.exchange.models import ForeignEnquiry
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core.clock import SteppedClock
from accord.core.money import Money
from accord.engine.tracing.model import Rule

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]

CN, TH, SG, MY = "CN-ASC", "TH-AOC", "SG-ASC", "MY-NSR"
COVERS = {CN: ("BANKV", "BANKA"), TH: ("BANKB", "BANKE"), SG: ("BANKC",), MY: ("BANKD",)}
PAIRS = ((CN, TH), (CN, SG), (CN, MY), (TH, SG), (TH, MY), (SG, MY))


def chain() -> SmallWorld:
    """1,000 go from China to Thailand; 400 on to Singapore and 200 of those to Malaysia; 90 to another Thai bank."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "b-1", 1_000)
    world.pay("T1", 1, "b-1", "c-1", 400)
    world.pay("T2", 2, "c-1", "d-1", 200)
    world.pay("T3", 3, "b-1", "e-1", 90)
    return world


@pytest.fixture
def banks(day: SteppedClock, tmp_path: Path) -> Iterator[SandboxBanks]:
    day.advance_to(at(10))
    with closing(chain().banks(tmp_path)) as opened:
        yield opened


def agreed(**changes: Any) -> dict[tuple[str, str], AgreementTerms]:
    return {pair: terms_between(*pair, **{"onward": OnwardRule.NAMED} | changes) for pair in PAIRS}


def begin(
    banks: SandboxBanks,
    officer: User,
    agreements: dict[tuple[str, str], AgreementTerms],
    onward: tuple[str, ...] = (SG, MY),
    rule: Rule = Rule.FIFO,
) -> tuple[Centres, Claim]:
    centres = Centres(banks, COVERS, agreements)
    with centres.at(CN):
        report = reports.take_report(officer, call_of(payee="b-1"))
        claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), rule)
        claims.go_onward(claim.pk, onward)
        units = ((0, 1_000),) if rule.keeps_parcels else ()
        claims.start_at(NODE, claim.pk, "BANKB", Credit("T0", 1_000, "CNY", units))
    centres.settle()
    return centres, claim


def given_to(code: str, centres: Centres) -> list[Budget]:
    """The budgets that enquiries to a centre came with, by who sent them, in order."""
    rows = ForeignEnquiry.objects.exclude(claim=None).select_related("claim").order_by("received_at", "pk")
    return [msgspec.convert(row.budget, Budget) for row in rows if row.claim and centres.centre_of(row.claim) == code]


def trace_of(centres: Centres, claim: Claim) -> JoinedTrace:
    with centres.at(CN):
        return join(Claim.objects.get(pk=claim.pk))


@pytest.mark.parametrize(("most", "depths"), [(3, [3, 2, 1]), (2, [2, 1]), (1, [1])])
def test_depth_goes_down_with_every_centre_and_ends_the_way(
    banks: SandboxBanks, officer: User, most: int, depths: list[int]
) -> None:
    in_a_row = ((CN, TH), (TH, SG), (SG, MY))
    pairs = {pair: stated for pair, stated in agreed(most_depth=3).items() if pair in in_a_row}
    pairs[CN, TH] = terms_between(CN, TH, onward=OnwardRule.NAMED, most_depth=most)
    centres, claim = begin(banks, officer, pairs)
    came = [budget.depth for code in (TH, SG, MY) for budget in given_to(code, centres)]
    assert came == depths
    assert bool(centres.said(SG, MY, "enquiry")) is (most >= 3)
    assert trace_of(centres, claim).conserved


def test_what_is_below_the_floor_is_followed_by_nobody_and_still_counted(banks: SandboxBanks, officer: User) -> None:
    pairs = agreed()
    pairs[CN, TH] = terms_between(CN, TH, onward=OnwardRule.NAMED, floor_minor=250)
    centres, claim = begin(banks, officer, pairs, onward=(SG,))
    assert [budget.floor for code in (TH, SG) for budget in given_to(code, centres)] == [250, 250]
    not_asked = {(row.institution, row.state) for row in Enquiry.objects.filter(state=EnquiryState.LEFT)}
    assert not_asked == {("BANKE", "left"), (MY, "left")}
    trace = trace_of(centres, claim)
    assert trace.conserved
    told = centres.said(TH, CN)[-1]
    assert told["outcome"] == "answered", "nothing more is to come"
    assert sum(part["amount"] for part in told["open"]) == 90
    assert not any(part.get("answer_due_at") for part in told["open"])


def test_time_left_is_shared_and_no_answer_is_promised_later(banks: SandboxBanks, officer: User, day: SteppedClock) -> None:
    pairs = agreed(clocks=Clocks(enquiry_minutes=60))
    pairs[CN, TH] = terms_between(CN, TH, onward=OnwardRule.NAMED, clocks=Clocks(enquiry_minutes=10))
    centres, claim = begin(banks, officer, pairs)
    (first,), (second,), (third,) = (given_to(code, centres) for code in (TH, SG, MY))
    assert first.answer_by == at(20)
    assert (second.answer_by, third.answer_by) == (at(10) + timedelta(minutes=8), at(10) + timedelta(minutes=6.4))
    asked = Enquiry.objects.exclude(state=EnquiryState.SUPERSEDED)
    due = {row.institution: row.answer_due_at for row in asked.filter(institution__in=(TH, SG, MY))}
    assert due == {TH: first.answer_by, SG: second.answer_by, MY: third.answer_by}
    assert trace_of(centres, claim).open == ()


def test_a_partner_is_silent_after_the_agreed_time_and_no_sooner(banks: SandboxBanks, officer: User) -> None:
    centres = Centres(banks, COVERS, agreed(clocks=Clocks(enquiry_minutes=45)))
    with centres.at(CN):
        report = reports.take_report(officer, call_of(payee="b-1"))
        claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), Rule.FIFO)
        asked = claims.start_at(NODE, claim.pk, "BANKB", Credit("T0", 1_000, "CNY", ((0, 1_000),)))
    assert asked is not None
    assert asked.answer_due_at == at(10) + timedelta(minutes=45)


def test_a_question_with_a_lower_floor_follows_what_was_too_small(
    banks: SandboxBanks, officer: User, day: SteppedClock
) -> None:
    pairs = agreed()
    pairs[CN, TH] = terms_between(CN, TH, floor_minor=250)
    centres, _ = begin(banks, officer, pairs, onward=())
    row = ForeignEnquiry.objects.exclude(claim=None).get(partner=CN, credits__0__transfer="T0")
    assert row.claim is not None
    assert not Enquiry.objects.filter(claim=row.claim, institution="BANKE").exclude(state=EnquiryState.LEFT).exists()
    row.budget = row.budget | {"floor": 50}
    row.save()
    with centres.at(TH):
        claims.go_onward(row.claim.pk, ())
    centres.settle()
    asked = Enquiry.objects.filter(claim=row.claim, institution="BANKE").exclude(state=EnquiryState.SUPERSEDED)
    assert [one.state for one in asked] == [EnquiryState.ANSWERED]


@examples(8, deep=120, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_sums_hold_under_any_floor(data: st.DataObject, officer: User, day: SteppedClock, tmp_path_factory: Any) -> None:
    """Money that goes back and forth between banks of three centres, some of it below the floor."""
    accounts = ("b-1", "e-1", "c-1", "d-1", "b-2", "c-2")
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "b-1", 1_000)
    steps = st.tuples(st.sampled_from(accounts), st.sampled_from(accounts), st.integers(1, 500))
    for number, (debtor, creditor, amount) in enumerate(data.draw(st.lists(steps, max_size=7)), 1):
        if debtor != creditor:
            world.pay(f"T{number}", number / 2, debtor, creditor, amount)
    floor = data.draw(st.integers(0, 400))
    rule = data.draw(st.sampled_from([Rule.FIFO, Rule.LIFO, Rule.HAIRCUT]))
    onward = data.draw(st.sampled_from([(), (SG,), (SG, MY)]))
    pairs = agreed()
    pairs[CN, TH] = terms_between(CN, TH, onward=OnwardRule.NAMED, floor_minor=floor)
    if day.now() < at(10):
        day.advance_to(at(10))
    with _only_here(), closing(world.banks(tmp_path_factory.mktemp("banks"))) as opened:
        centres, claim = begin(opened, officer, pairs, onward, rule)
        trace = trace_of(centres, claim)
        assert trace.conserved
        assert not Enquiry.objects.filter(claim=claim, state=EnquiryState.FAILED, last_error__contains="accounts for").exists()
        for row in ForeignEnquiry.objects.exclude(claim=None):
            least = row.budget.get("floor", 0)
            starts = {credit["transfer"] for credit in row.credits}
            followed = Enquiry.objects.filter(claim=row.claim).exclude(state__in=(EnquiryState.LEFT, EnquiryState.SUPERSEDED))
            for enquiry in followed:
                assert all(one["amount"] >= least or one["transfer"] in starts for one in enquiry.credits)


@contextmanager
def _only_here() -> Iterator[None]:
    """Whatever an example writes goes with it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
