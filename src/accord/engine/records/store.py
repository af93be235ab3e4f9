"""The record store: Delta tables of transfers and opening balances in one folder, loaded in batches.

    <folder>/transfers, balances            the tables (the truth)
    <folder>/transfers.ids, balances.ids    their id indexes (made anew from the tables when lost)
    <folder>/rejects/<batch>.csv            refused rows
    <folder>/staging                        batches on their way in
    <folder>/*.lock, *.intent               one lock per table; what a batch is about to move into it

A batch enters under its table's lock: duplicates are told, rows get their numbers, the parts are moved into the table's
folder (named in an intent file first), one Delta commit makes them all visible, and the id index follows. A loader that is
killed before the commit leaves files that nothing refers to; the next one removes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute
from deltalake.exceptions import DeltaError

from accord.core.errors import BadInput, Unavailable
from accord.core.file_locks import exclusive
from accord.engine.records.content import SourceFile
from accord.engine.records.convert import COLUMNS, Converted, convert
from accord.engine.records.duplicates import Verdict, judge, numbered
from accord.engine.records.errors import Msg
from accord.engine.records.ids import IdIndex
from accord.engine.records.reader import BlockReader, RawBlock, TableReader
from accord.engine.records.source_map import RecordKind, SourceMap
from accord.engine.records.staging import SCHEMAS, Staging, as_converted, row_keys, staged
from accord.engine.records.table import BatchRecord, RecordTable, TableFile

_WORKERS: Final = min(4, os.cpu_count() or 1)
_BATCH_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}")

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far a load is: bytes of the file (as it lies on disk) and data rows read so far."""

    bytes_read: int
    bytes_total: int
    rows: int


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did. `duplicates` were in the table, or earlier in the file, with the same id and content."""

    batch: str
    loaded: int
    duplicates: int
    rejected: int
    rejects_file: Path | None
    already_loaded: bool


class RecordStore:
    """The tables under one folder, for any number of processes and threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tables = {kind: RecordTable(folder / kind, SCHEMAS[kind]) for kind in RecordKind}

    def load(
        self,
        path: Path,
        kind: RecordKind,
        mapping: SourceMap | None = None,
        progress: Callable[[LoadProgress], None] | None = None,
        open_reader: Callable[[SourceFile, SourceMap, RecordKind], BlockReader] = TableReader,
    ) -> LoadResult:
        """Load a file (CSV or Parquet, or what `open_reader` reads) as one batch.

        Bad rows go to the rejects file; BadInput where the file itself is bad.
        """
        source_map = mapping or SourceMap.default(kind)
        source = SourceFile(path)
        batch = hashlib.sha256(f"{source.digest()} {source_map.digest} {kind}".encode()).hexdigest()[:32]
        reader = open_reader(source, source_map, kind)

        def converted(block: RawBlock) -> tuple[Converted, int]:
            return convert(reader.parse(block), source_map, kind), block.bytes_read

        def fill(staging: Staging, pool: Executor) -> None:
            for block, bytes_read in _in_order(pool, converted, reader.raw_blocks()):
                staging.add(block)
                if progress:
                    progress(LoadProgress(bytes_read, source.size, staging.read))
            source.check_unchanged()

        return self._enter(kind, batch, fill)

    def append(self, rows: pa.Table, kind: RecordKind, batch: str) -> LoadResult:
        """Append typed rows (the table's columns without seq and batch) as the batch of this name, once."""
        if not _BATCH_NAME.fullmatch(batch):
            raise BadInput(Msg.NO_BATCH_NAME, batch=batch)
        missing = [name for name in COLUMNS[kind] if name not in rows.schema.names]
        if missing:
            raise BadInput(Msg.ROWS_LACK_COLUMNS, missing=tuple(missing), where=f"batch {batch}")
        return self._enter(kind, batch, lambda staging, _: staging.add(as_converted(rows, kind)))

    def status(self) -> dict[str, int]:
        """Rows per table, and batches, rejected rows and duplicates in all. Reads no rows."""
        counters = {kind: self._tables[kind].counters() for kind in RecordKind}
        rows = {str(kind): counter.rows for kind, counter in counters.items()}
        totals = {name: sum(getattr(c, name) for c in counters.values()) for name in ("batches", "rejected", "duplicates")}
        return rows | totals

    def transfers_after(self, seq: int = -1) -> Iterator[pa.Table]:
        """Transfers numbered above `seq`, in the order of their numbers, in tables of at most 131,072 rows."""
        return self._tables[RecordKind.TRANSFERS].after(seq)

    def opening_balances(self) -> pa.Table:
        """All opening balances."""
        schema = SCHEMAS[RecordKind.BALANCES]
        return pa.concat_tables([schema.empty_table(), *self._tables[RecordKind.BALANCES].after(-1)])

    def transfers(self, ids: Sequence[str]) -> pa.Table:
        """The transfers with these ids, in the order of their numbers; unknown ids give no row."""
        kind = RecordKind.TRANSFERS
        index, table = IdIndex(self._index_folder(kind)), self._tables[kind]
        if not index.covered and table.counters().rows:
            with exclusive(self._lock(kind)):
                index = IdIndex(self._index_folder(kind))
                self._catch_up(index, kind)
        wanted = pa.array(list(dict.fromkeys(ids)), pa.string())
        found = [table.numbered(index.find(ids).tolist())]
        found.extend(rows.filter(pa.compute.is_in(rows["id"], wanted)) for rows in table.after(index.covered - 1))
        return pa.concat_tables(found)

    def each_file(self, take: Callable[[Path], None]) -> None:
        """Hand over the path of every file that keeps the rows of this moment, for a copy that opens as these tables do.

        Loads wait while a table's log is taken; the data files that it names change no more and stay for a day at least. The
        id indexes are not among them: they are made again.
        """
        for kind, table in self._tables.items():
            if not table.exists():
                continue
            with exclusive(self._lock(kind)):
                for path in table.log_files():
                    take(path)
                files = table.files()
            for file in files:
                take(file.path)
        for path in sorted((self.folder / "rejects").glob("*.csv")):
            take(path)

    def _enter(self, kind: RecordKind, batch: str, fill: Callable[[Staging, Executor], None]) -> LoadResult:
        """The batch, whole or not at all. Unavailable where the disk fails or has no room."""
        try:
            return self._staged_and_committed(kind, batch, fill)
        except (OSError, pl.exceptions.ComputeError, DeltaError) as error:
            raise Unavailable(Msg.RECORDS_CANNOT_BE_WRITTEN, error=error, where=str(self.folder)) from error

    def _staged_and_committed(self, kind: RecordKind, batch: str, fill: Callable[[Staging, Executor], None]) -> LoadResult:
        table = self._tables[kind]
        if (known := table.batch(batch)) is not None:
            return self._already(batch, known)
        index = IdIndex(self._index_folder(kind))
        with staged(self._staging_root, kind, batch, index.seeds, table.counters().next_seq, _WORKERS) as (staging, pool):
            fill(staging, pool)
            staging.complete()
            with exclusive(self._lock(kind)):
                return self._commit(staging, table)

    def _commit(self, staging: Staging, table: RecordTable) -> LoadResult:
        """Under the lock: tell duplicates, number the rest, make them visible in one step."""
        kind, batch = staging.kind, staging.batch
        self._remove_leftovers(kind)
        if (known := table.batch(batch)) is not None:
            return self._already(batch, known)
        if not staging.good:
            return LoadResult(batch, 0, 0, staging.rejects.count, self._keep_rejects(staging), already_loaded=False)
        index = IdIndex(self._index_folder(kind), staging.seeds)
        first_number = self._catch_up(index, kind)
        keys = staging.keys(index.seeds)
        verdicts = judge(keys, staging.good, index)
        parts = staging.finish(verdicts, first_number)
        duplicates = int(np.count_nonzero(verdicts == Verdict.DUPLICATE))
        contradicting = int(np.count_nonzero(verdicts == Verdict.OTHER_CONTENT))
        loaded = staging.good - duplicates - contradicting
        self._move_in([part.path for part in parts], kind, batch)
        rejects_file = self._keep_rejects(staging)
        record = BatchRecord(loaded + duplicates, staging.rejects.count)
        covered = table.commit(parts, batch, record, duplicates)
        self._intent(kind).unlink()
        index.add(numbered(keys, verdicts, first_number), loaded, covered)
        if small := table.small_files():
            self._compact(table, small, staging)
        return LoadResult(batch, loaded, duplicates, staging.rejects.count, rejects_file, already_loaded=False)

    def _catch_up(self, index: IdIndex, kind: RecordKind) -> int:
        """Bring the index up to the table (from nothing where it does not fit); the table's next number. Needs the lock."""
        table = self._tables[kind]
        next_number = table.counters().next_seq
        if index.covered > next_number:
            index.clear()
        if index.covered < next_number:
            for rows in table.after(index.covered - 1):
                frame = pl.DataFrame(pl.from_arrow(rows))
                numbers = frame.get_column("seq").to_numpy()
                index.add([row_keys(frame, kind, numbers, index.seeds)], frame.height, int(numbers[-1]) + 1)
        return next_number

    def _compact(self, table: RecordTable, files: Sequence[TableFile], staging: Staging) -> None:
        """Write many small files as one. Readers see the same rows before and after. Needs the lock."""
        path = staging.write(table.rows_of(files))
        self._move_in([path], staging.kind, staging.batch)
        table.replace(files, path.name)
        self._intent(staging.kind).unlink()

    def _move_in(self, parts: Sequence[Path], kind: RecordKind, batch: str) -> None:
        """Move files into the table's folder, where the table does not name them yet; the intent says which they are."""
        table_folder = self.folder / kind
        table_folder.mkdir(parents=True, exist_ok=True)
        intent = {"batch": batch, "parts": [part.name for part in parts]}
        fresh = self._intent(kind).with_suffix(".new")
        fresh.write_text(json.dumps(intent))
        os.replace(fresh, self._intent(kind))
        for part in parts:
            os.replace(part, table_folder / part.name)

    def _remove_leftovers(self, kind: RecordKind) -> None:
        """Undo what a loader that died between moving files in and their commit has left. Needs the lock."""
        intent = self._intent(kind)
        if not intent.exists():
            return
        stated, table = json.loads(intent.read_text()), self._tables[kind]
        named = {file.path.name for file in table.files()}
        for name in stated["parts"]:
            if name not in named:
                (table.folder / name).unlink(missing_ok=True)
        if table.batch(stated["batch"]) is None:
            self._rejects_path(stated["batch"]).unlink(missing_ok=True)
        intent.unlink()

    def _keep_rejects(self, staging: Staging) -> Path | None:
        staging.rejects.close()
        if not staging.rejects.count:
            return None
        kept = self._rejects_path(staging.batch)
        kept.parent.mkdir(parents=True, exist_ok=True)
        os.replace(staging.rejects.path, kept)
        return kept

    def _already(self, batch: str, known: BatchRecord) -> LoadResult:
        rejects = self._rejects_path(batch)
        return LoadResult(batch, 0, known.good, known.rejected, rejects if rejects.exists() else None, already_loaded=True)

    def _index_folder(self, kind: RecordKind) -> Path:
        return self.folder / f"{kind}.ids"

    def _lock(self, kind: RecordKind) -> Path:
        return self.folder / f"{kind}.lock"

    def _intent(self, kind: RecordKind) -> Path:
        return self.folder / f"{kind}.intent"

    def _rejects_path(self, batch: str) -> Path:
        return self.folder / "rejects" / f"{batch}.csv"

    @property
    def _staging_root(self) -> Path:
        return self.folder / "staging"


def _in_order(pool: Executor, work: Callable[[_In], _Out], items: Iterable[_In]) -> Iterator[_Out]:
    """`work` of each item on the pool's threads, in the items' order, with no more than two waiting for their turn."""
    running: deque[Future[_Out]] = deque()
    for item in items:
        running.append(pool.submit(work, item))
        if len(running) > 2:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()
