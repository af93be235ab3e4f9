"""The tables of a new node, made by `accord node migrate` once for each process of the tests and copied into homes."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path

from accord.node.home import Home
from federation_kit.commands import separately


def with_store(home: Path) -> Path:
    """The same home, which has the tables of a new node from now on; one that has a store already is left as it is."""
    own = Home(home)
    if not own.database.exists():
        own.create()
        shutil.copyfile(Home(Path(_migrated().name)).database, own.database)
    return home


@functools.cache
def _migrated() -> tempfile.TemporaryDirectory[str]:
    """A home in which nothing has happened; it goes with this process."""
    folder = tempfile.TemporaryDirectory(prefix="accord-migrated-")
    made = separately(Path(folder.name), "node", "migrate", seconds=300)
    assert made.code == 0, made.err
    return folder
