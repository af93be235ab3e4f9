"""A batch on its way into a table: converted, hashed and written as Parquet parts beside the table, without its lock.

Parts carry provisional numbers, counted from the table's next one as it was when the load began. When nobody else loaded
meanwhile and no row is a duplicate, the parts move into the table as they are; else they are written once more, under the
lock. A staging folder holds a lock file for as long as its loader lives; one whose loader is dead is removed by the next.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from accord.core.errors import BadInput
from accord.core.file_locks import exclusive, is_held
from accord.core.wording import stored
from accord.engine.records.convert import COLUMNS, REJECT_SCHEMA, Converted
from accord.engine.records.duplicates import Verdict, Verdicts
from accord.engine.records.errors import Msg
from accord.engine.records.ids import Keys, Seeds, keys_of
from accord.engine.records.reader import ROW
from accord.engine.records.rejects import RejectsFile
from accord.engine.records.schema import BALANCES, TRANSFERS
from accord.engine.records.source_map import RecordKind

ROW_GROUP_ROWS: Final = 1 << 17
SCHEMAS: Final[dict[RecordKind, Any]] = {RecordKind.TRANSFERS: TRANSFERS, RecordKind.BALANCES: BALANCES}
_CONTRADICTION: Final = {
    RecordKind.TRANSFERS: ("id", stored(Msg.ID_LOADED_WITH_OTHER_CONTENT.with_())),
    RecordKind.BALANCES: ("account", stored(Msg.BALANCE_LOADED_WITH_OTHER_AMOUNT.with_())),
}
_LOADER_LOCK: Final = "loader.lock"
_LOCK_SUFFIX: Final = ".lock"


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file of consecutive rows of the batch; `first` is the position of its first row, `number` that row's seq."""

    path: Path
    first: int
    rows: int
    number: int
    keys: Path
    source_rows: Path


class Staging:
    """One batch under way. `add` in the order of the file, then `finish`; `rejects` collects what is refused."""

    def __init__(
        self, folder: Path, kind: RecordKind, batch: str, seeds: Seeds, next_number: int, pool: ThreadPoolExecutor
    ) -> None:
        self.batch = batch
        self.kind = kind
        self.seeds = seeds
        self.rejects = RejectsFile(folder / "rejects.csv")
        self.good = 0
        self.read = 0
        self._folder = folder
        self._next_number = next_number
        self._pool = pool
        self._writing: deque[Future[Part]] = deque()
        self._parts: list[Part] = []

    def add(self, converted: Converted) -> None:
        """Take in the next block: its rows count on from those before it."""
        before = self.read
        self.read += converted.good.height + converted.rejects.height
        self.rejects.add(converted.rejects.with_columns(pl.col(ROW) + before))
        if converted.good.is_empty():
            return
        if len(self._writing) > 1:
            self._parts.append(self._writing.popleft().result())
        self._writing.append(self._pool.submit(self._write_part, converted.good, before, self.good))
        self.good += converted.good.height

    def complete(self) -> None:
        """Wait until every part is written."""
        while self._writing:
            self._parts.append(self._writing.popleft().result())

    def keys(self, seeds: Seeds) -> list[Keys]:
        """The parts' sorted keys under the index's seeds, memory-mapped, numbered by position in the batch."""
        if seeds != self.seeds:
            self.seeds = seeds
            for part in self._parts:
                self._write_keys(pl.read_parquet(part.path), part.keys, part.first)
        return [np.load(part.keys, mmap_mode="r") for part in self._parts]

    def finish(self, verdicts: Verdicts, first_number: int) -> list[Part]:
        """Parts of the new rows only, numbered from `first_number`; rows with other content join the rejects."""
        finished: list[Part] = []
        number = first_number
        for part in self._parts:
            verdict = verdicts[part.first : part.first + part.rows]
            if part.number == number and not verdict.any():
                finished.append(part)
                number += part.rows
                continue
            renewed = self._renewed(part, verdict, number)
            number += renewed.rows
            if renewed.rows:
                finished.append(renewed)
        return finished

    def write(self, rows: pa.Table) -> Path:
        """A new file of table rows in the staging folder, to be moved into the table's."""
        path = self._folder / f"compacted-{uuid4().hex}.parquet"
        _write_parquet(pl.DataFrame(pl.from_arrow(rows)), path)
        return path

    def _renewed(self, part: Part, verdict: npt.NDArray[np.uint8], number: int) -> Part:
        frame = pl.read_parquet(part.path)
        self.rejects.add(self._contradicting(part, frame, verdict))
        kept = frame.filter(pl.Series(verdict == Verdict.NEW))
        kept = kept.with_columns(seq=pl.int_range(number, number + kept.height, dtype=pl.Int64))
        _write_parquet(kept, part.path)
        return Part(part.path, part.first, kept.height, number, part.keys, part.source_rows)

    def _contradicting(self, part: Part, frame: pl.DataFrame, verdict: npt.NDArray[np.uint8]) -> pl.DataFrame:
        contradicts = verdict == Verdict.OTHER_CONTENT
        column, reason = _CONTRADICTION[self.kind]
        source_rows = np.load(part.source_rows)
        return pl.DataFrame(
            {
                "row": source_rows[contradicts],
                "column": column,
                "value": frame.get_column(column).filter(pl.Series(contradicts)),
                "reason": reason,
            },
            schema=REJECT_SCHEMA,
        )

    def _write_part(self, good: pl.DataFrame, rows_before: int, first: int) -> Part:
        name = f"{self.batch}-{first:012d}-{uuid4().hex[:8]}"
        number = self._next_number + first
        part = Part(
            self._folder / f"{name}.parquet",
            first,
            good.height,
            number,
            self._folder / f"{name}.keys.npy",
            self._folder / f"{name}.rows.npy",
        )
        frame = good.with_columns(
            pl.col(ROW) + rows_before,
            seq=pl.int_range(number, number + good.height, dtype=pl.Int64),
            batch=pl.lit(self.batch),
        )
        if self.kind is RecordKind.TRANSFERS:
            frame = frame.with_columns(pl.col("id").fill_null(pl.format("{}:{}", "batch", ROW)))
        np.save(part.source_rows, frame.get_column(ROW).to_numpy())
        frame = frame.select(SCHEMAS[self.kind].names)
        self._write_keys(frame, part.keys, first)
        _write_parquet(frame, part.path)
        return part

    def _write_keys(self, frame: pl.DataFrame, path: Path, first: int) -> None:
        np.save(path, row_keys(frame, self.kind, np.arange(first, first + frame.height), self.seeds))


def row_keys(frame: pl.DataFrame, kind: RecordKind, numbers: npt.NDArray[np.int64], seeds: Seeds) -> Keys:
    """Keys of table rows. A transfer is known by its id, an opening balance by its account and currency."""
    if kind is RecordKind.TRANSFERS:
        ids = frame.get_column("id")
    else:
        name = pl.concat_str(pl.col("bank").fill_null(""), "account", "currency", separator="\x1f")
        ids = frame.select(name).to_series()
    return keys_of(ids, frame.select(COLUMNS[kind]), numbers, seeds)


def _write_parquet(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP_ROWS)


@contextmanager
def staged(
    root: Path, kind: RecordKind, batch: str, seeds: Seeds, next_number: int, workers: int
) -> Iterator[tuple[Staging, ThreadPoolExecutor]]:
    """A staging folder under `root` and the threads that fill it; removed at the end, whatever happens.

    A new folder is locked before anyone may look for abandoned ones.
    """
    folder = root / uuid4().hex
    with ExitStack() as held:
        with exclusive(root.with_suffix(_LOCK_SUFFIX)):
            _remove_abandoned(root)
            folder.mkdir(parents=True)
            held.enter_context(exclusive(folder / _LOADER_LOCK))
        pool = ThreadPoolExecutor(workers, thread_name_prefix="records")
        try:
            yield Staging(folder, kind, batch, seeds, next_number, pool), pool
        finally:
            pool.shutdown(cancel_futures=True)
            shutil.rmtree(folder)


def _remove_abandoned(root: Path) -> None:
    """Remove the staging folders of loaders that died."""
    if not root.is_dir():
        return
    for folder in root.iterdir():
        if not is_held(folder / _LOADER_LOCK):
            shutil.rmtree(folder, ignore_errors=True)


def as_converted(rows: pa.Table, kind: RecordKind) -> Converted:
    """Typed rows (the table's columns without seq and batch) as one converted block, numbered from 1.

    BadInput where a column is of another type, or empty where every row needs it (an id may be null: it is then named).
    """
    schema = pa.schema([SCHEMAS[kind].field(name) for name in COLUMNS[kind]])
    typed = rows.select(schema.names)
    for field in schema:
        if field.name != "id" and not field.nullable and typed[field.name].null_count:
            raise BadInput(Msg.COLUMN_ROWS_WITHOUT_VALUE, column=field.name)
    try:
        typed = typed.cast(pa.schema([field.with_nullable(True) for field in schema]))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        wrong = [field.name for field in schema if typed.schema.field(field.name).type != field.type]
        raise BadInput(Msg.COLUMNS_NOT_TABLE_TYPES, columns=tuple(wrong), error=error) from None
    frame = pl.DataFrame(pl.from_arrow(typed))
    numbers = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias(ROW)
    return Converted(frame.with_columns(numbers), pl.DataFrame(schema=REJECT_SCHEMA))
