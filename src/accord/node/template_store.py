"""Tables of a new store are made once for each user, version and set of migrations; every further new home copies the file.

Making them by migrations costs seconds of computing, and before anything else is in it the store of one node is that of any
other. A PostgreSQL server has no file to copy. Where nothing is missing, no migration is even looked at.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

from accord.core.file_locks import exclusive
from accord.node.home import Home
from accord.node.user_cache import user_cache


def make_tables(home: Home, migrate: Callable[[], object]) -> None:
    """Bring the tables of a node's store up to date: a copy for a new one in SQLite, by `migrate` where any is missing.

    Call it before anything is connected to the store. Whoever comes while another makes the copy waits for it.
    """
    from django.db import connection

    if connection.vendor == "sqlite" and not home.database.exists():
        template = path()
        if template is None:
            migrate()
            return
        with exclusive(template.with_suffix(".lock")):
            if not (template.exists() and _copy(template, home.database)):
                migrate()
                _keep(home.database, template)
                return
    if any(_missing(connection)):
        migrate()


def path() -> Path | None:
    """Where the template of this version lies, or is to lie; None where this user has no safe cache."""
    cache = user_cache()
    return None if cache is None else cache / f"store-{_fingerprint()}.sqlite3"


def _fingerprint() -> str:
    """Changes with the version of anything that makes tables, and with every file of migrations."""
    from django.conf import settings

    digest = hashlib.sha256(repr((sys.version_info[:2], version("accord"), version("django"), sqlite3.sqlite_version)).encode())
    digest.update(repr(settings.AUTH_USER_MODEL).encode())
    for label, file in _migrations():
        digest.update(f"{label} {file.name} ".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _migrations() -> Iterator[tuple[str, Path]]:
    from django.apps import apps

    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("[!_]*.py")):
            yield app.label, file


def _missing(connection: Any) -> Iterator[tuple[str, str]]:
    """Migrations of this program that the store does not have."""
    from django.db.migrations.recorder import MigrationRecorder

    applied = MigrationRecorder(connection).applied_migrations().keys()
    return ((label, file.stem) for label, file in _migrations() if (label, file.stem) not in applied)


def _copy(template: Path, store: Path) -> bool:
    """Copy the template; False, and nothing there, where it turns out to be damaged."""
    draft = store.with_suffix(".draft")
    shutil.copyfile(template, draft)
    draft.chmod(0o600)
    try:
        with closing(sqlite3.connect(draft)) as tables:
            whole = tables.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        whole = False
    if whole:
        for left in ("-wal", "-shm"):  # of a store that somebody has deleted: SQLite would replay it into this one
            store.with_name(store.name + left).unlink(missing_ok=True)
        draft.replace(store)
    else:
        draft.unlink()
    return whole


def _keep(store: Path, template: Path) -> None:
    """A copy of a store in one file, which is there whole or not at all."""
    draft = template.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(store, timeout=20)) as tables:
        tables.execute("VACUUM INTO ?", (str(draft),))
    draft.chmod(0o600)
    draft.replace(template)
