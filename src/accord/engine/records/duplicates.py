"""Which rows of a batch are already known: told from their keys alone, a slice of the hash space at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from accord.engine.records.ids import IdIndex, Keys, sorted_slices


class Verdict(IntEnum):
    """What happens to a row. The first row with an id, in the table or else in the batch, is the one that counts."""

    NEW = 0
    DUPLICATE = 1
    OTHER_CONTENT = 2


Verdicts = npt.NDArray[np.uint8]
"""One Verdict for each row of a batch, in the batch's order."""


def judge(runs: Sequence[Keys], rows: int, index: IdIndex) -> Verdicts:
    """Verdicts on `rows` rows whose keys lie in `runs`; the keys' numbers are positions in the batch."""
    verdicts = np.zeros(rows, np.uint8)
    for piece in sorted_slices(runs):
        keys = _ids_together(piece)
        first, second, content, position = keys
        leads = np.concatenate([[True], (first[1:] != first[:-1]) | (second[1:] != second[:-1])])
        leader = np.maximum.accumulate(np.where(leads, np.arange(len(first)), 0))
        present, loaded = index.known(keys)
        reference = np.where(present, loaded, content[leader])
        repeated = present | ~leads
        equal = content == reference
        verdicts[position[repeated & equal]] = Verdict.DUPLICATE
        verdicts[position[repeated & ~equal]] = Verdict.OTHER_CONTENT
    return verdicts


def _ids_together(keys: Keys) -> Keys:
    """Keys in which equal ids are neighbours even where another id shares half of their hash."""
    first, second = keys[0], keys[1]
    if not np.any((first[1:] == first[:-1]) & (second[1:] != second[:-1])):
        return keys
    return keys[:, np.lexsort((keys[3], second, first))]


def numbered(runs: Sequence[Keys], verdicts: Verdicts, first_number: int) -> Iterator[Keys]:
    """The sorted keys of the new rows, with their permanent numbers in place of their positions in the batch."""
    dropped = np.flatnonzero(verdicts).astype(np.uint64)
    for piece in sorted_slices(runs):
        keys = np.array(piece[:, verdicts[piece[3]] == Verdict.NEW]) if len(dropped) else np.array(piece)
        if len(dropped):
            keys[3] -= np.searchsorted(dropped, keys[3]).astype(np.uint64)
        keys[3] += np.uint64(first_number)
        yield keys
