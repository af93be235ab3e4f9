"""Undo the spellings that hide an identifier, and remember where every character came from.

Full-width and styled digits, zero-width characters, odd dashes: people paste them and offenders use them. Each character is
replaced on its own (NFKC, decimal digits as 0-9, dashes as "-", invisible ones dropped), so that a position in the result
always leads back to one in the original.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from functools import lru_cache
from typing import Final

from accord.core.identifiers.base import DASHES, INVISIBLE

BLANK: Final = "\x00"
"""Stands for text that is spoken for. Control characters of the original become spaces, so it occurs nowhere else."""

_FRACTION_SLASH: Final = "\u2044"
_CONTROLS: Final = {chr(code): " " for code in (*range(9), 11, 12, *range(14, 32), 127)}
_DOTTED_CAPITAL_I: Final = "\u0130"


class NormalisedText:
    """`text` is the normalised form, `source` the original; `lowered` is `text` in lower case, position by position."""

    __slots__ = ("_norm_starts", "_source_starts", "lowered", "source", "text")

    def __init__(self, source: str) -> None:
        self.source = source
        table = {character: _replacement(character) for character in set(source)}
        changes = {old: new for old, new in table.items() if old != new}
        # The whole table, not the changes alone: translate is slow at characters that the table lacks.
        self.text = source.translate({ord(old): new for old, new in table.items()}) if changes else source
        self.lowered = self.text.lower()
        self._norm_starts = array("q", [0])
        self._source_starts = array("q", [0])
        self._index({old: len(new) for old, new in changes.items() if len(new) != 1})

    def _index(self, lengths: dict[str, int]) -> None:
        """One segment for each stretch in which positions run in step; a character that became several is one of its own,
        marked by a negative source position."""
        if not lengths:
            return
        dropped = "".join(re.escape(character) for character, length in lengths.items() if not length)
        grown = "".join(re.escape(character) for character, length in lengths.items() if length)
        special = re.compile("|".join(f"[{kind}]{many}" for kind, many in ((dropped, "+"), (grown, "")) if kind))
        shift = 0
        for match in special.finditer(self.source):
            start, length = match.start(), lengths[match[0][0]]
            if length:
                self._segment(start + shift, -start - 1)
            shift += length - len(match[0])
            self._segment(match.end() + shift, match.end())

    def _segment(self, norm_start: int, source_start: int) -> None:
        if self._norm_starts[-1] == norm_start:
            self._source_starts[-1] = source_start
        else:
            self._norm_starts.append(norm_start)
            self._source_starts.append(source_start)

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The original [start, end) of a non-empty normalised one; a character that became several is taken whole."""
        return self._source_position(start), self._source_position(end - 1) + 1

    def _source_position(self, position: int) -> int:
        segment = bisect_right(self._norm_starts, position) - 1
        source_start = self._source_starts[segment]
        return -source_start - 1 if source_start < 0 else source_start + position - self._norm_starts[segment]


@lru_cache(maxsize=65_536)
def _replacement(character: str) -> str:
    """What one character becomes. Several characters only where they can be read as letters and digits (㎏, ⑽)."""
    if "\x20" <= character <= "\x7e":
        return character
    if INVISIBLE.match(character):
        return ""
    if character in _CONTROLS:
        return _CONTROLS[character]
    if character == _DOTTED_CAPITAL_I:  # the only character that grows when it is lowered
        return "I"
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    form = unicodedata.normalize("NFKC", character).translate(DASHES)
    if _FRACTION_SLASH in form:
        return character
    return form if len(form) == 1 or form.strip("()").isalnum() else " "
