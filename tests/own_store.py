"""An operational store of a test's own, of the kind that the run has chosen, for nodes in processes of their own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from migrated_store import OWN_SERVER, create_migrated

Rows = dict[str, list[tuple[Any, ...]]]


@contextmanager
def own_store(*, empty: bool = False) -> Iterator[dict[str, str]]:
    """What to add to a node's environment: nothing for SQLite in its home, else a new database on the tests' server. It has the
    tables of a new node, unless it is to be `empty`."""
    url = os.environ.get("ACCORD_DATABASE_URL")
    if not url:
        yield {}
        return
    name = f"own_{uuid4().hex[:12]}"
    try:
        yield {"ACCORD_DATABASE_URL": new_database(url, name, empty=empty)}
    finally:
        _on(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def new_database(url: str, name: str, template: str = "", *, empty: bool = False) -> str:
    """Make a database of this name on a server; its URL. It is a copy of `template`, or has the tables of a new node, unless it
    is to be `empty`.

    A server that is not the run's own gets an empty one: nothing is left there for other runs.
    """
    _on(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    if template or empty or not os.environ.get(OWN_SERVER):
        _on(url, f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    else:
        create_migrated(url, name)
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _on(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        server.execute(statement.encode())


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
