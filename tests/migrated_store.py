"""The store of a test process, as a plugin: migrated once, then copied.

All migrations take seconds, and every worker of a run needs a store of its own, and so does every node that a test starts. The
first that needs one migrates it and leaves a copy: a file for SQLite, kept until a migration changes; a template on the
tests' own PostgreSQL server. Django still asks a copied store for migrations that it lacks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import pytest

OWN_SERVER: Final = "ACCORD_TEST_OWN_SERVER"
"""In the environment of every process of a run whose PostgreSQL server is the run's own."""

_TEMPLATE: Final = "accord_migrated"
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
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            _sqlite(Path(name))
        elif os.environ.get(OWN_SERVER):
            create_migrated(os.environ["ACCORD_DATABASE_URL"], name)
        else:
            return False
    return True


def create_migrated(url: str, name: str) -> None:
    """A new database of this name on the tests' own PostgreSQL server, with all tables and no rows of ours."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        with _alone():
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_TEMPLATE]).fetchone():
                half = f"{_TEMPLATE}_half"
                server.execute(f"DROP DATABASE IF EXISTS {half}".encode())
                server.execute(f"CREATE DATABASE {half}".encode())
                _migrate_node(urlunsplit(urlsplit(url)._replace(path=f"/{half}")))
                server.execute(f"ALTER DATABASE {half} RENAME TO {_TEMPLATE}".encode())
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE {_TEMPLATE}'.encode())


def _migrate_node(url: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "ACCORD_HOME": home, "ACCORD_DATABASE_URL": url}
        command = [sys.executable, "-m", "accord", "node", "migrate"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _sqlite(database: Path) -> None:
    kept = _kept()
    with _alone():
        if not kept.exists():
            _migrate()
            half = kept.with_suffix(".half")
            with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(half)) as copy:
                source.backup(copy)
            for older in kept.parent.glob("*.sqlite3"):
                older.unlink()
            half.rename(kept)
        else:
            shutil.copyfile(kept, database)


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
def _alone() -> Iterator[None]:
    """Hold off the other workers: one migrates, the others copy."""
    with (_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
