"""Holders that answer nonsense, break, or say nothing: nothing false is applied, and no line stops another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_world import VICTIM, SmallWorld, at, call_of, worker_of

from accord.adapters.sandbox_bank import Faults, SandboxBanks
from accord.capabilities.claims import queries
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.joined_trace import join
from accord.capabilities.claims.models import Claim, Enquiry, EnquiryState, PlanItem, StandingAmount
from accord.capabilities.claims.ports import (
    AccountStanding,
    Acknowledged,
    Credit,
    EnquiryAnswer,
    EnquiryRequest,
    LegExit,
    Nonsense,
    TransferLeg,
    check_answer,
)
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, Refusal, SettledPayment
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.policy import NODE
from accord.capabilities.reports import services as reports
from accord.core.clock import SteppedClock, now
from accord.core.money import Money
from accord.core.object_ids import new_id
from accord.engine.tracing.model import ExitKind, Parcel, Rule
from accord.node.wired import Lines
from accord.node.worker import Worker

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.both_stores]

CREDIT = Credit("T0", 1_000, "CNY", ((0, 1_000),))
LEG = TransferLeg("T0", "v-1", "BANKV", "a-1", "BANKA", at(0), 1_000, "CNY", ((0, 1_000),))
ONWARD = TransferLeg("T1", "a-1", "BANKA", "b-1", "BANKB", at(1), 400, "CNY", ((0, 400),))
GOOD = EnquiryAnswer(
    answered_at=at(10),
    flows=(LEG,),
    standing=(AccountStanding("a-1", 600, "CNY", parcels=(Parcel("T0", 400, 1_000),)),),
    onward=(ONWARD,),
    exits=(),
)
REQUEST = EnquiryRequest(new_id(), "authority", "BANKA", (CREDIT,), Rule.FIFO)
(STANDING,) = GOOD.standing


def standing(**other: Any) -> EnquiryAnswer:
    return replace(GOOD, standing=(replace(STANDING, **other),))


def onward(**other: Any) -> EnquiryAnswer:
    return replace(GOOD, onward=(replace(ONWARD, **other),))


def converted(counter: int | None, currency: str | None) -> EnquiryAnswer:
    inner = TransferLeg("T2", "a-1", "BANKA", "a-2", "BANKA", at(2), 600, "CNY", ((0, 600),), counter, currency)
    there = AccountStanding("a-2", counter or 1, currency or "USD")
    return replace(GOOD, flows=(LEG, inner), standing=(there,))


IMPOSSIBLE: dict[str, tuple[EnquiryAnswer, str]] = {
    "more stands than was asked about": (standing(amount=601, parcels=()), "asked about 1000 CNY"),
    "less stands than was asked about": (standing(amount=599, parcels=()), "accounts for 999"),
    "nothing at all": (replace(GOOD, standing=(), onward=()), "accounts for 0"),
    "another currency": (standing(currency="USD"), "asked about"),
    "no such currency": (standing(currency="LIV"), "does not exist"),
    "a negative amount": (standing(amount=-600, parcels=()), "more than 0"),
    "an amount that no column keeps": (standing(amount=2**80, parcels=()), "at most"),
    "no account": (standing(account=""), "names account"),
    "an endless account": (standing(account="9" * 129), "names account"),
    "NUL in an account": (standing(account="a\x001"), "names account"),
    "units that are more than the amount": (standing(parcels=(Parcel("T0", 0, 100_000),)), "do not add up"),
    "units twice": (standing(parcels=(Parcel("T0", 400, 700), Parcel("T0", 400, 700))), "twice"),
    "units before the first": (standing(parcels=(Parcel("T0", -600, 0),)), "no transfer has"),
    "units backwards": (standing(parcels=(Parcel("T0", 1_000, 400),)), "no transfer has"),
    "passes on before it receives": (standing(seconds_to_pass_on=-1), "passes money on after -1"),
    "onward to itself": (onward(creditor_bank="BANKA"), "names itself as the receiver"),
    "onward to nobody": (onward(creditor_bank=""), "names institution"),
    "onward to no account": (onward(creditor=""), "names account"),
    "an endless transfer": (onward(transfer="T" * 129), "names transfer"),
    "onward tomorrow": (onward(time=at(11)), "after the time asked about"),
    "onward in no zone": (onward(time=datetime(2026, 3, 20, 12)), "without a zone"),  # noqa: DTZ001 - the point
    "onward with other units": (onward(intervals=((0, 399),)), "do not add up"),
    "onward of nothing": (onward(amount=0, intervals=()), "more than 0"),
    "an exit to another bank": (
        replace(GOOD, onward=(), exits=(LegExit(ONWARD, ExitKind.OUTSIDE),)),
        "an exit without naming its receiver",
    ),
    "absorbed in a single credit": (
        replace(standing(amount=500, parcels=()), absorbed=(("CNY", 100),)),
        "was absorbed among 1",
    ),
    "converted into nothing named": (converted(90, None), "without saying how much"),
    "converted into less than nothing": (converted(-90, "USD"), "arrived by transfer"),
    "converted into no currency": (converted(90, "LIV"), "does not exist"),
    "answered in no zone": (replace(GOOD, answered_at=datetime(2026, 3, 20, 12)), "without a zone"),  # noqa: DTZ001
}


def test_a_good_answer_passes() -> None:
    check_answer(REQUEST, GOOD)
    check_answer(REQUEST, converted(90, "USD"))
    check_answer(replace(REQUEST, rule=Rule.POISON), onward(amount=9_000, intervals=()))


@pytest.mark.parametrize(("answer", "why"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_answer(answer: EnquiryAnswer, why: str) -> None:
    with pytest.raises(Nonsense, match=why):
        check_answer(REQUEST, answer)


ORDER = OrderMessage(
    new_id(), "O-TEST-0000", OrderKind.HOLD, "authority", "BANKA", "a-1", 600, "CNY", Rule.FIFO, at(60), (CREDIT,)
)
HELD = OrderAnswer(at(10), 600, transfer="T0", followed=GOOD)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (replace(HELD, amount=601), "limited to 600"),
        (replace(HELD, amount=-1), "states the amount -1"),
        (replace(HELD, refusal=Refusal.LEGAL_REVIEW), "both carries out"),
        (replace(HELD, amount=0), "neither holds"),
        (replace(HELD, transfer=""), "without naming the transfer"),
        (replace(HELD, until=at(61)), "longer than was ordered"),
        (replace(HELD, reason="x" * 2_001), "a reason of 2001 characters"),
        (replace(HELD, answered_at=datetime(2026, 3, 20, 12)), "without a zone"),  # noqa: DTZ001
        *((replace(HELD, followed=answer), why) for answer, why in IMPOSSIBLE.values()),
    ],
)
def test_an_impossible_answer_to_a_hold(answer: OrderAnswer, why: str) -> None:
    check_order_answer(ORDER, HELD)
    with pytest.raises(Nonsense, match=why):
        check_order_answer(ORDER, answer)


def test_a_first_hold_that_follows_another_payment_than_it_names() -> None:
    first = replace(ORDER, credits=())
    check_order_answer(first, HELD)
    with pytest.raises(Nonsense, match="without saying once what it was"):
        check_order_answer(first, replace(HELD, transfer="T9"))


SETTLED = OrderAnswer(
    at(10), 0, Refusal.ALREADY_SETTLED, transfer="T0", settled=SettledPayment("BANKA", "a-1", 1_000, "CNY", at(0))
)


@pytest.mark.parametrize(
    "change", [{"amount": -1}, {"amount": 5}, {"refusal": None}, {"transfer": ""}, {"settled": None}], ids=str
)
def test_an_impossible_answer_to_a_recall(change: dict[str, Any]) -> None:
    recall = replace(ORDER, kind=OrderKind.RECALL)
    check_order_answer(recall, SETTLED)
    with pytest.raises(Nonsense):
        check_order_answer(recall, replace(SETTLED, **change))


@pytest.mark.parametrize("change", [{"payee_bank": ""}, {"payee_account": ""}, {"amount": 0}, {"currency": "LIV"}], ids=str)
def test_an_impossible_place_where_a_payment_settled(change: dict[str, Any]) -> None:
    assert SETTLED.settled is not None
    with pytest.raises(Nonsense):
        check_order_answer(replace(ORDER, kind=OrderKind.RECALL), replace(SETTLED, settled=replace(SETTLED.settled, **change)))


def test_an_impossible_answer_to_a_release() -> None:
    release = replace(ORDER, kind=OrderKind.RELEASE, credits=(), target=new_id())
    check_order_answer(release, OrderAnswer(at(0), 0))
    for amount in (-1, 601):
        with pytest.raises(Nonsense):
            check_order_answer(release, OrderAnswer(at(0), amount))


def test_an_amount_for_an_order_that_is_not_about_money() -> None:
    block = replace(ORDER, kind=OrderKind.NUMBER_BLOCK, credits=())
    check_order_answer(block, OrderAnswer(at(0)))
    with pytest.raises(Nonsense, match="not about money"):
        check_order_answer(block, OrderAnswer(at(0), 1))


@dataclass
class Town:
    """v-1 → a-1 → b-1 and c-1; half stands on each of the two."""

    banks: SandboxBanks
    worker: Worker
    claim: Claim


@pytest.fixture
def town(officer: User, day: SteppedClock, tmp_path: Path) -> Iterator[Town]:
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    world.pay("T1", 1, "a-1", "b-1", 500)
    world.pay("T2", 2, "a-1", "c-1", 500)
    world.pay("T3", 40, "c-1", "b-1", 500)
    day.advance_to(at(10))
    report = reports.take_report(officer, call_of())
    claim = claims.open_claim(officer, report.pk, Money(1_000, "CNY"), Rule.FIFO)
    claims.start_at(NODE, claim.pk, "BANKA", CREDIT)
    with closing(world.banks(tmp_path)) as banks:
        worker = worker_of(banks)
        yield Town(banks, worker, claim)
        worker.close()


def places(claim: Claim) -> set[tuple[str, int]]:
    return {(row.account, row.amount) for row in join(claim).standing}


def test_nothing_of_an_impossible_answer_is_taken_over(town: Town, officer: User) -> None:
    town.banks.bank("BANKB").faults = Faults(nonsense=True)
    town.worker.run_until_idle()
    (failed,) = Enquiry.objects.filter(state=EnquiryState.FAILED)
    assert failed.institution == "BANKB"
    assert "accounts for" in failed.last_error
    assert failed.answer is None
    assert places(town.claim) == {("c-1", 500)}
    assert join(town.claim).total("open") == {"CNY": 500}
    assert [branch.error for branch in join(town.claim).open] == [failed.last_error]
    assert not StandingAmount.objects.filter(institution="BANKB").exists()
    assert [line.account for line in PlanItem.objects.all()] == ["c-1"]
    assert list(queries.silent_holders(officer)) == [failed], "a person must look"
    assert AuditEntry.objects.filter(action="enquiry failed").count() == 1
    assert town.worker.run_until_idle() == 0, "nobody asks again by itself"

    town.banks.bank("BANKB").faults = Faults()
    claims.trace_again(officer, town.claim.pk)
    town.worker.run_until_idle()
    assert places(town.claim) == {("b-1", 500), ("c-1", 500)}
    assert join(town.claim).conserved


def test_the_earlier_picture_stands_until_the_fresh_answer_comes(town: Town, officer: User, day: SteppedClock) -> None:
    town.worker.run_until_idle()
    before = join(town.claim)
    assert places(town.claim) == {("b-1", 500), ("c-1", 500)}
    day.advance_to(at(50))
    for code in ("BANKB", "BANKC"):
        town.banks.bank(code).faults = Faults(nonsense=True)
    claims.trace_again(officer, town.claim.pk)
    assert replace(join(town.claim), claim="") == replace(before, claim="")
    town.worker.run_until_idle()
    assert places(town.claim) == {("b-1", 500), ("c-1", 500)}, "nonsense takes nothing away either"
    assert {(line.account, line.amount) for line in PlanItem.objects.all()} == {("b-1", 500), ("c-1", 500)}
    for code in ("BANKB", "BANKC"):
        town.banks.bank(code).faults = Faults()
    claims.trace_again(officer, town.claim.pk)
    town.worker.run_until_idle()
    assert places(town.claim) == {("b-1", 1_000)}
    assert {(line.account, line.amount) for line in PlanItem.objects.all()} == {("b-1", 1_000)}, "c-1's line is withdrawn"
    assert join(town.claim).conserved


def test_a_silent_bank_is_asked_again_with_growing_waits(town: Town, officer: User, day: SteppedClock) -> None:
    town.banks.bank("BANKB").faults = Faults(down=True)
    town.worker.run_until_idle()
    waits = []
    for _ in range(14):
        enquiry = Enquiry.objects.get(institution="BANKB")
        assert enquiry.state == EnquiryState.QUEUED
        assert "line is down" in enquiry.last_error
        waits.append(enquiry.next_attempt_at - now())
        day.advance_to(enquiry.next_attempt_at)
        town.worker.run_until_idle()
    assert timedelta(seconds=3.75) <= waits[0] <= timedelta(seconds=5)
    assert waits[:7] == sorted(waits[:7])
    assert all(timedelta(minutes=11.25) <= wait <= timedelta(minutes=15) for wait in waits[-3:]), "capped"
    assert [branch.institution for branch in join(town.claim).open] == ["BANKB"]
    assert Enquiry.objects.get(institution="BANKB") in queries.silent_holders(officer)
    assert Enquiry.objects.filter(institution="BANKC", state=EnquiryState.ANSWERED).exists(), "the others went on"
    town.banks.bank("BANKB").faults = Faults()
    day.advance_to(Enquiry.objects.get(institution="BANKB").next_attempt_at)
    town.worker.run_until_idle()
    assert join(town.claim).open == ()


@dataclass
class Odd:
    """A holder that does one odd thing instead of answering."""

    act: Callable[[], Any]

    def enquire(self, request: EnquiryRequest) -> Any:
        return self.act()


def divide_by_nothing() -> float:
    return 1 / 0


def with_odd_bank(town: Town, act: Callable[[], Any]) -> Worker:
    def holder_of(institution: str) -> Any:
        return Odd(act) if institution == "BANKB" else town.banks.holder(institution)

    return Worker(Lines(holder_of, town.banks.bank, "authority"))


@pytest.mark.parametrize(
    ("act", "state", "why"),
    [
        (divide_by_nothing, EnquiryState.QUEUED, "ZeroDivisionError"),
        (lambda: None, None, ""),
        (lambda: "all is well", None, ""),
        (lambda: Acknowledged(datetime(2026, 3, 20, 12)), EnquiryState.FAILED, "without a zone"),  # noqa: DTZ001
        (lambda: replace(GOOD, standing=None), EnquiryState.QUEUED, "TypeError"),
    ],
    ids=["raises", "nothing", "text", "no zone", "half an answer"],
)
def test_a_broken_bank_stops_no_other_line(
    town: Town, act: Callable[[], Any], state: EnquiryState | None, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    worker = with_odd_bank(town, act)
    worker.run_until_idle()
    worker.close()
    assert places(town.claim) == {("c-1", 500)}
    broken = Enquiry.objects.get(institution="BANKB")
    assert broken.state in ((state,) if state else (EnquiryState.QUEUED, EnquiryState.FAILED))
    assert why in broken.last_error
    assert broken.last_error


@pytest.mark.parametrize(
    ("promised", "earliest", "latest"),
    [
        (at(-500), timedelta(milliseconds=50), timedelta(seconds=1)),
        (at(15), timedelta(minutes=5), timedelta(minutes=5)),
        (datetime(9999, 1, 1, tzinfo=UTC), timedelta(minutes=1), timedelta(minutes=15)),
    ],
    ids=["in the past", "soon", "in another age"],
)
def test_a_promise_is_followed_within_reason(town: Town, promised: datetime, earliest: timedelta, latest: timedelta) -> None:
    worker = with_odd_bank(town, lambda: Acknowledged(promised))
    worker.run_until_idle()
    worker.close()
    enquiry = Enquiry.objects.get(institution="BANKB")
    assert enquiry.state == EnquiryState.ACKNOWLEDGED
    assert earliest <= enquiry.next_attempt_at - now() <= latest


def test_an_answer_that_comes_late_changes_nothing(town: Town) -> None:
    town.worker.run_until_idle()
    enquiry = Enquiry.objects.get(institution="BANKC")
    before = (join(town.claim), AuditEntry.objects.count())
    claims.answered(enquiry.pk, replace(GOOD, standing=(), onward=()))
    claims.fail(enquiry.pk, "too late")
    claims.retry_later(enquiry, "too late")
    claims.acknowledged(enquiry.pk, Acknowledged(at(20)))
    assert (join(town.claim), AuditEntry.objects.count()) == before
    enquiry.refresh_from_db()
    assert (enquiry.state, enquiry.last_error, enquiry.next_attempt_at) == (EnquiryState.ANSWERED, "", None)
