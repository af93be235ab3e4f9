"""One Delta table of records: what is in it, and how a batch enters it whole or not at all.

Every commit carries, as Delta application transactions, the batch's id with its row count and the table's counters: they
survive checkpoints and cost no reading of rows. Files are read in the order of their lowest `seq` (Delta keeps none).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from accord.core.errors import Corrupt, Unavailable
from accord.engine.records.errors import Msg
from accord.engine.records.staging import Part

_SETTINGS: Final = {"delta.checkpointInterval": "50"}
_SMALL_ROWS: Final = 1 << 15
_SMALL_FILES: Final = 32
_KEEP_REPLACED_HOURS: Final = 24
"""How long a file that compaction replaced stays for readers that listed it before."""
_COUNTERS: Final = ("next_seq", "rows", "batches", "rejected", "duplicates")


@dataclass(frozen=True, slots=True)
class Counters:
    """What a table has taken in since it was made; `next_seq` is the number that the next row gets."""

    next_seq: int = 0
    rows: int = 0
    batches: int = 0
    rejected: int = 0
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """What happened to a batch: rows that were good (loaded or duplicates) and rows refused."""

    good: int
    rejected: int


@dataclass(frozen=True, slots=True)
class TableFile:
    """A data file of the table and the lowest and highest `seq` in it."""

    path: Path
    lowest: int
    highest: int
    rows: int
    size: int


class RecordTable:
    """The Delta table in one folder. Not for use in a process forked from one that used it: Delta's runtime hangs there."""

    def __init__(self, folder: Path, schema: Any) -> None:
        self.folder = folder
        self._schema = schema
        self._delta: DeltaTable | None = None

    def exists(self) -> bool:
        return any((self.folder / "_delta_log").glob("*.json"))

    def log_files(self) -> list[Path]:
        """Delta's log and checkpoints. The caller holds the table's lock."""
        log = self.folder / "_delta_log"
        return sorted(path for path in log.iterdir() if path.suffix in (".json", ".parquet") or path.name == "_last_checkpoint")

    def counters(self) -> Counters:
        """The counters now; all 0 for a table that does not exist yet."""
        if not self.exists():
            return Counters()
        delta = self._open()
        return Counters(*(delta.transaction_version(name) or 0 for name in _COUNTERS))

    def batch(self, batch: str) -> BatchRecord | None:
        """What happened to a batch; None when it never entered."""
        if not self.exists():
            return None
        delta = self._open()
        good = delta.transaction_version(f"batch:{batch}")
        return None if good is None else BatchRecord(good, delta.transaction_version(f"rejected:{batch}") or 0)

    def commit(self, parts: Sequence[Part], batch: str, record: BatchRecord, duplicates: int) -> int:
        """Add parts that already lie in the table's folder, in one transaction; the table's next number after it.

        The caller holds the table's lock.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        delta = self._open() if self.exists() else DeltaTable.create(str(self.folder), self._schema, configuration=_SETTINGS)
        before = Counters(*(delta.transaction_version(name) or 0 for name in _COUNTERS))
        loaded = sum(part.rows for part in parts)
        after = Counters(
            before.next_seq + loaded,
            before.rows + loaded,
            before.batches + 1,
            before.rejected + record.rejected,
            before.duplicates + duplicates,
        )
        marks = {name: getattr(after, name) for name in _COUNTERS} | {f"batch:{batch}": record.good}
        if record.rejected:
            marks[f"rejected:{batch}"] = record.rejected
        delta.create_write_transaction(
            [self._added(part.path.name, part.number, part.rows, new=True) for part in parts],
            "append",
            self._schema,
            commit_properties=CommitProperties(app_transactions=[Transaction(name, count) for name, count in marks.items()]),
        )
        return after.next_seq

    def small_files(self) -> list[TableFile]:
        """The last files of the table, in order, where so many small ones follow each other that they should become one."""
        tail: list[TableFile] = []
        for file in reversed(self.files()):
            if file.rows > _SMALL_ROWS:
                break
            tail.insert(0, file)
        return tail if len(tail) >= _SMALL_FILES else []

    def rows_of(self, files: Sequence[TableFile]) -> pa.Table:
        """All rows of these files, in the files' order."""
        return pa.concat_tables(rows for file in files for rows in self._groups_after(file, -1))

    def replace(self, files: Sequence[TableFile], name: str) -> None:
        """Put one file, which lies in the table's folder and holds the same rows, in the place of several.

        The caller holds the table's lock. Files replaced long ago are deleted.
        """
        delta = self._open()
        lowest, rows = files[0].lowest, sum(file.rows for file in files)
        added = self._added(name, lowest, rows, highest=files[-1].highest, new=False)
        removed = [
            RemoveAction(file.path.name, data_change=False, deletion_timestamp=added.modification_time, size=file.size)
            for file in files
        ]
        delta.create_write_transaction([added, *removed], "append", self._schema)
        delta.update_incremental()
        delta.vacuum(_KEEP_REPLACED_HOURS, dry_run=False, enforce_retention_duration=False)

    def _added(self, name: str, lowest: int, rows: int, *, new: bool, highest: int | None = None) -> AddAction:
        state = os.stat(self.folder / name)
        statistics = {
            "numRecords": rows,
            "minValues": {"seq": lowest},
            "maxValues": {"seq": lowest + rows - 1 if highest is None else highest},
            "nullCount": {"seq": 0},
        }
        return AddAction(name, state.st_size, {}, state.st_mtime_ns // 1_000_000, new, json.dumps(statistics))

    def after(self, seq: int) -> Iterator[pa.Table]:
        """Rows numbered above `seq`, in order, a row group at a time."""
        for file in self.files():
            if file.highest > seq:
                yield from self._groups_after(file, seq)

    def numbered(self, numbers: Sequence[int]) -> pa.Table:
        """The rows with these numbers (sorted), in order; numbers without a row give nothing."""
        wanted = pl.Series(numbers, dtype=pl.Int64)
        found = [self._schema.empty_table()]
        for file in self.files():
            if wanted.is_between(file.lowest, file.highest).any():
                found.extend(self._groups_with(file, wanted))
        return pa.concat_tables(found)

    def _groups_with(self, file: TableFile, wanted: pl.Series) -> Iterator[pa.Table]:
        with self._parquet(file) as parquet:
            for group in range(parquet.num_row_groups):
                lowest, highest = _bounds(parquet, group)
                inside = wanted.filter(wanted.is_between(lowest, highest))
                if len(inside):
                    rows = parquet.read_row_group(group)
                    yield self._typed(rows.filter(pa.compute.is_in(rows["seq"], pa.array(inside.to_list(), pa.int64()))))

    def _groups_after(self, file: TableFile, seq: int) -> Iterator[pa.Table]:
        with self._parquet(file) as parquet:
            for group in range(parquet.num_row_groups):
                lowest, highest = _bounds(parquet, group)
                if highest <= seq:
                    continue
                rows = parquet.read_row_group(group)
                yield self._typed(rows if lowest > seq else rows.filter(pa.compute.greater(rows["seq"], seq)))

    def _typed(self, rows: pa.Table) -> pa.Table:
        return rows.select(self._schema.names).cast(self._schema)

    def _parquet(self, file: TableFile) -> Any:
        try:
            return pa.parquet.ParquetFile(file.path, memory_map=True)
        except FileNotFoundError:
            raise Unavailable(Msg.PART_TABLE_REPLACED_WHILE_READ, where=str(file.path)) from None
        except pa.ArrowException as error:
            raise Corrupt(Msg.PART_TABLE_DAMAGED, error=error, where=str(file.path)) from None

    def files(self) -> list[TableFile]:
        """The files that make up the table now, in the order of their rows."""
        if not self.exists():
            return []
        actions = pl.DataFrame(self._open().get_add_actions(flatten=True))
        if actions.is_empty():
            return []
        columns = actions.select("path", "min.seq", "max.seq", "num_records", "size_bytes").sort("min.seq")
        return [TableFile(self.folder / path, *numbers) for path, *numbers in columns.iter_rows()]

    def _open(self) -> DeltaTable:
        try:
            if self._delta is None:
                self._delta = DeltaTable(str(self.folder))
            else:
                self._delta.update_incremental()
        except DeltaError as error:
            raise Corrupt(Msg.TABLE_CANNOT_BE_OPENED, error=error, where=str(self.folder)) from None
        return self._delta


def _bounds(parquet: Any, group: int) -> tuple[int, int]:
    """Lowest and highest `seq` of a row group, from its statistics."""
    metadata = parquet.metadata.row_group(group)
    column = next(metadata.column(i) for i in range(metadata.num_columns) if metadata.column(i).path_in_schema == "seq")
    return column.statistics.min, column.statistics.max
