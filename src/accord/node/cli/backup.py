"""accord node backup, accord node restore: everything a node keeps, in one file and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from accord.node.cli import output
from accord.node.cli.options import HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from accord.node.backup.archive import Advance, Manifest
    from accord.node.backup.making import Phase

BACKUP_EPILOG: Final = """Examples:

\b
  accord node backup /backups/accord-2026-03-01.tar.gz
  accord node backup /backups --home /srv/accord --json

The node may run meanwhile. The file holds the operational store, the records, the settings and the node's secret key, which \
unlocks second factors: it is readable by its owner alone; keep it as safe as the node. The private keys for partners are in \
it, encrypted as they lie on the disk; their passphrase is not: keep a copy of it somewhere else. The tracing index and caches \
are left out and made again. On PostgreSQL, pg_dump must be installed here, no older than the server. An interrupted backup \
leaves no file, and no file is written over."""

RESTORE_EPILOG: Final = """Examples:

\b
  accord node restore /backups/accord-2026-03-01.tar.gz --home /srv/accord
  ACCORD_DATABASE_URL=postgresql://accord@db.internal/accord accord node restore FILE --home /srv/accord

The folder must be empty or new, and so must the PostgreSQL database where the node kept one. Every part is checked against \
its hash before anything is touched; the audit chain is verified before the home appears. Stop the node that is replaced: two \
nodes that carry on the same orders would both write to the banks."""

_NewFile = Annotated[
    Path, typer.Argument(help="The new file, or a folder for one named after the moment.", show_default=False, metavar="FILE")
]
_BackupFile = Annotated[Path, typer.Argument(help="The backup file.", show_default=False, metavar="FILE")]


def backup(file: _NewFile, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Save everything that this node keeps into one new file, while it runs."""
    node_home = open_home(home)
    from accord.core import clock
    from accord.node.backup import back_up

    if file.is_dir():
        file = file / f"accord-{clock.now():%Y%m%dT%H%M%SZ}.tar.gz"
    with _phases() as phase:
        manifest = back_up(node_home, file, phase)
    if as_json:
        output.print_json(_document(manifest, file))
    else:
        size = file.stat().st_size / (1 << 20)
        output.note(f"Saved in {file}: {size:,.1f} MiB, audit chain up to entry {manifest.store.audit_seq:,}.")


def restore(file: _BackupFile, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Make a node anew from a backup: an empty home, an empty database, and a verified audit chain."""
    node_home = open_home(home)
    from accord.node.backup import contents
    from accord.node.backup import restore as restore_backup

    with _phases() as phase:
        manifest = restore_backup(file, node_home, phase)
    if as_json:
        output.print_json(_document(manifest, file))
    else:
        output.note(
            f"{node_home.root} is as it was at {manifest.made_at}; its audit chain holds up to entry "
            f"{manifest.store.audit_seq:,}."
        )
        if node_home.keys.is_dir():
            output.note(
                "It has private keys, which the backup holds without their passphrase: put that back before the node starts "
                f"({contents.passphrase_place(node_home)})."
            )


def _document(manifest: Manifest, file: Path) -> dict[str, Any]:
    return {
        "file": str(file),
        "version": manifest.version,
        "made_at": manifest.made_at,
        "store": manifest.store.kind,
        "audit_entries": manifest.store.audit_seq,
        "audit_head": manifest.store.audit_link,
    }


@contextmanager
def _phases() -> Iterator[Phase]:
    """One bar for each phase, one below the other."""
    with output.progress_bar() as bar:

        def phase(name: str, total: int | None) -> Advance:
            task = bar.add_task(name, total=total, detail="")
            return lambda count, part: bar.update(task, advance=count, detail=part.rpartition("/")[2])

        yield phase
