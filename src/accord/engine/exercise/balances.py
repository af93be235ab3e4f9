"""Opening balances with which no ordinary payment ever fails."""

from __future__ import annotations

import numpy as np

from accord.engine.exercise.cast import Ints


def least_openings(accounts: int, debtor: Ints, creditor: Ints, debited: Ints, credited: Ints) -> Ints:
    """The smallest opening balance of each account that keeps it from ever going below 0.

    Rows are in time order; `debited` leaves the debtor and `credited` reaches the creditor at once (0: does not count).
    """
    if not len(debtor):
        return np.zeros(accounts, np.int64)
    owner = np.empty(2 * len(debtor), np.int32)
    owner[0::2], owner[1::2] = debtor, creditor
    change = np.empty(2 * len(debtor), np.int64)
    change[0::2], change[1::2] = -debited, credited
    order = np.argsort(owner, kind="stable")
    owner, change = owner[order], change[order]
    running = np.cumsum(change)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    before = running[starts] - change[starts]
    lowest = np.minimum.reduceat(running, starts) - before
    openings = np.zeros(accounts, np.int64)
    openings[owner[starts]] = np.maximum(-lowest, 0)
    return openings
