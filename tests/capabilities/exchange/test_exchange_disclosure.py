"""What an answer tells: as much as the agreement lets, with sums that the asker can check whatever is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from federation_kit.one_store import Centres
from federation_kit.terms import terms_between, with_party
from small_world import VICTIM, SmallWorld, at, call_of

from accord.adapters.sandbox_bank import SandboxBanks
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.joined_trace import JoinedTrace, join
from accord.capabilities.claims.models import Claim
from accord.capabilities.claims.ports import Credit
from accord.capabilities.exchange.agreements.fields import disclosable
from accord.capabilities.exchange.agreements.terms import AccountDetail, AgreementTerms
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.people.models import User
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core.clock import SteppedClock
from accord.core.money import Money
from accord.engine.tracing.model import Rule

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]

CN, TH, SG = "CN-ASC", "TH-AOC", "SG-ASC"
COVERS = {CN: ("BANKV", "BANKA"), TH: ("BANKB", "BANKD"), SG: ("BANKC",)}


@pytest.fixture
def banks(day: SteppedClock, tmp_path: Path) -> Iterator[SandboxBanks]:
    """7.00 CNY cross to b-1 and become 100 USD there; b-1 keeps 20 USD, 25 leave as cash, 30 go to d-1, 25 on to Singapore."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    world.pay("T1", 1, "a-1", "b-1", 700, counter_amount=100, counter_currency="USD")
    world.pay("T2", 2, "b-1", "d-1", 30, currency="USD")
    world.pay("T3", 3, "b-1", "c-1", 25, currency="USD")
    world.pay("T4", 4, "b-1", "b-9", 25, currency="USD", kind="cash")
    day.advance_to(at(10))
    with closing(world.banks(tmp_path)) as opened:
        yield opened


def traced(banks: SandboxBanks, officer: User, stated: AgreementTerms, rule: Rule = Rule.FIFO) -> tuple[Centres, JoinedTrace]:
    agreements = {(CN, TH): stated, (CN, SG): terms_between(CN, SG), (TH, SG): terms_between(TH, SG)}
    centres = Centres(banks, COVERS, agreements)
    with centres.at(CN):
        report = reports.take_report(officer, call_of(payee="a-1"))
        claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), rule)
        claims.start_at(NODE, claim.pk, "BANKA", Credit("T0", 1_000, "CNY", ((0, 1_000),) if rule.keeps_parcels else ()))
    centres.settle()
    with centres.at(CN):
        return centres, join(Claim.objects.get(pk=claim.pk))


def places(trace: JoinedTrace) -> dict[tuple[str, str], int]:
    return {(row.institution, row.account): row.amount for row in trace.standing}


def without(stated: AgreementTerms, *fields: str) -> AgreementTerms:
    told = tuple(
        name
        for name in disclosable(MessageKind.ENQUIRY_ANSWER)
        if name not in fields and not any(name.startswith(f"{field}.") for field in fields)
    )
    theirs = {**stated.party(TH).fields, MessageKind.ENQUIRY_ANSWER: told}
    return with_party(stated, TH, fields=theirs)


@pytest.mark.parametrize("rule", [Rule.FIFO, Rule.HAIRCUT])
def test_everything_that_may_be_told_is(banks: SandboxBanks, officer: User, rule: Rule) -> None:
    _, trace = traced(banks, officer, terms_between(CN, TH), rule)
    assert places(trace) == {
        ("BANKA", "a-1"): 300,
        ("BANKB", "b-1"): 20,
        ("BANKD", "d-1"): 30,
        ("BANKC", "c-1"): 25,
    }
    assert {exit_.leg.transfer: exit_.jurisdiction for exit_ in trace.exits} == {"T4": TH}
    assert {flow.leg.transfer for flow in trace.flows} == {"T0", "T1", "T2", "T3", "T4"}
    assert trace.conserved
    assert trace.open == ()


def test_a_total_a_bank_names_no_account_on_the_way(banks: SandboxBanks, officer: User) -> None:
    centres, trace = traced(banks, officer, terms_between(CN, TH, account_detail=AccountDetail.BANK))
    assert places(trace) == {
        ("BANKA", "a-1"): 300,
        ("BANKB", "bank:BANKB:USD"): 20,
        ("BANKD", "bank:BANKD:USD"): 30,
        ("BANKC", "c-1"): 25,
    }
    assert trace.total("exits") == {"USD": 25}
    assert trace.open == ()
    said = json.dumps(centres.said(TH, CN))
    assert not any(name in said for name in ('"b-1"', '"d-1"', '"b-9"', '"T2"', '"T4"'))


def test_a_total_a_currency_names_no_bank(banks: SandboxBanks, officer: User) -> None:
    centres, trace = traced(banks, officer, terms_between(CN, TH, account_detail=AccountDetail.TOTAL))
    assert places(trace) == {("BANKA", "a-1"): 300, (TH, "total:USD"): 50, ("BANKC", "c-1"): 25}
    assert {row.institution: row.jurisdiction for row in trace.standing} == {"BANKA": "", TH: TH, "BANKC": SG}
    said = json.dumps(centres.said(TH, CN))
    assert not any(name in said for name in ("BANKB", "BANKD", '"b-1"', '"d-1"'))


def test_where_it_may_not_say_whither_money_went_that_money_is_open_without_a_clock(banks: SandboxBanks, officer: User) -> None:
    centres, trace = traced(banks, officer, terms_between(CN, TH, says_left_to=False))
    assert ("BANKC", "c-1") not in places(trace)
    (branch,) = trace.open
    assert (branch.amount, branch.currency, branch.state, branch.transfers) == (25, "USD", "left", ())
    said = json.dumps(centres.said(TH, CN))
    assert not any(name in said for name in ("SG-ASC", "BANKC", "c-1", "T3"))
    assert not centres.said(SG, CN), "so nobody there was asked"


@pytest.mark.parametrize("field", ["flows", "exits", "onward"])
def test_a_part_that_the_agreement_keeps_back_is_still_accounted_for(banks: SandboxBanks, officer: User, field: str) -> None:
    centres, trace = traced(banks, officer, without(terms_between(CN, TH), field))
    assert all(not body.get(field) for body in centres.said(TH, CN))
    whole = sum(amount for part in ("standing", "exits", "open") for amount in [trace.total(part).get("USD", 0)])
    assert whole == 100
    assert not any(branch.error for branch in trace.open), "the sums were right, so the answer was taken over"


def test_what_was_told_is_told_again_only_when_it_has_changed(banks: SandboxBanks, officer: User, day: SteppedClock) -> None:
    centres, _ = traced(banks, officer, terms_between(CN, TH))
    before = len(centres.said(TH, CN))
    followed = Claim.objects.exclude(origin="")
    from accord.capabilities.claims.events import notify

    day.advance_to(at(11))
    notify(followed)
    day.advance_to(at(12))
    centres.settle()
    assert len(centres.said(TH, CN)) == before


def test_nothing_is_told_that_is_not_in_the_words_of_the_body(banks: SandboxBanks, officer: User) -> None:
    """The body that went is the one that the published struct reads back, to the last field."""
    from accord.capabilities.exchange.messages import EnquiryAnswerBody

    centres, _ = traced(banks, officer, terms_between(CN, TH))
    for body in centres.said(TH, CN):
        read = msgspec.convert(body, EnquiryAnswerBody)
        assert set(body) <= {field.name for field in msgspec.structs.fields(read)}


def test_an_impossible_answer_spoils_its_own_enquiry_alone(banks: SandboxBanks, officer: User, monkeypatch: Any) -> None:
    from accord.capabilities.claims.models import Enquiry
    from accord.capabilities.exchange.crossborder.services.enquiries import sent_enquiries
    from accord.capabilities.exchange.messages import EnquiryAnswerBody, WireStanding
    from accord.capabilities.exchange.models import Incoming

    centres, _ = traced(banks, officer, terms_between(CN, TH))
    asked = Enquiry.objects.get(institution=TH)
    body = EnquiryAnswerBody(
        enquiry_id=asked.pk,
        version=9,
        outcome="answered",
        answered_at=at(10),
        standing=(WireStanding(place="b-1", bank="BANKB", amount=10**9, currency="CNY"),),
    )
    before = asked.answer
    with centres.at(CN):
        sent_enquiries.take_answer(Incoming(partner_id=TH), body)
    asked.refresh_from_db()
    assert asked.answer == before
