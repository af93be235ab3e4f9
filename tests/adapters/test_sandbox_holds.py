"""What a sandbox bank holds, and that it holds exactly the traced amount."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from sandbox_town import NORTH, Town, at, hold_order, question

from accord.adapters.sandbox_bank import Faults, SandboxBank, StopReason
from accord.capabilities.claims.ports import Acknowledged, Credit, EnquiryAnswer, Nonsense, check_answer
from accord.capabilities.orders.ports import (
    HoldAnswer,
    HoldStatus,
    OrderMessage,
    Refusal,
    ReleaseAnswer,
    check_hold_answer,
)
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.engine.tracing.model import Rule

T1 = Credit("T1", 100_000, "CNY")


def one_mule(**openings: int) -> Town:
    """The victim's 1,000.00 arrives in the first minute; the mule may have money of its own."""
    town = Town(openings={"s-victim": 500_000, **{name.replace("_", "-"): amount for name, amount in openings.items()}})
    town.pay("T1", 1, "s-victim", "n-mule", 100_000)
    return town


def held(bank: SandboxBank, order: OrderMessage) -> HoldAnswer:
    answer = bank.place_hold(order)
    assert isinstance(answer, HoldAnswer)
    check_hold_answer(order, answer)
    if answer.followed and order.credits:
        check_answer(question(bank, *order.credits, rule=order.rule, until=answer.answered_at), answer.followed)
    return answer


def standing(bank: SandboxBank, *credits_: Credit) -> dict[str, int]:
    request = question(bank, *credits_)
    answer = bank.enquire(request)
    assert isinstance(answer, EnquiryAnswer)
    check_answer(request, answer)
    return {place.account: place.amount for place in answer.standing}


def test_the_traced_amount_is_held_and_own_money_stays_free(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule(n_mule=70_000)
    town.pay("own", 20, "n-mule", "n-shop", 70_000)
    town.pay("stolen", 21, "n-mule", "s-next", 1)
    banks = town.open(tmp_path)
    day.advance_to(at(10))
    answer = held(banks.bank(NORTH), hold_order("n-mule", 100_000, [T1]))
    assert (answer.held, answer.refusal, answer.reason, answer.transfer) == (100_000, None, "", "T1")
    day.advance_to(at(30))
    banks.advance(at(30))
    assert banks.stopped() == {"stolen": StopReason.NO_FUNDS}
    assert "own" in banks.booked()["id"].to_pylist()


def test_an_order_limits_the_hold(day: SteppedClock, tmp_path: Path) -> None:
    north = one_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    assert held(north, hold_order("n-mule", 40_000, [T1])).held == 40_000


def test_what_has_gone_on_is_not_held_and_the_answer_says_where_it_went(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("T2", 5, "n-mule", "s-next", 60_000)
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    answer = held(north, hold_order("n-mule", 100_000, [T1]))
    assert answer.held == 40_000
    assert "400.00 CNY of 1,000.00 CNY" in answer.reason
    assert answer.followed is not None
    assert [(leg.transfer, leg.amount) for leg in answer.followed.onward] == [("T2", 60_000)]


def test_later_credits_are_never_held(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("T2", 5, "n-mule", "s-next", 100_000)
    town.pay("wage", 6, "s-employer", "n-mule", 100_000)
    town.openings["s-employer"] = 100_000
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    answer = held(north, hold_order("n-mule", 100_000, [T1]))
    assert (answer.held, answer.refusal) == (0, Refusal.NOTHING_STANDS)
    assert answer.followed is not None
    assert [leg.transfer for leg in answer.followed.onward] == ["T2"]


def test_a_hold_may_be_on_an_account_that_the_credit_reached_inside_the_bank(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("T2", 5, "n-mule", "n-second", 60_000)
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    assert held(north, hold_order("n-second", 100_000, [T1])).held == 60_000
    assert held(north, hold_order("n-mule", 100_000, [T1])).held == 40_000


def test_after_a_hold_the_held_units_stand_although_the_account_pays_on(day: SteppedClock, tmp_path: Path) -> None:
    """Plain FIFO would send the grocer the victim's money, and the centre after the grocer."""
    town = one_mule()
    town.pay("wage", 2, "s-employer", "n-mule", 80_000)
    town.pay("groceries", 20, "n-mule", "n-shop", 50_000)
    town.openings["s-employer"] = 80_000
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    assert held(north, hold_order("n-mule", 70_000, [T1])).held == 70_000
    day.advance_to(at(30))
    assert standing(north, T1) == {"n-mule": 100_000}
    day.advance_to(at(48 * 60 + 1))
    assert standing(north, T1) == {"n-mule": 50_000, "n-shop": 50_000}


def test_held_units_are_not_held_twice_under_another_order(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("wage", 2, "s-employer", "n-mule", 300_000)
    town.openings["s-employer"] = 300_000
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    first = Credit("T1", 60_000, "CNY", ((0, 60_000),))
    second = Credit("T1", 70_000, "CNY", ((30_000, 100_000),))
    assert held(north, hold_order("n-mule", 100_000, [first])).held == 60_000
    assert held(north, hold_order("n-mule", 100_000, [second])).held == 40_000
    third = held(north, hold_order("n-mule", 100_000, [T1]))
    assert (third.held, third.refusal) == (0, Refusal.NOTHING_STANDS)


@pytest.mark.parametrize("rule", [Rule.HAIRCUT, Rule.LIBR])
def test_rules_without_units_share_one_total_too(rule: Rule, day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("wage", 2, "s-employer", "n-mule", 300_000)
    town.pay("V2", 3, "s-victim", "n-mule", 50_000)
    town.openings["s-employer"] = 300_000
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    assert held(north, hold_order("n-mule", 100_000, [T1], rule=rule)).held == 100_000
    assert held(north, hold_order("n-mule", 100_000, [T1], rule=rule)).refusal is Refusal.NOTHING_STANDS
    assert held(north, hold_order("n-mule", 100_000, [Credit("V2", 50_000, "CNY")], rule=rule)).held == 50_000


def test_a_converted_credit_is_held_in_the_account_s_currency(day: SteppedClock, tmp_path: Path) -> None:
    town = Town(openings={"s-victim": 100_000})
    town.pay("T1", 1, "s-victim", "n-mule", 10_001, counter_amount=260_026, counter_currency="THB")
    town.pay("T2", 5, "n-mule", "s-next", 60_007, currency="THB")
    town.pay("T3", 20, "n-mule", "n-shop", 50_000, currency="THB")
    north = town.open(tmp_path).bank(NORTH)
    credit = Credit("T1", 10_001, "CNY")
    day.advance_to(at(10))
    wrong = held(north, hold_order("n-mule", 10_001, [credit]))
    assert (wrong.refusal, "THB" in wrong.reason) == (Refusal.NOTHING_STANDS, True)
    assert held(north, hold_order("n-mule", 10**9, [credit], currency="THB")).held == 200_019
    day.advance_to(at(30))
    assert standing(north, credit) == {"n-mule": 200_019}


def test_the_bank_lifts_a_hold_by_itself(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("late", 90, "n-mule", "s-next", 100_000)
    banks = town.open(tmp_path)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1], until=at(60))
    assert held(banks.bank(NORTH), order).held == 100_000
    assert banks.bank(NORTH).status(order.order_id) == HoldStatus(100_000, at(60))
    day.advance_to(at(61))
    assert banks.bank(NORTH).status(order.order_id) == HoldStatus(0, at(60), at(60))
    day.advance_to(at(100))
    assert standing(banks.bank(NORTH), T1) == {}
    assert not banks.stopped()


def test_release_gives_the_money_back_once(day: SteppedClock, tmp_path: Path) -> None:
    north = one_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1])
    held(north, order)
    day.advance_to(at(20))
    released = north.release(order.order_id, "appeal")
    assert released == ReleaseAnswer(at(20), 100_000)
    day.advance_to(at(25))
    assert north.release(order.order_id, "appeal") == released
    assert north.status(order.order_id) == HoldStatus(0, order.until, at(20))
    assert held(north, hold_order("n-mule", 100_000, [T1])).held == 100_000
    with pytest.raises(NotFound):
        north.release(uuid4(), "appeal")
    assert north.status(uuid4()) is None


def test_the_same_order_twice_does_nothing_more(day: SteppedClock, tmp_path: Path) -> None:
    banks = one_mule().open(tmp_path)
    north = banks.bank(NORTH)
    day.advance_to(at(10))
    order = hold_order("n-mule", 60_000, [T1])
    answer = held(north, order)
    day.advance_to(at(20))
    assert held(north, order) == answer
    assert sum(hold.amount for hold in banks.placed_holds()) == 60_000
    with pytest.raises(Conflict):
        north.place_hold(hold_order("n-mule", 70_000, [T1], order_id=order.order_id))


def test_a_bank_acts_when_its_time_has_come_whenever_it_is_asked(day: SteppedClock, tmp_path: Path) -> None:
    """The money leaves at minute 600; a bank that acted before has stopped it, even if nobody asks until the evening."""
    town = one_mule()
    town.pay("late", 600, "n-mule", "s-next", 100_000)
    banks = town.open(tmp_path, delay=90)
    north = banks.bank(NORTH)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1])
    acknowledged = north.place_hold(order)
    assert isinstance(acknowledged, Acknowledged)
    assert north.status(order.order_id) == HoldStatus(0, order.until)
    day.advance_to(at(1_000))
    answer = held(north, order)
    assert (answer.held, answer.answered_at) == (100_000, acknowledged.expected_at)
    assert banks.stopped() == {"late": StopReason.NO_FUNDS}


def test_an_order_released_before_its_turn_is_never_carried_out(day: SteppedClock, tmp_path: Path) -> None:
    banks = one_mule().open(tmp_path)
    north = banks.bank(NORTH)
    day.advance_to(at(10))
    north.faults = Faults(slow_seconds=600)
    order = hold_order("n-mule", 100_000, [T1])
    assert isinstance(north.place_hold(order), Acknowledged)
    north.faults = Faults()
    assert north.release(order.order_id, "mistake") == ReleaseAnswer(at(10), 0)
    day.advance_to(at(60))
    assert held(north, order).refusal is Refusal.NOT_AUTHORISED
    assert not banks.placed_holds()


def test_a_world_that_was_played_ahead_of_the_clock_is_not_held_in_the_past(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("T2", 30, "n-mule", "s-next", 60_000)
    banks = town.open(tmp_path)
    banks.advance(at(40))
    order = hold_order("n-mule", 100_000, [T1])
    answer = held(banks.bank(NORTH), order)
    assert (answer.held, answer.answered_at) == (40_000, at(30))
    assert banks.bank(NORTH).status(order.order_id) == HoldStatus(40_000, order.until)


def test_every_refusal_has_its_code(day: SteppedClock, tmp_path: Path) -> None:
    north = one_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    refusals = {
        hold_order("n-nobody", 1, [T1]): Refusal.NO_SUCH_ACCOUNT,
        hold_order("n-mule", 1, [Credit("T9", 1, "CNY")]): Refusal.NO_SUCH_TRANSFER,
        hold_order("n-mule", 1, [Credit("T1", 100_001, "CNY")]): Refusal.NO_SUCH_TRANSFER,
        hold_order("n-mule", 1, [T1], rule=Rule.POISON): Refusal.NOT_AUTHORISED,
        hold_order("n-mule", 1, [T1], authority=" "): Refusal.NOT_AUTHORISED,
        hold_order("n-mule", 1, [T1], until=at(9)): Refusal.NOT_AUTHORISED,
    }
    assert {order: held(north, order).refusal for order in refusals} == refusals
    with pytest.raises(BadInput, match="above 0"):
        north.place_hold(hold_order("n-mule", 0, [T1]))
    with pytest.raises(BadInput, match="credits"):
        north.place_hold(hold_order("n-mule", 1))


def test_legal_review_by_rate_still_says_where_the_money_is(day: SteppedClock, tmp_path: Path) -> None:
    north = one_mule().open(tmp_path, refuses=0.5).bank(NORTH)
    day.advance_to(at(10))
    answers = [held(north, hold_order("n-mule", 1, [T1])) for _ in range(40)]
    refused = [answer for answer in answers if answer.refusal]
    assert 5 < len(refused) < 35
    for answer in refused:
        assert answer.refusal is Refusal.LEGAL_REVIEW
        assert answer.followed is not None
        assert [place.amount for place in answer.followed.standing] == [100_000]


def test_faults_of_a_bank_under_orders(day: SteppedClock, tmp_path: Path) -> None:
    north = one_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    north.faults = Faults(holds_percent=25)
    assert held(north, hold_order("n-mule", 100_000, [T1])).held == 25_000
    north.faults = Faults(refuse_all=True)
    assert held(north, hold_order("n-mule", 100_000, [T1])).refusal is Refusal.LEGAL_REVIEW
    north.faults = Faults(nonsense=True)
    order = hold_order("n-mule", 10_000, [T1])
    garbled = north.place_hold(order)
    assert isinstance(garbled, HoldAnswer)
    with pytest.raises(Nonsense):
        check_hold_answer(order, garbled)
    north.faults = Faults()
    assert held(north, order).held == 10_000
