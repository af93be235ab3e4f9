"""The base of an index: everything up to one moment of loading, laid out for good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accord.core.errors import BadInput
from accord.engine.tracing.dictionary import Dictionary
from accord.engine.tracing.encoding import Rows
from accord.engine.tracing.errors import Msg
from accord.engine.tracing.kernel_build import count_per_pocket, fill_lines
from accord.engine.tracing.layout import DEBIT, MAX_ROWS, Array, frozen
from accord.engine.tracing.names import Names


@dataclass(frozen=True, slots=True)
class Base:
    """`transfers` in order of (time, seq); pocket p's debits are debits[first_debit[p]:first_debit[p+1]], in that order,
    and its credits the transfers credits[first_credit[p]:first_credit[p+1]]. `pockets` counts those it knows."""

    transfers: Array
    first_debit: Array
    debits: Array
    first_credit: Array
    credits: Array
    ids: Names
    pockets: int
    last_seq: int

    def __len__(self) -> int:
        return len(self.transfers)


def build(rows: Rows, dictionary: Dictionary) -> Base:
    """Lay out `rows`, whose pockets `dictionary` knows, from the opening balances on. The rows become part of the base."""
    if len(rows) > MAX_ROWS:
        raise BadInput(Msg.TRANSFERS_MORE_THAN_ONE_INDEX_HOLDS, count=len(rows), most=MAX_ROWS)
    order = time_order(rows.records)
    transfers = rows.records if order is None else rows.records[order]
    ids = rows.ids.taken(order) if order is not None else rows.ids
    count = len(dictionary.pockets)
    first_debit, first_credit = np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int32)
    count_per_pocket(transfers["debtor"], first_debit)
    count_per_pocket(transfers["creditor"], first_credit)
    debits, paid_in = np.zeros(len(transfers), DEBIT), np.empty(len(transfers), np.int32)
    arrived, left = dictionary.pockets.opening.copy(), np.zeros(count, np.int64)
    over = fill_lines(transfers, arrived, left, first_debit[:-1].copy(), first_credit[:-1].copy(), debits, paid_in)
    if over >= 0:
        raise too_large(ids.text(over))
    last = int(transfers["seq"].max()) if len(transfers) else -1
    return Base(
        frozen(transfers),
        frozen(first_debit),
        frozen(debits),
        frozen(first_credit),
        frozen(paid_in),
        Names.of(ids),
        count,
        last,
    )


def time_order(records: Array) -> Array | None:
    """Rows in order of (time, seq), ties kept; None where they already are."""
    times, numbers = records["time"], records["seq"]
    if len(records) < 2:
        return None
    rising = (times[1:] > times[:-1]) | ((times[1:] == times[:-1]) & (numbers[1:] >= numbers[:-1]))
    if rising.all():
        return None
    if (numbers[1:] >= numbers[:-1]).all():
        return np.argsort(times, kind="stable").astype(np.int32)
    return np.lexsort((numbers, times)).astype(np.int32)


def too_large(transfer: str) -> BadInput:
    """The error for an account whose turnover passes 63 bits."""
    return BadInput(Msg.TURNOVER_TOO_LARGE, transfer=transfer)
