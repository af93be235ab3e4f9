"""The tables of the centres of an exercise are made once: the first centre makes them, the others copy its file.

Making them costs a centre some seconds of computing, and all do it at the same time on the same machine. Before anything
else is in it, the store of one node is that of any other. A PostgreSQL server has no file to copy: there each makes its own.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from accord.core.file_locks import exclusive
from accord.node.home import Home

_NAME: Final = "first-store.sqlite3"


def path(exercise: Path) -> Path:
    """Where the store that is copied lies: in the exercise's folder, which is cleared away before the next one."""
    return exercise / _NAME


def make_tables(home: Home, migrate: Callable[[], object]) -> None:
    """The tables of a new node of an exercise in SQLite: by `migrate`, or as a copy of those that another has made so.

    Call it before anything is connected to the store. A store that is there already is left to `migrate`. Whoever comes while
    another makes its tables waits for them.
    """
    from django.db import connection

    if home.exercise_folder is None or connection.vendor != "sqlite" or home.database.exists():
        migrate()
        return
    made = path(home.exercise)
    with exclusive(made.with_suffix(".lock")):
        if not made.exists():
            migrate()
            _keep(home.database, made)
            return
    draft = home.database.with_suffix(".draft")
    shutil.copyfile(made, draft)
    draft.replace(home.database)
    migrate()  # finds nothing to do, unless another version of the program made the tables


def _keep(store: Path, made: Path) -> None:
    """A copy of a store in one file, which is there whole or not at all."""
    draft = made.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(store, timeout=20)) as tables:
        tables.execute("VACUUM INTO ?", (str(draft),))
    draft.replace(made)
