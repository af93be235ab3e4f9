"""Tables as CSV files that a spreadsheet opens without running anything in them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Final

from django.http import HttpResponse

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection); victims' texts must not become one."""

_NEGATIVE: Final = re.compile(r"-[0-9]+(\.[0-9]+)?")


def safe_cell(value: object) -> str:
    """The cell's text; one that a spreadsheet would run as a formula gets an apostrophe in front, a plain number does not."""
    text = "" if value is None else str(value)
    if not text.startswith(_FORMULA_STARTS) or _NEGATIVE.fullmatch(text):
        return text
    return "'" + text


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A download in UTF-8 with a byte-order mark, so that a spreadsheet reads Chinese text right."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return response
