"""The tables of a new node, made by migrations once for this state of the code and copied into each home that tests begin with.

What migrations do in a home that has no store is for the tests that are about that; all others take `with_store`.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

import accord
from accord.core.file_locks import exclusive
from accord.node.home import Home
from federation_kit.commands import separately

_SOURCES: Final = Path(accord.__file__).parent
_KEPT: Final = Path(__file__).parents[2] / ".pytest_cache" / "stores"


def with_store(home: Path) -> Path:
    """The same home, which has the tables of a new node from now on; one that has a store already is left as it is."""
    own = Home(home)
    if not own.database.exists():
        own.create()
        shutil.copyfile(migrated(), own.database)
    return home


@functools.cache
def migrated() -> Path:
    """A store in which nothing has happened. Whoever needs it first makes it, whatever process of the tests that is."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    store = _KEPT / f"{_fingerprint()}.sqlite3"
    with exclusive(_KEPT / "lock"):
        if not store.exists():
            _make(store)
    return store


def _make(store: Path) -> None:
    with tempfile.TemporaryDirectory(dir=_KEPT) as folder:
        made = separately(Path(folder), "node", "migrate", seconds=300)
        assert made.code == 0, made.err
        for earlier in _KEPT.glob("*.sqlite3"):
            earlier.unlink()
        Home(Path(folder)).database.rename(store)


def _fingerprint() -> str:
    """Changes with whatever migrations and what follows them (permissions, kinds of content) are made from."""
    digest = hashlib.sha256(version("django").encode())
    for folder in ("capabilities", "sites", "web"):
        for source in sorted((_SOURCES / folder).rglob("*.py")):
            digest.update(source.read_bytes())
    digest.update((_SOURCES / "node" / "settings.py").read_bytes())
    return digest.hexdigest()[:16]
