"""Files of pacs.008 and camt.053 into the record tables: rows of text, read piece by piece, checked as those of any source.

Messages are known by their namespace, in an envelope of the network or not, one in a file or several. They are read by the
names of their elements and not held against their schemas: one bad row does not cost the others.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from accord.adapters.iso20022.camt053 import Entries, OpeningBalances
from accord.adapters.iso20022.errors import Msg
from accord.adapters.iso20022.pacs008 import CreditTransfers
from accord.adapters.iso20022.rows import Row, RowSource
from accord.adapters.iso20022.schemas import message_of, namespace
from accord.adapters.iso20022.xml import XmlStream
from accord.core.errors import BadInput
from accord.engine.records import LoadProgress, LoadResult, RecordKind, RecordStore, SourceMap
from accord.engine.records.content import SourceFile
from accord.engine.records.reader import ROW, Malformed, RawBlock, TextBlock
from accord.engine.records.source_map import TextRules, TimeRules

_ROWS: Final = 20_000
_READ: Final = 256 << 10
_REFUSAL: Final = "refusal"
_SHOWN: Final = "shown"
_BLANK: Final = "\t\r\n "
_SOURCES: Final[dict[tuple[str, RecordKind], Callable[[str, XmlStream], RowSource]]] = {
    ("pacs.008", RecordKind.TRANSFERS): CreditTransfers,
    ("camt.053", RecordKind.TRANSFERS): Entries,
    ("camt.053", RecordKind.BALANCES): OpeningBalances,
}
_FAMILY: Final = len("camt.053")


def is_xml(path: Path) -> bool:
    """Whether a file, packed or not, begins as XML does. BadInput where it cannot be opened."""
    source = SourceFile(path)
    with source.opened() as (content, _):
        head = source.read(content, 256)
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"").lstrip(_BLANK.encode()).startswith(b"<")


def load(
    store: RecordStore,
    path: Path,
    kind: RecordKind,
    mapping: SourceMap | None = None,
    progress: Callable[[LoadProgress], None] | None = None,
) -> LoadResult:
    """Load one file as one batch. `mapping` may name the zone of times that carry none, and nothing else: BadInput."""
    return store.load(path, kind, _only_zone(mapping or SourceMap.default(kind)), progress, MessageReader)


def _only_zone(mapping: SourceMap) -> SourceMap:
    if replace(mapping, time=TimeRules(), digest="") != SourceMap(digest="") or mapping.time != TimeRules(
        zone=mapping.time.zone
    ):
        raise BadInput(Msg.FOR_MESSAGE_ISO_20022_MAP_MAY, where="map")
    return replace(mapping, text=TextRules(thousands=""))


class MessageReader:
    """The rows of one file, in blocks; the engine's BlockReader. A row's number is its payment's place in the file, from 1."""

    def __init__(self, source: SourceFile, source_map: SourceMap, kind: RecordKind, block_rows: int = _ROWS) -> None:
        self._source = source
        self._kind = kind
        self._block_rows = block_rows
        self._columns = (*source_map.required(kind), *source_map.optional(kind))
        self._position = 0

    def raw_blocks(self) -> Iterator[RawBlock]:
        """Blocks of text columns."""
        rows: list[Row] = []
        for row in self._rows():
            rows.append(row)
            if len(rows) >= self._block_rows:
                yield self._block(rows)
                rows = []
        if rows:
            yield self._block(rows)

    def parse(self, block: RawBlock) -> TextBlock:
        """The columns of a block, with the refused rows apart."""
        assert isinstance(block.content, pa.RecordBatch)
        frame = pl.DataFrame(pl.from_arrow(block.content)).with_columns(
            pl.Series(ROW, np.arange(1, block.content.num_rows + 1))
        )
        refused = frame.filter(pl.col(_REFUSAL) != "").select(ROW, _SHOWN, _REFUSAL)
        malformed = tuple(Malformed(*values) for values in refused.iter_rows())
        return TextBlock(frame.filter(pl.col(_REFUSAL) == "").drop(_REFUSAL, _SHOWN), malformed, block.bytes_read)

    def _block(self, rows: list[Row]) -> RawBlock:
        columns = {name: [row.values.get(name) for row in rows] for name in self._columns}
        columns[_REFUSAL] = [row.refusal for row in rows]
        columns[_SHOWN] = [row.shown for row in rows]
        arrays = [pa.array(values, pa.string()) for values in columns.values()]
        return RawBlock(pa.RecordBatch.from_arrays(arrays, names=list(columns)), self._position)

    def _rows(self) -> Iterator[Row]:
        stream = XmlStream(self._blocks(), self._source.where)
        rows: RowSource | None = None
        others: dict[str, None] = {}
        for event, element in stream:
            is_document = element.tag.endswith("}Document")
            if event == "end":
                if rows is not None:
                    yield from rows.ended(element)
                if is_document:
                    stream.release(element)
            elif is_document:
                message = message_of(element)
                make = _SOURCES.get((message[:_FAMILY], self._kind))
                if make is None:
                    others[message or str(element.tag)] = None
                rows = make(namespace(message), stream) if make else None
        if rows is None or others:
            self._refuse(list(others))

    def _refuse(self, others: list[str]) -> None:
        known = " or ".join(sorted(family for family, kind in _SOURCES if kind is self._kind))
        found = f"it holds {', '.join(others[:3])}" if others else "it holds no Document of ISO 20022"
        raise BadInput(Msg.GIVE_ANOTHER_FILE, kind=self._kind, known=known, found=found, where=self._source.where)

    def _blocks(self) -> Iterator[bytes]:
        with self._source.opened() as (content, raw):
            while data := self._source.read(content, _READ):
                self._position = raw.tell()
                yield data
