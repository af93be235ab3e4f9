"""The victim's own statement: an uploaded file becomes rows among which the officer finds the payment."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accord.capabilities.reports.models import StatementLine
from accord.core import clock
from accord.core.errors import BadInput
from accord.sites.desk.errors import Msg
from accord.web.wording import stored_in_words

if TYPE_CHECKING:
    import polars as pl

    from accord.engine.records.convert import Converted
    from accord.engine.records.source_map import SourceMap

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_LINES: Final = 50_000
REJECTS_SHOWN: Final = 20

MAPS: Final = (
    ("default", _("Accord’s own columns: id, time, debtor, creditor, amount, currency")),
    ("bank-statement", _("Bank statement: date, account, counterparty, signed amount")),
)


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that could not be read: its number from 1, the column, what it says, why it was refused."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What an upload holds. `rejected` counts all refused rows, `rejects` are the first of them."""

    name: str
    lines: list[StatementLine]
    rejected: int
    rejects: list[Reject]


def read_statement(upload: UploadedFile[bytes], map_name: str) -> Statement:
    """Read a CSV or Parquet file under one of `MAPS`; good rows are kept, bad ones told with the reason.

    BadInput for a file that is too large, of no use as a whole, or of more than MAX_LINES rows.
    """
    if upload.size is None or upload.size > MAX_BYTES:
        raise BadInput(Msg.FILE_LARGER_THAN_MB, limit=MAX_BYTES >> 20)
    if map_name not in dict(MAPS):
        raise BadInput(Msg.UNKNOWN_KIND_STATEMENT)
    with tempfile.TemporaryDirectory(prefix="accord-statement-") as folder:
        path = Path(folder) / "statement"
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        return _read(upload.name or "", path, _source_map(map_name))


def _source_map(name: str) -> SourceMap:
    from accord.engine.records.source_map import RecordKind, SourceMap

    return SourceMap.default(RecordKind.TRANSFERS) if name == "default" else SourceMap.shipped(name)


def _read(name: str, path: Path, source_map: SourceMap) -> Statement:
    lines: list[StatementLine] = []
    rejects: list[Reject] = []
    rejected = 0
    for converted, before in _blocks(path, source_map, name):
        lines.extend(_lines(converted.good))
        rejected += converted.rejects.height
        for row, column, value, reason in converted.rejects.head(REJECTS_SHOWN - len(rejects)).rows():
            rejects.append(Reject(before + row, column or "", value or "", stored_in_words(reason)))
        if len(lines) > MAX_LINES:
            raise BadInput(Msg.FILE_MORE_THAN_ROWS, limit=MAX_LINES)
    return Statement(name, lines, rejected, rejects)


def _blocks(path: Path, source_map: SourceMap, name: str) -> Iterator[tuple[Converted, int]]:
    """Each converted block, and how many rows came before it. Errors name the file as the victim called it."""
    from accord.engine.records.content import SourceFile  # columns: not before somebody uploads a statement
    from accord.engine.records.convert import convert
    from accord.engine.records.reader import TableReader
    from accord.engine.records.source_map import RecordKind

    before = 0
    try:
        reader = TableReader(SourceFile(path), source_map, RecordKind.TRANSFERS)
        for raw in reader.raw_blocks():
            block = reader.parse(raw)
            yield convert(block, source_map, RecordKind.TRANSFERS), before
            before += block.frame.height + len(block.malformed)
    except BadInput as error:
        raise BadInput(error.wording, where=name) from error


def _lines(good: pl.DataFrame) -> Iterator[StatementLine]:
    """Rows without an id of their own keep an empty transfer: the bank must match such a payment itself."""
    columns = ("id", "time", "debtor", "creditor", "creditor_bank", "amount", "currency")
    for transfer, time, debtor, creditor, creditor_bank, amount, currency in good.select(columns).iter_rows():
        yield StatementLine(
            transfer=transfer or "",
            time=clock.from_micros(time),
            debtor=debtor,
            creditor=creditor,
            creditor_bank=creditor_bank or "",
            amount=amount,
            currency=currency,
        )
