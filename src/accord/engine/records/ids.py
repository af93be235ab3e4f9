"""The id index of one table: finds a row's number by its id without reading the table.

A key is four unsigned 64-bit words: two halves of a 128-bit hash of the id, a hash of the rest of the row, and the row's
`seq`. Equal ids have equal hashes; that different ids share all 128 bits has a chance below 10⁻¹⁸ at ten thousand million
rows, so it is not provided for. Hashes are seeded at random per index, so that nobody can prepare colliding rows.

Keys lie in runs sorted by the first word, memory-mapped, merged so that each run is at least twice as long as the next
(a log-structured merge). The table is the truth: the manifest says which rows are covered, what is missing is read from the
table, and an index that is lost, damaged or made by another version of the hash is made anew.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from accord.core.errors import Corrupt
from accord.engine.records.errors import Msg

Keys = npt.NDArray[np.uint64]
"""Shape (4, n): id hash (sorted), second id hash, content hash, seq."""

_SLICE_ROWS: Final = 1 << 20
_MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Seeds:
    """The secret starting points of the three hashes."""

    first: int
    second: int
    content: int

    @classmethod
    def fresh(cls) -> Seeds:
        return cls(*(secrets.randbits(63) for _ in range(3)))


def keys_of(ids: pl.Series, content: pl.DataFrame, numbers: npt.NDArray[np.int64], seeds: Seeds) -> Keys:
    """Sorted keys of rows: rows with one id stay in the order given."""
    first = ids.hash(seeds.first).to_numpy()
    keys = np.empty((4, len(first)), np.uint64)
    order = np.argsort(first, kind="stable")
    for row, values in enumerate(
        (first, ids.hash(seeds.second).to_numpy(), content.hash_rows(seeds.content).to_numpy(), numbers)
    ):
        keys[row] = values[order]
    return keys


class IdIndex:
    """The index in one folder. Writers hold the table's lock; readers need none. `seeds` serve where there is no index yet."""

    def __init__(self, folder: Path, seeds: Seeds | None = None) -> None:
        self._folder = folder
        self._runs: list[Keys] = []
        self._names: list[str] = []
        self.seeds = seeds or Seeds.fresh()
        self.covered = 0
        self._load()

    def _load(self) -> None:
        """Read the manifest and map its runs; an unusable index counts as empty. A merge under way is looked at again."""
        for _ in range(10):
            try:
                manifest = json.loads((self._folder / _MANIFEST).read_bytes())
                if manifest["hash"] != _hash_name():
                    return
                runs = [np.load(self._folder / name, mmap_mode="r") for name in manifest["runs"]]
                if sum(run.shape[1] for run in runs) != manifest["rows"]:
                    return
                self._runs, self._names = runs, manifest["runs"]
                self.seeds, self.covered = Seeds(**manifest["seeds"]), manifest["covered"]
                break
            except FileNotFoundError:
                if not (self._folder / _MANIFEST).exists():
                    return
            except (ValueError, KeyError, TypeError, EOFError):
                return

    def find(self, ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """The sorted numbers of the rows that have these ids; ids without a row give nothing."""
        series = pl.Series(list(dict.fromkeys(ids)), dtype=pl.String)
        first, second = series.hash(self.seeds.first).to_numpy(), series.hash(self.seeds.second).to_numpy()
        found: list[int] = []
        for run in self._runs:
            at = _positions(run, first, second)
            found.extend(int(number) for number in run[3][at[at >= 0]])
        return np.array(sorted(found), np.int64)

    def known(self, keys: Keys) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.uint64]]:
        """For each key: whether its id is in the table, and if so the content hash of the row that has it."""
        present = np.zeros(keys.shape[1], np.bool_)
        content = np.zeros(keys.shape[1], np.uint64)
        for run in self._runs:
            at = _positions(run, keys[0], keys[1])
            here = at >= 0
            present |= here
            content[here] = run[2][at[here]]
        return present, content

    def add(self, run: Iterable[Keys], rows: int, covered: int) -> None:
        """Take in `rows` keys given in sorted pieces, so that the index covers the table up to number `covered`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if rows:
            self._append(run, rows)
        self.covered = covered
        while len(self._runs) > 1 and self._runs[-2].shape[1] < 2 * self._runs[-1].shape[1]:
            merged = _merged(self._runs[-2], self._runs[-1])
            total = self._runs[-2].shape[1] + self._runs[-1].shape[1]
            name = self._write(merged, total)
            self._runs[-2:], self._names[-2:] = [np.load(self._folder / name, mmap_mode="r")], [name]
        self._publish()

    def clear(self) -> None:
        """Forget everything, with new seeds; the next `add` publishes that."""
        self._runs, self._names, self.covered, self.seeds = [], [], 0, Seeds.fresh()

    def _append(self, run: Iterable[Keys], rows: int) -> None:
        name = self._write(run, rows)
        self._runs.append(np.load(self._folder / name, mmap_mode="r"))
        self._names.append(name)

    def _write(self, pieces: Iterable[Keys], rows: int) -> str:
        name = f"run-{secrets.token_hex(8)}.npy"
        target = np.lib.format.open_memmap(self._folder / name, "w+", np.uint64, (4, rows))
        done = 0
        for piece in pieces:
            target[:, done : done + piece.shape[1]] = piece
            done += piece.shape[1]
        if done != rows:
            raise Corrupt(Msg.KEYS_WHERE_ANNOUNCED, done=done, rows=rows, where=str(self._folder / name))
        target.flush()
        return name

    def _publish(self) -> None:
        manifest = {
            "hash": _hash_name(),
            "seeds": asdict(self.seeds),
            "covered": self.covered,
            "rows": sum(run.shape[1] for run in self._runs),
            "runs": self._names,
        }
        fresh = self._folder / f"{_MANIFEST}.new"
        fresh.write_text(json.dumps(manifest))
        os.replace(fresh, self._folder / _MANIFEST)
        for file in self._folder.glob("run-*.npy"):
            if file.name not in self._names:
                file.unlink()


def _hash_name() -> str:
    """Polars promises equal hashes only within one version of itself."""
    return f"polars {pl.__version__}"


def _positions(run: Any, first: npt.NDArray[np.uint64], second: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Where in a run each id lies; -1 where it does not. Sorted ids touch the run's pages in order."""
    rows = run.shape[1]
    at = np.searchsorted(run[0], first).astype(np.int64)
    found = np.full(len(first), -1, np.int64)
    pending = np.flatnonzero(at < rows)
    while len(pending):
        pending = pending[run[0][at[pending]] == first[pending]]
        same = run[1][at[pending]] == second[pending]
        found[pending[same]] = at[pending[same]]
        pending = pending[~same]
        at[pending] += 1
        pending = pending[at[pending] < rows]
    return found


def sorted_slices(runs: Sequence[Keys]) -> Iterator[Keys]:
    """The keys of several sorted runs as one sorted sequence, in pieces of about a million; equal ids stay in run order."""
    total = sum(run.shape[1] for run in runs)
    count = max(1, -(-total // _SLICE_ROWS))
    bounds = [(part << 64) // count for part in range(1, count)]
    starts = [0] * len(runs)
    for bound in [*bounds, None]:
        ends = [run.shape[1] if bound is None else int(np.searchsorted(run[0], np.uint64(bound))) for run in runs]
        pieces = [run[:, start:end] for run, start, end in zip(runs, starts, ends, strict=True) if end > start]
        starts = ends
        if pieces:
            keys = np.concatenate(pieces, axis=1)
            yield keys if len(pieces) == 1 else keys[:, np.argsort(keys[0], kind="stable")]


def _merged(*runs: Keys) -> Iterator[Keys]:
    return sorted_slices(runs)
