"""What a sandbox bank holds, and that it holds exactly the traced amount."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sandbox_town import NORTH, Town, at, hold_order, question, release_order

from accord.adapters.sandbox_bank import Faults, SandboxBank, StopReason
from accord.capabilities.claims.ports import Acknowledged, Credit, EnquiryAnswer, Nonsense, check_answer
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus, Refusal
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict
from accord.engine.tracing.model import Rule

T1 = Credit("T1", 100_000, "CNY")


def one_mule(**openings: int) -> Town:
    """The victim's 1,000.00 arrives in the first minute; the mule may have money of its own."""
    town = Town(openings={"s-victim": 500_000, **{name.replace("_", "-"): amount for name, amount in openings.items()}})
    town.pay("T1", 1, "s-victim", "n-mule", 100_000)
    return town


def held(bank: SandboxBank, order: OrderMessage) -> OrderAnswer:
    answer = bank.carry_out(order)
    assert isinstance(answer, OrderAnswer)
    check_order_answer(order, answer)
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
    assert (answer.amount, answer.refusal, answer.reason, answer.transfer) == (100_000, None, "", "T1")
    day.advance_to(at(30))
    banks.advance(at(30))
    assert banks.stopped() == {"stolen": StopReason.NO_FUNDS}
    assert "own" in banks.booked()["id"].to_pylist()


def test_an_order_limits_the_hold(day: SteppedClock, tmp_path: Path) -> None:
    north = one_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    assert held(north, hold_order("n-mule", 40_000, [T1])).amount == 40_000


def test_what_has_gone_on_is_not_held_and_the_answer_says_where_it_went(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("T2", 5, "n-mule", "s-next", 60_000)
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    answer = held(north, hold_order("n-mule", 100_000, [T1]))
    assert answer.amount == 40_000
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
    assert (answer.amount, answer.refusal) == (0, Refusal.NOTHING_STANDS)
    assert answer.followed is not None
    assert [leg.transfer for leg in answer.followed.onward] == ["T2"]


def test_a_hold_may_be_on_an_account_that_the_credit_reached_inside_the_bank(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("T2", 5, "n-mule", "n-second", 60_000)
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    assert held(north, hold_order("n-second", 100_000, [T1])).amount == 60_000
    assert held(north, hold_order("n-mule", 100_000, [T1])).amount == 40_000


def test_after_a_hold_the_held_units_stand_although_the_account_pays_on(day: SteppedClock, tmp_path: Path) -> None:
    """Plain FIFO would send the grocer the victim's money, and the centre after the grocer."""
    town = one_mule()
    town.pay("wage", 2, "s-employer", "n-mule", 80_000)
    town.pay("groceries", 20, "n-mule", "n-shop", 50_000)
    town.openings["s-employer"] = 80_000
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    assert held(north, hold_order("n-mule", 70_000, [T1])).amount == 70_000
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
    assert held(north, hold_order("n-mule", 100_000, [first])).amount == 60_000
    assert held(north, hold_order("n-mule", 100_000, [second])).amount == 40_000
    third = held(north, hold_order("n-mule", 100_000, [T1]))
    assert (third.amount, third.refusal) == (0, Refusal.NOTHING_STANDS)


@pytest.mark.parametrize("rule", [Rule.HAIRCUT, Rule.LIBR])
def test_rules_without_units_share_one_total_too(rule: Rule, day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("wage", 2, "s-employer", "n-mule", 300_000)
    town.pay("V2", 3, "s-victim", "n-mule", 50_000)
    town.openings["s-employer"] = 300_000
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    assert held(north, hold_order("n-mule", 100_000, [T1], rule=rule)).amount == 100_000
    assert held(north, hold_order("n-mule", 100_000, [T1], rule=rule)).refusal is Refusal.NOTHING_STANDS
    assert held(north, hold_order("n-mule", 100_000, [Credit("V2", 50_000, "CNY")], rule=rule)).amount == 50_000


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
    assert held(north, hold_order("n-mule", 10**9, [credit], currency="THB")).amount == 200_019
    day.advance_to(at(30))
    assert standing(north, credit) == {"n-mule": 200_019}


def test_the_bank_lifts_a_hold_by_itself(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("late", 90, "n-mule", "s-next", 100_000)
    banks = town.open(tmp_path)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1], until=at(60))
    assert held(banks.bank(NORTH), order).amount == 100_000
    assert banks.bank(NORTH).status(order.order_id) == OrderStatus(100_000, at(60))
    day.advance_to(at(61))
    assert banks.bank(NORTH).status(order.order_id) == OrderStatus(0, at(60), at(60))
    day.advance_to(at(100))
    assert standing(banks.bank(NORTH), T1) == {}
    assert not banks.stopped()


def test_release_gives_the_money_back_once(day: SteppedClock, tmp_path: Path) -> None:
    north = one_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1])
    held(north, order)
    day.advance_to(at(20))
    release = release_order(order)
    released = north.carry_out(release)
    assert released == OrderAnswer(at(20), 100_000)
    day.advance_to(at(25))
    assert north.carry_out(release) == released
    assert north.status(order.order_id) == OrderStatus(0, order.until, at(20))
    assert held(north, hold_order("n-mule", 100_000, [T1])).amount == 100_000
    again = north.carry_out(release_order(order))
    assert isinstance(again, OrderAnswer)
    assert again.refusal is Refusal.ALREADY_ENDED
    assert north.status(uuid4()) is None


def test_a_part_is_given_back_and_the_rest_stays(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("own", 30, "n-mule", "n-shop", 40_000)
    town.pay("more", 31, "n-mule", "n-shop", 1)
    banks = town.open(tmp_path)
    north = banks.bank(NORTH)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1])
    held(north, order)
    assert north.carry_out(release_order(order, 40_000)) == OrderAnswer(at(10), 40_000)
    assert north.status(order.order_id) == OrderStatus(60_000, order.until)
    day.advance_to(at(40))
    banks.advance(at(40))
    assert set(banks.stopped()) == {"more"}, "what was given back may go, what is held may not"


def test_a_renewal_moves_the_end_and_never_brings_back_what_is_over(day: SteppedClock, tmp_path: Path) -> None:
    north = one_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1], until=at(60))
    held(north, order)
    renewal = replace(order, order_id=uuid4(), kind=OrderKind.RENEWAL, target=order.order_id, until=at(120), credits=())
    assert north.carry_out(renewal) == OrderAnswer(at(10), until=at(120))
    day.advance_to(at(90))
    assert north.status(order.order_id) == OrderStatus(100_000, at(120))
    day.advance_to(at(121))
    late = north.carry_out(replace(renewal, order_id=uuid4(), until=at(180)))
    assert isinstance(late, OrderAnswer)
    assert late.refusal is Refusal.ALREADY_ENDED


def test_a_freeze_takes_the_place_of_a_hold_without_a_gap(day: SteppedClock, tmp_path: Path) -> None:
    banks = one_mule().open(tmp_path)
    north = banks.bank(NORTH)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1], until=at(60))
    held(north, order)
    freeze = hold_order("n-mule", 100_000, [T1], until=at(6_000), kind=OrderKind.FREEZE)
    freeze = replace(freeze, replaces=order.order_id)
    day.advance_to(at(20))
    assert held(north, freeze).amount == 100_000
    before, after = sorted(banks.placed_holds(), key=lambda hold: hold.placed_at)
    assert before.ends_at == after.placed_at
    assert north.status(order.order_id) == OrderStatus(0, at(60), at(20))


def test_a_freeze_that_is_refused_leaves_the_hold(day: SteppedClock, tmp_path: Path) -> None:
    north = one_mule().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1])
    held(north, order)
    north.faults = Faults(refuse_all=True)
    freeze = hold_order("n-mule", 100_000, [T1], kind=OrderKind.FREEZE)
    assert held(north, replace(freeze, replaces=order.order_id)).refusal is Refusal.LEGAL_REVIEW
    assert north.status(order.order_id) == OrderStatus(100_000, order.until)


def test_what_is_returned_never_comes_back_to_the_account(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule(n_mule=5_000)
    town.pay("own", 90, "n-mule", "n-shop", 5_000)
    town.pay("more", 91, "n-mule", "n-shop", 1)
    banks = town.open(tmp_path)
    north = banks.bank(NORTH)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1], until=at(60))
    held(north, order)
    returned = replace(order, order_id=uuid4(), kind=OrderKind.RETURN, target=order.order_id, amount=100_000, credits=())
    assert north.carry_out(returned) == OrderAnswer(at(10), 100_000)
    assert north.status(order.order_id) == OrderStatus(0, at(60), at(10))
    day.advance_to(at(100))
    banks.advance(at(100))
    assert set(banks.stopped()) == {"more"}


def test_living_costs_stay_available(day: SteppedClock, tmp_path: Path) -> None:
    north = one_mule(n_mule=5_000).open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    order = replace(hold_order("n-mule", 100_000, [T1]), living_costs=20_000)
    assert held(north, order).amount == 85_000


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
        north.carry_out(hold_order("n-mule", 70_000, [T1], order_id=order.order_id))


def test_a_bank_acts_when_its_time_has_come_whenever_it_is_asked(day: SteppedClock, tmp_path: Path) -> None:
    """The money leaves at minute 600; a bank that acted before has stopped it, even if nobody asks until the evening."""
    town = one_mule()
    town.pay("late", 600, "n-mule", "s-next", 100_000)
    banks = town.open(tmp_path, delay=90)
    north = banks.bank(NORTH)
    day.advance_to(at(10))
    order = hold_order("n-mule", 100_000, [T1])
    acknowledged = north.carry_out(order)
    assert isinstance(acknowledged, Acknowledged)
    assert north.status(order.order_id) == OrderStatus(0, order.until)
    day.advance_to(at(1_000))
    answer = held(north, order)
    assert (answer.amount, answer.answered_at) == (100_000, acknowledged.expected_at)
    assert banks.stopped() == {"late": StopReason.NO_FUNDS}


def test_an_order_released_before_its_turn_is_never_carried_out(day: SteppedClock, tmp_path: Path) -> None:
    banks = one_mule().open(tmp_path)
    north = banks.bank(NORTH)
    day.advance_to(at(10))
    north.faults = Faults(slow_seconds=600)
    order = hold_order("n-mule", 100_000, [T1])
    assert isinstance(north.carry_out(order), Acknowledged)
    north.faults = Faults()
    assert north.carry_out(release_order(order)) == OrderAnswer(at(10), 0)
    day.advance_to(at(60))
    assert held(north, order).refusal is Refusal.WITHDRAWN
    assert not banks.placed_holds()


def test_a_world_that_was_played_ahead_of_the_clock_is_not_held_in_the_past(day: SteppedClock, tmp_path: Path) -> None:
    town = one_mule()
    town.pay("T2", 30, "n-mule", "s-next", 60_000)
    banks = town.open(tmp_path)
    banks.advance(at(40))
    order = hold_order("n-mule", 100_000, [T1])
    answer = held(banks.bank(NORTH), order)
    assert (answer.amount, answer.answered_at) == (40_000, at(30))
    assert banks.bank(NORTH).status(order.order_id) == OrderStatus(40_000, order.until)


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
        north.carry_out(hold_order("n-mule", 0, [T1]))
    with pytest.raises(BadInput, match="credits"):
        north.carry_out(hold_order("n-mule", 1))


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
    assert held(north, hold_order("n-mule", 100_000, [T1])).amount == 25_000
    north.faults = Faults(refuse_all=True)
    assert held(north, hold_order("n-mule", 100_000, [T1])).refusal is Refusal.LEGAL_REVIEW
    north.faults = Faults(nonsense=True)
    order = hold_order("n-mule", 10_000, [T1])
    garbled = north.carry_out(order)
    assert isinstance(garbled, OrderAnswer)
    with pytest.raises(Nonsense):
        check_order_answer(order, garbled)
    north.faults = Faults()
    assert held(north, order).amount == 10_000
