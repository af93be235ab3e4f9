"""The store that a new home begins with: a copy of one made by migrations, and never in place of one that is there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from federation_kit.commands import environment_of

from accord.node.user_cache import user_cache

_PREPARE = """
from accord.node import serve, template_store
from accord.node.home import Home
made = []
make_tables = template_store.make_tables
def counted(home, migrate):
    def noted():
        made.append(home.database.exists())
        migrate()
    make_tables(home, noted)
template_store.make_tables = counted
serve.prepare(Home.from_environment())
print(*made)
"""
SAME = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",
    "SELECT id, app, name FROM django_migrations ORDER BY id",
    "SELECT * FROM django_content_type ORDER BY id",
    "SELECT * FROM auth_permission ORDER BY id",
    "SELECT * FROM sqlite_sequence ORDER BY name",
    "PRAGMA journal_mode",
    "PRAGMA integrity_check",
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, as all nodes of a test see it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "accord"


def preparing(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", _PREPARE], env=environment_of(home), stdout=subprocess.PIPE, text=True)


def prepared(home: Path) -> str:
    """Prepare a node; whether its store was there whenever its migrations began."""
    return ended(preparing(home))


def ended(process: subprocess.Popen[str]) -> str:
    told, _ = process.communicate(timeout=240)
    assert process.returncode == 0
    return told.strip()


def read(home: Path) -> list[list[Any]]:
    with closing(sqlite3.connect(home / "accord.sqlite3")) as store:
        return [store.execute(query).fetchall() for query in SAME]


@pytest.mark.slow
def test_a_copied_store_is_what_migrations_make(cache: Path, tmp_path: Path) -> None:
    first, second, alone = (tmp_path / name for name in ("first", "second", "alone"))
    assert prepared(first) == "False"
    (template,) = cache.glob("store-*.sqlite3")
    assert template.stat().st_mode & 0o777 == 0o600
    assert prepared(second) == ""
    assert not list(second.glob("*.draft"))
    template.write_bytes(template.read_bytes()[:20_000])
    assert prepared(alone) == "False", "a damaged template is not used"
    assert read(second) == read(first) == read(alone)
    assert prepared(tmp_path / "more") == "", "and it is replaced"


@pytest.mark.slow
def test_homes_that_are_made_at_once_make_the_tables_once(cache: Path, tmp_path: Path) -> None:
    homes = [tmp_path / str(number) for number in range(3)]
    said = [ended(process) for process in [preparing(home) for home in homes]]
    assert sorted(said) == ["", "", "False"]
    assert read(homes[0]) == read(homes[1]) == read(homes[2])


@pytest.mark.slow
def test_a_store_that_is_there_is_not_replaced(cache: Path, tmp_path: Path) -> None:
    prepared(tmp_path)
    with closing(sqlite3.connect(tmp_path / "accord.sqlite3")) as store, store:
        store.execute("CREATE TABLE of_its_own (kept)")
    assert prepared(tmp_path) == ""
    with closing(sqlite3.connect(tmp_path / "accord.sqlite3")) as store, store:
        assert store.execute("SELECT count(*) FROM of_its_own").fetchone() == (0,)
        store.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        store.execute("DROP TABLE django_session")
    assert prepared(tmp_path) == "True", "what is missing is made"


def test_a_cache_that_others_may_write_to_is_not_used(cache: Path) -> None:
    assert user_cache() == cache
    assert cache.stat().st_mode & 0o777 == 0o700
    for folder in (cache, cache.parent):
        folder.chmod(0o777)
        assert user_cache() is None
        folder.chmod(0o700)
    assert user_cache() == cache


def test_without_a_place_of_its_own_there_is_no_cache(cache: Path) -> None:
    cache.parent.write_text("no folder")
    assert user_cache() is None
