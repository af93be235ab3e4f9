"""Compiled pieces that every kernel shares: reading the index through its overlay, exact products, exits, the heap.

A **view** is the tuple (transfers, tail, debits, later_debits, first_debit, overlay_of, overlays, later_credits,
pocket_account, pocket_currency, account_bank). Numba wants plain tuples at its fastest, so the places are named below.
"""

from __future__ import annotations

import numpy as np

from accord.engine.tracing.compiled import accessor, helper
from accord.engine.tracing.layout import FIRST_EXIT_KIND

TRANSFERS, TAIL, DEBITS, LATER_DEBITS, FIRST_DEBIT, OVERLAY_OF, OVERLAYS, LATER_CREDITS = range(8)
POCKET_ACCOUNT, POCKET_CURRENCY, ACCOUNT_BANK = range(8, 11)

HUB, OUTSIDE, BELOW_MINIMUM = 4, 5, 6
"""Exits after those by kind, in the order of ExitKind."""

HEAP_COLUMNS = 6
"""time, seq, start of the units or slot, transfer, end of the units or place, hop."""

DONE, HEAP_FULL, FLOWS_FULL, SPANS_FULL, RESTS_FULL, POCKETS_FULL = range(6)
"""What a kernel says: finished, or which of its tables was too small."""


@accessor
def record(view, transfer):  # type: ignore[no-untyped-def]
    """The transfer's record, from the base or the tail."""
    count = view[TRANSFERS].size
    if transfer < count:
        return view[TRANSFERS][transfer]
    return view[TAIL][transfer - count]


@accessor
def before(view, one, other):  # type: ignore[no-untyped-def]
    """Whether transfer `one` comes before `other` in (time, seq)."""
    count = view[TRANSFERS].size
    if one < count and other < count:
        return one < other
    first, second = record(view, one), record(view, other)
    return first.time < second.time or (first.time == second.time and first.seq < second.seq)


@helper
def last_moment(view, until):  # type: ignore[no-untyped-def]
    """How many transfers of the base are not later than `until`."""
    low, high = 0, view[TRANSFERS].size
    while low < high:
        middle = (low + high) // 2
        if view[TRANSFERS][middle].time <= until:
            low = middle + 1
        else:
            high = middle
    return low


@accessor
def exists(view, transfer, until, base_until):  # type: ignore[no-untyped-def]
    """Whether the transfer is not later than `until`; the base is told by number alone."""
    count = view[TRANSFERS].size
    if transfer < count:
        return transfer < base_until
    return view[TAIL][transfer - count].time <= until


@accessor
def debit(view, place):  # type: ignore[no-untyped-def]
    """The debit at a place; places from the base's length on are in the overlays."""
    count = view[DEBITS].size
    if place < count:
        return view[DEBITS][place]
    return view[LATER_DEBITS][place - count]


@accessor
def debit_places(view, pocket):  # type: ignore[no-untyped-def]
    """(first, cut, start, end): the pocket's debits are places [first, cut) and then [start, end)."""
    overlay = view[OVERLAY_OF][pocket] if view[OVERLAYS].size else np.int32(-1)
    if overlay < 0:
        end = np.int64(view[FIRST_DEBIT][pocket + 1])
        return np.int64(view[FIRST_DEBIT][pocket]), end, end, end
    entry = view[OVERLAYS][overlay]
    count = view[DEBITS].size
    start, end = np.int64(entry.debit_start) + count, np.int64(entry.debit_end) + count
    return np.int64(entry.debit_first), np.int64(entry.debit_cut), start, end


@accessor
def step(place, cut, start):  # type: ignore[no-untyped-def]
    """The place after `place` in the same pocket."""
    place += 1
    return start if place == cut else place


@helper
def credit(view, transfer):  # type: ignore[no-untyped-def]
    """(where the credit starts on the inflow line, place of the first debit after it) on the creditor's pocket."""
    count = view[TRANSFERS].size
    if transfer >= count:
        entry = view[TAIL][transfer - count]
        return entry.arrival, np.int64(entry.next_debit)
    own = view[TRANSFERS][transfer]
    overlay = view[OVERLAY_OF][own.creditor] if view[OVERLAYS].size else np.int32(-1)
    if overlay < 0:
        return own.arrival, np.int64(own.next_debit)
    entry = view[OVERLAYS][overlay]
    if own.time < entry.cut_time or (own.time == entry.cut_time and own.seq < entry.cut_seq):
        if own.next_debit >= entry.debit_cut:
            return own.arrival, np.int64(entry.debit_start) + view[DEBITS].size
        return own.arrival, np.int64(own.next_debit)
    low, high = np.int64(entry.credit_start), np.int64(entry.credit_end)
    while low < high:
        middle = (low + high) // 2
        if before(view, np.int64(view[LATER_CREDITS][middle].transfer), transfer):
            low = middle + 1
        else:
            high = middle
    moved = view[LATER_CREDITS][low]
    return moved.arrival, np.int64(moved.next_debit)


@helper
def debit_holding(view, place, cut, start, end, offset):  # type: ignore[no-untyped-def]
    """The last place from `place` on whose debit starts at or before `offset` on the outflow line."""
    if place < cut:
        low, high = place, cut
        if start < end and debit(view, start).offset <= offset:
            low, high = start, end
    else:
        low, high = place, end
    while high - low > 1:
        middle = (low + high) // 2
        if debit(view, middle).offset <= offset:
            low = middle
        else:
            high = middle
    return low


@helper
def scaled(units, numerator, denominator):  # type: ignore[no-untyped-def]
    """⌊units · numerator / denominator⌋ with a 128-bit product; all below 2⁶³, and the result too."""
    if numerator == denominator:
        return units
    if units < 2147483648 and numerator < 2147483648:
        return units * numerator // denominator
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    a, b, c = np.uint64(units), np.uint64(numerator), np.uint64(denominator)
    low = (a & mask) * (b & mask)
    first = (a >> half) * (b & mask) + (low >> half)
    second = (a & mask) * (b >> half) + (first & mask)
    high = (a >> half) * (b >> half) + (first >> half) + (second >> half)
    low = (second << half) | (low & mask)
    if high == np.uint64(0):
        return np.int64(low // c)
    quotient, one, top = np.uint64(0), np.uint64(1), np.uint64(63)
    for _ in range(64):  # long division; the remainder stays below the denominator, so it never overflows
        high = (high << one) | (low >> top)
        low = low << one
        quotient = quotient << one
        if high >= c:
            high -= c
            quotient |= one
    return np.int64(quotient)


@helper
def exit_of(view, stops, transfer, amount, is_claim):  # type: ignore[no-untyped-def]
    """Position in ExitKind when `amount` leaves the ledger by this transfer, else -1.

    `stops` is (hubs: sorted accounts, barred: by bank + 1 or empty, minimum parcel, currency of that minimum).
    """
    hubs, barred, minimum, currency = stops
    own = record(view, transfer)
    if own.kind >= FIRST_EXIT_KIND:
        return np.int64(own.kind - FIRST_EXIT_KIND)
    if hubs.size == 0 and barred.size == 0 and minimum == 0:
        return -1
    debtor, creditor = view[POCKET_ACCOUNT][own.debtor], view[POCKET_ACCOUNT][own.creditor]
    if debtor == creditor:
        return -1
    if hubs.size:
        low, high = 0, hubs.size
        while low < high:
            middle = (low + high) // 2
            if hubs[middle] < creditor:
                low = middle + 1
            else:
                high = middle
        if low < hubs.size and hubs[low] == creditor:
            return HUB
    if barred.size and barred[view[ACCOUNT_BANK][creditor] + 1]:
        return OUTSIDE
    if not is_claim and amount < minimum and view[POCKET_CURRENCY][own.debtor] == currency:
        return BELOW_MINIMUM
    return -1


@helper
def sooner(heap, one, time, seq, third):  # type: ignore[no-untyped-def]
    """Heap order: whether row `one` comes before (time, seq, third)."""
    if heap[one, 0] != time:
        return heap[one, 0] < time
    if heap[one, 1] != seq:
        return heap[one, 1] < seq
    return heap[one, 2] < third


@helper
def copy_row(heap, source, target):  # type: ignore[no-untyped-def]
    for column in range(HEAP_COLUMNS):
        heap[target, column] = heap[source, column]


@helper
def push(heap, size, time, seq, third, transfer, fifth, sixth):  # type: ignore[no-untyped-def]
    """Add a row, which must have room; returns the new size. Rows above move down, so that each is written once."""
    place = size
    while place > 0:
        parent = (place - 1) // 2
        if sooner(heap, parent, time, seq, third):
            break
        copy_row(heap, parent, place)
        place = parent
    heap[place, 0], heap[place, 1], heap[place, 2] = time, seq, third
    heap[place, 3], heap[place, 4], heap[place, 5] = transfer, fifth, sixth
    return size + 1


@helper
def pop(heap, size):  # type: ignore[no-untyped-def]
    """Remove the first row; returns the new size. Rows below move up until the last row fits."""
    size -= 1
    time, seq, third = heap[size, 0], heap[size, 1], heap[size, 2]
    place = np.int64(0)
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and sooner(heap, child + 1, heap[child, 0], heap[child, 1], heap[child, 2]):
            child += 1
        if not sooner(heap, child, time, seq, third):
            break
        copy_row(heap, child, place)
        place = child
    copy_row(heap, size, place)
    return size
