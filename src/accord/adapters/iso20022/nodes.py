"""Reading and writing elements of one message by their short names: "Case/Cretr/Pty/Nm"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

from lxml import etree

from accord.adapters.iso20022.errors import Msg
from accord.core.errors import BadInput
from accord.core.money import EXPONENTS, Money

_NOT_WRITABLE: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\ud800-\udfff\ufffe\uffff]")
_DATE_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


@lru_cache(maxsize=4_096)
def _qualified(namespace: str, path: str) -> str:
    return "/".join(f"{{{namespace}}}{step}" for step in path.split("/"))


class Node:
    """An element of a message, whose descendants of the same namespace are named by paths."""

    __slots__ = ("element", "namespace")

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self.namespace = etree.QName(element).namespace or ""

    @property
    def name(self) -> str:
        """The element's short name."""
        return str(self.element.tag).rpartition("}")[2]

    def find(self, path: str) -> Node | None:
        """The first element at `path`."""
        found = self.element.find(_qualified(self.namespace, path))
        return None if found is None else Node(found)

    def all(self, path: str) -> Iterator[Node]:
        """All elements at `path`, in order."""
        return map(Node, self.element.iterfind(_qualified(self.namespace, path)))

    def text(self, *paths: str) -> str:
        """The text at the first of these paths that has any, without outer white space; "" where none has."""
        for path in paths:
            text = self.element.findtext(_qualified(self.namespace, path))
            if text and (stripped := text.strip()):
                return stripped
        return ""

    def texts(self, path: str) -> tuple[str, ...]:
        """The texts of all elements at `path`."""
        return tuple((node.element.text or "").strip() for node in self.all(path))

    def amount(self, *paths: str) -> tuple[str, str]:
        """(decimal text, currency as stated) of the first of these paths that is there; ("", "") where none is."""
        for path in paths:
            found = self.element.find(_qualified(self.namespace, path))
            if found is not None:
                return (found.text or "").strip(), found.get("Ccy", "").strip()
        return "", ""

    def money(self, path: str, where: str) -> Money | None:
        """The amount at `path`; BadInput where it does not fit its currency."""
        text, currency = self.amount(path)
        if not text and not currency:
            return None
        try:
            return Money.parse(text, currency)
        except BadInput as error:
            raise BadInput(Msg.AT_PATH, path=path, error=error.said, where=where) from None

    def moment(self, path: str, where: str) -> datetime | None:
        """The date and time at `path`, in UTC. One without a zone is taken as UTC, as messages between banks have it."""
        text = self.text(path)
        if not text:
            return None
        try:
            read = datetime.fromisoformat(text) if _DATE_TIME.fullmatch(text) else None
            if read is not None:
                return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise BadInput(Msg.NOT_DATE_TIME, path=path, text=text, where=where)

    def day(self, path: str, where: str) -> date | None:
        """The date at `path`; a zone after it is left out."""
        text = self.text(path)
        try:
            return date.fromisoformat(text[:10]) if text else None
        except ValueError:
            raise BadInput(Msg.NOT_DATE, path=path, text=text, where=where) from None

    def add(self, path: str) -> Node:
        """A new last element at `path`, with a new element for each step."""
        element = self.element
        for step in path.split("/"):
            element = etree.SubElement(element, f"{{{self.namespace}}}{step}")
        return Node(element)

    def put(self, path: str, text: str, longest: int = 35) -> None:
        """A new element at `path` with this text; nothing where it is empty. BadInput where it cannot stand there."""
        if text:
            self.add(path).element.text = writable(text, path, longest)

    def put_money(self, path: str, money: Money | None) -> None:
        """A new element at `path` with an amount and its currency."""
        if money is not None:
            element = self.add(path).element
            element.text = f"{money.decimal():.{EXPONENTS[money.currency]}f}"
            element.set("Ccy", money.currency)

    def put_moment(self, path: str, moment: datetime) -> None:
        """A new element at `path` with a moment in UTC."""
        self.put(path, moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z")


def document(namespace: str) -> Node:
    """An empty Document of a message."""
    return Node(etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace}))  # type: ignore[dict-item]  # None: the default one


def writable(text: str, field: str, longest: int) -> str:
    """`text`, when it can stand in a message; BadInput that names the field."""
    if len(text) > longest:
        raise BadInput(Msg.LONGER_THAN_CHARACTERS, text=text[:60], longest=longest, where=field)
    if _NOT_WRITABLE.search(text):
        raise BadInput(Msg.HOLDS_CHARACTERS_MESSAGE_CANNOT_CARRY, text=text[:60], where=field)
    if text != text.strip():
        raise BadInput(Msg.BEGINS_ENDS_WITH_WHITE_SPACE, text=text[:60], where=field)
    return text


def as_bytes(written: Node) -> bytes:
    """The message as UTF-8 with an XML declaration."""
    etree.indent(written.element)
    return etree.tostring(written.element, encoding="UTF-8", xml_declaration=True)
