"""The folder itself: how files come to be in it whole, are read with care, and move on.

Both sides are strangers to each other, so nothing in the folder is trusted: no link is followed, no more is read than a
letter may have, a name must fit what the file says.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import UUID

from accord.adapters.bank_files.errors import Msg
from accord.adapters.bank_wire import MOST_BYTES_ASKED, MOST_BYTES_TOLD, Letter, open_letter
from accord.core import clock
from accord.core.errors import BadInput, Unavailable
from accord.core.errors import Msg as CoreMsg

_NAME: Final = re.compile(
    r"(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?P<part>\.ask|\.ack|\.answer|\.error|\.status|)\.json",
    re.ASCII,
)
STILL_WRITTEN: Final = timedelta(seconds=60)
"""A file that cannot be read yet and changed less than this long ago may still be being written."""


class Part(StrEnum):
    """The end of a file's name, before .json."""

    MESSAGE = ""
    ASK = ".ask"
    ACK = ".ack"
    ANSWER = ".answer"
    ERROR = ".error"
    STATUS = ".status"


class Way(StrEnum):
    """Which way a file goes: `out` from the agency to the holder, `in` back."""

    OUT = "out"
    IN = "in"


PARTS: Final = {Way.OUT: (Part.MESSAGE, Part.ASK), Way.IN: (Part.ACK, Part.ANSWER, Part.ERROR, Part.STATUS)}
_MOST_BYTES: Final = {Way.OUT: MOST_BYTES_ASKED, Way.IN: MOST_BYTES_TOLD}


class Drop:
    """One exchange folder. Every method raises Unavailable where the folder cannot be reached."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> None:
        """Make the folders that are not there."""
        with _reachable(self.folder):
            for way in Way:
                (self.folder / way).mkdir(mode=0o770, parents=True, exist_ok=True)
                (self.folder / "archive" / way).mkdir(mode=0o770, parents=True, exist_ok=True)
            (self.folder / "rejected").mkdir(mode=0o770, exist_ok=True)

    def put(self, way: Way, about: UUID, part: Part, content: bytes) -> None:
        """Let the file appear, whole and on disk; it takes the place of one that was there."""
        target = self._path(way, about, part)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        with _reachable(self.folder):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(target)
            except OSError:
                draft.unlink(missing_ok=True)
                raise
            _sync_folder(target.parent)

    def waiting(self, way: Way) -> list[tuple[UUID, Part]]:
        """The files that lie there, oldest name first. Whatever has a name that no letter has is moved out of the way."""
        with _reachable(self.folder):
            names = sorted(entry.name for entry in os.scandir(self.folder / way) if not entry.name.startswith("."))
        found = []
        for name in names:
            shape = _NAME.fullmatch(name)
            if shape is None or Part(shape["part"]) not in PARTS[way]:
                self._reject(self.folder / way / name, "a file of this name is not expected here")
            else:
                found.append((UUID(shape["id"]), Part(shape["part"])))
        return found

    def read(self, way: Way, about: UUID, part: Part, *, archived: bool = False) -> Letter | None:
        """The letter in a file; None where there is none, or none that is finished.

        A file that is no letter about `about` is moved to rejected/ with the reason; so is one that is too long.
        """
        path = self._path(way, about, part, archived=archived)
        try:
            content = _content(path, _MOST_BYTES[way])
        except BadInput as error:
            self._reject(path, str(error))
            return None
        if content is None:
            return None
        try:
            letter = open_letter(content)
        except BadInput as error:
            if not _just_changed(path):
                self._reject(path, str(error))
            return None
        if letter.about != about:
            self._reject(path, f"the file is named after another message than it is about ({letter.about})")
            return None
        return letter

    def archive(self, way: Way, about: UUID, part: Part) -> None:
        """A file has been dealt with. One of the same name that lies in the archive stays beside it."""
        with _reachable(self.folder):
            _move(self._path(way, about, part), self._path(way, about, part, archived=True))

    def reject(self, way: Way, about: UUID, part: Part, reason: str) -> None:
        """A file cannot be used: it is kept, with the reason beside it, and stands in nobody's way."""
        self._reject(self._path(way, about, part), reason)

    def _path(self, way: Way, about: UUID, part: Part, *, archived: bool = False) -> Path:
        folder = self.folder / "archive" / way if archived else self.folder / way
        return folder / f"{about}{part}.json"

    def _reject(self, path: Path, reason: str) -> None:
        with _reachable(self.folder):
            kept = _move(path, self.folder / "rejected" / path.name)
            if kept is not None:
                kept.with_name(kept.name + ".reason.txt").write_text(reason + "\n", encoding="utf-8")


@contextmanager
def _reachable(folder: Path) -> Iterator[None]:
    """A with block in which a failing file system means that the line is down."""
    try:
        yield
    except OSError as error:
        raise Unavailable(Msg.EXCHANGE_FOLDER_CANNOT_BE_USED, why=error.strerror, where=str(folder)) from error


def _content(path: Path, most: int) -> bytes | None:
    """The bytes of a plain file, None where there is none. BadInput where it is a link, a device, or too long."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise BadInput(Msg.FILE_IS_A_LINK) from error
        raise Unavailable(CoreMsg.FILE_CANNOT_BE_READ, why=error.strerror, where=str(path)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BadInput(Msg.NOT_A_PLAIN_FILE)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BadInput(Msg.FILE_LONGER_THAN_BYTES, most=most)
    return content


def _just_changed(path: Path) -> bool:
    try:
        changed = path.lstat().st_mtime_ns // 1_000
    except FileNotFoundError:
        return True
    return clock.machine_now() - clock.from_micros(changed) < STILL_WRITTEN


def _move(path: Path, target: Path) -> Path | None:
    """Move without ever overwriting; where to, or None where the file is gone: somebody else was first."""
    free, number = target, 1
    while free.exists() or free.is_symlink():
        free, number = target.with_name(f"{target.name}.{number}"), number + 1
    try:
        path.rename(free)
    except FileNotFoundError:
        return None
    _sync_folder(free.parent)
    return free


def _sync_folder(folder: Path) -> None:
    """Put the folder's list of names on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
