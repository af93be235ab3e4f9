"""Compiles the tracing kernels once for all centres, before they need them: each then only reads them from the shared cache."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from accord.engine.records.schema import TRANSFERS
from accord.engine.tracing.model import ClaimStart, Rule, TraceOptions

_NAMES: Final = ("seq", "id", "time", "debtor", "creditor", "amount", "currency", "kind", "batch")


def make_ready() -> None:
    """Trace a little chain under every rule that a regime may name, on a ledger that has grown."""
    from accord.engine.tracing import Ledger

    ledger = Ledger.from_tables(_rows(0, ("a", "b"), ("b", "c"))).appended(_rows(2, ("c", "d")))
    for rule in (Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.LIBR):
        ledger.trace([ClaimStart("t0")], rule, TraceOptions())


def _rows(first: int, *moves: tuple[str, str]) -> pa.Table:
    rows = [
        dict(zip(_NAMES, (seq, f"t{seq}", seq, debtor, creditor, 100, "CNY", "transfer", "warm"), strict=True))
        for seq, (debtor, creditor) in enumerate(moves, first)
    ]
    return pa.Table.from_pylist(rows, schema=TRANSFERS)
