"""The demo, as a newcomer runs it: a small world, a played day, the tables, nothing left running."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from separate import separately

SMALL = ("demo", "--people", "300", "--days", "4", "--victims", "6", "--no-desk")
HELD = "SELECT count(*), sum(held) FROM orders_order WHERE state IN ('held', 'held_partly')"


def asked(home: Path, query: str) -> Any:
    with closing(sqlite3.connect(home / "accord.sqlite3")) as store:
        return store.execute(query).fetchone()


@pytest.mark.slow
def test_a_day_of_three_centres_is_played_and_told(home: Path) -> None:
    done = separately(home, *SMALL, COLUMNS="200")
    assert done.code == 0, done.err
    assert "Money by jurisdiction of the call" in done.out
    assert "Money by delay of the report" in done.out
    totals = [line for line in done.out.splitlines() if re.match(r"\W+all\b", line)]
    assert len(totals) == 2
    assert all(re.search(r"\ball\b\W+6\b", total) for total in totals)
    assert re.search(r"CN-CENTRE → SG-CENTRE", done.out)
    homes = [home / code for code in ("cn", "sg", "th")]
    for own in homes:
        number, held = asked(own, HELD)
        assert number > 0
        assert held > 0
        assert asked(own, "SELECT count(*) FROM orders_order WHERE held > amount") == (0,)
        assert asked(own, "SELECT count(*) FROM exchange_incoming WHERE state <> 'applied'") == (0,)
    crossed = [asked(own, "SELECT count(*) FROM exchange_outgoing WHERE kind = 'enquiry'")[0] for own in homes]
    assert sum(crossed) > 0
    assert asked(homes[0], "SELECT count(*) FROM orders_order WHERE institution NOT LIKE '%CNX0' AND state = 'held'") > (0,)


@pytest.mark.slow
def test_a_day_of_one_centre(home: Path) -> None:
    done = separately(home, *SMALL, "--centres", "CN")
    assert done.code == 0, done.err
    assert "Money by jurisdiction" not in done.out
    assert "Messages between centres" not in done.out
    assert asked(home / "cn", HELD)[0] > 0


def test_a_real_node_is_left_alone(home: Path) -> None:
    assert separately(home, "node", "migrate").code == 0
    refused = separately(home, *SMALL)
    assert refused.code == 1
    assert "holds a node that is no exercise" in " ".join(refused.err.split())
    assert (home / "accord.sqlite3").exists()


def test_a_country_that_no_exercise_knows(home: Path) -> None:
    refused = separately(home, *SMALL, "--centres", "CN,XX")
    assert refused.code == 2
    assert "'XX'" in refused.err
