"""Backups that are refused, interrupted, damaged or made by a stranger: a clear error, and nothing half-written."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import re
import signal
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from federation_kit import loaded
from federation_kit.commands import Accord, environment_of, separately
from federation_kit.stores import with_store

from accord.core.errors import Conflict, Corrupt, Unavailable
from accord.node.backup import stores
from accord.node.backup.archive import Advance, Manifest, Packer, StoreFacts, unpack
from accord.node.backup.making import back_up
from accord.node.backup.workshop import workshop
from accord.node.home import Home

FACTS = StoreFacts("sqlite", ("people.0001_initial",), 0, "")


def quiet(_name: str, _total: int | None) -> Advance:
    return lambda _count, _part: None


@pytest.fixture
def node(home: Path) -> Path:
    """A new node's home on SQLite."""
    return with_store(home)


@pytest.fixture
def backup(node: Path, tmp_path: Path) -> Path:
    file = tmp_path / "b.tar.gz"
    assert separately(node, "node", "backup", file).code == 0
    return file


def test_no_file_is_written_over(node: Path, backup: Path) -> None:
    before = backup.read_bytes()
    answer = separately(node, "node", "backup", backup, "--json")
    assert (answer.code, answer.error["where"]) == (2, str(backup))
    assert backup.read_bytes() == before


def test_in_a_folder_a_backup_is_named_after_its_moment(node: Path, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    answer = separately(node, "node", "backup", tmp_path / "backups", "--json")
    assert answer.code == 0, answer.err
    (file,) = (tmp_path / "backups").iterdir()
    assert answer.json["file"] == str(file)
    assert re.fullmatch(r"accord-\d{8}T\d{6}Z\.tar\.gz", file.name)


def test_a_backup_does_not_go_into_what_it_saves(node: Path) -> None:
    answer = separately(node, "node", "backup", node / "records" / "b.tar.gz", "--json")
    assert answer.code == 2
    assert "outside" in answer.error["message"]
    assert not (node / "records").exists()


def test_where_there_is_no_node_there_is_nothing_to_save(accord: Accord, tmp_path: Path) -> None:
    answer = accord("node", "backup", tmp_path / "b.tar.gz", "--json", "--home", tmp_path / "nowhere")
    assert (answer.code, answer.error["type"]) == (2, "NotFound")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("phase_to_stop_in", ["Saving the operational store", "Packing"])
def test_an_interrupted_backup_leaves_nothing(
    node: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase_to_stop_in: str
) -> None:
    monkeypatch.delenv("ACCORD_DATABASE_URL", raising=False)

    def phase(name: str, _total: int | None) -> Advance:
        def advance(_count: int, _part: str) -> None:
            if name == phase_to_stop_in:
                raise KeyboardInterrupt

        return advance

    with pytest.raises(KeyboardInterrupt):
        back_up(Home(node), tmp_path / "out" / "b.tar.gz", phase)
    assert list((tmp_path / "out").iterdir()) == []


def test_what_a_killed_backup_left_is_cleared_away_by_the_next(node: Path, tmp_path: Path) -> None:
    """SIGKILL cannot be tidied up after at once: the unfinished folder stays, never a file under the backup's name."""
    file = tmp_path / "b.tar.gz"
    with (node / "large").open("wb") as large:
        for _ in range(64):
            large.write(os.urandom(1 << 20))
    killed = loaded.start(loaded.MAIN, "node", "backup", file, environment=environment_of(node), stderr=loaded.DEVNULL)
    unfinished = tmp_path / ".b.tar.gz.unfinished"
    while not (unfinished / "draft").exists():
        assert killed.poll() is None
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert unfinished.exists()
    assert not file.exists()
    (node / "large").unlink()
    assert separately(node, "node", "backup", file).code == 0
    assert not unfinished.exists()


def test_one_product_is_made_by_one_process_at_a_time(tmp_path: Path) -> None:
    with workshop(tmp_path / "b"), pytest.raises(Conflict, match="another process"), workshop(tmp_path / "b"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_damage_anywhere_is_found_before_anything_is_touched(backup: Path, tmp_path: Path) -> None:
    """A few flipped bits mean the same to gzip (another place with the same bytes to copy from); all others are found."""
    whole = backup.read_bytes()
    content = gzip.decompress(whole)
    chosen = random.Random(7)
    found = 0
    for number in range(100):
        damaged = bytearray(whole)
        damaged[chosen.randrange(10, len(whole))] ^= 1 << chosen.randrange(8)
        backup.write_bytes(damaged)
        try:
            unpack(backup, tmp_path / str(number), quiet("", None))
        except Corrupt:
            found += 1
            broken = bytes(damaged)
        else:
            assert gzip.decompress(damaged) == content
    assert found > 50
    backup.write_bytes(broken)
    answer = separately(tmp_path / "new", "node", "restore", backup, "--json")
    assert (answer.code, answer.error["type"]) == (1, "Corrupt")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("share", [0, 10, 50, 90, 99])
def test_a_file_cut_short_is_no_backup(backup: Path, tmp_path: Path, share: int) -> None:
    whole = backup.read_bytes()
    backup.write_bytes(whole[: len(whole) * share // 100])
    with pytest.raises(Corrupt):
        unpack(backup, tmp_path / "out", quiet("", None))


def made(path: Path, change: Callable[[tarfile.TarFile, dict[str, object]], None]) -> Path:
    """A backup of one part, changed by a stranger before its manifest is written."""
    manifest = {
        "format": "accord backup", "format_version": 1, "version": "0", "made_at": "", "parts": [],
        "store": {"kind": "sqlite", "migrations": [], "audit_seq": 0, "audit_link": ""},
    }  # fmt: skip
    with tarfile.open(path, "w:gz") as tar:
        change(tar, manifest)
        put(tar, "manifest.json", json.dumps(manifest).encode())
    return path


def put(tar: tarfile.TarFile, name: str, content: bytes, kind: bytes = tarfile.REGTYPE) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size, entry.linkname = kind, len(content), "/etc/passwd"
    tar.addfile(entry, io.BytesIO(content))


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "home/../../out", "elsewhere/file", "home/../store/../../out"])
def test_no_part_lands_outside(tmp_path: Path, name: str) -> None:
    file = made(tmp_path / "b", lambda tar, _manifest: put(tar, name, b"x"))
    with pytest.raises(Corrupt, match="holds"):
        unpack(file, tmp_path / "folder", quiet("", None))
    assert sorted(path.name for path in tmp_path.iterdir()) in (["b"], ["b", "folder"])


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_part_is_a_plain_file(tmp_path: Path, kind: bytes) -> None:
    file = made(tmp_path / "b", lambda tar, _manifest: put(tar, "home/link", b"", kind))
    with pytest.raises(Corrupt, match="holds"):
        unpack(file, tmp_path / "folder", quiet("", None))


def test_a_part_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    file = made(tmp_path / "b", lambda tar, _manifest: put(tar, "home/extra", b"x"))
    with pytest.raises(Corrupt, match="1 parts where its manifest names 0"):
        unpack(file, tmp_path / "folder", quiet("", None))


@pytest.mark.parametrize(
    ("field", "value"), [("format", "other"), ("format_version", 2), ("store", {}), ("parts", [{"name": "x"}]), ("store", None)]
)
def test_a_manifest_of_another_kind_is_refused(tmp_path: Path, field: str, value: object) -> None:
    file = made(tmp_path / "b", lambda _tar, manifest: manifest.update({field: value}))
    with pytest.raises(Corrupt):
        unpack(file, tmp_path / "folder", quiet("", None))


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    store = tmp_path / "accord.sqlite3"
    store.write_bytes(b"")
    facts = StoreFacts("sqlite", ("people.0001_initial", "people.0999_of_next_year"), 0, "")
    with (tmp_path / "b").open("wb") as out:
        packer = Packer(out, lambda _count, _part: None)
        packer.add("store/accord.sqlite3", store)
        packer.close(Manifest("9.9", "2030-01-01T00:00:00Z", facts))
    answer = separately(tmp_path / "home", "node", "restore", tmp_path / "b", "--json")
    assert answer.code == 2
    assert "9.9" in answer.error["message"]
    assert "0999" in answer.error["message"]
    assert not (tmp_path / "home").exists()


def test_a_store_that_is_no_node_is_named(home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (home / "accord.sqlite3").write_bytes(b"nothing of the kind" * 100)
    answer = separately(home, "node", "backup", tmp_path / "b.tar.gz", "--json")
    assert answer.code == 1
    assert answer.error["where"] == str(home / "accord.sqlite3")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_a_client_that_is_absent_or_older_than_the_server_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(stores.client_programs, "__defaults__", (tmp_path,))
    with pytest.raises(Unavailable, match="apt install postgresql-client-15"):
        stores._program("pg_dump", 15)
    program = tmp_path / "14" / "bin" / "pg_dump"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 14.9 (Debian)'\n")
    program.chmod(0o755)
    with pytest.raises(Unavailable, match="version 14, older than the server's 15"):
        stores._program("pg_dump", 15)
    assert stores._program("pg_dump", 14) == str(program)


def test_a_password_is_never_an_argument() -> None:
    url = "postgresql://accord:se%40cret@db.internal:5433/accord?sslmode=require"
    assert stores._without_password(url) == "postgresql://accord@db.internal:5433/accord?sslmode=require"
    assert stores._without_password("postgresql:///accord") == "postgresql:///accord"
