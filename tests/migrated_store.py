"""The store of a test process, as a plugin: migrated once, then copied.

All migrations take seconds, and every worker of a run needs a store of its own. The first that needs one migrates it and
leaves a copy: a file for SQLite, kept until a migration changes; a template on the tests' own PostgreSQL server. Django still
asks a copied store for migrations that it lacks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

OWN_SERVER: Final = "ACCORD_TEST_OWN_SERVER"
"""In the environment of every process of a run whose PostgreSQL server is the run's own."""

TEMPLATE: Final = "accord_migrated"
_CHECKOUT: Final = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def django_db_keepdb(
    request: pytest.FixtureRequest, django_db_modify_db_settings: None, django_test_environment: None, django_db_blocker: Any
) -> bool:
    """Put a migrated store in place, for pytest-django to use as it is. Without one it migrates a new store itself."""
    from django.db import connection

    if request.config.getoption("create_db"):
        return False
    name = connection.creation._get_test_db_name()  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), alone():
        if connection.vendor == "sqlite":
            _sqlite(Path(name))
        elif os.environ.get(OWN_SERVER):
            _postgresql(name)
        else:
            return False
    return True


def _sqlite(database: Path) -> None:
    kept = _kept()
    if kept.exists():
        shutil.copyfile(kept, database)
        return
    _migrate()
    half = kept.with_suffix(".half")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(half)) as copy:
        source.backup(copy)
    for older in kept.parent.glob("*.sqlite3"):
        older.unlink()
    half.rename(kept)


def _postgresql(name: str) -> None:
    import psycopg

    with psycopg.connect(os.environ["ACCORD_DATABASE_URL"], autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}'.encode())
        else:
            _migrate()
            server.execute(f'CREATE DATABASE {TEMPLATE} TEMPLATE "{name}"'.encode())


def _migrate() -> None:
    """Make and migrate this process's test store, and let go of it."""
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
    teardown_databases(made, verbosity=0, keepdb=True)


def _kept() -> Path:
    """Where the migrated SQLite file lies for exactly these migrations and these versions of Python and Django."""
    import axes
    import django

    import accord

    versions = (sys.version, sqlite3.sqlite_version, django.__version__, axes.__version__)
    content = sha256(repr(versions).encode())
    for file in sorted(Path(accord.__file__).parent.glob("**/migrations/*.py")):
        content.update(file.as_posix().encode() + file.read_bytes())
    return _folder() / f"{content.hexdigest()[:16]}.sqlite3"


def _folder() -> Path:
    folder = _CHECKOUT / ".pytest_cache" / "migrated"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def alone() -> Iterator[None]:
    """Hold off the other workers: one migrates, the others copy."""
    with (_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
