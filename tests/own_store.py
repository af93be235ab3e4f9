"""An operational store of a test's own, of the kind that the run has chosen, for nodes in processes of their own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from federation_kit import commands
from migrated_store import OWN_SERVER, TEMPLATE, alone

Rows = dict[str, list[tuple[Any, ...]]]


@contextmanager
def own_store() -> Iterator[dict[str, str]]:
    """What to add to a node's environment: nothing for SQLite in its home, else a new database on the tests' server.

    It has a node's tables already where they were made for this run (`migrated_store`).
    """
    url = os.environ.get("ACCORD_DATABASE_URL")
    if not url:
        yield {}
        return
    name = f"own_{uuid4().hex[:12]}"
    try:
        yield {"ACCORD_DATABASE_URL": new_database(url, name)}
    finally:
        _on(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def new_database(url: str, name: str, template: str = "") -> str:
    """Make a database of this name on a server, as a copy of `template`, or with the tables of a new node; its URL.

    A server that is not the run's own gets an empty one: nothing is left there for other runs.
    """
    template = template or (_tables(url) if os.environ.get(OWN_SERVER) else "")
    _on(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _on(url, f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    return url_of(url, name)


def url_of(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _tables(url: str) -> str:
    """The database that has a node's tables and nothing else (`migrated_store`); whoever needs it first makes it."""
    with alone():
        if not _on(url, f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'"):
            half = f"{TEMPLATE}_half"
            _on(url, f"DROP DATABASE IF EXISTS {half} WITH (FORCE)")
            _on(url, f"CREATE DATABASE {half}")
            with TemporaryDirectory() as home:
                made = commands.separately(Path(home), "node", "migrate", ACCORD_DATABASE_URL=url_of(url, half))
            assert made.code == 0, made.err
            _on(url, f"ALTER DATABASE {half} RENAME TO {TEMPLATE}")
    return TEMPLATE


def _on(url: str, statement: str) -> list[tuple[Any, ...]]:
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        done = server.execute(statement.encode())
        return done.fetchall() if done.description else []


def all_rows(home: Path, store: dict[str, str]) -> Rows:
    """Every row of every table, in a fixed order."""
    if url := store.get("ACCORD_DATABASE_URL"):
        import psycopg

        with psycopg.connect(url) as connection:
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            return {name: _sorted(connection.execute(f'SELECT * FROM "{name}"'.encode())) for (name,) in names}
    with sqlite3.connect(home / "accord.sqlite3") as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {name: _sorted(database.execute(f'SELECT * FROM "{name}"')) for (name,) in names}
    database.close()
    return found


def _sorted(rows: Any) -> list[tuple[Any, ...]]:
    return sorted(rows, key=repr)
