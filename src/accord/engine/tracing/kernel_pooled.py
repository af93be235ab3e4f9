"""Compiled haircut, lowest intermediate balance and poison: each pocket has one amount of taint, events go by time.

A pocket's next payment that carries anything is kept in a heap; it is looked for again whenever the taint grows, and an
entry that no longer is the pocket's next is dropped when it comes up.

Worked example: a pocket holds 50 clean units, receives 100 stolen ones (the taint), then pays 60, then 40.

    haircut   60 of a balance of 150 carry 60 · 100 / 150 = 40; 40 of 90 carry 40 · 60 / 90 = 26 (rounded down); 34 stand
    libr      60 leave 90, less than the taint of 100: they carry the difference, 10; 40 leave 50, so they carry 40; 50 stand
    poison    each payment carries all of its amount: 60, then 40; what stands is not stated
"""

from __future__ import annotations

import numpy as np

from accord.engine.tracing.compiled import helper, kernel
from accord.engine.tracing.kernel_common import (
    DONE,
    FLOWS_FULL,
    HEAP_FULL,
    POCKETS_FULL,
    RESTS_FULL,
    before,
    credit,
    debit,
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
from accord.engine.tracing.kernel_parcels import write_flow

HAIRCUT, LIBR, POISON = range(3)

SLOT_POCKET, SLOT_TAINT, SLOT_HOP, SLOT_PLACE = range(4)
NO_HOP = 2**31
NO_PLACE = -1


@helper
def carried(view, rule, place, taint):  # type: ignore[no-untyped-def]
    """How much of `taint` the debit at `place` takes along."""
    payment = debit(view, place)
    amount = record(view, np.int64(payment.transfer)).amount
    if rule == HAIRCUT:
        return scaled(amount, taint, payment.after + amount)
    if rule == LIBR:  # what is left must be at least the taint, else the difference was taken from it
        return max(np.int64(0), taint - payment.after)
    return amount


@helper
def next_payment(view, rule, moment, pocket, place, taint):  # type: ignore[no-untyped-def]
    """The first debit from `place` on that carries anything, NO_PLACE where there is none until the end."""
    if taint == 0:
        return np.int64(NO_PLACE)
    _, cut, begin, stop = debit_places(view, pocket)
    while place != stop:
        if not exists(view, np.int64(debit(view, place).transfer), moment[0], moment[1]):
            break
        if carried(view, rule, place, taint) > 0:
            return np.int64(place)
        place = step(place, cut, begin)
    return np.int64(NO_PLACE)


@helper
def await_payment(view, heap, size, slots, slot, place):  # type: ignore[no-untyped-def]
    """Make `place` the slot's next payment; returns the heap's size, negative where it was full."""
    if place == slots[slot, SLOT_PLACE] and place != NO_PLACE:
        return size
    slots[slot, SLOT_PLACE] = place
    if place == NO_PLACE:
        return size
    if size == heap.shape[0]:
        return -HEAP_FULL
    number = np.int64(debit(view, place).transfer)
    own = record(view, number)
    return push(heap, size, own.time, own.seq, slot, number, place, 0)


@helper
def pay(view, rule, moment, heap, size, slots):  # type: ignore[no-untyped-def]
    """Take the heap's first payment; returns (taint moved, hop, heap's size)."""
    slot, place = heap[0, 2], heap[0, 4]
    moved = carried(view, rule, place, slots[slot, SLOT_TAINT])
    if rule != POISON:
        slots[slot, SLOT_TAINT] -= moved
    size = pop(heap, size)
    pocket = slots[slot, SLOT_POCKET]
    _, cut, begin, _ = debit_places(view, pocket)
    following = next_payment(view, rule, moment, pocket, step(place, cut, begin), slots[slot, SLOT_TAINT])
    size = await_payment(view, heap, size, slots, slot, following)
    return moved, slots[slot, SLOT_HOP] + 1, size


@helper
def receive(view, rule, moment, transfer, amount, hop, slot_of, heap, size, slots, counts):  # type: ignore[no-untyped-def]
    """Taint the creditor's pocket with `amount`; returns the heap's size, or a negative status."""
    pocket = record(view, transfer).creditor
    slot = np.int64(slot_of[pocket])
    if slot < 0:
        slot = counts[2]
        if slot == slots.shape[0]:
            return -POCKETS_FULL
        slots[slot, 0], slots[slot, 1], slots[slot, 2], slots[slot, 3] = pocket, 0, NO_HOP, NO_PLACE
        slot_of[pocket] = slot
        counts[2] = slot + 1
    slots[slot, SLOT_TAINT] += amount if rule != POISON else 1 - min(np.int64(1), slots[slot, SLOT_TAINT])
    slots[slot, SLOT_HOP] = min(slots[slot, SLOT_HOP], hop)
    _, place = credit(view, transfer)
    return await_payment(
        view, heap, size, slots, slot, next_payment(view, rule, moment, pocket, place, slots[slot, SLOT_TAINT])
    )


@kernel
def follow_pools(view, stops, until, rule, claims, slot_of, work, counts):  # type: ignore[no-untyped-def]
    """Trace the claims (columns as in starts.py), in order of time, under a rule without parcels.

    Fills `work` (heap, flows, slots, rests) and `counts` (flows, rests, slots). `slot_of` is -1 everywhere before and after.
    """
    status = walk_pools(view, stops, until, rule, claims, slot_of, work, counts)
    _, _, slots, rests = work
    rest = 0
    for slot in range(counts[2]):
        slot_of[slots[slot, SLOT_POCKET]] = -1
        if slots[slot, SLOT_TAINT] > 0 and rule != POISON and status == DONE:
            if rest == rests.shape[0]:
                status = RESTS_FULL
                continue
            rests[rest, 0], rests[rest, 1], rests[rest, 2], rests[rest, 3] = slots[slot, 0], -1, 0, slots[slot, 1]
            rest += 1
    counts[1] = rest
    return status


@helper
def walk_pools(view, stops, until, rule, claims, slot_of, work, counts):  # type: ignore[no-untyped-def]
    """The events of `follow_pools`, one after the other."""
    heap, flows, slots, _ = work
    moment = (until, last_moment(view, until))
    size, flow, claim = np.int64(0), np.int64(0), np.int64(0)
    counts[2] = 0
    while True:
        while size > 0 and slots[heap[0, 2], SLOT_PLACE] != heap[0, 4]:
            size = pop(heap, size)
        if size == 0 and claim == claims.shape[0]:
            break
        is_claim = claim < claims.shape[0] and (size == 0 or not before(view, heap[0, 3], claims[claim, 0]))
        transfer = claims[claim, 0] if is_claim else heap[0, 3]
        if flow == flows.shape[0]:
            return FLOWS_FULL
        amount, hop = np.int64(0), np.int64(0)
        if size > 0 and heap[0, 3] == transfer:
            amount, hop, size = pay(view, rule, moment, heap, size, slots)
            if size < 0:
                return -size
        if is_claim:
            claims[claim, 3] = min(amount, claims[claim, 4])
            amount, hop = max(amount, claims[claim, 4]), np.int64(0)
            claim += 1
        leaves = exit_of(view, stops, transfer, amount, is_claim)
        write_flow(view, flows, flow, transfer, amount, hop, leaves)
        if leaves < 0:
            own = record(view, transfer)
            received = scaled(amount, own.received, own.amount)
            flows[flow, 7] = received
            if received > 0 or rule == POISON:
                size = receive(view, rule, moment, transfer, received, hop, slot_of, heap, size, slots, counts)
                if size < 0:
                    return -size
        flow += 1
    counts[0] = flow
    return DONE
