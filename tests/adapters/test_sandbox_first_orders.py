"""The first order after a call: recalls, and holds that a bank matches from what a victim remembers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sandbox_town import NORTH, SOUTH, Town, at, hold_order

from accord.adapters.sandbox_bank import SandboxBank, StopReason
from accord.capabilities.claims.ports import Credit
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, PaymentFacts, Refusal, SettledPayment
from accord.core.clock import SteppedClock

FACTS = PaymentFacts("SUTHXX00", "s-victim", "n-mule", "NRTHXX00", 100_000, "CNY", at(3))


def town_with_a_pending_payment() -> Town:
    town = Town(openings={"s-victim": 100_000}, aliases={"n-mule": "+85200000001"})
    town.pay("P1", 1, "s-victim", "n-mule", 100_000, settles=20)
    town.pay("P2", 30, "n-mule", "s-next", 100_000, parents=["P1"])
    return town


def recall(bank: SandboxBank, *, facts: PaymentFacts | None = FACTS, transfer: str = "") -> OrderAnswer:
    credits_ = [Credit(transfer, 100_000, "CNY")] if transfer else []
    order = hold_order("s-victim", 100_000, credits_, payment=None if transfer else facts, kind=OrderKind.RECALL)
    answer = bank.carry_out(order)
    assert isinstance(answer, OrderAnswer)
    assert bank.carry_out(order) == answer
    return answer


@pytest.mark.parametrize("transfer", ["", "P1"])
def test_a_pending_payment_is_stopped_and_never_arrives(transfer: str, day: SteppedClock, tmp_path: Path) -> None:
    banks = town_with_a_pending_payment().open(tmp_path)
    day.advance_to(at(5))
    answer = recall(banks.bank(SOUTH), transfer=transfer)
    assert (answer.amount, answer.refusal, answer.transfer) == (100_000, None, "P1")
    assert answer.settled == SettledPayment(NORTH, "n-mule", 100_000, "CNY", at(1)), "where it was to go"
    day.advance_to(at(60))
    banks.advance(at(60))
    assert banks.stopped() == {"P1": StopReason.RECALLED, "P2": StopReason.PARENT_STOPPED}
    assert len(banks.booked()) == 0
    second = recall(banks.bank(SOUTH))
    assert (second.amount, second.refusal) == (0, Refusal.NO_SUCH_TRANSFER)


def test_a_settled_payment_is_named_with_where_it_went(day: SteppedClock, tmp_path: Path) -> None:
    banks = town_with_a_pending_payment().open(tmp_path)
    day.advance_to(at(20))
    facts = replace(FACTS, payee_bank="", payee_account="")
    answer = recall(banks.bank(SOUTH), facts=facts)
    assert (answer.amount, answer.refusal, answer.transfer) == (0, Refusal.ALREADY_SETTLED, "P1")
    assert answer.settled == SettledPayment(NORTH, "n-mule", 100_000, "CNY", at(20))


def test_an_unknown_payment_cannot_be_recalled(day: SteppedClock, tmp_path: Path) -> None:
    south = town_with_a_pending_payment().open(tmp_path).bank(SOUTH)
    day.advance_to(at(5))
    assert recall(south, transfer="P9").refusal is Refusal.NO_SUCH_TRANSFER
    assert recall(south, transfer="P2").refusal is Refusal.NO_SUCH_TRANSFER, "it lies in the future"
    assert recall(south, facts=replace(FACTS, amount=5)).refusal is Refusal.NO_SUCH_TRANSFER


def test_money_set_aside_for_a_pending_payment_cannot_be_spent(day: SteppedClock, tmp_path: Path) -> None:
    town = town_with_a_pending_payment()
    town.pay("twice", 10, "s-victim", "s-shop", 1)
    banks = town.open(tmp_path)
    day.advance_to(at(25))
    banks.advance(at(25))
    assert banks.stopped() == {"twice": StopReason.NO_FUNDS}
    assert banks.booked()["id"].to_pylist() == ["P1"]
    assert banks.booked()["time"].to_pylist() == [int(at(20).timestamp()) * 10**6], "booked when it settled"


def first_hold(bank: SandboxBank, facts: PaymentFacts, *, account: str = "n-mule") -> OrderAnswer:
    order = replace(hold_order("n-mule", facts.amount, payment=facts), account=account)
    assert isinstance(order, OrderMessage)
    answer = bank.carry_out(order)
    assert isinstance(answer, OrderAnswer)
    return answer


def busy_mule() -> Town:
    """Three victims pay the same mule, two of them the same sum."""
    town = Town(openings={"s-victim": 300_000, "s-other": 100_000, "s-third": 12_345}, aliases={"n-mule": "+85200000001"})
    town.pay("A", 3, "s-victim", "n-mule", 100_000)
    town.pay("B", 5, "s-other", "n-mule", 100_000)
    town.pay("C", 6, "s-third", "n-mule", 12_345)
    town.pay("D", 400, "s-victim", "n-mule", 100_000)
    return town


def test_a_hold_is_matched_from_the_facts_of_the_payment(day: SteppedClock, tmp_path: Path) -> None:
    north = busy_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(410))
    answer = first_hold(north, replace(FACTS, about_when=at(15)))
    assert (answer.amount, answer.transfer) == (100_000, "A")
    assert answer.followed is not None
    assert answer.followed.flows[0].transfer == "A"
    assert first_hold(north, replace(FACTS, about_when=at(390))).transfer == "D"


def test_the_payee_may_be_an_alias(day: SteppedClock, tmp_path: Path) -> None:
    north = busy_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    for alias in ("+85200000001", "fps:+85200000001"):
        assert first_hold(north, replace(FACTS, payee_account=alias), account=alias).transfer == "A"


def test_a_rounded_sum_fits_only_where_the_payer_is_known(day: SteppedClock, tmp_path: Path) -> None:
    north = busy_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    rounded = replace(FACTS, payer_account="s-third", amount=12_000)
    answer = first_hold(north, rounded)
    assert (answer.amount, answer.transfer) == (12_000, "C")
    assert first_hold(north, replace(rounded, payer_account="")).refusal is Refusal.NO_SUCH_TRANSFER


def test_payments_of_several_payers_are_ambiguous_without_the_payer(day: SteppedClock, tmp_path: Path) -> None:
    north = busy_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    answer = first_hold(north, replace(FACTS, payer_account=""))
    assert (answer.refusal, answer.amount) == (Refusal.NO_SUCH_TRANSFER, 0)
    assert "ambiguous" in answer.reason


def test_a_payment_far_from_the_stated_time_does_not_match(day: SteppedClock, tmp_path: Path) -> None:
    north = busy_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(410))
    assert first_hold(north, replace(FACTS, about_when=at(-200))).refusal is Refusal.NO_SUCH_TRANSFER


def test_a_payment_on_its_way_cannot_be_held_yet(day: SteppedClock, tmp_path: Path) -> None:
    banks = town_with_a_pending_payment().open(tmp_path)
    day.advance_to(at(5))
    answer = first_hold(banks.bank(NORTH), FACTS)
    assert (answer.refusal, answer.transfer) == (Refusal.NO_SUCH_TRANSFER, "P1")
    assert "not arrived" in answer.reason
