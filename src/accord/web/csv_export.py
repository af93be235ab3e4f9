"""Tables as CSV files that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.http import StreamingHttpResponse

_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that gives back what is written to it, so that rows can be streamed."""

    def write(self, text: str) -> str:
        return text


def safe_cell(value: object) -> str:
    """The value as text that no spreadsheet runs as a formula (OWASP, CSV injection: a leading apostrophe keeps it text)."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA_SIGNS) else text


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """The rows as a download: UTF-8 with a byte order mark, which spreadsheets need to read Chinese."""

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        yield "\ufeff" + writer.writerow([safe_cell(name) for name in header])
        for row in rows:
            yield writer.writerow([safe_cell(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
