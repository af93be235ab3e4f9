"""Tables that the kernels write into, one set per thread, grown when a trace needs more."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from accord.engine.tracing.answers import FLOW_COLUMNS
from accord.engine.tracing.kernel_common import DONE, FLOWS_FULL, HEAP_COLUMNS, HEAP_FULL, POCKETS_FULL, RESTS_FULL, SPANS_FULL
from accord.engine.tracing.layout import Array

_START = 1024


class Workspace(threading.local):
    """Scratch tables (int64 but `slot_of`, int32). What a trace leaves in them holds until this thread's next trace."""

    def __init__(self) -> None:
        self.heap = np.empty((_START, HEAP_COLUMNS), np.int64)
        self.flows = np.empty((_START, FLOW_COLUMNS), np.int64)
        self.spans = np.empty((_START, 2), np.int64)
        self.slots = np.empty((_START, 4), np.int64)
        self.rests = np.empty((_START, 4), np.int64)
        self.counts = np.zeros(3, np.int64)
        self.slot_of = np.empty(0, np.int32)

    def slots_for(self, pockets: int) -> Array:
        """The table of -1 by pocket, at least `pockets` long."""
        if len(self.slot_of) < pockets:
            self.slot_of = np.full(pockets + pockets // 8, -1, np.int32)
        return self.slot_of

    def run(self, kernel: Callable[[], int]) -> None:
        """Run `kernel` until no table is too small for it; it must read the tables from here each time."""
        while (status := kernel()) != DONE:
            name = _TABLES[status]
            table: Array = getattr(self, name)
            setattr(self, name, np.empty((len(table) * 4, table.shape[1]), np.int64))


_TABLES = {HEAP_FULL: "heap", FLOWS_FULL: "flows", SPANS_FULL: "spans", RESTS_FULL: "rests", POCKETS_FULL: "slots"}
