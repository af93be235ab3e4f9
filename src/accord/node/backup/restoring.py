"""Put a backup back, into an empty home and an empty database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from accord.core.errors import BadInput, Conflict, Corrupt, NotFound, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.node.backup import stores
from accord.node.backup.archive import Manifest, unpack
from accord.node.backup.making import Phase
from accord.node.backup.workshop import sync, workshop
from accord.node.errors import Msg
from accord.node.home import Home

_CHECKING: Final = "Unpacking and checking"


def restore(file: Path, home: Home, phase: Phase) -> Manifest:
    """Make `home` anew from a backup, bring its tables to this version, and verify its audit chain.

    Everything is unpacked and checked beside the home first; the home appears in one step at the end. Must run in a process
    that has not set Django up. Raises BadInput where the home or the database is not empty or of the other kind, Corrupt
    where the backup is damaged or its audit chain is broken.
    """
    _refuse_occupied(home.root)
    if not file.is_file():
        raise NotFound(CoreMsg.NO_SUCH_FILE, where=str(file))
    with workshop(home.root) as folder:
        try:
            manifest = unpack(file, folder, phase(_CHECKING, file.stat().st_size))
            draft = Home(folder / "home")
            draft.create()
            _refuse_unfit(manifest, draft)
            _fill_store(manifest, draft, folder / "store")
            _verify(manifest, draft)
            _publish(draft.root, home.root)
        except OSError as error:
            raise Unavailable(Msg.CANNOT_BE_RESTORED, why=error.strerror or error, where=str(home.root)) from error
    return manifest


def _refuse_occupied(root: Path) -> None:
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise BadInput(Msg.NOT_EMPTY, where=str(root))


def _refuse_unfit(manifest: Manifest, draft: Home) -> None:
    """Put the backup's own settings in force, then see that this software and this store can take it."""
    os.environ["ACCORD_HOME"] = str(draft.root)
    Home.from_environment()
    url = os.environ.get("ACCORD_DATABASE_URL", "")
    if bool(url) != (manifest.store.kind == stores.POSTGRESQL):
        raise BadInput(Msg.BACKUP_OF_SQLITE if url else Msg.BACKUP_OF_POSTGRESQL)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.node.settings")
    import django
    from django.db.migrations.loader import MigrationLoader

    django.setup()
    known = set()
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        known.update({f"{app}.{name}", *(f"{other}.{old}" for other, old in migration.replaces)})
    if unknown := [name for name in manifest.store.migrations if name not in known]:
        raise BadInput(Msg.BACKUP_MADE_BY_NEWER_ACCORD, version=manifest.version, migration=unknown[0])


def _fill_store(manifest: Manifest, draft: Home, folder: Path) -> None:
    if manifest.store.kind == stores.POSTGRESQL:
        stores.restore_postgresql(os.environ["ACCORD_DATABASE_URL"], folder / "postgresql.dump")
        return
    saved = folder / "accord.sqlite3"
    stores.check_sqlite(saved)
    saved.rename(draft.database)


def _verify(manifest: Manifest, draft: Home) -> None:
    """The tables brought to this version hold an audit chain that is whole and ends where the backup says.

    Then streams to partners begin anew: this node does not know what it said to them since.
    """
    from django.db import connections

    from accord.node import serve

    serve.prepare(draft)
    from accord.capabilities.exchange.channel.services.resync import open_new_epochs
    from accord.capabilities.people.queries import CHAINS, CHANGES, first_broken, head_of

    try:
        for chain in CHAINS.values():
            if (broken := first_broken(chain)) is not None:
                raise Corrupt(Msg.CHAIN_IN_BACKUP_BROKEN_AT_ENTRY, chain=chain.name, broken=broken)
        if head_of(CHANGES) != (manifest.store.audit_seq, manifest.store.audit_link):
            raise Corrupt(Msg.AUDIT_CHAIN_IN_BACKUP_DOES)
        open_new_epochs()
    finally:
        connections.close_all()


def _publish(draft: Path, root: Path) -> None:
    try:
        if root.exists():
            root.rmdir()
        draft.rename(root)
    except OSError as error:
        raise Conflict(Msg.CANNOT_BE_PUT_IN_PLACE, why=error.strerror, where=str(root)) from error
    sync(root.parent)
