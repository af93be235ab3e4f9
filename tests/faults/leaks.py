"""Looks for what a node must not know in everything that it keeps: every row of its store, every byte of its files and logs.

Bytes are searched in the forms that software writes them in: as they are, in UTF-16, in hexadecimal and in base64 at each of
its three alignments; packed files are unpacked. A store's files are searched as bytes too, so that a row that was deleted but
still lies in a free page is found. Thousands of forms are looked for at once, by one automaton for all (Aho and Corasick); what
it finds is then looked at closely.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

SHORTEST = 5
"""A shorter text is found by chance."""


@dataclass(frozen=True)
class Needles:
    """`texts` are found anywhere, `amounts` (minor units) as numbers of their own, in minor and in main units."""

    texts: frozenset[str]
    amounts: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        assert all(len(text) >= SHORTEST for text in self.texts)
        assert all(amount >= 10**4 for amount in self.amounts)

    def in_each(self, contents: Sequence[bytes]) -> list[set[bytes]]:
        """Which forms each content has."""
        texts = {form for text in self.texts for form in _forms(text)}
        numbers = {form.encode() for amount in self.amounts for form in (f"{amount}", f"{amount // 100}.{amount % 100:02}")}
        forms = pl.Series([sorted(_as_text(form) for form in texts | numbers)])
        found = pl.Series(map(_as_text, contents), dtype=pl.String).str.extract_many(forms, overlapping=True).to_list()
        return [
            {form for form in {one.encode("latin-1") for one in hits} if form in texts or _alone(form, content)}
            for hits, content in zip(found, contents, strict=True)
        ]


def _as_text(data: bytes) -> str:
    """One character for each byte: the automaton takes text."""
    return data.decode("latin-1")


def _alone(number: bytes, content: bytes) -> bool:
    return re.search(rb"(?<![0-9A-Za-z.-])" + re.escape(number) + rb"(?![0-9A-Za-z.-])", content) is not None


def _forms(text: str) -> Iterator[bytes]:
    plain = text.encode()
    yield plain
    yield json.dumps(text)[1:-1].encode()
    yield text.encode("utf-16-le")
    yield plain.hex().encode()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain)
        core = encoded[(before * 8 + 5) // 6 : (before + len(plain)) * 8 // 6]
        yield core
        yield core.replace(b"+", b"-").replace(b"/", b"_")


def found_in(home: Path, needles: Needles, *, except_under: Iterable[Path] = ()) -> list[str]:
    """Where any of the needles lies in a node's home; empty where none does."""
    skipped = tuple(except_under)
    found = []
    for path in sorted(home.rglob("*")):
        if not path.is_file() or any(path.is_relative_to(folder) for folder in skipped):
            continue
        for name, content in _contents(path):
            (hits,) = needles.in_each([content])
            found += [f"{name}: {hit!r}" for hit in sorted(hits)]
        if path.suffix == ".sqlite3":
            found += _in_rows(path, needles)
    return found


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    data = path.read_bytes()
    yield path.name, data
    if path.name.endswith((".tar.gz", ".tar")):
        with tarfile.open(path) as packed:
            for member in packed:
                if (file := packed.extractfile(member)) is not None:
                    yield f"{path.name}/{member.name}", file.read()
    elif path.suffix == ".gz":
        yield path.name, gzip.decompress(data)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed_files:
            for name in packed_files.namelist():
                yield f"{path.name}/{name}", packed_files.read(name)


def _in_rows(path: Path, needles: Needles) -> list[str]:
    cells = [(f"{table}.{column}", value) for table, row in rows_of(path) for column, value in row.items() if value is not None]
    contents = [value if isinstance(value, bytes) else str(value).encode() for _, value in cells]
    found = []
    for (place, value), hits in zip(cells, needles.in_each(contents), strict=True):
        numbers = {value} & needles.amounts if isinstance(value, int) else set()
        found += [f"{path.name}, {place}: {hit!r}" for hit in sorted(hits | numbers, key=repr)]
    return found


def rows_of(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, row) of every row of a SQLite file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as store:
        store.row_factory = sqlite3.Row
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in store.execute(f'SELECT * FROM "{table}"'):
                yield table, dict(row)
