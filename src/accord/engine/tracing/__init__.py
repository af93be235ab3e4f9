"""Follow the money: which later transfers carry a claim, where it stands, where it left."""

from accord.engine.tracing.ledger import Ledger
from accord.engine.tracing.model import (
    AccountRef,
    ClaimStart,
    Conversion,
    Exit,
    ExitKind,
    Flow,
    Parcel,
    Rule,
    Standing,
    Trace,
    TraceOptions,
)

__all__ = [
    "AccountRef",
    "ClaimStart",
    "Conversion",
    "Exit",
    "ExitKind",
    "Flow",
    "Ledger",
    "Parcel",
    "Rule",
    "Standing",
    "Trace",
    "TraceOptions",
]
