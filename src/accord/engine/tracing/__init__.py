"""Follow the money: which later transfers carry a claim, where it stands, where it left.

What needs compiled kernels is imported when it is first used: whoever only names a rule does not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

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

if TYPE_CHECKING:
    from accord.engine.tracing.export import to_arrow, to_json_dict
    from accord.engine.tracing.ledger import Ledger
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

_IMPORTED_WHEN_USED: Final = {"Ledger": "ledger", "LedgerWriter": "writer", "to_arrow": "export", "to_json_dict": "export"}


def __getattr__(name: str) -> Any:
    if name not in _IMPORTED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_IMPORTED_WHEN_USED[name]}"), name)
