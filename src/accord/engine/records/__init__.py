"""Transfers and opening balances in bulk: schema, maps of sources, loaders and the table store."""

from __future__ import annotations

from accord.engine.records.source_map import RecordKind, SourceMap
from accord.engine.records.store import LoadProgress, LoadResult, RecordStore

__all__ = ["LoadProgress", "LoadResult", "RecordKind", "RecordStore", "SourceMap"]
