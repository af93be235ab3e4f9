"""What a folder holds now: one small file that is replaced in one step, so a reader sees the old index or the new one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from accord.core.canonical import content_hash
from accord.core.errors import Corrupt, NotFound
from accord.core.wording import Wording
from accord.engine.tracing.errors import Msg

NAME: Final = "manifest.json"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of the tail: rows of "transfers" or of "balances". Covers the publications `first` to `last`."""

    file: str
    kind: str
    first: int
    last: int
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`generation` counts publications; `base` is a folder, `sizes` its files in bytes, `names_sha256` its small file's hash.

    Every segment's `first` is above `base_generation`, the last publication that the base contains.
    """

    generation: int
    base: str
    base_generation: int
    sizes: dict[str, int]
    names_sha256: str
    segments: tuple[Segment, ...]
    transfers: int
    last_seq: int

    def files(self) -> set[str]:
        """Names in the folder that this manifest needs."""
        return {self.base, *(segment.file for segment in self.segments)}


def read(folder: Path) -> Manifest:
    """The manifest of a folder; NotFound where there is none, Corrupt where it fails its own hash."""
    path = folder / NAME
    try:
        document = json.loads(path.read_bytes())
        stated = document.pop("hash")
        if stated != content_hash(document):
            raise damaged(path, Msg.CONTENT_DOES_NOT_MATCH.with_())
        if document.pop("format") != FORMAT:
            raise damaged(path, Msg.OTHER_VERSION.with_())
        segments = tuple(Segment(**segment) for segment in document.pop("segments"))
        return Manifest(segments=segments, **document)
    except FileNotFoundError:
        raise NotFound(Msg.NO_INDEX, folder=folder) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, Msg.UNREADABLE.with_(error=error)) from error


def write(folder: Path, manifest: Manifest) -> None:
    """Replace the folder's manifest in one step; everything it names must already be on disk."""
    document: dict[str, Any] = {"format": FORMAT, **asdict(manifest)}
    document["segments"] = [asdict(segment) for segment in manifest.segments]
    document["hash"] = content_hash(document)
    write_file(folder / NAME, lambda file: file.write(json.dumps(document, indent=1).encode()))


def write_file(path: Path, fill: Callable[[BinaryIO], Any]) -> None:
    """Write a whole file and make it durable, or leave nothing under its name."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_hash(path: Path) -> str:
    """SHA-256 of a small file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def damaged(path: Path, why: Wording) -> Corrupt:
    """The error for an index that must not be used; it can always be built again from the records."""
    return Corrupt(Msg.DELETE_FOLDER_LOAD_AGAIN, why=why, folder=path.parent, where=str(path))
