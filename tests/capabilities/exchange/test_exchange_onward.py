"""Going on to a third centre: only where the originator names it, or after its officer has consented."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from federation_kit.one_store import Centres
from federation_kit.terms import terms_between
from small_world import VICTIM, SmallWorld, at, call_of

from accord.adapters.sandbox_bank import SandboxBanks
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.joined_trace import JoinedTrace, join
from accord.capabilities.claims.models import Claim, Enquiry, EnquiryState
from accord.capabilities.claims.ports import Credit
from accord.capabilities.exchange.agreements.terms import OnwardRule
from accord.capabilities.exchange.crossborder.services.enquiries import consent
from accord.capabilities.exchange.models import ForeignEnquiry, OwnCase
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core.clock import SteppedClock
from accord.core.errors import Conflict
from accord.core.money import Money
from accord.engine.tracing.model import Rule

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]

CN, TH, SG = "CN-ASC", "TH-AOC", "SG-ASC"
COVERS = {CN: ("BANKV", "BANKA"), TH: ("BANKB",), SG: ("BANKC",)}


@pytest.fixture
def banks(day: SteppedClock, tmp_path: Path) -> Iterator[SandboxBanks]:
    """1,000 go from China to Thailand, 400 of them on to Singapore, 100 of those back to Thailand."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "b-1", 1_000)
    world.pay("T1", 1, "b-1", "c-1", 400)
    world.pay("T2", 2, "c-1", "b-2", 100)
    day.advance_to(at(10))
    with closing(world.banks(tmp_path)) as opened:
        yield opened


def begin(banks: SandboxBanks, officer: User) -> tuple[Centres, Claim]:
    pairs = ((CN, TH), (CN, SG), (TH, SG))
    centres = Centres(banks, COVERS, {pair: terms_between(*pair) for pair in pairs})
    with centres.at(CN):
        report = reports.take_report(officer, call_of(payee="b-1"))
        claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), Rule.FIFO)
        claims.start_at(NODE, claim.pk, "BANKB", Credit("T0", 1_000, "CNY", ((0, 1_000),)))
    centres.settle()
    return centres, claim


def trace_of(centres: Centres, claim: Claim) -> JoinedTrace:
    with centres.at(CN):
        return join(Claim.objects.get(pk=claim.pk))


def test_who_is_not_named_is_asked_by_the_originator(banks: SandboxBanks, officer: User) -> None:
    centres, claim = begin(banks, officer)
    assert centres.said(SG, CN)
    assert not centres.said(SG, TH)
    assert not centres.said(TH, SG, "enquiry")
    left = Enquiry.objects.filter(state=EnquiryState.LEFT)
    assert {row.institution for row in left} == {SG, TH}, "each wrote down where the money went"
    trace = trace_of(centres, claim)
    assert {(row.account, row.amount, row.jurisdiction) for row in trace.standing} == {
        ("b-1", 600, TH),
        ("c-1", 300, SG),
        ("b-2", 100, TH),
    }
    assert trace.conserved


def test_no_two_partners_know_a_claim_by_the_same_name(banks: SandboxBanks, officer: User) -> None:
    begin(banks, officer)
    names = list(OwnCase.objects.values_list("pseudonym", flat=True))
    assert len(names) == len(set(names)) == 2
    assert set(ForeignEnquiry.objects.values_list("case", flat=True)) == set(names)
    assert not any(Claim.objects.get(origin="").reference in name for name in names)


def test_loops_between_two_centres_end(banks: SandboxBanks, officer: User) -> None:
    centres, claim = begin(banks, officer)
    assert Claim.objects.exclude(origin="").count() == 3, "T0 and T2 in Thailand, T1 in Singapore"
    assert trace_of(centres, claim).open == ()


def test_consent_given_later_leads_the_partner_on(
    banks: SandboxBanks, officer: User, supervisor: User, day: SteppedClock
) -> None:
    pairs = ((CN, TH), (CN, SG), (TH, SG))
    agreed = {pair: terms_between(*pair, onward=OnwardRule.CONSENT) for pair in pairs}
    del agreed[CN, SG]  # the originator has no agreement with Singapore
    centres = Centres(banks, COVERS, agreed)
    with centres.at(CN):
        report = reports.take_report(officer, call_of(payee="b-1"))
        claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), Rule.FIFO)
        claims.start_at(NODE, claim.pk, "BANKB", Credit("T0", 1_000, "CNY", ((0, 1_000),)))
    centres.settle()
    before = trace_of(centres, claim)
    (branch,) = before.open
    assert (branch.amount, branch.state, branch.jurisdiction) == (400, "failed", SG)
    assert "no agreement with SG-ASC" in branch.error
    with centres.at(CN):
        assert consent.let_go_onward(supervisor, claim.pk, [SG]) == 1
    centres.settle()
    assert centres.said(TH, SG, "enquiry"), "Thailand went on by itself"
    day.advance_to(at(11))
    centres.settle()
    after = trace_of(centres, claim)
    assert after.open == (), "what was asked of Singapore in vain is withdrawn"
    assert after.conserved
    assert {(row.institution, row.account, row.amount, row.jurisdiction) for row in after.standing} == {
        ("BANKB", "b-1", 600, TH),
        ("BANKB", "b-2", 100, TH),
        (TH, "bank:BANKC:CNY", 300, SG),
    }


def test_only_the_originator_consents(banks: SandboxBanks, officer: User, supervisor: User) -> None:
    centres, _ = begin(banks, officer)
    foreign = Claim.objects.exclude(origin="").first()
    assert foreign is not None
    with centres.at(TH), pytest.raises(Conflict, match="another centre's"):
        consent.let_go_onward(supervisor, foreign.pk, [SG])


def test_a_budget_that_is_used_up_leads_no_further(banks: SandboxBanks, officer: User) -> None:
    pairs = ((CN, TH), (CN, SG), (TH, SG))
    centres = Centres(banks, COVERS, {pair: terms_between(*pair, onward=OnwardRule.NAMED, most_depth=1) for pair in pairs})
    with centres.at(CN):
        report = reports.take_report(officer, call_of(payee="b-1"))
        claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), Rule.FIFO)
        claims.go_onward(claim.pk, [SG])
        claims.start_at(NODE, claim.pk, "BANKB", Credit("T0", 1_000, "CNY", ((0, 1_000),)))
    centres.settle()
    assert not centres.said(TH, SG, "enquiry")
    assert trace_of(centres, claim).conserved
