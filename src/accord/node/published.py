"""What is published of the messages between centres: a JSON Schema for each kind, and tables of their fields.

Both are made from the very structs that read and write messages; docs/schemas holds them, and a test keeps them equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin
from uuid import UUID

import msgspec

from accord.capabilities.exchange.agreements.fields import ALWAYS, disclosable
from accord.capabilities.exchange.agreements.services.agreement_news import AskFirst, News
from accord.capabilities.exchange.channel.envelopes import Content
from accord.capabilities.exchange.channel.receipts import Batch, Reply
from accord.capabilities.exchange.channel.services.partner_messages import TestCall
from accord.capabilities.exchange.channel.stream_messages import ChunkBody, HelloBody, RecoveredBody
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import BODIES, SCHEMA
from accord.core.enum_schema import enum_schema, name_enums
from accord.node.published_words import WORDS

PUBLISHED: Final[dict[str, type[msgspec.Struct]]] = {
    "content": Content,
    "batch": Batch,
    "reply": Reply,
    **{kind.value: body for kind, body in BODIES.items()},
    MessageKind.HELLO.value: HelloBody,
    MessageKind.RECOVERED.value: RecoveredBody,
    MessageKind.CHUNK.value: ChunkBody,
    MessageKind.AGREEMENT.value: News,
    MessageKind.ASK_FIRST.value: AskFirst,
    MessageKind.TEST_CALL.value: TestCall,
}
"""By the name of the file: what an envelope carries, what travels around it, and the body of every kind but `card`."""

_HEAD: Final = f"""# Fields of messages between centres, version {SCHEMA}

Written by `accord exchange schemas`; what the messages mean stands in [protocol.md](../protocol.md). Each section has a JSON
Schema of the same name beside this file. A field without a default must be there; one at its default may be left out.
"protocol": always crosses. "agreement": crosses only where the sender's side of the agreement names it (`fields`).
"""


def files() -> dict[str, str]:
    """Every published file by its name."""
    schemas = {f"{name}.json": _schema(name, kind) for name, kind in PUBLISHED.items()}
    return {**schemas, "README.md": tables()}


def _schema(name: str, kind: type[msgspec.Struct]) -> str:
    schema = msgspec.json.schema(kind, schema_hook=enum_schema)
    name_enums(schema["$defs"], "#/$defs/")
    titled = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"accord {name} {SCHEMA}", **schema}
    return json.dumps(titled, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def tables() -> str:
    """The fields of every published message, as Markdown."""
    shown: set[type] = set()
    return _HEAD + "".join(_section(name, kind, shown) for name, kind in PUBLISHED.items())


def _section(name: str, kind: type[msgspec.Struct], shown: set[type]) -> str:
    lines = [f"\n## {name}\n"]
    message = MessageKind(name) if name in BODIES else None
    for struct, prefix in _with_nested(kind, ""):
        if struct is not kind:
            lines.append(
                f"\nEach entry of `{prefix.rstrip('.')}`" + (" as above.\n" if struct in shown and not message else ":\n")
            )
            if struct in shown and not message:
                continue
        shown.add(struct)
        lines += ["\n| field | type | default | crosses | what |\n|---|---|---|---|---|\n"]
        lines += [_row(name, field, prefix, message) for field in msgspec.structs.fields(struct)]
    return "".join(lines)


def _row(section: str, field: msgspec.structs.FieldInfo, prefix: str, kind: MessageKind | None) -> str:
    path = f"{prefix}{field.name}"
    required = field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT
    default = "" if required else f"`{json.dumps(msgspec.to_builtins(_default(field)))}`"
    crosses, what = "protocol", WORDS.get(f"{section}.{path}") or WORDS[field.name]
    if kind is not None and path in disclosable(kind) and path not in ALWAYS[kind]:
        crosses = "agreement"
    return f"| `{path}` | {_type(field.type)} | {default} | {crosses} | {what} |\n"


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default is not msgspec.NODEFAULT else field.default_factory()


def _with_nested(kind: type[msgspec.Struct], prefix: str) -> Iterator[tuple[type[msgspec.Struct], str]]:
    yield kind, prefix
    for field in msgspec.structs.fields(kind):
        for inner in _structs(field.type):
            yield from _with_nested(inner, f"{prefix}{field.name}.")


def _structs(stated: Any) -> list[type[msgspec.Struct]]:
    """The structs that a type is made of."""
    if isinstance(stated, type) and issubclass(stated, msgspec.Struct):
        return [stated]
    return [found for part in get_args(stated) for found in _structs(part)]


_NAMES: Final = {str: "text", int: "integer", bool: "true or false", UUID: "UUID", datetime: "time", Any: "any JSON"}


def _type(stated: Any) -> str:
    """A type in words."""
    origin, parts = get_origin(stated), get_args(stated)
    if hasattr(stated, "__metadata__"):
        return _type(stated.__origin__)
    if origin in (Union, UnionType):
        return " or ".join(_type(part) for part in parts if part is not type(None))
    if origin is tuple:
        each = parts[0] if parts[-1] is Ellipsis else None
        return f"list of {_type(each)}" if each else "[" + ", ".join(map(_type, parts)) + "]"
    if origin is dict:
        return f"object, {_type(parts[1])} by {_type(parts[0])}"
    if isinstance(stated, type) and issubclass(stated, Enum):
        return ", ".join(f"`{one.value}`" for one in stated)
    if isinstance(stated, type) and issubclass(stated, msgspec.Struct):
        return "object, see below"
    return _NAMES.get(stated, "any JSON")
