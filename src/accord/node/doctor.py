"""What a node needs, and what this machine lacks of it."""

from __future__ import annotations

import locale
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import Final

from accord.core.errors import AccordError, BadInput, NotFound
from accord.core.findings import Finding, State
from accord.node import node_settings
from accord.node.home import Home

_LOWEST_PYTHON: Final = (3, 11)
_PACKAGE_NAME: Final = re.compile(r"[\w.-]+")
_PATIENCE: Final = timedelta(minutes=2)
"""How long a due row may wait before a missing worker is suspected."""

_ENOUGH_DISK: Final = 1 << 30
"""Bytes free below which a warning is due; a million transfers take about a tenth of that."""


def examine(home: Home) -> Iterator[Finding]:
    """Look at everything a node needs, cheap things first. A home folder that is not there yet is not made."""
    yield _python()
    yield _packages()
    yield _encoding()
    yield _folder(home)
    yield _disk(home)
    if home.root.is_dir():
        yield (settings := _settings(home))
        yield (factors := _second_factors(home))
        if State.FAILED not in (settings.state, factors.state):  # else the settings that the store needs refuse to be read
            yield (store := _operational_store(home))
            if store.state is State.OK:
                yield _clocks(home)
                yield from _capabilities()
            if url := os.environ.get("ACCORD_DATABASE_URL"):
                yield _postgresql_client(url)
        yield _records(home)
        yield _index(home)
    yield _program("Chromium", ("chromium", "chromium-browser", "google-chrome"), "the browser tests")
    yield _program("PostgreSQL server", ("postgres",), "the tests on PostgreSQL", Path("/usr/lib/postgresql"))


def _python() -> Finding:
    found = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.version_info < _LOWEST_PYTHON:
        return Finding("Python", State.FAILED, found, "Run ./bootstrap.sh with Python 3.11 or newer on the PATH.")
    return Finding("Python", State.OK, found)


def _packages() -> Finding:
    """Every package that Accord itself requires is there; the lock files say which version."""
    wanted = [_PACKAGE_NAME.match(line)[0] for line in metadata.requires("accord") or ()]  # type: ignore[index]
    missing = [name for name in wanted if not _is_installed(name)]
    if missing:
        return Finding("Packages", State.FAILED, f"missing: {', '.join(missing)}", "Run ./bootstrap.sh.")
    return Finding("Packages", State.OK, f"all {len(wanted)} are there")


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _encoding() -> Finding:
    """Names, narratives and pages are Chinese as often as English."""
    found = f"locale {locale.setlocale(locale.LC_CTYPE)}, output {sys.stdout.encoding}"
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        return Finding("Text", State.WARNING, found, "Chinese may not print: set LANG=C.UTF-8 or PYTHONUTF8=1.")
    return Finding("Text", State.OK, found)


def _folder(home: Home) -> Finding:
    place = str(home.root)
    if not home.root.exists():
        return Finding("Home folder", State.OK, f"{place} is not there yet; the first load, demo or run makes it")
    try:
        with tempfile.TemporaryFile(dir=home.root):
            pass
    except OSError as error:
        return Finding(
            "Home folder", State.FAILED, f"{place}: {error.strerror}", "Make it writable or choose another with --home."
        )
    if home.root.stat().st_mode & 0o077:
        return Finding("Home folder", State.WARNING, f"{place} is open to other users", f"chmod 700 {place}")
    return Finding("Home folder", State.OK, place)


def _disk(home: Home) -> Finding:
    nearest = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    free = shutil.disk_usage(nearest).free
    found = f"{free / (1 << 30):.1f} GiB free"
    if free < _ENOUGH_DISK:
        return Finding("Disk", State.WARNING, found, "Make room: a load or a start that finds none stops half-way.")
    return Finding("Disk", State.OK, found)


def _settings(home: Home) -> Finding:
    """What accord.toml sets, and whether every setting can be. Second factors have a finding of their own."""
    stated = home.file_settings()
    if wrong := [error.message for name, error in node_settings.problems(home) if name != "second_factor"]:
        return Finding("Settings", State.FAILED, "; ".join(wrong), "Correct accord.toml or the environment: docs/operate.md.")
    return Finding("Settings", State.OK, f"accord.toml sets {', '.join(stated)}" if stated else "accord.toml sets nothing")


def _second_factors(home: Home) -> Finding:
    """Whether a password alone opens the desk to whoever decides about money."""
    name = "Second factors"
    try:
        stated = home.second_factor()
    except BadInput as error:
        return Finding(name, State.FAILED, error.message, "Say required, or nothing.")
    if stated == "off":
        return Finding(name, State.WARNING, "off: passwords alone open this exercise", "Never put real cases here.")
    return Finding(name, State.OK, "required of whoever decides about money or people")


def _operational_store(home: Home) -> Finding:
    """Whether the database answers and its tables are of this version."""
    name = "Operational store"
    if not os.environ.get("ACCORD_DATABASE_URL") and not home.database.exists():
        return Finding(name, State.WARNING, "not made yet", "accord node migrate")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.node.settings")
    import django
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Finding(name, State.FAILED, f"{connection.vendor}: {error}".strip(), "Is the server up, and database_url right?")
    finally:
        connection.close()
    if waiting:
        return Finding(name, State.FAILED, f"{connection.vendor}: {len(waiting)} migrations wait", "accord node migrate")
    return Finding(name, State.OK, f"{connection.vendor}, tables of this version")


def _clocks(home: Home) -> Finding:
    """Whether what falls due is dealt with: the worker leaves nothing waiting."""
    from accord.core import clock
    from accord.node import exercise_clock
    from accord.node.worker import next_due

    exercise_clock.install(home)
    due, now = next_due(), clock.now()
    if due is None:
        return Finding("Clocks", State.OK, "nothing waits")
    if now - due <= _PATIENCE:
        return Finding("Clocks", State.OK, f"next due {clock.to_iso(due.replace(microsecond=0))}")
    late = timedelta(seconds=round((now - due).total_seconds()))
    return Finding("Clocks", State.WARNING, f"the oldest row that is due has waited {late}", "Start a worker: accord node work")


def _capabilities() -> Iterator[Finding]:
    """What the installed capabilities look at themselves, and whether somebody answers at every port that one needs."""
    from django.conf import settings

    from accord.capabilities.plugin import declared

    kind = settings.ACCORD_AGENCY_KIND
    declarations = [declaration for _, declaration in declared()]
    offered = {offer.port for declaration in declarations for offer in declaration.offers}
    for declaration in declarations:
        for port in declaration.needs:
            if kind in port.kinds and not port.by_node and port.name not in offered:
                yield Finding(
                    "Ports", State.FAILED, f"nobody answers at {port.name}: {port.what}", "Install the app that does."
                )
        for check in declaration.checks:
            if kind in check.kinds:
                yield from check.run()


def _postgresql_client(url: str) -> Finding:
    """Backups are taken with the client's programs, which must not be older than the server."""
    from accord.node.backup import stores

    name = "PostgreSQL client"
    try:
        server, (newest, place) = stores.server_version(url), next(iter(stores.client_programs("pg_dump")), (0, ""))
    except AccordError as error:
        return Finding(name, State.WARNING, str(error))
    if newest < server:
        found = f"{place} is of version {newest}, the server of {server}" if place else "pg_dump is not installed"
        return Finding(name, State.WARNING, found, f"Backups need it: apt install postgresql-client-{server}")
    return Finding(name, State.OK, f"{place}, version {newest}")


def _records(home: Home) -> Finding:
    from accord.engine.records import RecordStore

    try:
        counts = RecordStore(home.records).status()
    except AccordError as error:
        return Finding("Records", State.FAILED, str(error), "Restore the records folder from a backup.")
    return Finding("Records", State.OK, f"{counts['transfers']:,} transfers, {counts['balances']:,} balances")


def _index(home: Home) -> Finding:
    from accord.engine.tracing import Ledger

    try:
        found = f"{len(Ledger.open(home.index)):,} transfers can be traced"
    except NotFound:
        found = "none yet; the first trace makes it"
    except AccordError as error:
        return Finding("Tracing index", State.FAILED, str(error), f"Delete {home.index}; the next trace makes it again.")
    return Finding("Tracing index", State.OK, found)


def _program(name: str, programs: tuple[str, ...], used_by: str, off_the_path: Path | None = None) -> Finding:
    """A program that a node runs without; Debian keeps PostgreSQL's under /usr/lib/postgresql/VERSION/bin."""
    places = [place for program in programs if (place := shutil.which(program))]
    if off_the_path is not None:
        places += [str(path) for program in programs for path in sorted(off_the_path.glob(f"*/bin/{program}"))]
    if places:
        return Finding(name, State.OK, places[0])
    return Finding(name, State.OK, f"not installed; only {used_by} use it")
