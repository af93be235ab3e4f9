"""The search for leaks finds what it is for: a test that could not fail would prove nothing."""

from __future__ import annotations

import base64
import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from leaks import Needles, found_in

SECRET = "s-3001 of Seraphina"
NEEDLES = Needles(frozenset({SECRET}), frozenset({60_011}))


@pytest.mark.parametrize(
    "written",
    [
        SECRET.encode(),
        b"\xff\x00" + SECRET.encode("utf-16-le"),
        SECRET.encode().hex().encode(),
        base64.b64encode(b"x" + SECRET.encode() + b"yz"),
        base64.urlsafe_b64encode(b"xy" + SECRET.encode()),
        base64.b64encode(SECRET.encode()),
        b'{"amount":60011}',
        b"held 600.11 CNY",
    ],
)
def test_every_way_of_writing_is_found(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "log").write_bytes(b"before " + written + b" after")
    (tmp_path / "packed.gz").write_bytes(gzip.compress(b"before " + written))
    assert {hit.partition(":")[0] for hit in found_in(tmp_path, NEEDLES)} == {"log", "packed.gz"}


def test_rows_are_found_as_values_and_after_they_were_deleted(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "node.sqlite3")) as store:
        store.execute("PRAGMA secure_delete = OFF")
        store.execute("CREATE TABLE holds (amount INTEGER, place TEXT)")
        store.execute("INSERT INTO holds VALUES (60011, ?)", (SECRET,))
        store.commit()
        assert any("holds.amount" in hit for hit in found_in(tmp_path, NEEDLES))
        store.execute("DELETE FROM holds")
        store.commit()
    assert any("Seraphina" in hit for hit in found_in(tmp_path, NEEDLES))


def test_what_only_looks_like_it_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"160011 a60011b 60011.5 0-60011 s-3001 of Sera 1600.11")
    assert found_in(tmp_path, NEEDLES) == []
