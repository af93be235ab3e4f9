"""How the index lies in memory and on disk: fixed-width records, one cache line or less each.

A **pocket** is one account in one currency: balances, queues and stacks are kept per pocket. Every transfer is one debit
of the debtor's pocket and one credit of the creditor's. A pocket's **inflow line** numbers every unit that ever arrived
(opening balance first, then credits and unseen credits in order of arrival); its **outflow line** numbers every unit that
left. Under FIFO unit x of the inflow line is unit x of the outflow line, so a trace is the intersection of intervals.

The base holds transfers in order of (time, seq); the number of a transfer is its place there, so comparing numbers
compares moments. Transfers of the tail are numbered after the base in order of arrival and compare by (time, seq). A
pocket that the tail touches has an overlay: its base events before a cut stay, all later ones are listed anew.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

TRANSFER: Final = np.dtype(
    [
        ("time", "i8"),  # epoch microseconds
        ("seq", "i8"),
        ("amount", "i8"),  # minor units leaving the debtor
        ("received", "i8"),  # minor units reaching the creditor
        ("arrival", "i8"),  # where the credit starts on the creditor pocket's inflow line
        ("next_debit", "i4"),  # the creditor pocket's first debit after this credit
        ("debtor", "i4"),  # pocket
        ("creditor", "i4"),  # pocket
        ("kind", "i4"),  # position in KINDS
    ],
    align=True,
)
DEBIT: Final = np.dtype(
    [
        ("offset", "i8"),  # where the debit starts on the pocket's outflow line
        ("after", "i8"),  # balance after the debit
        ("transfer", "i4"),
        ("creditor", "i4"),  # pocket that it pays
    ],
    align=True,
)
OVERLAY: Final = np.dtype(
    [
        ("cut_time", "i8"),  # events from (cut_time, cut_seq) on are in the overlay
        ("cut_seq", "i8"),
        ("debit_first", "i4"),  # base debits kept: [debit_first, debit_cut)
        ("debit_cut", "i4"),
        ("debit_start", "i4"),  # overlay debits: [debit_start, debit_end), numbered after the base's
        ("debit_end", "i4"),
        ("credit_first", "i4"),
        ("credit_cut", "i4"),
        ("credit_start", "i4"),  # overlay credits: [credit_start, credit_end) of the overlay's own list
        ("credit_end", "i4"),
    ],
    align=True,
)
CREDIT: Final = np.dtype([("arrival", "i8"), ("transfer", "i4"), ("next_debit", "i4")], align=True)

KINDS: Final = ("transfer", "card", "cash", "exchange", "payroll", "merchant")
FIRST_EXIT_KIND: Final = 2
"""Kinds from this one on leave the ledger."""

MAX_ROWS: Final = 2**31 - 2**20
"""Transfers are numbered in 32 bits."""

TIME_MIN: Final = -(2**63)
TIME_MAX: Final = 2**63 - 1


def frozen(array: Array) -> Array:
    """`array` as a plain read-only ndarray, so that memory and memory-mapped indexes run the same compiled code."""
    plain = np.asarray(array).view(np.ndarray)
    plain.flags.writeable = False
    return plain


def empty(dtype: Any) -> Array:
    """A frozen array of no elements."""
    return frozen(np.empty(0, dtype))
