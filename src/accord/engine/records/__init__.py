"""Transfers and opening balances in bulk: schema, maps of sources, loaders and the table store.

The store is imported when it is first used: whoever only needs the schema does not wait for the table library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from accord.engine.records.source_map import RecordKind, SourceMap

if TYPE_CHECKING:
    from accord.engine.records.store import LoadProgress, LoadResult, RecordStore

__all__ = ["LoadProgress", "LoadResult", "RecordKind", "RecordStore", "SourceMap"]


def __getattr__(name: str) -> Any:
    if name not in ("LoadProgress", "LoadResult", "RecordStore"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.store"), name)
