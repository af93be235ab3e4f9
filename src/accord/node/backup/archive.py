"""The backup file: a gzipped tar of parts, with the manifest as its last member, so that a file cut short has none.

manifest.json names the version and moment, the kind of store, its migrations, the head of the audit chain, and size and
SHA-256 of every part. A part's name is its place: store/… is the operational store, home/… lies in the home folder.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, cast

from accord.core.errors import Corrupt
from accord.node.errors import Msg

_FORMAT: Final = "accord backup"
_FORMAT_VERSION: Final = 1
_MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1 << 20
_QUICK: Final = 1
"""Level of gzip: record tables are compressed already, and a backup is wanted soon."""

Advance = Callable[[int, str], None]
"""Told the bytes just dealt with and the part they belong to."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file in the backup; `size` in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The operational store as it was saved: its kind, the migrations it had, the head of its audit chain."""

    kind: str
    migrations: tuple[str, ...]
    audit_seq: int
    audit_link: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `made_at` is ISO 8601; `version` that of Accord."""

    version: str
    made_at: str
    store: StoreFacts
    parts: tuple[Part, ...] = field(default=())


class Packer:
    """Writes parts into a new archive; `close` ends it with its manifest."""

    def __init__(self, file: IO[bytes], advance: Advance) -> None:
        self._gzip = gzip.GzipFile("", "wb", _QUICK, file, mtime=0)
        self._tar = tarfile.open(fileobj=self._gzip, mode="w")  # noqa: SIM115 - `close` ends it
        self._advance = advance
        self._parts: list[Part] = []

    def add(self, name: str, path: Path) -> None:
        """The file at `path` as the part `name`, as long as it is at this moment."""
        with path.open("rb") as source:
            state = os.fstat(source.fileno())
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = state.st_size, state.st_mtime, 0o600
            counted = _Counted(source, lambda count: self._advance(count, name))
            self._tar.addfile(entry, cast("IO[bytes]", counted))
        self._parts.append(Part(name, entry.size, counted.sha256))

    def close(self, manifest: Manifest) -> None:
        document = {"format": _FORMAT, "format_version": _FORMAT_VERSION, **asdict(manifest)}
        document["parts"] = [asdict(part) for part in self._parts]
        content = json.dumps(document, ensure_ascii=False, indent=1).encode()
        entry = tarfile.TarInfo(_MANIFEST)
        entry.size, entry.mode = len(content), 0o600
        self._tar.addfile(entry, io.BytesIO(content))
        self._tar.close()
        self._gzip.close()


class _Counted:
    """A file that is hashed and counted while it is read."""

    def __init__(self, inner: IO[bytes], count: Callable[[int], None]) -> None:
        self._inner, self._count, self._digest = inner, count, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(size)
        self._digest.update(data)
        self._count(len(data))
        return data

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def unpack(file: Path, folder: Path, advance: Advance) -> Manifest:
    """Write every part under `folder` and check each against the manifest. Raises Corrupt where anything differs."""
    found: list[Part] = []
    manifest: Manifest | None = None
    with _damage_told(file), file.open("rb") as raw:
        counted = _Counted(raw, lambda count: advance(count, ""))
        with gzip.GzipFile(fileobj=cast("IO[bytes]", counted)) as gzipped, tarfile.open(fileobj=gzipped, mode="r|") as tar:
            for entry in tar:
                if manifest is not None:
                    raise Corrupt(Msg.SOMETHING_FOLLOWS_MANIFEST, where=str(file))
                if entry.name == _MANIFEST:
                    manifest = _read_manifest(_content(tar, entry).read(), file)
                else:
                    found.append(_write(tar, entry, folder, file))
            while gzipped.read(_CHUNK):  # only at its end does gzip tell damage in what nobody read
                pass
    if manifest is None:
        raise Corrupt(Msg.NO_MANIFEST, where=str(file))
    _compare(manifest.parts, found, file)
    return manifest


@contextmanager
def _damage_told(file: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Corrupt(Msg.DAMAGED_NO_BACKUP_ACCORD, error=error, where=str(file)) from error
    except OSError as error:
        if error.errno is not None:  # the disk's, not the archive's
            raise
        raise Corrupt(Msg.DAMAGED_NO_BACKUP_ACCORD, error=error, where=str(file)) from error


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(entry)
    assert content is not None
    return content


def _write(tar: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path, file: Path) -> Part:
    """One part, at its place and nowhere else."""
    place = PurePosixPath(entry.name)
    if not entry.isreg() or place.is_absolute() or ".." in place.parts or place.parts[:1] not in (("home",), ("store",)):
        raise Corrupt(Msg.HOLDS_FOREIGN_ENTRY, name=entry.name, where=str(file))
    target = folder / place
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    content = _content(tar, entry)
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while data := content.read(_CHUNK):
            digest.update(data)
            out.write(data)
        out.flush()
        os.fsync(out.fileno())
    return Part(entry.name, entry.size, digest.hexdigest())


def _read_manifest(content: bytes, file: Path) -> Manifest:
    try:
        stated: dict[str, Any] = json.loads(content)
        if stated["format"] != _FORMAT or stated["format_version"] != _FORMAT_VERSION:
            raise Corrupt(
                Msg.OTHER_FORMAT_VERSION,
                found=stated["format"],
                found_version=stated["format_version"],
                expected=_FORMAT,
                expected_version=_FORMAT_VERSION,
                where=str(file),
            )
        store = StoreFacts(**{**stated["store"], "migrations": tuple(stated["store"]["migrations"])})
        return Manifest(stated["version"], stated["made_at"], store, tuple(Part(**part) for part in stated["parts"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Corrupt(Msg.MANIFEST_CANNOT_BE_READ, error=error, where=str(file)) from error


def _compare(stated: tuple[Part, ...], found: list[Part], file: Path) -> None:
    for wanted, got in zip(stated, found, strict=False):
        if wanted != got:
            raise Corrupt(Msg.NOT_WHAT_MANIFEST_SAYS, name=got.name, where=str(file))
    if len(stated) != len(found):
        raise Corrupt(Msg.HOLDS_PARTS_WHERE_MANIFEST_NAMES, count=len(found), stated=len(stated), where=str(file))
