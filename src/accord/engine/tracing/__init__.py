"""Follow the money: which later transfers carry a claim, where it stands, where it left."""

from accord.engine.tracing.export import to_arrow, to_json_dict
from accord.engine.tracing.ledger import Ledger
from accord.engine.tracing.model import (
    AccountRef,
    ClaimStart,
    Conversion,
    Exit,
    ExitKind,
    Flow,
    Interval,
    Parcel,
    Rule,
    Standing,
    Trace,
    TraceOptions,
)
from accord.engine.tracing.writer import LedgerWriter

__all__ = [
    "AccountRef",
    "ClaimStart",
    "Conversion",
    "Exit",
    "ExitKind",
    "Flow",
    "Interval",
    "Ledger",
    "LedgerWriter",
    "Parcel",
    "Rule",
    "Standing",
    "Trace",
    "TraceOptions",
    "to_arrow",
    "to_json_dict",
]
