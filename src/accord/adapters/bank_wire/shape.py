"""The shape that any message must have before anything looks at what it says.

Types are checked by the decoder. Here: no text that no store or page could hold, no number that no amount can be, no time
without a zone or outside of this age, no list without end. Whether the message makes sense is for whoever takes it.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from accord.adapters.bank_wire.errors import Msg
from accord.core.errors import BadInput
from accord.core.errors import Msg as CoreMsg
from accord.core.money import MAX_MINOR

MOST_CHARACTERS: Final = 4_000
MOST_ITEMS: Final = 50_000
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def check_shape(message: Any, where: str) -> None:
    """Raise BadInput, which names the field, unless every value in `message` is one that can be kept and shown."""
    _check(message, where)


def _check(value: Any, where: str) -> None:
    if isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if not -MAX_MINOR <= value <= MAX_MINOR:
            raise BadInput(Msg.NUMBER_OUT_RANGE, most=MAX_MINOR, where=where)
    elif isinstance(value, datetime):
        _check_moment(value, where)
    elif isinstance(value, list | tuple | dict):
        _check_items(value, where)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _check(getattr(value, name), f"{where}.{name}")
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            _check(getattr(value, field.name), f"{where}.{field.name}")


def _check_text(text: str, where: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise BadInput(CoreMsg.CHARACTERS_TOO_MANY, count=len(text), most=MOST_CHARACTERS, where=where)
    if _CONTROL.search(text):
        raise BadInput(Msg.TEXT_HOLDS_CONTROL_CHARACTERS, where=where)


def _check_moment(moment: datetime, where: str) -> None:
    if moment.tzinfo is None:
        raise BadInput(Msg.TIME_NAMES_NO_ZONE, where=where)
    if not _EARLIEST.date() <= moment.date() < _LATEST.date():
        raise BadInput(Msg.YEAR_CANNOT_BE_MEANT, year=moment.year, where=where)


def _check_items(items: list[Any] | tuple[Any, ...] | dict[str, Any], where: str) -> None:
    if len(items) > MOST_ITEMS:
        raise BadInput(Msg.ENTRIES_TOO_MANY, count=len(items), most=MOST_ITEMS, where=where)
    if isinstance(items, dict):
        for name, item in items.items():
            _check_text(name, where)
            _check(item, f"{where}.{name[:40]}")
        return
    for number, item in enumerate(items):
        _check(item, f"{where}[{number}]")
