"""What came after the base: the tail's transfers, and the later part of every pocket that they touch, listed anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accord.engine.tracing.layout import CREDIT, DEBIT, OVERLAY, TRANSFER, Array, empty, frozen
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


def no_tail(pockets: int) -> Tail:
    """The tail of an index that is all base."""
    overlay_of = frozen(np.full(pockets, -1, np.int32))
    return Tail(empty(TRANSFER), NO_NAMES, empty(DEBIT), empty(CREDIT), empty(OVERLAY), overlay_of)
