"""Compiled pass that lists anew the later part of every pocket that new transfers touch."""

from __future__ import annotations

import numpy as np

from accord.engine.tracing.compiled import helper, kernel
from accord.engine.tracing.kernel_common import (
    DEBITS,
    FIRST_DEBIT,
    LATER_CREDITS,
    OVERLAY_OF,
    OVERLAYS,
    TRANSFERS,
    before,
    debit,
    record,
    step,
)


@helper
def place_from(view, numbers, low, high, time, seq):  # type: ignore[no-untyped-def]
    """The first place in [low, high) whose transfer is not before (time, seq): of base debits, or of `numbers` if given."""
    while low < high:
        middle = (low + high) // 2
        number = np.int64(numbers[middle]) if numbers.size else np.int64(view[DEBITS][middle].transfer)
        own = record(view, number)
        if own.time < time or (own.time == time and own.seq < seq):
            low = middle + 1
        else:
            high = middle
    return low


@helper
def known_range(view, first_credit, pocket):  # type: ignore[no-untyped-def]
    """(first, cut) of the base debits and of the base credits that hold for a pocket, then its overlay or -1."""
    overlay = np.int64(view[OVERLAY_OF][pocket])
    if overlay >= 0:
        entry = view[OVERLAYS][overlay]
        ends = np.int64(entry.debit_cut), np.int64(entry.credit_first), np.int64(entry.credit_cut)
        return np.int64(entry.debit_first), ends[0], ends[1], ends[2], overlay
    none = np.int64(0)
    if pocket >= first_credit.size - 1:
        return none, none, none, none, overlay
    first, last = np.int64(view[FIRST_DEBIT][pocket]), np.int64(view[FIRST_DEBIT][pocket + 1])
    return first, last, np.int64(first_credit[pocket]), np.int64(first_credit[pocket + 1]), overlay


@kernel
def cut_pockets(view, base_credits, first_credit, touched, cuts):  # type: ignore[no-untyped-def]
    """Complete `cuts` (OVERLAY records with the key of each touched pocket's earliest change).

    Returns how many debits and how many credits the old index holds from those cuts on.
    """
    debits, paid_in = np.int64(0), np.int64(0)
    for row in range(touched.size):
        first, last, credit_first, credit_last, overlay = known_range(view, first_credit, touched[row])
        if overlay >= 0:
            entry = view[OVERLAYS][overlay]
            time, seq = cuts[row].cut_time, cuts[row].cut_seq
            if entry.cut_time < time or (entry.cut_time == time and entry.cut_seq < seq):
                cuts[row].cut_time, cuts[row].cut_seq = entry.cut_time, entry.cut_seq
            debits += entry.debit_end - entry.debit_start
            paid_in += entry.credit_end - entry.credit_start
        time, seq = cuts[row].cut_time, cuts[row].cut_seq
        cuts[row].debit_first, cuts[row].credit_first = first, credit_first
        cuts[row].debit_cut = place_from(view, base_credits[:0], first, last, time, seq)
        cuts[row].credit_cut = credit_first
        if credit_last > credit_first:
            cuts[row].credit_cut = place_from(view, base_credits, credit_first, credit_last, time, seq)
        debits += last - cuts[row].debit_cut
        paid_in += credit_last - cuts[row].credit_cut
    return debits, paid_in


@helper
def state_at_cut(view, base_credits, cut, opening):  # type: ignore[no-untyped-def]
    """(arrived, left) of a pocket just before its cut, from the last base debit and credit that hold."""
    arrived, left = opening, np.int64(0)
    if cut.debit_cut > cut.debit_first:
        payment = view[DEBITS][cut.debit_cut - 1]
        left = payment.offset + record(view, np.int64(payment.transfer)).amount
        arrived = left + payment.after
    if cut.credit_cut > cut.credit_first:
        own = record(view, np.int64(base_credits[cut.credit_cut - 1]))
        arrived = max(arrived, own.arrival + own.received)
    return arrived, left


@helper
def comes_first(view, one, other):  # type: ignore[no-untyped-def]
    """Whether event `one` (2 · transfer + side, -1 for none) comes before `other`."""
    if one < 0 or other < 0:
        return other < 0 and one >= 0
    if one // 2 == other // 2:
        return one < other
    return before(view, one // 2, other // 2)


@kernel
def list_anew(view, base_credits, first_credit, opening, touched, cuts, bounds, events, tail, debits, paid_in):  # type: ignore[no-untyped-def]
    """Merge old and new events of every touched pocket from its cut on and write both lines.

    `events[bounds[i]:bounds[i+1]]` are pocket i's new ones in order, 2 · transfer + (0 debit, 1 credit). Overlay places in
    `cuts` count from 0 in `debits` and `paid_in`; the caller moves them to where these are put. Returns the transfer at
    which a line passed 63 bits, else -1.
    """
    count, base_debits, later = view[TRANSFERS].size, view[DEBITS].size, view[3].size
    made, taken = np.int64(0), np.int64(0)
    for row in range(touched.size):
        pocket = touched[row]
        arrived, left = state_at_cut(view, base_credits, cuts[row], opening[pocket])
        _, last, _, credit_last, overlay = known_range(view, first_credit, pocket)
        begin = stop = last
        credit_stop = credit_last
        if overlay >= 0:
            entry = view[OVERLAYS][overlay]
            begin, stop = np.int64(entry.debit_start) + base_debits, np.int64(entry.debit_end) + base_debits
        place = np.int64(cuts[row].debit_cut)
        place = begin if place == last else place
        in_place, on_overlay = np.int64(cuts[row].credit_cut), False
        new, new_end = bounds[row], bounds[row + 1]
        cuts[row].debit_start, cuts[row].credit_start = made, taken
        while True:
            if not on_overlay and in_place == credit_last and overlay >= 0:
                entry = view[OVERLAYS][overlay]
                in_place, credit_stop = np.int64(entry.credit_start), np.int64(entry.credit_end)
                on_overlay = True
            event, source = np.int64(-1), 0
            if place != stop:
                event = 2 * np.int64(debit(view, place).transfer)
            if in_place != credit_stop:
                number = np.int64(view[LATER_CREDITS][in_place].transfer) if on_overlay else np.int64(base_credits[in_place])
                if comes_first(view, 2 * number + 1, event):
                    event, source = 2 * number + 1, 1
            if new != new_end and comes_first(view, events[new], event):
                event, source = events[new], 2
            if event < 0:
                break
            if source == 0:
                place = step(place, last, begin)
            elif source == 1:
                in_place += 1
            else:
                new += 1
            own = record(view, event // 2)
            if event % 2 == 0:
                debits[made].offset, debits[made].transfer, debits[made].creditor = left, event // 2, own.creditor
                left += own.amount
                arrived = max(arrived, left)
                debits[made].after = arrived - left
                made += 1
            else:
                following = base_debits + later + made
                paid_in[taken].arrival, paid_in[taken].transfer, paid_in[taken].next_debit = arrived, event // 2, following
                if event // 2 >= count:
                    tail[event // 2 - count].arrival, tail[event // 2 - count].next_debit = arrived, following
                arrived += own.received
                taken += 1
            if left < 0 or arrived < 0:
                return event // 2
        cuts[row].debit_end, cuts[row].credit_end = made, taken
    return -1
