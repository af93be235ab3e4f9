"""The one way XML comes in: checked while it is read, in bounded memory, with nothing fetched and nothing expanded.

What is refused: a document type (so there are no entities of its own, no external ones, no expansion), an encoding that the
house does not read (UTF-16 and the like), bytes that the encoding does not allow, more bytes, depth or elements than the
limits, and everything that is not well-formed. Every refusal is BadInput with line and column.

The text is decoded here and handed to the parser as UTF-8, so that what is searched for a document type is what is parsed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, NoReturn

from lxml import etree

from accord.adapters.iso20022.errors import Msg
from accord.core.errors import BadInput
from accord.core.errors import Msg as CoreMsg

_CHUNK: Final = 64 << 10
_HEAD: Final = 1024
"""Bytes within which an XML declaration must end."""

_ENCODINGS: Final = {
    "utf-8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "iso-8859-1": "iso-8859-1",
}
"""Declared name → Python's. All are such that an ASCII byte stands for itself; GB18030 holds its two forerunners."""

_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<", b"\0\0")
_DECLARATION: Final = re.compile(rb"<\?xml[ \t\r\n][^>]*\?>")
_DECLARED: Final = re.compile(rb"""[ \t\r\n]encoding[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_POSITION: Final = re.compile(r"(, use XML_PARSE_HUGE option)?, line \d+, column \d+.*$", re.DOTALL)
_DOCTYPE: Final = "<!DOCTYPE"


@dataclass(frozen=True, slots=True)
class Limits:
    """`bytes` in all, `depth` of nesting, and `elements` held at one time (in all, where none are let go of)."""

    bytes: int
    depth: int
    elements: int


MESSAGE: Final = Limits(bytes=10 << 20, depth=64, elements=200_000)
"""For one message: a bank's answer is a few kilobytes."""

FILE: Final = Limits(bytes=8 << 30, depth=64, elements=200_000)
"""For a file of records, read piece by piece."""


class XmlStream:
    """The elements of a document as they start and end. `release` what is done with, so that memory stays bounded."""

    def __init__(self, blocks: Iterable[bytes], where: str, limits: Limits = FILE) -> None:
        self._blocks = blocks
        self._where = where
        self._limits = limits
        self._held = 0
        self._parser = etree.XMLPullParser(
            events=("start", "end"),
            encoding="utf-8",
            resolve_entities="internal",  # type: ignore[arg-type]  # none exist without a document type; the stubs know booleans
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )

    def __iter__(self) -> Iterator[tuple[str, etree._Element]]:
        """("start" or "end", element). At "start" an element has its attributes, its content comes until "end"."""
        depth = 0
        for piece in chain(_checked(self._blocks, self._where, self._limits), [None]):
            self._feed(piece)
            for event, element in self._events():
                if event == "start":
                    depth += 1
                    self._held += 1
                    if depth > self._limits.depth or self._held > self._limits.elements:
                        self._refuse(depth, element)
                else:
                    depth -= 1
                yield event, element

    def _events(self) -> Iterator[tuple[str, etree._Element]]:
        return self._parser.read_events()  # type: ignore[return-value]  # only these events are asked for

    def release(self, element: etree._Element) -> None:
        """Let go of an element that has ended: its content, and the siblings of its kind before it."""
        self._held -= sum(1 for _ in element.iter()) - 1
        element.clear(keep_tail=True)  # type: ignore[call-arg]  # the stubs are older than it
        parent, before = element.getparent(), element.getprevious()
        while parent is not None and before is not None and before.tag == element.tag:
            self._held -= sum(1 for _ in before.iter())
            parent.remove(before)
            before = element.getprevious()

    def _feed(self, piece: str | None) -> None:
        """Parse the next piece of text; None: there is no more."""
        try:
            if piece is None:
                self._parser.close()
            else:
                self._parser.feed(piece.encode())
        except etree.LxmlError as error:
            raise self._refusal(error) from None

    def _refuse(self, depth: int, element: etree._Element) -> NoReturn:
        where = f"{self._where}, line {element.sourceline}"
        if depth > self._limits.depth:
            raise BadInput(Msg.ELEMENTS_TOO_DEEP, most=self._limits.depth, where=where)
        raise BadInput(Msg.TOO_MANY_ELEMENTS, most=self._limits.elements, where=where)

    def _refusal(self, error: etree.LxmlError) -> BadInput:
        line, column = getattr(error, "position", (1, 1))
        reason = " ".join(_POSITION.sub("", str(error)).split())
        return BadInput(Msg.NOT_WELL_FORMED_XML, reason=reason, where=_place(self._where, line, column))


def parse(content: bytes, where: str, limits: Limits = MESSAGE) -> etree._Element:
    """The root of one document held in memory; BadInput as the module says."""
    stream = XmlStream((content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK)), where, limits)
    root = None
    for _, element in stream:
        root = element if root is None else root
    assert root is not None, "a document without a root is refused when the stream ends"
    return root


def _checked(blocks: Iterable[bytes], where: str, limits: Limits) -> Iterator[str]:
    """The document's text in pieces, without its XML declaration, free of document types, within the limit of bytes."""
    source = iter(blocks)
    head = b""
    for block in source:
        head += block
        if len(head) >= _HEAD:
            break
    if not head:
        raise BadInput(CoreMsg.FILE_EMPTY, where=where)
    decode = _Decoder(_encoding(head, where), where)
    size, overlap = 0, ""
    for block in chain([_without_declaration(head)], source):
        size += len(block)
        if size > limits.bytes:
            raise BadInput(CoreMsg.FILE_LARGER_THAN_MIB, limit=limits.bytes >> 20, where=where)
        for at in range(0, len(block), _CHUNK):
            text = decode.feed(block[at : at + _CHUNK])
            if _DOCTYPE in overlap + text:
                raise BadInput(Msg.FILE_DOCUMENT_TYPE, where=_place(where, *decode.place_of(_DOCTYPE, overlap + text)))
            overlap = (overlap + text)[-len(_DOCTYPE) + 1 :]
            yield text
    decode.feed(b"", final=True)


def _encoding(head: bytes, where: str) -> str:
    if head.startswith(_WIDE):
        raise BadInput(Msg.FILE_IN_UTF_16_UTF_32, where=_place(where, 1, 1))
    declaration = _DECLARATION.match(head.removeprefix(codecs.BOM_UTF8))
    stated = _DECLARED.search(declaration[0]) if declaration else None
    name = stated[1].decode().lower() if stated else "utf-8"
    if name not in _ENCODINGS:
        known = ", ".join(name.upper() for name in ("utf-8", "gb18030", "iso-8859-1"))
        raise BadInput(Msg.ENCODING_NOT_READ_HERE, name=name, known=known, where=_place(where, 1, 1))
    if head.startswith(codecs.BOM_UTF8) and name != "utf-8":
        raise BadInput(Msg.ENCODING_CONTRADICTS_CONTENT, name=name, where=_place(where, 1, 1))
    return _ENCODINGS[name]


def _without_declaration(head: bytes) -> bytes:
    """The first bytes with blanks for the XML declaration, so that lines and columns stay as they are."""
    content = head.removeprefix(codecs.BOM_UTF8)
    declaration = _DECLARATION.match(content)
    if not declaration:
        return content
    return re.sub(rb"[^\r\n]", b" ", declaration[0]) + content[declaration.end() :]


class _Decoder:
    """Bytes to text, strictly; keeps count of lines, to say where a byte is wrong."""

    def __init__(self, encoding: str, where: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._encoding = encoding
        self._where = where
        self._line = 1
        self._column = 1

    def feed(self, data: bytes, *, final: bool = False) -> str:
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            line = self._line + before.count(b"\n")
            column = len(before) - before.rfind(b"\n") if b"\n" in before else self._column + len(before)
            byte = error.object[error.start]
            raise BadInput(
                Msg.BYTE_NOT_IN_ENCODING, byte=byte, encoding=self._encoding, where=_place(self._where, line, column)
            ) from None
        newlines = text.count("\n")
        self._line += newlines
        self._column = len(text) - text.rfind("\n") if newlines else self._column + len(text)
        return text

    def place_of(self, word: str, latest: str) -> tuple[int, int]:
        """Line and column of a word within the text decoded last."""
        before, after = latest[: latest.index(word)], latest[latest.index(word) :]
        column = len(before) - before.rfind("\n") if "\n" in latest else self._column - len(after)
        return self._line - after.count("\n"), column


def _place(where: str, line: int, column: int) -> str:
    return f"{where}, line {line}, column {column}"
