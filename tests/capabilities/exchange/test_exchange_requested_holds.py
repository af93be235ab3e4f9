"""A hold that a partner's people ask for: a person here orders it on known money, and the thread says what is held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from federation_kit import one_store_border
from federation_kit.one_store_border import A, B, Border, terms
from small_world import VICTIM, SmallWorld, at

from accord.capabilities.claims.models import Claim
from accord.capabilities.exchange.agreements.terms import AccountDetail
from accord.capabilities.exchange.crossborder.services import requests
from accord.capabilities.exchange.crossborder.services.orders import requested_holds
from accord.capabilities.exchange.crossborder.services.orders.requested_holds import HoldFacts
from accord.capabilities.exchange.kinds import Outcome, RequestKind
from accord.capabilities.exchange.models import Alarm, ForeignOrder, ForeignOrderState, OwnCase, PartnerRequest, ThreadNote
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import User
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound
from accord.core.labels import Label, Pap, Tlp
from accord.core.money import Money

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def border(day: SteppedClock, tmp_path: Path) -> Iterator[Border]:
    """v-1 pays 10.00 to b-1 abroad at noon, which passes 4.00 on to c-1; 3.00 move within TH-AOC's country. It is 12:10."""
    day.advance_to(at(10))
    world = SmallWorld(openings={VICTIM: 5_000, "d-9": 900})
    world.pay("T0", 0, VICTIM, "b-1", 1_000)
    world.pay("T1", 5, "b-1", "c-1", 400)
    world.pay("T9", 6, "d-9", "c-2", 300)
    with closing(world.banks(tmp_path)) as banks:
        yield Border(banks, terms(account_detail=AccountDetail.BANK))


def asked(border: Border, officer: User, claim: Claim, **changes: Any) -> PartnerRequest:
    """CN-ASC's people ask TH-AOC's for a hold on b-1. The rows of both sides lie in one store: TH-AOC's takes the place."""
    facts = requests.RequestFacts(
        claim_id=claim.pk,
        kind=RequestKind.HOLD,
        offence="fraud",
        purpose="fraud_funds",
        language="en",
        wanted="Please hold it.",
        account="b-1",
        institution="BANKB",
        amount=Money(1_000, "CNY"),
    )
    with border.at(A):
        sent = requests.ask(officer, B, replace(facts, **changes))
    PartnerRequest.objects.filter(pk=sent.pk).delete()
    border.settle()
    return PartnerRequest.objects.get(pk=sent.pk, outgoing=False)


@pytest.fixture
def untraced(border: Border, officer: User) -> PartnerRequest:
    with border.at(A):
        claim = Claim.objects.create(amount=1_000, currency="CNY", rule="fifo", opened_at=at(10))
    request = asked(border, officer, claim)
    PartnerRequest.objects.filter(pk=request.pk).update(claim=None)
    request.refresh_from_db()
    return request


def facts(**changes: Any) -> HoldFacts:
    stated = HoldFacts("BANKB", "b-1", Money(1_000, "CNY"), "a clear case", "BANKV", VICTIM, at(0))
    return replace(stated, **changes)


def thread(request: PartnerRequest) -> list[str]:
    return list(ThreadNote.objects.filter(request=request, outgoing=True).order_by("at", "id").values_list("text", flat=True))


def test_nothing_is_ordered_before_a_person_here_does(border: Border, untraced: PartnerRequest) -> None:
    border.settle()
    assert not ForeignOrder.objects.exists()
    assert border.kept_by_banks() == 0


def test_a_stated_payment_is_held_by_an_order_of_our_own_and_the_thread_says_so(
    border: Border, officer: User, untraced: PartnerRequest
) -> None:
    with border.at(B):
        requested_holds.order_hold(officer, untraced.pk, facts())
    border.settle()
    own = Order.objects.get(claim__origin=A)
    assert (own.institution, own.account, own.held, own.regime, own.approved_by) == ("BANKB", "b-1", 600, "TH", officer)
    assert border.kept_by_banks() == 600
    (line,) = thread(untraced)
    assert line.startswith("Held by our own order, under our own law: 6.00 CNY, until 2026-")
    assert not border.said(B, "order_answer"), "people asked, and people are told"
    foreign = ForeignOrder.objects.get()
    assert (foreign.message, foreign.held, foreign.automatic, foreign.decided_by) == (untraced.pk, 600, False, "officer")


def test_the_thread_is_told_when_less_is_held_and_when_nothing_is(
    border: Border, officer: User, supervisor: User, untraced: PartnerRequest
) -> None:
    with border.at(B):
        requested_holds.order_hold(officer, untraced.pk, facts())
    border.settle()
    own = Order.objects.get(claim__origin=A)
    with border.at(B):
        requests.answer(supervisor, untraced.pk, Outcome.ANSWERED, "Held, as the thread says.")
        orders.ask_release(supervisor, own.pk, "living costs", 150)
    border.settle()
    assert "4.50 CNY" in thread(untraced)[-1]
    with border.at(B):
        orders.ask_release(supervisor, own.pk, "it was a mistake")
    border.settle()
    assert thread(untraced)[-1] == f"Nothing is held any more for request {untraced.reference}."
    assert len(thread(untraced)) == 3


def test_money_that_was_traced_here_for_the_case_is_held_without_the_facts_of_a_payment(border: Border, officer: User) -> None:
    claim = border.traced(officer)
    request = asked(border, officer, claim)
    there = Claim.objects.get(origin=A)
    PartnerRequest.objects.filter(pk=request.pk).update(claim=there)
    with border.at(B):
        request.refresh_from_db()
        assert requested_holds.is_traced(request)
        requested_holds.order_hold(officer, request.pk, facts(money=Money(250, "CNY"), payer_bank="", about_when=None))
    border.settle()
    own = Order.objects.get(claim=there)
    assert (own.held, own.plan_item is not None, border.kept_by_banks()) == (250, True, 250)
    assert "2.50 CNY" in thread(request)[0]


def test_two_people_where_the_law_here_asks_for_two(
    border: Border, officer: User, colleague: User, untraced: PartnerRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(one_store_border.COUNTRY, B, "SG")
    with border.at(B):
        requested_holds.order_hold(officer, untraced.pk, facts())
    border.settle()
    own = Order.objects.get(claim__origin=A)
    assert (own.state, thread(untraced), border.kept_by_banks()) == (State.DRAFT, [], 0)
    with border.at(B), pytest.raises(Conflict, match=r"ordered for .* already"):
        requested_holds.order_hold(officer, untraced.pk, facts())
    with border.at(B):
        orders.approve(colleague, [own.pk])
    border.settle()
    assert "6.00 CNY" in thread(untraced)[0]


def test_the_thread_is_in_the_language_of_the_request(border: Border, officer: User, untraced: PartnerRequest) -> None:
    PartnerRequest.objects.filter(pk=untraced.pk).update(body={**untraced.body, "language": "zh-hans"})
    with border.at(B):
        requested_holds.order_hold(officer, untraced.pk, facts())
    border.settle()
    assert "6.00 CNY" in thread(untraced)[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"payer_bank": ""}, "no money was traced"),
        ({"about_when": None}, "no money was traced"),
        ({"about_when": at(11)}, "in the future"),
        ({"payer_bank": "BANKC"}, "must come from a bank of the partner"),
        ({"reason": " "}, "give the reason"),
        ({"money": Money(0, "CNY")}, "more than zero"),
    ],
)
def test_what_stands_on_no_known_money_is_not_ordered(
    border: Border, officer: User, untraced: PartnerRequest, changes: dict[str, Any], said: str
) -> None:
    with border.at(B), pytest.raises(BadInput, match=said):
        requested_holds.order_hold(officer, untraced.pk, facts(**changes))
    assert not ForeignOrder.objects.exists()


def test_a_payment_that_our_bank_does_not_find_holds_nothing_and_another_may_be_stated(
    border: Border, officer: User, untraced: PartnerRequest
) -> None:
    with border.at(B):
        requested_holds.order_hold(officer, untraced.pk, facts(money=Money(777, "CNY")))
    border.settle()
    assert ForeignOrder.objects.get().state == ForeignOrderState.REFUSED
    assert thread(untraced) == ["Nothing could be held."]
    with border.at(B):
        requested_holds.order_hold(officer, untraced.pk, facts())
    border.settle()
    assert border.kept_by_banks() == 600
    assert "6.00 CNY" in thread(untraced)[-1]
    assert not Alarm.objects.exists()


def test_a_label_that_allows_no_step_and_a_settled_request(border: Border, officer: User, untraced: PartnerRequest) -> None:
    PartnerRequest.objects.filter(pk=untraced.pk).update(
        label={**untraced.label, "pap": Label(originator=A, tlp=Tlp.RED, pap=Pap.RED).pap.value}
    )
    with border.at(B), pytest.raises(Conflict, match="label allows no step"):
        requested_holds.order_hold(officer, untraced.pk, facts())
    PartnerRequest.objects.filter(pk=untraced.pk).update(state="answered", label=untraced.label)
    with border.at(B), pytest.raises(Conflict, match="settled already"):
        requested_holds.order_hold(officer, untraced.pk, facts())


def test_only_by_who_may_draft_orders_and_only_for_a_hold_asked_of_us(
    border: Border, officer: User, administrator: User, liaison: User, untraced: PartnerRequest
) -> None:
    for nobody in (administrator, liaison):
        with border.at(B), pytest.raises(NotAllowed):
            requested_holds.order_hold(nobody, untraced.pk, facts())
    for changes in ({"kind": "information"}, {"kind": "hold", "outgoing": True}):
        PartnerRequest.objects.filter(pk=untraced.pk).update(**changes)
        with border.at(B), pytest.raises(NotFound):
            requested_holds.order_hold(officer, untraced.pk, facts())


def test_a_case_is_known_by_its_pseudonym_alone(border: Border, officer: User, untraced: PartnerRequest) -> None:
    with border.at(B):
        foreign = requested_holds.order_hold(officer, untraced.pk, facts())
    assert foreign.case == OwnCase.objects.get().pseudonym
    assert foreign.answer_due_at - untraced.asked_at == timedelta(hours=240)
