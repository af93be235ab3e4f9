"""What came after the base: the tail's transfers, and the later part of every pocket that they touch, listed anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from accord.core.errors import BadInput
from accord.engine.tracing.base import Base, time_order, too_large
from accord.engine.tracing.dictionary import Dictionary
from accord.engine.tracing.encoding import Rows
from accord.engine.tracing.errors import Msg
from accord.engine.tracing.kernel_overlay import cut_pockets, list_anew
from accord.engine.tracing.layout import CREDIT, DEBIT, MAX_ROWS, OVERLAY, TIME_MIN, TRANSFER, Array, empty, frozen
from accord.engine.tracing.names import NO_NAMES, Names


@dataclass(frozen=True, slots=True)
class Tail:
    """`transfers` in order of arrival with their ids; `overlays[overlay_of[pocket]]` says where a pocket's later debits and
    credits stand in `debits` and `credits`. `overlay_of` covers every pocket, -1 where the base alone holds."""

    transfers: Array
    ids: Names
    debits: Array
    credits: Array
    overlays: Array
    overlay_of: Array

    def __len__(self) -> int:
        return len(self.transfers)

    @property
    def dead(self) -> int:
        """Debits that a later overlay of the same pocket replaced."""
        return len(self.debits) - int((self.overlays["debit_end"] - self.overlays["debit_start"]).sum())


def no_tail(pockets: int) -> Tail:
    """The tail of an index that is all base."""
    overlay_of = frozen(np.full(pockets, -1, np.int32))
    return Tail(empty(TRANSFER), NO_NAMES, empty(DEBIT), empty(CREDIT), empty(OVERLAY), overlay_of)


def view_of(base: Base, tail: Tail, dictionary: Dictionary) -> tuple[Any, ...]:
    """The arrays in the places that kernel_common names."""
    pockets = dictionary.pockets
    return (
        base.transfers,
        tail.transfers,
        base.debits,
        tail.debits,
        base.first_debit,
        tail.overlay_of,
        tail.overlays,
        tail.credits,
        pockets.account,
        pockets.currency,
        pockets.account_bank,
    )


def extended(base: Base, tail: Tail, dictionary: Dictionary, rows: Rows, reopened: Array) -> Tail:
    """The tail with `rows` after it; `reopened` pockets have a new opening balance. Only pockets touched are worked on."""
    if len(base) + len(tail) + len(rows) > MAX_ROWS:
        raise BadInput(Msg.ONE_INDEX_HOLDS_TRANSFERS, most=MAX_ROWS)
    records = np.concatenate([tail.transfers, rows.records])
    unseen = len(dictionary.pockets) - len(tail.overlay_of)
    overlay_of = np.concatenate([tail.overlay_of, np.full(unseen, -1, np.int32)])
    touched, bounds, events = _events(rows, len(base) + len(tail))
    if len(reopened):
        touched, bounds = _with_reopened(touched, bounds, reopened)
    cuts = _first_changes(touched, bounds, events, records, len(base), reopened)
    reading = Tail(frozen(records), tail.ids, tail.debits, tail.credits, tail.overlays, frozen(overlay_of))
    view = view_of(base, reading, dictionary)
    old_debits, old_credits = cut_pockets(view, base.credits, base.first_credit, touched, cuts)
    debits, paid_in = np.zeros(old_debits + len(rows), DEBIT), np.zeros(old_credits + len(rows), CREDIT)
    opening = dictionary.pockets.opening
    over = list_anew(view, base.credits, base.first_credit, opening, touched, cuts, bounds, events, records, debits, paid_in)
    if over >= 0:
        ids, place = (base.ids, over) if over < len(base) else (tail.ids.extended(rows.ids), over - len(base))
        raise too_large(ids.texts.text(place))
    for column, shift in (("debit", len(tail.debits)), ("credit", len(tail.credits))):
        cuts[f"{column}_start"] += shift
        cuts[f"{column}_end"] += shift
    fresh = np.flatnonzero(overlay_of[touched] < 0)
    overlay_of[touched[fresh]] = np.arange(len(tail.overlays), len(tail.overlays) + len(fresh), dtype=np.int32)
    overlays = np.concatenate([tail.overlays, np.empty(len(fresh), OVERLAY)])
    overlays[overlay_of[touched]] = cuts
    return Tail(
        frozen(records),
        tail.ids.extended(rows.ids),
        frozen(np.concatenate([tail.debits, debits])),
        frozen(np.concatenate([tail.credits, paid_in])),
        frozen(overlays),
        frozen(overlay_of),
    )


def relisted(base: Base, tail: Tail, dictionary: Dictionary) -> Tail:
    """The same tail without the parts that later overlays replaced."""
    reopened = np.flatnonzero(tail.overlay_of >= 0)
    reopened = reopened[tail.overlays["cut_time"][tail.overlay_of[reopened]] == TIME_MIN].astype(np.int32)
    return extended(base, no_tail(len(dictionary.pockets)), dictionary, Rows(tail.transfers, tail.ids.texts), reopened)


def _events(rows: Rows, first: int) -> tuple[Array, Array, Array]:
    """(pockets touched, where each one's events start, events as 2 · transfer + side, by pocket and then in order)."""
    order = time_order(rows.records)
    numbers = np.arange(len(rows), dtype=np.int64) if order is None else order.astype(np.int64)
    pockets = np.empty(2 * len(rows), np.int32)
    pockets[0::2], pockets[1::2] = rows.records["debtor"][numbers], rows.records["creditor"][numbers]
    events = np.empty(2 * len(rows), np.int64)
    events[0::2] = 2 * (numbers + first)
    events[1::2] = events[0::2] + 1
    by_pocket = np.argsort(pockets, kind="stable")
    touched, starts = np.unique(pockets[by_pocket], return_index=True)
    return touched, np.append(starts, len(events)).astype(np.int64), events[by_pocket]


def _with_reopened(touched: Array, bounds: Array, reopened: Array) -> tuple[Array, Array]:
    """The touched pockets with those that have no new event but another opening balance."""
    others = np.setdiff1d(reopened, touched).astype(np.int32)
    return np.concatenate([touched, others]), np.concatenate([bounds, np.full(len(others), bounds[-1])])


def _first_changes(touched: Array, bounds: Array, events: Array, records: Array, base: int, reopened: Array) -> Array:
    """OVERLAY records with the key of the earliest change of each pocket touched."""
    cuts = np.zeros(len(touched), OVERLAY)
    cuts["cut_time"] = cuts["cut_seq"] = TIME_MIN
    changed = np.flatnonzero(bounds[1:] > bounds[:-1])
    earliest = records[events[bounds[:-1][changed]] // 2 - base]
    cuts["cut_time"][changed], cuts["cut_seq"][changed] = earliest["time"], earliest["seq"]
    cuts["cut_time"][np.isin(touched, reopened)] = TIME_MIN
    return cuts
