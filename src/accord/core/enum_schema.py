"""JSON Schema of enums that carry labels: msgspec decodes them like any other, and describes only plain ones by itself."""

from __future__ import annotations

import inspect
from enum import Enum
from typing import Any


def enum_schema(kind: type[Any]) -> dict[str, Any]:
    """The values of an enum, as msgspec writes them for a plain one; for `schema_hook` of `msgspec.json.schema`."""
    if not issubclass(kind, Enum):
        raise NotImplementedError
    described = {"description": inspect.cleandoc(kind.__doc__)} if kind.__doc__ else {}
    return {"title": kind.__name__, **described, "enum": sorted(member.value for member in kind)}


def name_enums(schemas: dict[str, Any], prefix: str) -> None:
    """Give each enum that stands inside one of `schemas` (by name) a schema of its own there, and refer to it by `prefix`."""
    found: dict[str, Any] = {}

    def named(part: Any) -> Any:
        if isinstance(part, list):
            return [named(one) for one in part]
        if not isinstance(part, dict):
            return part
        if isinstance(part.get("enum"), list) and "title" in part:
            found[part["title"]] = {key: value for key, value in part.items() if key in ("title", "description", "enum")}
            others = {key: value for key, value in part.items() if key not in found[part["title"]]}
            return {"$ref": prefix + part["title"], **others}
        return {key: named(value) for key, value in part.items()}

    for name, schema in schemas.items():
        if "enum" not in schema:
            schemas[name] = named(schema)
    schemas.update(found)
