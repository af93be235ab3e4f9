"""The demo, as a newcomer runs it: a small world, a played day, the table, nothing left running."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from separate import separately

SMALL = ("demo", "--people", "300", "--days", "4", "--victims", "3", "--no-desk")


@pytest.mark.slow
def test_a_day_is_played_and_told(home: Path) -> None:
    done = separately(home, *SMALL)
    assert done.code == 0, done.err
    assert "Money by delay of the report" in done.out
    total = next(line for line in done.out.splitlines() if re.match(r"\W+all\b", line))
    assert re.search(r"\ball\b\W+3\b", total)
    store = sqlite3.connect(home / "accord.sqlite3")
    held = store.execute("SELECT count(*), sum(held) FROM orders_order WHERE state IN ('held', 'held_partly')").fetchone()
    over = store.execute("SELECT count(*) FROM orders_order WHERE held > amount").fetchone()
    store.close()
    assert held[0] > 0
    assert held[1] > 0
    assert over[0] == 0


def test_a_real_node_is_left_alone(home: Path) -> None:
    assert separately(home, "node", "migrate").code == 0
    refused = separately(home, *SMALL)
    assert refused.code == 1
    assert "holds a node that is no exercise" in " ".join(refused.err.split())
    assert (home / "accord.sqlite3").exists()
