"""Opening balances are just enough: no balance goes below zero, and one unit less would."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from accord.engine.exercise.balances import least_openings

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 50), st.integers(0, 50)), max_size=40)


def lowest(rows: list[tuple[int, int, int, int]]) -> list[int]:
    balance, low = [0] * 5, [0] * 5
    for debtor, creditor, debited, credited in rows:
        balance[debtor] -= debited
        low[debtor] = min(low[debtor], balance[debtor])
        balance[creditor] += credited
    return low


@given(ROWS)
def test_openings_are_the_least_that_keep_every_balance_up(rows: list[tuple[int, int, int, int]]) -> None:
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    assert least_openings(5, *columns).tolist() == [-low for low in lowest(rows)]
