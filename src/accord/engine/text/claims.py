"""Which stretches of a text are spoken for."""

from __future__ import annotations

from bisect import bisect_left

from accord.engine.text.normalise import BLANK


class Claims:
    """Stretches [start, end) that belong to a find, non-overlapping, and the text with them blanked out."""

    __slots__ = ("_spans", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Claim a stretch that nothing else has; `blank` makes it show in the text."""
        self._spans.insert(bisect_left(self._spans, (start, end)), (start, end))

    def overlaps(self, start: int, end: int) -> bool:
        """Whether any part of [start, end) is claimed."""
        position = bisect_left(self._spans, (start, end))
        after = position < len(self._spans) and self._spans[position][0] < end
        return after or (position > 0 and self._spans[position - 1][1] > start)

    def blank(self) -> None:
        """Replace every claimed stretch by BLANK, so that no later search reads it."""
        pieces, position = [], 0
        for start, end in self._spans:
            pieces.append(self.text[position:start])
            pieces.append(BLANK * (end - start))
            position = end
        pieces.append(self.text[position:])
        self.text = "".join(pieces)
