"""The bytes of a source file: opened, unpacked, hashed, and turned into UTF-8 in bounded blocks.

Every way in which a file can be no table at all is told apart here, because "cannot read the file" helps nobody at a desk.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from accord.core.errors import BadInput
from accord.engine.records.errors import Msg

BLOCK_BYTES: Final = 16 << 20
_GZIP_MAGIC: Final = b"\x1f\x8b"
_PARQUET_MAGIC: Final = b"PAR1"
_FOREIGN_FORMATS: Final = {
    b"PK\x03\x04": Msg.ZIP_OR_EXCEL,
    b"\xd0\xcf\x11\xe0": Msg.OLD_EXCEL,
    b"%PDF": Msg.PDF,
    b"BZh": Msg.BZIP2,
    b"\xfd7zX": Msg.XZ,
    b"\x28\xb5\x2f\xfd": Msg.ZSTD,
}
_BYTE_ORDER_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")
_GB_PAIRS: Final = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_GB_COMMON: Final = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_COMMON_SHARE: Final = 0.9
"""Share of double-byte characters that lie in GB2312 from which text without a named encoding is taken as Chinese."""


class SourceFile:
    """A file to load, by its bytes after unpacking. Raises BadInput where there is nothing that can be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = str(path)
        head = self._first_bytes()
        self.gzipped = head.startswith(_GZIP_MAGIC)
        self.parquet = head.startswith(_PARQUET_MAGIC)
        for magic, what in _FOREIGN_FORMATS.items():
            if head.startswith(magic):
                raise BadInput(Msg.NOT_CSV_OR_PARQUET, kind=what, where=self.where)
        self._state = self._stat()
        self.size = self._state[0]

    def _first_bytes(self) -> bytes:
        if self.path.is_dir():
            raise BadInput(Msg.DIRECTORY_NAME_ONE, where=self.where)
        try:
            with self.path.open("rb") as raw:
                head = raw.read(8)
        except FileNotFoundError:
            raise BadInput(Msg.NO_SUCH_FILE, where=self.where) from None
        except OSError as error:
            raise BadInput(Msg.FILE_CANNOT_BE_OPENED, why=error.strerror, where=self.where) from None
        if not head:
            raise BadInput(Msg.FILE_EMPTY, where=self.where)
        return head

    def _stat(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_size, status.st_mtime_ns

    @contextmanager
    def opened(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """The unpacked content and, beneath it, the raw file (for its position)."""
        with self.path.open("rb") as raw:
            if not self.gzipped:
                yield raw, raw
                return
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield unpacked, raw  # type: ignore[misc]  # GzipFile is an IO[bytes] in all but name

    def read(self, content: IO[bytes], size: int) -> bytes:
        """Up to `size` unpacked bytes; BadInput where the compression is damaged."""
        try:
            return content.read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BadInput(Msg.GZIP_DATA_DAMAGED_CUT_OFF, error=error, where=self.where) from None
        except OSError as error:
            raise BadInput(Msg.FILE_NOT_READABLE, why=error.strerror, where=self.where) from None

    def digest(self) -> str:
        """SHA-256 of the unpacked content: the same statement is the same batch, packed or not."""
        digest = hashlib.sha256()
        with self.opened() as (content, _):
            while data := self.read(content, 1 << 20):
                digest.update(data)
        return digest.hexdigest()

    def check_unchanged(self) -> None:
        """BadInput when the file was written to since it was opened: what was hashed is not what was read."""
        if self._stat() != self._state:
            raise BadInput(Msg.FILE_CHANGED_WHILE_BEING_READ, where=self.where)


class Transcoder:
    """Turns a stream of bytes into UTF-8, finding the encoding at the first bytes that tell.

    Plain ASCII tells nothing, so the choice is made at the first other byte, wherever in the file that is.
    """

    def __init__(self, encoding: str | None, where: str) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self._encoding = encoding
        self._where = where
        self._fed = 0
        if encoding is not None:
            self._use("utf-8-sig" if encoding == "utf-8" else encoding)

    def feed(self, data: bytes, final: bool) -> bytes:
        """UTF-8 of the next bytes; characters cut in two wait for the next call."""
        if self._fed == 0 and self._decoder is None:
            for mark, encoding in _BYTE_ORDER_MARKS:
                if data.startswith(mark):
                    self._use(encoding)
        self._fed += len(data)
        if self._decoder is None:
            if data.isascii():
                return data
            self._use(self._detect(data, final))
        assert self._decoder is not None
        try:
            return self._decoder.decode(data, final).encode()
        except UnicodeDecodeError as error:
            raise self._refusal(error, self._fed - len(error.object) + error.start) from None

    def _use(self, encoding: str) -> None:
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")

    def _detect(self, data: bytes, final: bool) -> str:
        try:
            codecs.utf_8_decode(data, "strict", final)
        except UnicodeDecodeError as error:
            self._encoding = "utf-8"
            if not _looks_chinese(data, final):
                raise self._refusal(error, self._fed - len(data) + error.start) from None
            return "gb18030"
        return "utf-8"

    def _refusal(self, error: UnicodeDecodeError, offset: int) -> BadInput:
        byte = error.object[error.start]
        return BadInput(Msg.BYTE_NOT_IN_ENCODING, offset=offset, byte=byte, encoding=self._encoding, where=self._where)


def _looks_chinese(data: bytes, final: bool) -> bool:
    """Whether bytes decode as GB18030 and mostly as its everyday part; Latin-1 text often does the first, never the second."""
    try:
        codecs.getincrementaldecoder("gb18030")("strict").decode(data, final)
    except UnicodeDecodeError:
        return False
    found = _NOT_ASCII.search(data)
    pairs = _GB_PAIRS.findall(data, found.start() if found else 0)
    common = sum(1 for pair in pairs if _GB_COMMON.fullmatch(pair))
    return bool(pairs) and common >= _COMMON_SHARE * len(pairs)


def utf8_blocks(source: SourceFile, encoding: str | None, block_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Blocks of UTF-8 text made of `block_bytes` of content, each with the raw file's position after it."""
    transcoder = Transcoder(encoding, source.where)
    with source.opened() as (content, raw):
        while True:
            data = source.read(content, block_bytes)
            text = transcoder.feed(data, final=not data)
            if b"\0" in text:
                raise BadInput(Msg.NOT_TEXT, where=source.where)
            if text:
                yield text, raw.tell()
            if not data:
                return
