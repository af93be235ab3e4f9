"""The id index against a dictionary, and equal halves of hashes that are not equal ids."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples

from accord.engine.records import ids as module
from accord.engine.records.duplicates import Verdict, judge, numbered
from accord.engine.records.ids import IdIndex, Keys, keys_of, sorted_slices


def batch_keys(index: IdIndex, names: list[str], contents: list[int]) -> Keys:
    return keys_of(pl.Series(names), pl.DataFrame({"content": contents}), np.arange(len(names)), index.seeds)


rows = st.lists(st.tuples(st.integers(0, 30).map(str), st.integers(0, 2)), min_size=1, max_size=30)


@given(st.lists(rows, min_size=1, max_size=8))
@examples(20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_batches_enter_as_into_a_dictionary(tmp_path: Path, batches: list[list[tuple[str, int]]]) -> None:
    shutil.rmtree(tmp_path / "ids", ignore_errors=True)
    known: dict[str, tuple[int, int]] = {}
    for batch in batches:
        index = IdIndex(tmp_path / "ids")
        keys = batch_keys(index, [name for name, _ in batch], [content for _, content in batch])
        verdicts = judge([keys], len(batch), index)
        first_number = len(known)
        for (name, content), verdict in zip(batch, verdicts, strict=True):
            if name not in known:
                assert verdict == Verdict.NEW
                known[name] = len(known), content
            else:
                assert verdict == (Verdict.DUPLICATE if known[name][1] == content else Verdict.OTHER_CONTENT)
        index.add(numbered([keys], verdicts, first_number), int((verdicts == Verdict.NEW).sum()), len(known))
    index = IdIndex(tmp_path / "ids")
    assert index.covered == len(known)
    for name, (number, _) in known.items():
        assert index.find([name]).tolist() == [number]
    assert index.find(["nobody"]).tolist() == []
    assert len(list((tmp_path / "ids").glob("run-*"))) <= len(known).bit_length()


def test_ids_that_share_half_of_their_hash_are_told_apart(tmp_path: Path) -> None:
    index = IdIndex(tmp_path / "ids")
    old = np.array([[5, 5, 9], [1, 2, 1], [7, 8, 9], [0, 1, 2]], np.uint64)
    index.add([old], 3, 3)
    new = np.array([[5, 5, 5, 5, 5], [3, 2, 3, 1, 3], [1, 8, 1, 0, 2], [0, 1, 2, 3, 4]], np.uint64)
    verdicts = judge([new], 5, IdIndex(tmp_path / "ids"))
    assert verdicts.tolist() == [
        Verdict.NEW,
        Verdict.DUPLICATE,
        Verdict.DUPLICATE,
        Verdict.OTHER_CONTENT,
        Verdict.OTHER_CONTENT,
    ]


@given(st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=40), min_size=1, max_size=5))
@examples(50)
def test_slices_are_one_sorted_sequence(runs: list[list[int]]) -> None:
    sorted_runs = [np.array([sorted(run)] * 4, np.uint64).reshape(4, len(run)) for run in runs]
    pieces = list(sorted_slices(sorted_runs))
    joined = [int(word) for piece in pieces for word in piece[0]]
    assert joined == sorted(word for run in runs for word in run)


def test_a_large_index_is_cut_into_slices(tmp_path: Path) -> None:
    rows = module._SLICE_ROWS + 1000
    words = np.sort(np.random.default_rng(1).integers(0, 2**64, rows, np.uint64))
    keys = np.stack([words, words, words, np.arange(rows, dtype=np.uint64)])
    pieces = list(sorted_slices([keys[:, ::2], keys[:, 1::2]]))
    assert len(pieces) == 2
    assert np.array_equal(np.concatenate(pieces, axis=1), keys)
