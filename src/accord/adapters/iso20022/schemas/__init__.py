"""The official schemas of the messages, as files beside this one; README.md there says where they are from."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Final

from lxml import etree

from accord.adapters.iso20022.errors import Msg
from accord.core.errors import BadInput

RECALL: Final = "camt.056.001.12"
RESOLUTION: Final = "camt.029.001.14"
_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"
_ERRORS_SHOWN: Final = 3


def namespace(message: str) -> str:
    """The namespace of a message such as "camt.056.001.12"."""
    return _NAMESPACE + message


def message_of(element: etree._Element) -> str:
    """The message that an element belongs to, such as "pacs.008.001.08"; "" where its namespace is not one of ISO 20022."""
    stated = etree.QName(element).namespace or ""
    return stated.removeprefix(_NAMESPACE) if stated.startswith(_NAMESPACE) else ""


@lru_cache
def shipped() -> frozenset[str]:
    """The messages whose schema comes with Accord."""
    names = (entry.name for entry in resources.files(__name__).iterdir())
    return frozenset(name.removesuffix(".xsd") for name in names if name.endswith(".xsd"))


def check(document: etree._Element, where: str) -> bool:
    """BadInput, with line and element, unless a Document keeps to its schema. False where no schema of it is shipped."""
    message = message_of(document)
    if message not in shipped():
        return False
    schema = _schema(message)
    if not schema.validate(document):
        errors = [f"line {entry.line}: {_plain(entry.message)}" for entry in schema.error_log]  # type: ignore[attr-defined]  # the stubs lack it
        raise BadInput(Msg.INVALID_DOCUMENT, message=message, errors=tuple(errors[:_ERRORS_SHOWN]), where=where)
    return True


def _schema(message: str) -> etree.XMLSchema:
    """A validator of its own for each call: it keeps its errors, so that threads must not share one."""
    return etree.XMLSchema(_schema_document(message))


@lru_cache
def _schema_document(message: str) -> etree._Element:
    content = (resources.files(__name__) / f"{message}.xsd").read_bytes()
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _plain(message: str) -> str:
    """A validator's sentence without namespaces."""
    return "".join(part.partition("}")[2] if "}" in part else part for part in message.split("{")).strip()
