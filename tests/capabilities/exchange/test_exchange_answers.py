"""When a partner is answered: at once, after an officer, in part while a bank is silent, and anew when more is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from federation_kit.one_store import Centres
from federation_kit.terms import terms_between, with_party
from small_world import VICTIM, SmallWorld, at, call_of

from accord.adapters.sandbox_bank import Faults, SandboxBanks
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.joined_trace import join
from accord.capabilities.claims.models import Claim, Enquiry
from accord.capabilities.claims.ports import Credit
from accord.capabilities.exchange.agreements.terms import AgreementTerms
from accord.capabilities.exchange.crossborder.services.enquiries import answers, enquiries
from accord.capabilities.exchange.models import ForeignEnquiry
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core.clock import SteppedClock, now
from accord.core.errors import BadInput, Conflict, NotAllowed
from accord.core.money import Money
from accord.engine.tracing.model import Rule

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]

CN, TH = "CN-ASC", "TH-AOC"
COVERS = {CN: ("BANKV", "BANKA"), TH: ("BANKB", "BANKD")}


@pytest.fixture
def banks(day: SteppedClock, tmp_path: Path) -> Iterator[SandboxBanks]:
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "b-1", 1_000)
    world.pay("T1", 1, "b-1", "d-1", 400)
    day.advance_to(at(10))
    with closing(world.banks(tmp_path)) as opened:
        yield opened


def begin(banks: SandboxBanks, officer: User, stated: AgreementTerms | None = None) -> tuple[Centres, Claim]:
    centres = Centres(banks, COVERS, {(CN, TH): stated or terms_between(CN, TH)})
    with centres.at(CN):
        report = reports.take_report(officer, call_of(payee="b-1"))
        claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), Rule.FIFO)
        claims.start_at(NODE, claim.pk, "BANKB", Credit("T0", 1_000, "CNY", ((0, 1_000),)))
    return centres, claim


class TestOfficer:
    @pytest.fixture
    def waiting(self, banks: SandboxBanks, officer: User) -> Centres:
        centres, _ = begin(banks, officer, with_party(terms_between(CN, TH), TH, automatic=()))
        centres.settle()
        row = ForeignEnquiry.objects.get()
        assert row.waits_for_officer
        assert row.claim is None
        assert not centres.said(TH, CN)
        return centres

    def test_lets_it_through(self, waiting: Centres, supervisor: User) -> None:
        with waiting.at(TH):
            row = enquiries.decide(supervisor, ForeignEnquiry.objects.get().pk, True, "")
            with pytest.raises(Conflict, match="waits for nobody"):
                enquiries.decide(supervisor, row.pk, True, "")
        waiting.settle()
        assert waiting.said(TH, CN)[-1]["outcome"] == "answered"

    def test_refuses_with_a_ground_and_the_desk_sees_why(self, waiting: Centres, supervisor: User) -> None:
        pk = ForeignEnquiry.objects.get().pk
        with waiting.at(TH):
            with pytest.raises(BadInput):
                enquiries.decide(supervisor, pk, False, " ")
            with pytest.raises(BadInput):
                enquiries.decide(supervisor, pk, False, "no", ground="weather")
            enquiries.decide(supervisor, pk, False, "our own case is running", ground="ongoing_case")
        waiting.settle()
        asked = Enquiry.objects.get(institution=TH)
        assert (asked.state, "ongoing_case" in asked.last_error) == ("failed", True)
        assert not Claim.objects.exclude(origin="").exists()

    def test_is_not_whoever_comes(self, waiting: Centres, officer: User) -> None:
        with waiting.at(TH), pytest.raises(NotAllowed):
            enquiries.decide(officer, ForeignEnquiry.objects.get().pk, True, "")


def test_a_silent_bank_keeps_the_rest_from_nobody(banks: SandboxBanks, officer: User, day: SteppedClock) -> None:
    banks.bank("BANKD").faults = Faults(down=True)
    centres, claim = begin(banks, officer)
    for _ in range(4):
        centres.ask()
        centres.carry()
    with centres.at(TH):
        answers.answer_due(now())
    assert not centres.said(TH, CN), "it may still become whole"
    day.advance_to(at(10) + answers.PATIENCE)
    with centres.at(TH):
        answers.answer_due(now())
    (partly,) = centres.said(TH, CN)
    assert (partly["outcome"], [part["amount"] for part in partly["open"]]) == ("partly", [400])
    centres.carry()
    with centres.at(CN):
        trace = join(claim)
    assert (trace.total("standing"), trace.total("open")) == ({"CNY": 600}, {"CNY": 400})
    banks.bank("BANKD").faults = Faults()
    day.advance_to(at(30))
    centres.settle()
    day.advance_to(at(31))
    centres.settle()
    assert centres.said(TH, CN)[-1]["outcome"] == "answered"
    with centres.at(CN):
        assert join(claim).total("standing") == {"CNY": 1_000}


def test_an_older_answer_does_not_take_the_place_of_a_newer(banks: SandboxBanks, officer: User) -> None:
    centres, claim = begin(banks, officer)
    centres.settle()
    asked = Enquiry.objects.get(institution=TH)
    from accord.capabilities.claims.messages import answer_from_json

    with centres.at(CN):
        claims.take_answers({asked.pk: answer_from_json({**asked.answer, "standing": []})}, {asked.pk: asked.version})
        assert join(claim).total("standing") == {"CNY": 1_000}
