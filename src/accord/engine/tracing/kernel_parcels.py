"""Compiled FIFO and LIFO: tainted units keep their places, so a trace is the intersection of intervals in time order.

FIFO: the units [x, y) of a pocket's inflow line leave by the debits that cover [x, y) of its outflow line.
LIFO: a credit lies on the levels [b, b + amount) above the balance b it found; a level leaves by the first later debit
that brings the balance to it or below. Units leave from the top, so a debit's first unit is the highest level it takes.

Worked example: a pocket holds 50 clean units, receives 100 stolen ones, then pays 60, then 40.

    FIFO   inflow line    [0 ─ clean ─ 50)[50 ──── stolen ──── 150)
           outflow line   [0 ── pays 60 ── 60)[60 ─ pays 40 ─ 100)
           of the stolen [50, 150) the first payment takes [50, 60): 10; the second [60, 100): 40; [100, 150) stands: 50

    LIFO   the credit found a balance of 50: its levels are [50, 150)
           paying 60 brings the balance from 150 to 90 and takes the levels [90, 150): 60
           paying 40 brings it to 50 and takes [50, 90): 40; nothing stands
"""

from __future__ import annotations

import numpy as np

from accord.engine.tracing.compiled import helper, kernel
from accord.engine.tracing.kernel_common import (
    DONE,
    FLOWS_FULL,
    HEAP_FULL,
    RESTS_FULL,
    SPANS_FULL,
    before,
    credit,
    debit,
    debit_holding,
    debit_places,
    exists,
    exit_of,
    last_moment,
    pop,
    push,
    record,
    scaled,
    step,
)


@helper
def write_flow(view, flows, place, transfer, amount, hop, leaves):  # type: ignore[no-untyped-def]
    """Columns of a flow: see answers.FLOW_COLUMNS; the caller adds what the creditor receives and the spans."""
    own = record(view, transfer)
    flows[place, 0] = transfer
    flows[place, 1] = own.time
    flows[place, 2] = amount
    flows[place, 3] = hop
    flows[place, 4] = leaves
    flows[place, 5] = own.debtor
    flows[place, 6] = own.creditor
    flows[place, 7] = 0
    flows[place, 8] = 0
    flows[place, 9] = 0


@helper
def join_claim(spans, first, last, claimed):  # type: ignore[no-untyped-def]
    """Write after `last` the claimed units and those tainted units [first, last) outside them, in order.

    Returns (end of what was written, units that were tainted already).
    """
    end, absorbed = last, np.int64(0)
    arriving, start = first, spans[first, 0] if first < last else np.int64(0)
    for place in range(claimed.shape[0]):
        opens, closes = claimed[place, 0], claimed[place, 1]
        while arriving < last and start < opens:
            spans[end, 0], spans[end, 1] = start, min(spans[arriving, 1], opens)
            start = spans[end, 1]
            end += 1
            if start == spans[arriving, 1]:
                arriving += 1
                start = spans[arriving, 0] if arriving < last else start
        spans[end, 0], spans[end, 1] = opens, closes
        end += 1
        while arriving < last and start < closes:
            upto = min(spans[arriving, 1], closes)
            absorbed += upto - start
            start = upto
            if start == spans[arriving, 1]:
                arriving += 1
                start = spans[arriving, 0] if arriving < last else start
    while arriving < last:
        spans[end, 0], spans[end, 1] = start, spans[arriving, 1]
        end += 1
        arriving += 1
        start = spans[arriving, 0] if arriving < last else start
    return end, absorbed


@helper
def send_first_in(view, moment, transfer, arrival, place, start, end, hop, heap, size, rests, rest):  # type: ignore[no-untyped-def]
    """FIFO: push what happens to the units [start, end) of a credit; returns (heap size, rests, place reached)."""
    until, base_until = moment
    pocket = record(view, transfer).creditor
    _, cut, begin, stop = debit_places(view, pocket)
    low, high = arrival + start, arrival + end
    if place != stop:
        place = debit_holding(view, place, cut, begin, stop, low)
    while low < high and place != stop:
        payment = debit(view, place)
        payer = np.int64(payment.transfer)
        if not exists(view, payer, until, base_until):
            break
        paid = record(view, payer)
        upto = min(high, payment.offset + paid.amount)
        if upto > low:
            if size == heap.shape[0]:
                return -HEAP_FULL, rest, place
            size = push(heap, size, paid.time, paid.seq, low - payment.offset, payer, upto - payment.offset, hop + 1)
            low = upto
        if low < high:
            place = step(place, cut, begin)
    if low < high:
        if rest == rests.shape[0]:
            return -RESTS_FULL, rest, place
        rests[rest, 0], rests[rest, 1], rests[rest, 2], rests[rest, 3] = pocket, transfer, low - arrival, high - arrival
        rest += 1
    return size, rest, place


@helper
def level_of(view, arrival, place, first, cut, start, stop):  # type: ignore[no-untyped-def]
    """The balance that a credit found: what had arrived less what had left."""
    if place != stop:
        return arrival - debit(view, place).offset
    last = stop - 1 if stop > start else cut - 1
    if stop == start and cut == first:
        return arrival
    payment = debit(view, last)
    return arrival - payment.offset - record(view, np.int64(payment.transfer)).amount


@helper
def send_last_in(view, moment, transfer, arrival, place, start, end, hop, heap, size, rests, rest):  # type: ignore[no-untyped-def]
    """LIFO: push what happens to the units [start, end) of a credit; returns (heap size, rests, place given)."""
    until, base_until = moment
    pocket = record(view, transfer).creditor
    first, cut, begin, stop = debit_places(view, pocket)
    ground = level_of(view, arrival, place, first, cut, begin, stop)
    low, high, given = ground + start, ground + end, place
    while low < high and place != stop:
        payment = debit(view, place)
        payer = np.int64(payment.transfer)
        if not exists(view, payer, until, base_until):
            break
        if payment.after < high:
            paid = record(view, payer)
            downto = max(low, payment.after)
            top = payment.after + paid.amount
            if size == heap.shape[0]:
                return -HEAP_FULL, rest, given
            size = push(heap, size, paid.time, paid.seq, top - high, payer, top - downto, hop + 1)
            high = downto
        place = step(place, cut, begin)
    if low < high:
        if rest == rests.shape[0]:
            return -RESTS_FULL, rest, given
        rests[rest, 0], rests[rest, 1], rests[rest, 2], rests[rest, 3] = pocket, transfer, low - ground, high - ground
        rest += 1
    return size, rest, given


@kernel
def follow_parcels(view, stops, until, last_in, claims, claimed, work, counts):  # type: ignore[no-untyped-def]
    """Trace the claims (columns as in starts.py), in order of time, under FIFO or LIFO.

    Fills `work` (heap, flows, spans, rests), `counts` (flows, rests, spans) and the claims' absorbed units. Returns DONE
    or which table was too small; nothing in `work` means anything then.
    """
    heap, flows, spans, rests = work
    moment = (until, last_moment(view, until))
    size, flow, span, rest, claim = np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    while size > 0 or claim < claims.shape[0]:
        is_claim = claim < claims.shape[0] and (size == 0 or not before(view, heap[0, 3], claims[claim, 0]))
        transfer = claims[claim, 0] if is_claim else heap[0, 3]
        if flow == flows.shape[0]:
            return FLOWS_FULL
        first, hop = span, np.int64(2**31)
        while size > 0 and heap[0, 3] == transfer:
            if span == spans.shape[0]:
                return SPANS_FULL
            spans[span, 0], spans[span, 1] = heap[0, 2], heap[0, 4]
            hop = min(hop, heap[0, 5])
            span += 1
            size = pop(heap, size)
        if is_claim:
            rows = claimed[claims[claim, 1] : claims[claim, 2]]
            if span + (span - first) + 2 * rows.shape[0] + 1 > spans.shape[0]:
                return SPANS_FULL
            end, absorbed = join_claim(spans, first, span, rows)
            claims[claim, 3] = absorbed
            first, span, hop = span, end, np.int64(0)
            claim += 1
        own = record(view, transfer)
        amount = np.int64(0)
        for place in range(first, span):
            amount += spans[place, 1] - spans[place, 0]
        leaves = exit_of(view, stops, transfer, amount, is_claim)
        write_flow(view, flows, flow, transfer, amount, hop, leaves)
        flows[flow, 8], flows[flow, 9] = first, span
        if leaves < 0:
            arrival, debits_from = credit(view, transfer)
            for place in range(first, span):
                start = scaled(spans[place, 0], own.received, own.amount)
                end = start + scaled(spans[place, 1] - spans[place, 0], own.received, own.amount)
                if end == start:
                    continue
                flows[flow, 7] += end - start
                if last_in:
                    size, rest, debits_from = send_last_in(
                        view, moment, transfer, arrival, debits_from, start, end, hop, heap, size, rests, rest
                    )
                else:
                    size, rest, debits_from = send_first_in(
                        view, moment, transfer, arrival, debits_from, start, end, hop, heap, size, rests, rest
                    )
                if size < 0:
                    return -size
        flow += 1
    counts[0], counts[1], counts[2] = flow, rest, span
    return DONE
