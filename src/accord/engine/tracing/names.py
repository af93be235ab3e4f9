"""Strings by number and numbers by string: transfer ids and account numbers, kept as bytes beside a sorted hash index.

An entry of the index is 8 bytes: the upper half of a 64-bit hash, then the row. A hit is verified against the bytes, so
colliding hashes cost time and never a wrong answer. A name may carry a tag (the institution of an account number): equal
text under another tag is another name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

from accord.engine.tracing.compiled import helper, kernel
from accord.engine.tracing.layout import Array, empty, frozen

FEW: Final = 12
"""Below this, one at a time is faster than the arrays that all at once needs."""


@dataclass(frozen=True, slots=True)
class Texts:
    """`offsets` (n + 1, int64) into UTF-8 `data`; `tags` (int32) is empty where names carry none."""

    offsets: Array
    data: Array
    tags: Array

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def text(self, row: int) -> str:
        return bytes(self.data[self.offsets[row] : self.offsets[row + 1]]).decode()

    def strings(self, rows: Array) -> list[str]:
        """The texts of `rows` as strings, in that order; gathered and decoded in one go where there are more than a few."""
        if len(rows) < FEW:
            return [self.text(row) for row in rows.tolist()]
        taken = self.taken(rows)
        raw, bounds = taken.data.tobytes(), taken.offsets.tolist()
        if raw.isascii():
            whole = raw.decode()
            return [whole[start:end] for start, end in pairwise(bounds)]
        return [raw[start:end].decode() for start, end in pairwise(bounds)]

    def taken(self, rows: Array) -> Texts:
        """The texts of `rows`, in that order."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]  # of these alone: a few out of millions are asked for
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        data = np.empty(int(offsets[-1]), np.uint8)
        gather_bytes(self.offsets, self.data, rows, offsets, data)
        tags = self.tags[rows] if len(self.tags) else self.tags
        return Texts(frozen(offsets), frozen(data), frozen(tags))

    def joined(self, other: Texts) -> Texts:
        """These texts, then the others."""
        if not len(other):
            return self
        if not len(self):
            return other
        offsets = np.concatenate([self.offsets, other.offsets[1:] - other.offsets[0] + self.offsets[-1]])
        data = np.concatenate([self.data[: self.offsets[-1]], other.data[other.offsets[0] : other.offsets[-1]]])
        return Texts(frozen(offsets), frozen(data), frozen(np.concatenate([self.tags, other.tags])))


@dataclass(frozen=True, slots=True)
class Names:
    """Texts with their index: `entries` is sorted uint64, hash in the upper half, row in the lower."""

    texts: Texts
    entries: Array

    @classmethod
    def of(cls, texts: Texts) -> Names:
        entries = np.empty(len(texts), np.uint64)
        hash_entries(texts.offsets, texts.data, texts.tags, 0, entries)
        entries.sort()
        return cls(texts, frozen(entries))

    def __len__(self) -> int:
        return len(self.texts)

    def find(self, texts: Texts) -> Array:
        """Row of each text, int32, -1 where it is not here; the first row where a name stands twice."""
        rows = np.empty(len(texts), np.int32)
        mine = self.texts
        find_rows(texts.offsets, texts.data, texts.tags, mine.offsets, mine.data, mine.tags, self.entries, rows)
        return rows

    def row_of(self, text: str) -> int:
        """Row of one untagged text, -1 where it is not here."""
        raw = text.encode(errors="surrogatepass")
        rows, mine = np.empty(1, np.int32), self.texts
        wanted = np.frombuffer(raw, np.uint8)
        find_rows(_bounds_of_one(len(raw)), wanted, NO_TAGS, mine.offsets, mine.data, mine.tags, self.entries, rows)
        return int(rows[0])

    def extended(self, texts: Texts) -> Names:
        """These names and `texts` after them; the caller knows that none of them is here yet."""
        if not len(texts):
            return self
        added = np.empty(len(texts), np.uint64)
        hash_entries(texts.offsets, texts.data, texts.tags, len(self), added)
        entries = np.concatenate([self.entries, added])
        entries.sort()
        return Names(self.texts.joined(texts), frozen(entries))


NO_TAGS = empty(np.int32)
NO_TEXTS = Texts(frozen(np.zeros(1, np.int64)), empty(np.uint8), NO_TAGS)
NO_NAMES = Names(NO_TEXTS, empty(np.uint64))


def texts_of(column: pa.ChunkedArray, tags: Array = NO_TAGS) -> Texts:
    """The strings of an Arrow column without nulls."""
    joined = column.cast(pa.large_string()).combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        joined = pa.concat_arrays(joined.chunks) if joined.num_chunks else pa.array([], pa.large_string())
    _, offsets, data = joined.buffers()
    if not len(joined):
        return Texts(NO_TEXTS.offsets, NO_TEXTS.data, tags)
    bounds = np.frombuffer(offsets, np.int64)[joined.offset : joined.offset + len(joined) + 1]
    raw = np.frombuffer(data, np.uint8) if data is not None and data.size else NO_TEXTS.data
    return Texts(frozen(bounds), frozen(raw), frozen(tags))


def one_text(text: str, tag: int | None = None) -> Texts:
    """A single name to look up."""
    raw = text.encode(errors="surrogatepass")
    tags = NO_TAGS if tag is None else frozen(np.array([tag], np.int32))
    return Texts(_bounds_of_one(len(raw)), np.frombuffer(raw, np.uint8), tags)


@lru_cache(maxsize=256)
def _bounds_of_one(length: int) -> Array:
    return frozen(np.array([0, length], np.int64))


def distinct(column: pa.ChunkedArray, tags: Array, kinds: int) -> tuple[Array, Texts]:
    """(code of each tagged text of an Arrow column, int32; the different ones by code, in order of first sight).

    `tags` are below `kinds`, -1 for none. Arrow numbers the texts, then the pairs of text and tag as whole numbers:

        texts  a b a a    text codes  0 1 0 0    with 1 kind, pairs (code · 2 + tag + 1)  0 2 1 0    codes  0 1 2 0
        tags   - - 0 -                                                                             a, b and a at bank 0
    """
    texts = column.cast(pa.large_string()).combine_chunks()
    if isinstance(texts, pa.ChunkedArray):
        texts = pa.concat_arrays(texts.chunks) if texts.num_chunks else pa.array([], pa.large_string())
    numbered = texts.dictionary_encode()
    pairs = numbered.indices.to_numpy(zero_copy_only=False).astype(np.int64) * (kinds + 1) + tags + 1
    tagged = pa.array(pairs).dictionary_encode()
    rows, known = np.divmod(tagged.dictionary.to_numpy(zero_copy_only=False), kinds + 1)
    names = texts_of(pa.chunked_array([numbered.dictionary])).taken(rows)
    codes = tagged.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return codes, Texts(names.offsets, names.data, frozen((known - 1).astype(np.int32)))


@helper
def hash_of(offsets, data, tags, row):  # type: ignore[no-untyped-def]
    """FNV-1a over the bytes, started from the tag, mixed at the end so that the upper half is good alone."""
    value = np.uint64(0xCBF29CE484222325)
    if tags.size:
        value ^= np.uint64(tags[row] + 1) * np.uint64(0x9E3779B97F4A7C15)
    for place in range(offsets[row], offsets[row + 1]):
        value = (value ^ np.uint64(data[place])) * np.uint64(0x100000001B3)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(29)
    return value


@helper
def same_text(offsets, data, tags, row, other_offsets, other_data, other_tags, other):  # type: ignore[no-untyped-def]
    start = offsets[row]
    other_start = other_offsets[other]
    length = offsets[row + 1] - start
    if length != other_offsets[other + 1] - other_start:
        return False
    if tags.size and tags[row] != other_tags[other]:
        return False
    for step in range(length):  # noqa: SIM110 - a generator would not compile
        if data[start + step] != other_data[other_start + step]:
            return False
    return True


@kernel
def hash_entries(offsets, data, tags, first_row, entries):  # type: ignore[no-untyped-def]
    upper = np.uint64(0xFFFFFFFF00000000)
    for row in range(entries.size):
        entries[row] = (hash_of(offsets, data, tags, row) & upper) | np.uint64(row + first_row)


@helper
def first_entry(entries, wanted):  # type: ignore[no-untyped-def]
    """The first place whose entry is not below `wanted`. Hashes spread evenly, so it is looked for where it should be."""
    count = np.int64(entries.size)
    guess = np.int64((np.uint64(count) * (wanted >> np.uint64(32))) >> np.uint64(32))
    spread = np.int64(2 * np.sqrt(np.float64(count))) + 8
    low, high = max(np.int64(0), guess - spread), min(count, guess + spread)
    if low > 0 and entries[low - 1] >= wanted:
        low = np.int64(0)
    if high < count and entries[high] < wanted:
        high = count
    while low < high:
        middle = (low + high) // 2
        if entries[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def find_rows(q_offsets, q_data, q_tags, offsets, data, tags, entries, rows):  # type: ignore[no-untyped-def]
    upper = np.uint64(0xFFFFFFFF00000000)
    lower = np.uint64(0xFFFFFFFF)
    for query in range(rows.size):
        wanted = hash_of(q_offsets, q_data, q_tags, query) & upper
        low = first_entry(entries, wanted)
        found = np.int64(-1)
        while low < entries.size and entries[low] & upper == wanted:
            row = np.int64(entries[low] & lower)
            if same_text(q_offsets, q_data, q_tags, query, offsets, data, tags, row):
                found = row
                break
            low += 1
        rows[query] = found


@kernel
def gather_bytes(offsets, data, rows, out_offsets, out):  # type: ignore[no-untyped-def]
    for place in range(rows.size):
        start = offsets[rows[place]]
        for step in range(out_offsets[place + 1] - out_offsets[place]):
            out[out_offsets[place] + step] = data[start + step]
