"""The operational store out of a running node and back: SQLite through its online backup, PostgreSQL through its own tools."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from accord.core.errors import Conflict, Corrupt, NotFound, Unavailable
from accord.core.hash_chain import GENESIS
from accord.node.backup.archive import Advance, StoreFacts
from accord.node.errors import Msg

if TYPE_CHECKING:
    from psycopg import Connection

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
_PAGES_A_STEP: Final = 4096
_DEBIAN: Final = Path("/usr/lib/postgresql")
_PASSWORD: Final = re.compile(r"^(\w+://[^/?#@:]*):[^/?#]*@")
_MIGRATIONS: Final = "SELECT app, name FROM django_migrations ORDER BY id"
_HEAD: Final = "SELECT seq, link FROM people_audithead"
_SOMETHING_THERE: Final = """
SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE 'pg\\_toast%'
  AND relkind IN ('r', 'p', 'v', 'm', 'S')
LIMIT 1
"""


def copy_operational_sqlite(database: Path, folder: Path, advance: Advance) -> tuple[Path, StoreFacts]:
    """A copy of the store as it is at one moment, made while others write; and what it holds.

    Raises NotFound where the file is no store of Accord.
    """
    copy = copy_sqlite(database, folder / "accord.sqlite3", advance)
    with _opened(copy) as connection:
        try:
            facts = _facts(SQLITE, connection.execute(_MIGRATIONS), connection.execute(_HEAD))
        except sqlite3.DatabaseError as error:
            raise NotFound(Msg.NO_OPERATIONAL_STORE_ACCORD, error=error, where=str(database)) from error
    return copy, facts


def copy_sqlite(database: Path, copy: Path, advance: Advance | None = None) -> Path:
    """A copy of a SQLite database as it is at one moment. A copy that is there already is replaced."""
    copy.unlink(missing_ok=True)
    try:
        with _opened(database) as source, _opened(copy) as target:
            # the copy is of one moment only while a read is open: otherwise each write by others begins it anew
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            size = source.execute("PRAGMA page_size").fetchone()[0]
            done = 0

            def told(_status: int, remaining: int, total: int) -> None:
                nonlocal done
                if advance is not None:
                    advance((total - remaining - done) * size, database.name)
                done = total - remaining

            source.backup(target, pages=_PAGES_A_STEP, progress=told, sleep=0)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
    except sqlite3.DatabaseError as error:
        raise Unavailable(Msg.CANNOT_BE_COPIED, error=error, where=str(database)) from error
    return copy


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def check_sqlite(database: Path) -> None:
    """Raise Corrupt where SQLite finds its own file damaged."""
    with _opened(database) as connection:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise Corrupt(Msg.OPERATIONAL_STORE_IN_BACKUP_DAMAGED, found=found)


def dump_postgresql(url: str, folder: Path, advance: Advance) -> tuple[Path, StoreFacts]:
    """A dump, in pg_dump's custom form, of the database as it is at one moment; and what it holds."""
    dump = folder / "postgresql.dump"
    with _connected(url) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = str(_first(connection, "SELECT pg_export_snapshot()"))
        facts = _facts(POSTGRESQL, connection.execute(_MIGRATIONS), connection.execute(_HEAD))
        program = _program("pg_dump", _server_version(connection))
        target = os.open(dump, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # not compressed: the archive around it is
        command = [program, "--format=custom", "--compress=0", f"--snapshot={snapshot}"]
        with open(target, "wb") as out:
            for data in _output(command, url):
                out.write(data)
                advance(len(data), dump.name)
    return dump, facts


def restore_postgresql(url: str, dump: Path) -> None:
    """Fill the empty database of `url` in one transaction. Conflict where it holds anything."""
    with _connected(url) as connection:
        found = _first(connection, _SOMETHING_THERE)
        if found is not None:
            raise Conflict(Msg.DATABASE_HOLDS_ALREADY, name=found, where=_without_password(url))
        program = _program("pg_restore", _server_version(connection))
    command = [program, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(dump)]
    for _ in _output(command, url):
        pass


def _facts(kind: str, migrations: Any, head: Any) -> StoreFacts:
    names = tuple(f"{app}.{name}" for app, name in migrations)
    seq, link = next(iter(head), (0, GENESIS))
    return StoreFacts(kind, names, seq, link)


@contextmanager
def _connected(url: str) -> Iterator[Connection[tuple[Any, ...]]]:
    import psycopg

    try:
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
    except psycopg.errors.UndefinedTable as error:
        raise NotFound(Msg.HOLDS_NO_OPERATIONAL_STORE_ACCORD, where=_without_password(url)) from error
    except psycopg.Error as error:
        raise Unavailable(Msg.DATABASE_DOES_NOT_ANSWER, error=str(error).strip(), where=_without_password(url)) from error


def _first(connection: Connection[tuple[Any, ...]], query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def server_version(url: str) -> int:
    """The major version of the server behind `url`; Unavailable where it does not answer."""
    with _connected(url) as connection:
        return _server_version(connection)


def _server_version(connection: Connection[tuple[Any, ...]]) -> int:
    return connection.info.server_version // 10_000


def client_programs(name: str, debian: Path = _DEBIAN) -> list[tuple[int, str]]:
    """(major version, path) of every copy of one of PostgreSQL's programs on this machine, the newest first."""
    places = [str(path) for path in debian.glob(f"*/bin/{name}")]
    places += [place] if (place := shutil.which(name)) else []
    found = []
    for place in dict.fromkeys(places):
        told = subprocess.run([place, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
        if version := re.search(r"\(PostgreSQL\) (\d+)", told.stdout):
            found.append((int(version[1]), place))
    return sorted(found, reverse=True)


def _program(name: str, server: int) -> str:
    """The newest copy of `name`, which must not be older than the server: an older one cannot read its tables."""
    found = client_programs(name)
    remedy = Msg.INSTALL_POSTGRESQL_CLIENT.with_(server=server)
    if not found:
        raise Unavailable(Msg.POSTGRESQL_PROGRAM_NOT_INSTALLED_HERE, name=name, remedy=remedy)
    version, place = found[0]
    if version < server:
        raise Unavailable(Msg.VERSION_OLDER_THAN, place=place, version=version, server=server, remedy=remedy)
    return place


def _output(command: list[str], url: str) -> Iterator[bytes]:
    """What one of PostgreSQL's programs writes. The password goes through the environment, where `ps` does not show it."""
    environment = {**os.environ}
    if password := urlsplit(url).password:
        environment["PGPASSWORD"] = unquote(password)
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program and our own arguments
            [*command, f"--dbname={_without_password(url)}"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        assert process.stdout is not None
        try:
            while data := process.stdout.read(1 << 20):
                yield data
            process.wait()
        finally:
            process.stdout.close()
            process.kill()
            process.wait()
        if process.returncode:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip()
            raise Unavailable(Msg.PROGRAM_FAILED, program=Path(command[0]).name, said=said, where=_without_password(url))


def _without_password(url: str) -> str:
    return _PASSWORD.sub(r"\1@", url)
