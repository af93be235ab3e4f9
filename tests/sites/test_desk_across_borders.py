"""A claim's money by jurisdiction."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from desk_at_work import NOON

from accord.capabilities.claims.joined_trace import JoinedStanding, JoinedTrace, OpenBranch
from accord.core.money import Money
from accord.sites.desk.presenters.jurisdictions import JurisdictionRow, jurisdiction_rows, note_ends
from accord.sites.desk.presenters.trace_rows import BranchState, trace_rows


def trace(*, standing: tuple[JoinedStanding, ...] = (), open_: tuple[OpenBranch, ...] = ()) -> JoinedTrace:
    return JoinedTrace("C-1", "fifo", {"CNY": 100}, (), standing, (), open_, conserved=True)


def stands(jurisdiction: str, amount: int, held: int, currency: str = "CNY") -> JoinedStanding:
    return JoinedStanding("BANK", "1", currency, amount, held, "personal", jurisdiction)


def branch(state: str, jurisdiction: str, amount: int, minutes: int = 10, error: str = "") -> OpenBranch:
    return OpenBranch("BANK", amount, "CNY", ("T",), state, error, NOON + timedelta(minutes=minutes), jurisdiction)


def rows(found: JoinedTrace) -> dict[str | None, JurisdictionRow]:
    return {row.code: row for row in jurisdiction_rows(found, {}, NOON)}


def test_each_jurisdiction_has_what_its_centre_tells() -> None:
    found = rows(trace(standing=(stands("", 50, 20), stands("SG-ASC", 30, 30), stands("SG-ASC", 7, 0, "SGD"))))
    assert list(found) == ["", "SG-ASC"]
    assert (found[""].held, found[""].standing) == ([Money(20, "CNY")], [Money(30, "CNY")])
    assert (found["SG-ASC"].held, found["SG-ASC"].standing) == ([Money(30, "CNY")], [Money(7, "SGD")])


def test_the_clock_of_a_jurisdiction_is_the_first_that_runs_out() -> None:
    asked = (branch("acknowledged", "SG-ASC", 5, 30), branch("queued", "SG-ASC", 6, 20), branch("left", "SG-ASC", 7, 1))
    row = rows(trace(open_=asked))["SG-ASC"]
    assert (row.open, row.left) == ([Money(11, "CNY")], [Money(7, "CNY")])
    assert row.due == NOON + timedelta(minutes=20), "what is not followed there has no clock"
    assert not row.needs_person


def test_what_is_held_has_the_clock_of_its_first_hold_to_end() -> None:
    table = rows(trace(standing=(stands("", 50, 20), stands("SG-ASC", 30, 30))))

    def order(pk: int, hours: int, held: int = 5, is_standing: bool = True) -> Any:
        return SimpleNamespace(pk=pk, held=held, is_standing=is_standing, until=NOON + timedelta(hours=hours))

    lapses = SimpleNamespace(partner_id="SG-ASC", automatic=True, confirm_by=NOON + timedelta(hours=1))
    orders = [order(1, 9), order(2, 7), order(3, 5), order(4, 1, held=0), order(5, 2, is_standing=False)]
    note_ends(table, orders, {3: lapses, 4: lapses})  # type: ignore[dict-item]
    assert (table[""].held_until, table[""].confirm_by) == (NOON + timedelta(hours=7), None)
    assert table["SG-ASC"].held_until == NOON + timedelta(hours=5)
    assert table["SG-ASC"].confirm_by == NOON + timedelta(hours=1)


@pytest.mark.parametrize("asked", [branch("acknowledged", "SG-ASC", 5, -1), branch("failed", "SG-ASC", 5, 9, "no agreement")])
def test_what_a_partner_owes_or_refuses_needs_a_person(asked: OpenBranch) -> None:
    row = rows(trace(open_=(asked,)))["SG-ASC"]
    assert row.needs_person
    assert row.errors == ([asked.error] if asked.error else [])


def test_where_nobody_says_whither_it_went_the_jurisdiction_is_not_ours() -> None:
    unsaid = replace(branch("left", "", 9), transfers=())
    assert list(rows(trace(open_=(unsaid,)))) == [None]


def test_what_is_too_small_to_follow_is_ours_and_says_so() -> None:
    small = trace(open_=(branch("left", "", 9),))
    assert list(rows(small)) == [""]
    (row,) = trace_rows(small, NOON)
    assert (row.what, row.due) == ("below_minimum", None)


def test_what_went_on_to_another_jurisdiction_is_not_shown_as_asked() -> None:
    (row,) = trace_rows(trace(open_=(branch("left", "TH-AOC", 9),)), NOON)
    told: tuple[Any, ...] = (row.what, row.due)
    assert told == (BranchState.LEFT, None)
