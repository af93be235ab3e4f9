"""Source files as blocks of text columns under our names, in bounded memory.

CSV (RFC 4180, and what passes for it: other delimiters, quoted line breaks, blank lines, rows of the wrong width) and
Parquet. Row numbers count data rows from 1; blank lines do not count. Cutting the file into blocks is kept apart from parsing
a block, so that blocks can be parsed on several threads.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from accord.core.errors import BadInput
from accord.core.wording import stored
from accord.engine.records.content import BLOCK_BYTES, SourceFile, utf8_blocks
from accord.engine.records.errors import Msg
from accord.engine.records.source_map import RecordKind, SourceMap

ROW: Final = "row"
_PARQUET_ROWS: Final = 200_000
_MAX_RECORD_BYTES: Final = 4 * BLOCK_BYTES
_DELIMITERS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Malformed:
    """A row that has no columns to speak of: its number within the block (from 1), its text, what is wrong with it."""

    row: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Rows under our column names, as text (times may be instants), with `row` numbered within the block from 1."""

    frame: pl.DataFrame
    malformed: tuple[Malformed, ...]
    bytes_read: int


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A piece of the file that can be parsed by itself."""

    content: bytes | pa.RecordBatch
    bytes_read: int


class BlockReader(Protocol):
    """How a source file becomes rows. TableReader reads CSV and Parquet; an adapter may bring another."""

    def raw_blocks(self) -> Iterator[RawBlock]:
        """The pieces of the file, in order. BadInput where the file itself is bad."""
        ...

    def parse(self, block: RawBlock) -> TextBlock:
        """The text columns of a piece, on any thread."""
        ...


class TableReader:
    """One source file read under one map: `raw_blocks()` in order, then `parse` on any thread."""

    def __init__(self, source: SourceFile, source_map: SourceMap, kind: RecordKind, block_bytes: int = BLOCK_BYTES) -> None:
        self._block_bytes = block_bytes
        self._source = source
        self._map = source_map
        self._kind = kind
        self._header: tuple[str, ...] = ()
        self._delimiter = ","
        self._sources: dict[str, tuple[str, ...]] = {}

    def raw_blocks(self) -> Iterator[RawBlock]:
        """The pieces of the file. The header is checked before the first one is given out."""
        yield from self._parquet_blocks() if self._source.parquet else self._csv_blocks()

    def parse(self, block: RawBlock) -> TextBlock:
        """The text columns of a block. Uses no state that changes after the first block."""
        if isinstance(block.content, bytes):
            table, malformed = _parse_csv(block.content, self._header, self._delimiter, self._needed())
        else:
            table, malformed = pa.Table.from_batches([block.content]), ()
        frame = pl.DataFrame(pl.from_arrow(table))
        count = frame.height + len(malformed)
        numbers = np.delete(np.arange(1, count + 1), [bad.row - 1 for bad in malformed])
        named = frame.select(
            *(self._joined(names).alias(target) for target, names in self._sources.items()),
            *(pl.lit(value).alias(target) for target, value in self._map.constants.items() if target in self._wanted()),
        )
        return TextBlock(named.with_columns(pl.Series(ROW, numbers)), malformed, block.bytes_read)

    def _needed(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for names in self._sources.values() for name in names))

    def _wanted(self) -> tuple[str, ...]:
        return (*self._map.required(self._kind), *self._map.optional(self._kind))

    def _joined(self, names: tuple[str, ...]) -> pl.Expr:
        return pl.col(names[0]) if len(names) == 1 else pl.concat_str(names, separator=" ", ignore_nulls=True)

    def _use_header(self, header: tuple[str, ...]) -> None:
        self._header = header
        self._sources = self._map.sources(self._kind, header, self._source.where)
        for name in self._needed():
            if header.count(name) > 1:
                raise BadInput(Msg.COLUMN_APPEARS_TIMES, name=name, count=header.count(name), where=self._source.where)

    def _csv_blocks(self) -> Iterator[RawBlock]:
        rest = b""
        lines_to_skip = self._map.text.skip_lines
        for text, position in utf8_blocks(self._source, self._map.text.encoding, self._block_bytes):
            rest += text
            while lines_to_skip and b"\n" in rest:
                rest = rest[rest.index(b"\n") + 1 :]
                lines_to_skip -= 1
            if not self._header and not lines_to_skip:
                rest = self._take_header(rest)
            if not self._header:
                continue
            end = _record_end(rest, self._delimiter.encode())
            if end:
                yield RawBlock(rest[:end], position)
                rest = rest[end:]
            elif len(rest) > _MAX_RECORD_BYTES:
                raise BadInput(
                    Msg.ROW_LONGER_THAN_MIB,
                    most=_MAX_RECORD_BYTES >> 20,
                    text=rest[:80].decode(errors="replace"),
                    where=self._source.where,
                )
        if not self._header:
            rest = self._take_header(rest + b"\n")
        if not self._header:
            raise BadInput(Msg.FILE_NO_HEADER_LINE, where=self._source.where)
        if rest.strip():
            self._refuse_open_quote(rest)
            yield RawBlock(rest, self._source.size)

    def _refuse_open_quote(self, rest: bytes) -> None:
        opened = _open_quote(rest, self._delimiter.encode())
        if opened is not None:
            raise BadInput(
                Msg.QUOTATION_MARK_OPENED_NEVER_CLOSED,
                text=rest[opened : opened + 80].decode(errors="replace"),
                where=self._source.where,
            )

    def _take_header(self, text: bytes) -> bytes:
        """Read the header from the front of `text`, when it is complete; what follows it."""
        text = text.lstrip(b"\r\n")
        end = text.find(b"\n")
        while end >= 0 and text.count(b'"', 0, end) % 2:
            end = text.find(b"\n", end + 1)
        if end < 0:
            return text
        line = text[: end + 1].decode()
        if not line.strip():
            raise BadInput(Msg.FILE_NO_HEADER_LINE, where=self._source.where)
        stated = self._map.text.delimiter
        self._delimiter = stated or max(_DELIMITERS, key=line.count)
        try:
            columns = next(csv.reader([line.rstrip("\r\n")], delimiter=self._delimiter))
        except csv.Error as error:
            raise BadInput(Msg.HEADER_LINE_CANNOT_BE_READ, error=error, where=self._source.where) from None
        self._use_header(tuple(name.strip() for name in columns))
        return text[end + 1 :]

    def _parquet_blocks(self) -> Iterator[RawBlock]:
        try:
            file = pa.parquet.ParquetFile(self._source.path)
        except (pa.ArrowException, OSError) as error:
            raise BadInput(Msg.PARQUET_FILE_DAMAGED, error=error, where=self._source.where) from None
        with file:
            self._use_header(tuple(file.schema_arrow.names))
            total, done = max(file.metadata.num_rows, 1), 0
            try:
                for batch in file.iter_batches(_PARQUET_ROWS, columns=list(self._needed())):
                    done += batch.num_rows
                    yield RawBlock(self._as_text(batch), self._source.size * done // total)
            except (pa.ArrowException, OSError) as error:
                raise BadInput(Msg.PARQUET_FILE_DAMAGED, error=error, where=self._source.where) from None

    def _as_text(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [self._column_as_text(field, batch.column(field.name)) for field in batch.schema]
        return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)

    def _column_as_text(self, field: Any, column: Any) -> Any:
        types = pa.types
        if types.is_dictionary(field.type):
            column = column.dictionary_decode()
        kind = column.type
        if types.is_floating(kind):
            raise BadInput(Msg.COLUMN_HOLDS_FLOATING_POINT_NUMBERS, column=field.name, where=self._source.where)
        if types.is_timestamp(kind):
            return column if kind.tz else column.cast(pa.timestamp("us")).cast(pa.string())
        if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
            return column
        if types.is_integer(kind) or types.is_decimal(kind) or types.is_date(kind) or types.is_null(kind):
            return column.cast(pa.string())
        raise BadInput(Msg.COLUMN_OF_OTHER_TYPE, column=field.name, kind=kind, where=self._source.where)


def _parse_csv(
    text: bytes, header: tuple[str, ...], delimiter: str, needed: tuple[str, ...]
) -> tuple[pa.Table, tuple[Malformed, ...]]:
    malformed: list[Malformed] = []

    def note(row: Any) -> str:
        reason = Msg.ROW_OF_WRONG_WIDTH.with_(count=row.actual_columns, expected=row.expected_columns)
        malformed.append(Malformed(row.number, row.text or "", stored(reason)))
        return "skip"

    names = [f"c{position}" for position in range(len(header))]
    wanted = [names[header.index(name)] for name in needed]
    table = pa.csv.read_csv(
        pa.BufferReader(text),
        pa.csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
        pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note),
        pa.csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=wanted,
            strings_can_be_null=False,
        ),
    )
    return table.rename_columns(list(needed)), tuple(malformed)


def _record_end(text: bytes, delimiter: bytes) -> int:
    """Length of the longest front of `text` that ends with a whole record; 0 when there is none.

    An even number of quotation marks before a line break means it lies outside quotes. An odd number may also come from a
    stray mark inside a plain value, so then the open quote is looked for.
    """
    end = text.rfind(b"\n") + 1
    if not end or text.count(b'"', 0, end) % 2 == 0:
        return end
    opened = _open_quote(text[:end], delimiter)
    return end if opened is None else _record_end(text[:opened], delimiter)


def _open_quote(text: bytes, delimiter: bytes) -> int | None:
    """Position of the quotation mark at the start of a value that is not closed within `text`."""
    if text.count(b'"') % 2 == 0:
        return None
    quoted = re.compile(rb"(?:^|(?<=[\r\n" + re.escape(delimiter) + rb']))"(?:[^"]|"")*+("?)')
    for match in quoted.finditer(text):
        if not match[1]:
            return match.start()
    return None
