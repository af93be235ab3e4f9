"""How fast accounts pass money on, read from the index."""

from __future__ import annotations

from statistics import median
from typing import Any, Final

import numpy as np

from accord.engine.tracing.compiled import kernel
from accord.engine.tracing.kernel_common import LATER_CREDITS, OVERLAY_OF, OVERLAYS, credit, debit, debit_places, record
from accord.engine.tracing.model import AccountRef
from accord.engine.tracing.state import State

_LAST_CREDITS: Final = 50


def passing_time(state: State, view: tuple[Any, ...], account: AccountRef) -> float | None:
    """Median seconds from a credit to the pocket's next debit over the last credits of each of an account's pockets."""
    number = state.dictionary.account(account)
    if number < 0:
        return None
    pockets, waits = state.dictionary.pockets, []
    pocket = int(pockets.first_pocket[number])
    while pocket >= 0:
        found = np.empty(_LAST_CREDITS, np.int64)
        count = last_waits(view, state.base.credits, state.base.first_credit, pocket, found)
        waits.extend(found[:count].tolist())
        pocket = int(pockets.next_pocket[pocket])
    return median(waits) / 1e6 if waits else None


@kernel
def last_waits(view, base_credits, first_credit, pocket, waits):  # type: ignore[no-untyped-def]
    """Microseconds from the pocket's last credits to the next debit, newest first; returns how many there are."""
    start = end = np.int64(0)
    later_start = later_end = np.int64(0)
    overlay = view[OVERLAY_OF][pocket]
    if overlay >= 0:
        entry = view[OVERLAYS][overlay]
        start, end = np.int64(entry.credit_first), np.int64(entry.credit_cut)
        later_start, later_end = np.int64(entry.credit_start), np.int64(entry.credit_end)
    else:
        start, end = np.int64(first_credit[pocket]), np.int64(first_credit[pocket + 1])
    _, _, _, stop = debit_places(view, pocket)
    count = 0
    while count < waits.size and (later_end > later_start or end > start):
        if later_end > later_start:
            later_end -= 1
            transfer = np.int64(view[LATER_CREDITS][later_end].transfer)
        else:
            end -= 1
            transfer = np.int64(base_credits[end])
        _, place = credit(view, transfer)
        if place != stop:
            waits[count] = record(view, np.int64(debit(view, place).transfer)).time - record(view, transfer).time
            count += 1
    return count
