"""Which files of a home a backup holds: all but those that are made again by themselves.

A part that this list does not know is saved, so that nothing is lost because somebody forgot to name it here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from accord.node.home import Home

_MADE_AGAIN: Final = ("index", "cache")
_BESIDE_SQLITE: Final = ("-wal", "-shm", "-journal")
_PASSPHRASE: Final = "passphrase"  # noqa: S105 - the name of a file
_SQLITE: Final = b"SQLite format 3\x00"


def plain_files(home: Home) -> Iterator[Path]:
    """The files to copy as they are, and other SQLite files; without the operational store and the record tables.

    Left out: the index and caches, locks, the drafts of a secret key, and the passphrase of the private keys, without which
    those in the backup open for nobody.
    """
    own = {home.records, home.database, *passphrases(home), *(home.root / name for name in _MADE_AGAIN)}
    seen: set[Path] = set()
    for folder, names, files in os.walk(home.root, followlinks=True):
        names[:] = sorted(name for name in names if _fresh(Path(folder, name), own, seen))
        for name in sorted(files):
            path = Path(folder, name)
            if path not in own and path.is_file() and not _is_passing(path):
                yield path


def passphrases(home: Home) -> set[Path]:
    """Where the passphrase of this node's private keys may lie within the home."""
    stated = home.key_passphrase_file()
    return {home.keys / _PASSPHRASE, *([stated] if stated else [])}


def passphrase_place(home: Home) -> Path:
    """Where the passphrase belongs."""
    return home.key_passphrase_file() or home.keys / _PASSPHRASE


def _fresh(folder: Path, own: set[Path], seen: set[Path]) -> bool:
    """Whether to look into a folder: not one of our own kinds, and not twice through a link."""
    real = folder.resolve()
    if folder in own or real in seen:
        return False
    seen.add(real)
    return True


def _is_passing(path: Path) -> bool:
    """Whether a file belongs to the moment: a lock, a draft, or what SQLite keeps beside an open file."""
    beside = path.name.endswith(_BESIDE_SQLITE) and path.with_name(path.name.rpartition("-")[0]).exists()
    return beside or path.suffix == ".lock" or path.name.startswith("secret-key.")


def is_sqlite(path: Path) -> bool:
    """Whether a file is a SQLite database, which is copied through SQLite and not byte by byte."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
