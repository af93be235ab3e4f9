"""What a sandbox must not forget: orders, answers, holds, stopped payments, and how far the world was played.

One SQLite file in WAL mode. With synchronous=NORMAL a commit survives the death of the process at any moment (only a power
cut could lose the last ones, which a sandbox may). One connection a process, used under the owner's lock; other processes
are noticed by SQLite's data version. Open it after the process has started: a connection does not survive a fork.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from accord.adapters.sandbox_bank.errors import Msg
from accord.adapters.sandbox_bank.holds import Hold
from accord.adapters.sandbox_bank.limits import Limit
from accord.adapters.sandbox_bank.play import StopReason
from accord.adapters.sandbox_bank.profile import Faults
from accord.core.errors import Conflict, Corrupt, Unavailable
from accord.core.file_locks import exclusive

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS run (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stops (number INTEGER PRIMARY KEY, row INTEGER NOT NULL UNIQUE, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, bank TEXT NOT NULL, content BLOB NOT NULL,
    due_at INTEGER NOT NULL, answer BLOB, UNIQUE (id, kind)
);
CREATE INDEX IF NOT EXISTS messages_due ON messages (due_at) WHERE answer IS NULL;
CREATE TABLE IF NOT EXISTS holds (order_id TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS limits (order_id TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS withdrawn (order_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS faults (bank TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One enquiry or order as received: `content` is the port's message, `due_at` when the bank acts (epoch µs).

    `answer` is None until the bank has acted, and never changes afterwards.
    """

    id: UUID
    kind: str
    bank: str
    content: bytes
    due_at: int
    answer: bytes | None = None


class StateStore:
    """The file. Not safe for threads by itself: its owner locks."""

    def __init__(self, folder: Path, book: str) -> None:
        """Open or make the state of the book with this fingerprint; Conflict where the folder keeps another world's."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "sandbox.sqlite3"
        self._database = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        with exclusive(folder / "opening.lock"):  # SQLite does not wait where two change the kind of journal at once
            self._prepare(path)
        with self.transaction():
            self._database.execute("INSERT OR IGNORE INTO run VALUES ('book', ?), ('played', '0')", (book,))
        if self._value("book") != book:
            self._database.close()
            raise Conflict(Msg.FOLDER_KEEPS_STATE_ANOTHER_WORLD, where=str(folder))
        self._version = -1
        self._stops_read = 0
        self._closing = weakref.finalize(self, self._database.close)

    def _prepare(self, path: Path) -> None:
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute("PRAGMA wal_autocheckpoint = 10000")  # pages: a checkpoint waits for the disk
            self._database.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            self._database.close()
            raise Unavailable(Msg.SANDBOX_STATE_CANNOT_BE_OPENED_NOW, error=error, where=str(path)) from error
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise Corrupt(Msg.SANDBOX_STATE_CANNOT_BE_READ, error=error, where=str(path)) from error

    def close(self) -> None:
        self._closing()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and no other process in between."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:  # a full disk can make the commit itself fail
                self._database.execute("ROLLBACK")
            raise

    def changed_elsewhere(self) -> bool:
        """Whether another process has written since the last call (true at the first)."""
        (version,) = self._database.execute("PRAGMA data_version").fetchone()
        changed, self._version = version != self._version, version
        return bool(changed)

    def forget_reading(self) -> None:
        """Make the next look read everything again."""
        self._version, self._stops_read = -1, 0

    def played(self) -> int:
        return int(self._value("played"))

    def set_played(self, events: int) -> None:
        self._database.execute("UPDATE run SET value = ? WHERE name = 'played'", (str(events),))

    def new_stops(self) -> dict[int, StopReason]:
        """Stopped rows that this object has not yet told or been told."""
        found = self._database.execute("SELECT number, row, reason FROM stops WHERE number > ?", (self._stops_read,)).fetchall()
        self._stops_read = max((number for number, _, _ in found), default=self._stops_read)
        return {row: StopReason(reason) for _, row, reason in found}

    def add_stops(self, stops: Iterable[tuple[int, StopReason]]) -> None:
        for row, reason in stops:
            number = self._database.execute("INSERT INTO stops (row, reason) VALUES (?, ?)", (row, reason.value)).lastrowid
            self._stops_read = number or self._stops_read

    def message(self, message_id: UUID, kind: str) -> Message | None:
        found = self._database.execute(
            "SELECT bank, content, due_at, answer FROM messages WHERE id = ? AND kind = ?", (str(message_id), kind)
        ).fetchone()
        return Message(message_id, kind, *found) if found else None

    def add_message(self, message: Message) -> None:
        self._database.execute(
            "INSERT INTO messages (id, kind, bank, content, due_at, answer) VALUES (?, ?, ?, ?, ?, ?)",
            (str(message.id), message.kind, message.bank, message.content, message.due_at, message.answer),
        )

    def set_answer(self, message: Message, answer: bytes) -> bool:
        """Fix the answer to a message, which need not be kept yet; False where one was fixed already."""
        kept = self._database.execute(
            "INSERT INTO messages (id, kind, bank, content, due_at, answer) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id, kind) DO UPDATE SET answer = excluded.answer WHERE answer IS NULL",
            (str(message.id), message.kind, message.bank, message.content, message.due_at, answer),
        )
        return kept.rowcount == 1

    def next_due(self, until: int) -> Message | None:
        """The earliest order that the bank has to act on by then. Enquiries wait until they are asked for."""
        found = self._database.execute(
            "SELECT id, kind, bank, content, due_at FROM messages"
            " WHERE answer IS NULL AND due_at <= ? AND kind <> 'enquiry' ORDER BY due_at, number LIMIT 1",
            (until,),
        ).fetchone()
        return Message(UUID(found[0]), *found[1:]) if found else None

    def holds(self) -> list[Hold]:
        found = self._database.execute("SELECT content FROM holds")
        return [msgspec.json.decode(content, type=Hold) for (content,) in found]

    def put_hold(self, hold: Hold) -> None:
        self._database.execute("INSERT OR REPLACE INTO holds VALUES (?, ?)", (str(hold.order_id), msgspec.json.encode(hold)))

    def limits(self) -> list[Limit]:
        found = self._database.execute("SELECT content FROM limits")
        return [msgspec.json.decode(content, type=Limit) for (content,) in found]

    def put_limit(self, limit: Limit) -> None:
        content = msgspec.json.encode(limit)
        self._database.execute("INSERT OR REPLACE INTO limits VALUES (?, ?)", (str(limit.order_id), content))

    def withdraw(self, order_id: UUID) -> None:
        """Remember that an order is not to be carried out, whether it has come yet or not."""
        self._database.execute("INSERT OR IGNORE INTO withdrawn VALUES (?)", (str(order_id),))

    def is_withdrawn(self, order_id: UUID) -> bool:
        found = self._database.execute("SELECT 1 FROM withdrawn WHERE order_id = ?", (str(order_id),)).fetchone()
        return found is not None

    def faults(self) -> dict[str, Faults]:
        rows = self._database.execute("SELECT bank, content FROM faults")
        return {bank: msgspec.json.decode(content, type=Faults) for bank, content in rows}

    def put_faults(self, bank: str, faults: Faults) -> None:
        self._database.execute("INSERT OR REPLACE INTO faults VALUES (?, ?)", (bank, msgspec.json.encode(faults)))

    def _value(self, name: str) -> str:
        return str(self._database.execute("SELECT value FROM run WHERE name = ?", (name,)).fetchone()[0])
