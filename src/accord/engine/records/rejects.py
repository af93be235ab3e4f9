"""The file of refused rows: what a person needs to put them right and load them again.

CSV in UTF-8: row, column, value, reason. Row 1 is the first row of data, below the header. A value is shown as it stood in
the file, without outer white space and no longer than 200 characters; a row of the wrong width is shown whole, with no column.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

import polars as pl

from accord.core.wording import SEPARATOR


class RejectsFile:
    """Collects refused rows into one file, made at the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[bytes] | None = None

    def add(self, rejects: pl.DataFrame) -> None:
        """Append rows of convert.REJECT_SCHEMA; the reasons in English, without what pages need to word them."""
        if rejects.is_empty():
            return
        if self._file is None:
            self._file = self.path.open("wb")
        sentences = pl.col("reason").str.split(SEPARATOR).list.first()
        rejects.with_columns(sentences).write_csv(self._file, include_header=self.count == 0)
        self.count += rejects.height

    def close(self) -> None:
        """Finish the file; nothing to do where no row was refused."""
        if self._file is not None:
            self._file.close()
            self._file = None
