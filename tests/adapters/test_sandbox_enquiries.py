"""What a sandbox bank answers about a credit."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from sandbox_town import NORTH, SOUTH, Town, at, question

from accord.adapters.sandbox_bank import Faults
from accord.capabilities.claims.ports import AccountKind, Acknowledged, Credit, EnquiryAnswer, Nonsense, check_answer
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotFound, Unavailable
from accord.engine.tracing.model import ExitKind, Rule


def stolen_and_split() -> Town:
    """1,000.00 reaches n-mule, which has 50.00 of its own; it goes on to a joint account, abroad, to cash."""
    town = Town(openings={"n-mule": 5_000, "s-victim": 200_000}, kinds={"n-joint": "joint"})
    town.pay("T1", 1, "s-victim", "n-mule", 100_000)
    town.pay("T2", 5, "n-mule", "n-joint", 25_000)
    town.pay("T3", 6, "n-mule", "s-next", 30_000)
    town.pay("T4", 7, "n-mule", "n-cash", 10_000, kind="cash")
    return town


def test_what_stands_went_on_and_left_is_told_apart(day: SteppedClock, tmp_path: Path) -> None:
    north = stolen_and_split().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    request = question(north, Credit("T1", 100_000, "CNY"))
    answer = north.enquire(request)
    assert isinstance(answer, EnquiryAnswer)
    check_answer(request, answer)
    assert [(leg.transfer, leg.amount) for leg in answer.flows] == [("T1", 100_000), ("T2", 20_000)]
    assert [(leg.transfer, leg.creditor_bank, leg.creditor, leg.amount) for leg in answer.onward] == [
        ("T3", SOUTH, "s-next", 30_000)
    ]
    assert [(exit_.leg.transfer, exit_.kind, exit_.leg.amount) for exit_ in answer.exits] == [("T4", ExitKind.CASH, 10_000)]
    standing = {(place.account, place.amount, place.kind) for place in answer.standing}
    assert standing == {("n-joint", 20_000, AccountKind.JOINT), ("n-mule", 40_000, AccountKind.PERSONAL)}


def test_a_bank_sees_only_what_has_happened_by_now(day: SteppedClock, tmp_path: Path) -> None:
    north = stolen_and_split().open(tmp_path).bank(NORTH)
    day.advance_to(at(2))
    answer = north.enquire(question(north, Credit("T1", 100_000, "CNY")))
    assert isinstance(answer, EnquiryAnswer)
    assert [place.amount for place in answer.standing] == [100_000]
    day.advance_to(at(10))
    earlier = north.enquire(question(north, Credit("T1", 100_000, "CNY"), until=at(5.5)))
    assert isinstance(earlier, EnquiryAnswer)
    assert sorted(place.amount for place in earlier.standing) == [20_000, 80_000]


def test_the_onward_units_are_where_the_next_bank_goes_on(day: SteppedClock, tmp_path: Path) -> None:
    town = stolen_and_split()
    town.pay("T5", 8, "s-next", "n-far", 12_000)
    banks = town.open(tmp_path)
    day.advance_to(at(10))
    (leg,) = asked(banks.bank(NORTH), Credit("T1", 60_000, "CNY", ((0, 60_000),))).onward
    assert leg.intervals == ((0, 30_000),)
    (further,) = asked(banks.bank(SOUTH), Credit("T3", leg.amount, "CNY", leg.intervals)).onward
    assert (further.transfer, further.amount) == ("T5", 12_000)
    whole = banks.holder("SWITCHXX").enquire(question("SWITCHXX", Credit("T1", 60_000, "CNY", ((0, 60_000),))))
    assert isinstance(whole, EnquiryAnswer)
    assert ("T5", 12_000) in [(leg.transfer, leg.amount) for leg in whole.flows]
    assert not whole.onward


def asked(bank: object, *credits_: Credit, rule: Rule = Rule.FIFO) -> EnquiryAnswer:
    request = question(bank, *credits_, rule=rule)  # type: ignore[arg-type]
    answer = bank.enquire(request)  # type: ignore[attr-defined]
    assert isinstance(answer, EnquiryAnswer)
    check_answer(request, answer)
    return answer


@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_gives_an_answer_that_can_be_true(rule: Rule, day: SteppedClock, tmp_path: Path) -> None:
    north = stolen_and_split().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    answer = asked(north, Credit("T1", 100_000, "CNY"), rule=rule)
    assert answer.flows[0].transfer == "T1"


def test_credits_that_share_units_count_once(day: SteppedClock, tmp_path: Path) -> None:
    north = stolen_and_split().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    answer = asked(north, Credit("T1", 100_000, "CNY"), Credit("T2", 25_000, "CNY"))
    assert answer.absorbed == (("CNY", 20_000),)
    assert sum(place.amount for place in answer.standing) == 65_000


def test_a_converted_credit_stands_in_the_account_s_currency(day: SteppedClock, tmp_path: Path) -> None:
    town = Town(openings={"s-victim": 100_000})
    town.pay("T1", 1, "s-victim", "n-mule", 10_001, counter_amount=1_853, counter_currency="SGD")
    town.pay("T2", 2, "n-mule", "s-next", 1_000, currency="SGD", counter_amount=26_000, counter_currency="THB")
    north = town.open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    answer = asked(north, Credit("T1", 10_001, "CNY"))
    assert [(place.amount, place.currency) for place in answer.standing] == [(853, "SGD")]
    (onward,) = answer.onward
    assert (onward.amount, onward.currency, onward.counter_amount, onward.counter_currency) == (1_000, "SGD", 26_000, "THB")


def test_questions_that_do_not_fit_are_refused_clearly(day: SteppedClock, tmp_path: Path) -> None:
    north = stolen_and_split().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    with pytest.raises(NotFound, match="T9"):
        north.enquire(question(north, Credit("T9", 1, "CNY")))
    with pytest.raises(BadInput):
        north.enquire(question(north, Credit("T1", 100_001, "CNY")))
    with pytest.raises(BadInput, match="CNY"):
        north.enquire(question(north, Credit("T1", 100_000, "SGD")))
    with pytest.raises(BadInput, match="add up"):
        north.enquire(question(north, Credit("T1", 5, "CNY", ((0, 4),))))
    with pytest.raises(BadInput, match=SOUTH):
        north.enquire(question(SOUTH, Credit("T1", 100_000, "CNY")))


def test_a_slow_bank_acknowledges_first_and_then_keeps_to_its_answer(day: SteppedClock, tmp_path: Path) -> None:
    north = stolen_and_split().open(tmp_path, delay=90).bank(NORTH)
    day.advance_to(at(2))
    request = question(north, Credit("T1", 100_000, "CNY"))
    first = north.enquire(request)
    assert isinstance(first, Acknowledged)
    assert at(2) < first.expected_at < at(30)
    assert north.enquire(request) == first
    day.advance_to(first.expected_at)
    answer = north.enquire(request)
    assert isinstance(answer, EnquiryAnswer)
    day.advance_to(at(60))
    assert north.enquire(request) == answer
    again = stolen_and_split().open(tmp_path / "same seed", delay=90).bank(NORTH)
    assert again.profile.delay(request.enquiry_id, "enquiry") == north.profile.delay(request.enquiry_id, "enquiry")


def test_the_same_id_with_another_question_is_a_conflict(day: SteppedClock, tmp_path: Path) -> None:
    north = stolen_and_split().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    name = uuid4()
    north.enquire(question(north, Credit("T1", 100_000, "CNY"), enquiry_id=name))
    with pytest.raises(Conflict, match=str(name)):
        north.enquire(question(north, Credit("T2", 20_000, "CNY"), enquiry_id=name))


def test_faults_show_on_the_wire_and_pass_without_a_trace(day: SteppedClock, tmp_path: Path) -> None:
    north = stolen_and_split().open(tmp_path).bank(NORTH)
    day.advance_to(at(10))
    request = question(north, Credit("T1", 100_000, "CNY"))
    north.faults = Faults(down=True)
    with pytest.raises(Unavailable, match=NORTH):
        north.enquire(request)
    north.faults = Faults(nonsense=True)
    garbled = north.enquire(request)
    assert isinstance(garbled, EnquiryAnswer)
    with pytest.raises(Nonsense):
        check_answer(request, garbled)
    north.faults = Faults(slow_seconds=600)
    assert isinstance(north.enquire(question(north, Credit("T1", 1, "CNY"))), Acknowledged)
    north.faults = Faults()
    answer = north.enquire(request)
    assert isinstance(answer, EnquiryAnswer)
    check_answer(request, answer)


def test_faults_set_in_one_process_reach_another(day: SteppedClock, tmp_path: Path) -> None:
    one, other = (stolen_and_split().open(tmp_path).bank(NORTH) for _ in range(2))
    assert other.faults == Faults()
    one.faults = Faults(down=True)
    assert other.faults == Faults(down=True)
