"""The node's own index answers like any other ledger holder."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox_town import NORTH, SOUTH, Town, at, question

from accord.adapters.own_ledger import OwnLedger
from accord.capabilities.claims.ports import Credit, EnquiryAnswer, check_answer
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, NotFound
from accord.engine.tracing import LedgerWriter

T1 = Credit("T1", 100, "CNY")


def write_index(folder: Path, town: Town, first: int = 0) -> None:
    with LedgerWriter(folder) as writer:
        writer.catch_up([town.table().slice(first)])


def town() -> Town:
    made = Town()
    made.pay("T1", 1, "x-victim", "n-mule", 100)
    made.pay("T2", 2, "n-mule", "s-second", 60)
    made.pay("T3", 3, "s-second", "x-away", 25)
    return made


def answer_of(holder: OwnLedger, institution: str) -> EnquiryAnswer:
    request = question(institution, T1)
    answer = holder.enquire(request)
    check_answer(request, answer)
    return answer


def test_one_walk_covers_all_banks_of_the_records(day: SteppedClock, tmp_path: Path) -> None:
    write_index(tmp_path, town())
    day.advance_to(at(10))
    answer = answer_of(OwnLedger(tmp_path, "SWITCHXX"), "SWITCHXX")
    standing = {(place.bank, place.account): place.amount for place in answer.standing}
    assert standing == {(NORTH, "n-mule"): 40, (SOUTH, "s-second"): 35, ("ABRDXX00", "x-away"): 25}
    assert not answer.onward


def test_what_leaves_the_covered_institutions_goes_onward(day: SteppedClock, tmp_path: Path) -> None:
    write_index(tmp_path, town())
    day.advance_to(at(10))
    holder = OwnLedger(tmp_path, "SWITCHXX", frozenset({NORTH, SOUTH}))
    answer = answer_of(holder, SOUTH)
    assert [(leg.transfer, leg.creditor_bank) for leg in answer.onward] == [("T3", "ABRDXX00")]
    with pytest.raises(BadInput, match="ABRDXX00"):
        holder.enquire(question("ABRDXX00", T1))


def test_what_lies_ahead_of_the_clock_is_not_told(day: SteppedClock, tmp_path: Path) -> None:
    write_index(tmp_path, town())
    day.advance_to(at(2.5))
    answer = answer_of(OwnLedger(tmp_path, "SWITCHXX"), "SWITCHXX")
    assert [leg.transfer for leg in answer.flows] == ["T1", "T2"]


def test_records_that_arrive_later_are_in_the_next_answer(day: SteppedClock, tmp_path: Path) -> None:
    grown = town()
    write_index(tmp_path, grown)
    holder = OwnLedger(tmp_path, "SWITCHXX")
    day.advance_to(at(10))
    grown.pay("T4", 4, "n-mule", "n-third", 40)
    write_index(tmp_path, grown, 3)
    assert ("T4", 40) in [(leg.transfer, leg.amount) for leg in answer_of(holder, "SWITCHXX").flows]


def test_an_index_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        OwnLedger(tmp_path / "nowhere", "SWITCHXX")
