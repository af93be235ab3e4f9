"""The store that the centres of an exercise begin with: a copy is what migrations make, and real nodes make theirs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from federation_kit.commands import environment_of, program
from federation_kit.crossing_world import NOON, crossing_world

from accord.lab.federation import first_store, layout
from accord.lab.federation.plan import plan_centres

_PREPARE = """
from accord.node import serve
from accord.lab.federation import first_store
from accord.node.home import Home
made = []
def make_tables(home, migrate):
    def counted():
        made.append(home.database.exists())
        migrate()
    first_store.make_tables(home, counted)
serve.prepare(Home.from_environment(), make_tables)
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


def prepared(home: Path) -> str:
    """Prepare a node; whether its store was there whenever its migrations began."""
    return program(_PREPARE, environment=environment_of(home)).strip()


def read(home: Path) -> list[list[Any]]:
    with closing(sqlite3.connect(home / "accord.sqlite3")) as store:
        return [store.execute(query).fetchall() for query in SAME]


@pytest.mark.slow
def test_a_copied_store_is_what_migrations_make(tmp_path: Path) -> None:
    plan = plan_centres(tmp_path / "all", ("CN", "SG"), (1, 2))
    layout.lay_out(plan, crossing_world(), NOON)
    first, second = (centre.folder for centre in plan.centres)
    assert prepared(first) == "False"
    assert prepared(second) == "True"
    alone = tmp_path / "alone"
    assert prepared(alone) == "False"
    assert first_store.path(plan.root / "exercise").exists()
    assert not first_store.path(alone / "exercise").exists()
    assert read(second) == read(first) == read(alone)
    assert not list(second.glob("*.draft"))
    layout.make_room(plan)
    assert not first_store.path(plan.root / "exercise").exists()


@pytest.mark.slow
def test_a_store_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    plan = plan_centres(tmp_path / "all", ("CN", "SG"), (1, 2))
    layout.lay_out(plan, crossing_world(), NOON)
    first, second = (centre.folder for centre in plan.centres)
    prepared(first)
    prepared(second)
    with closing(sqlite3.connect(second / "accord.sqlite3")) as store, store:
        store.execute("CREATE TABLE of_its_own (kept)")
    assert prepared(second) == "True"
    with closing(sqlite3.connect(second / "accord.sqlite3")) as store:
        assert store.execute("SELECT count(*) FROM of_its_own").fetchone() == (0,)
