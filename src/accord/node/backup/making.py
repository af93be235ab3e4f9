"""Take a backup, while the node runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound, Unavailable
from accord.node.backup import contents, stores
from accord.node.backup.archive import Advance, Manifest, Packer, StoreFacts
from accord.node.backup.workshop import sync, workshop
from accord.node.errors import Msg
from accord.node.home import Home

Phase = Callable[[str, int | None], Advance]
"""Told the name of each phase and its bytes where they are known; gives what is told of the phase's progress."""

_SAVING: Final = "Saving the operational store"
_PACKING: Final = "Packing"


def back_up(home: Home, file: Path, phase: Phase) -> Manifest:
    """Write everything that `home` keeps into the new `file`, readable by its owner alone.

    The file appears whole or not at all. Raises BadInput where it exists or lies in the home, NotFound where there is no
    node, Unavailable where the store or the disk fails.
    """
    file = file.expanduser().absolute()
    _refuse(home, file)
    url = os.environ.get("ACCORD_DATABASE_URL", "")
    with workshop(file) as folder:
        try:
            if url:
                saved, facts = stores.dump_postgresql(url, folder, phase(_SAVING, None))
            else:
                size = home.database.stat().st_size
                saved, facts = stores.copy_operational_sqlite(home.database, folder, phase(_SAVING, size))
            manifest = Manifest(version("accord"), clock.to_iso(clock.now()), facts)
            draft = folder / "draft"
            _pack(home, draft, saved, manifest, phase(_PACKING, _size(home) + saved.stat().st_size))
        except OSError as error:
            raise Unavailable(Msg.BACKUP_CANNOT_BE_WRITTEN, why=error.strerror or error, where=str(file)) from error
        _publish(draft, file)
    return manifest


def _refuse(home: Home, file: Path) -> None:
    if file.exists():
        raise BadInput(Msg.EXISTS_ALREADY, where=str(file))
    if file.resolve().is_relative_to(home.root.resolve()):
        raise BadInput(Msg.LIES_IN_HOME_TO_SAVE, where=str(file))
    if not home.root.is_dir() or not (os.environ.get("ACCORD_DATABASE_URL") or home.database.exists()):
        raise NotFound(Msg.NO_NODE_TO_SAVE_HERE, where=str(home.root))


def _pack(home: Home, draft: Path, saved: Path, manifest: Manifest, advance: Advance) -> None:
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        packer = Packer(out, advance)
        packer.add(f"store/{saved.name}", saved)
        for path in contents.plain_files(home):
            name = f"home/{path.relative_to(home.root).as_posix()}"
            if contents.is_sqlite(path):
                packer.add(name, stores.copy_sqlite(path, draft.parent / "copied.sqlite3"))
            else:
                packer.add(name, path)
        if home.records.is_dir():
            from accord.engine.records import RecordStore

            RecordStore(home.records).each_file(lambda path: packer.add(f"home/{path.relative_to(home.root).as_posix()}", path))
        packer.close(manifest)
        out.flush()
        os.fsync(out.fileno())


def _size(home: Home) -> int:
    """Bytes of the home's files, about: some may come or go meanwhile."""
    records = (Path(folder, name) for folder, _, names in os.walk(home.records) for name in names)
    return sum(map(_bytes_of, (*contents.plain_files(home), *records)))


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a loader's draft that has got its name, or is gone
        return 0


def _publish(draft: Path, file: Path) -> None:
    """Give the finished file its name; a file that appeared there meanwhile is left alone."""
    try:
        os.link(draft, file)
    except FileExistsError:
        raise Conflict(Msg.APPEARED_WHILE_BACKUP_TAKEN, where=str(file)) from None
    sync(file.parent)


__all__ = ["Manifest", "Phase", "StoreFacts", "back_up"]
