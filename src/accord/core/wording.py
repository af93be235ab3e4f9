"""What errors say: texts declared once, with named parameters, worded for a reader at the edge.

A room declares its texts beside the code that raises them:

    class Msg(Messages):
        ALREADY_LOCKED = "{officer} is working on {report} until {until}; ask them to unlock it"

    raise Conflict(Msg.ALREADY_LOCKED, officer=user, report=report.reference, until=report.locked_until)

The value is the English text. Its id, "reports.already_locked", follows from the room and the name and is never written by
hand. Parameters are values, not words: a `Renderer` words them, this one in English, that of `web` in the reader's language.
A placeholder may carry a format: those of Python for numbers and times, `!r` for quoted input, and for lists what joins them
(`{names:and}`, `{reasons:;}`; a comma where nothing is said); `{state:label}` is the label of an enum in small letters.

`stored` and `read` are how a wording is kept in a column of text: the English sentence, so that every tool can read it, then
the id with the parameters.
"""

from __future__ import annotations

import enum
import importlib
import json
import re
import sys
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, cast

_FLOORS: Final = ("capabilities", "sites", "adapters")
SEPARATOR: Final = "\x1f"
"""Between the sentence and the rest of a stored wording."""

_ID: Final = re.compile(r"([a-z][a-z0-9_]*)\.[a-z][a-z0-9_]*")
_PLACES: Final = ("accord", "accord.capabilities", "accord.adapters", "accord.sites")

_SEVERAL: Final = (list, tuple, set, frozenset, KeysView, ValuesView, ItemsView, Iterator)
"""What is taken apart as a list; anything else that could be, such as a lazy text or bytes, is one value."""

_known: dict[str, Messages] = {}


@dataclass(frozen=True, slots=True)
class _Kind:
    tag: str
    write: Callable[[Any], object]
    read: Callable[[Any], object]


_kinds: dict[type, _Kind] = {}


def keep_kind(kind: type, tag: str, write: Callable[[Any], object], read: Callable[[Any], object]) -> None:
    """Let values of a type be parameters, stored under `tag` as what `write` makes of them for JSON."""
    _kinds[kind] = _Kind(tag, write, read)


def room_of(module: str) -> str:
    """The first part of the ids of a module's messages: "orders" for accord.capabilities.orders.errors."""
    package, *parts = module.split(".")
    if package != "accord" or not parts:
        return module.rsplit(".", 1)[-1]
    return parts[1] if len(parts) > 2 and parts[0] in _FLOORS else parts[0]


class Messages(enum.Enum):
    """The texts of one room; subclass it. A value is the text in English with {named} placeholders."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for message in cls:
            _known[message.id] = message

    @property
    def template(self) -> str:
        return str(self.value)

    @property
    def id(self) -> str:
        return f"{room_of(type(self).__module__)}.{self.name.lower()}"

    def with_(self, /, **params: object) -> Wording:
        """The text with its parameters: for what is not raised, or is a parameter of another text."""
        return Wording(self, params)


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with its parameters; `str` words it in English."""

    text: Messages
    params: Mapping[str, object] = field(default_factory=dict)
    where: str = ""

    def __post_init__(self) -> None:
        params = {name: _as_value(value) for name, value in self.params.items()}
        object.__setattr__(self, "params", MappingProxyType(params))

    def __str__(self) -> str:
        return ENGLISH.full(self)

    def __reduce__(self) -> tuple[object, ...]:
        return Wording, (self.text, dict(self.params), self.where)


def _as_value(value: object) -> object:
    """Parameters outlive what they were taken from: of another error its wording stays, of other objects their text."""
    if type(value) in (str, int):
        return value
    if (wording := getattr(value, "wording", None)) is not None:
        return wording
    if value is None or isinstance(value, (Wording, enum.Enum, str, int, float, date, *_kinds)):
        return value
    if isinstance(value, _SEVERAL):  # of a request's lazy user, which has every method of a sequence, this asks the user
        return tuple(_as_value(item) for item in value)
    return str(value)


def _own_label(value: enum.Enum) -> str:
    return str(getattr(value, "label", value.value))


_label_in_english: Callable[[enum.Enum], str] = _own_label


def word_labels_by(in_english: Callable[[enum.Enum], str]) -> None:
    """Let labels that follow the reader's language be worded in English; without this they are taken as they are."""
    global _label_in_english
    _label_in_english = in_english


class Renderer:
    """Words a text in English; subclass it for another language. Rendering never raises: it is what reports errors."""

    joined: Mapping[str, str] = MappingProxyType({"": ", ", "and": " and ", "or": " or ", ";": "; "})

    def full(self, said: Wording) -> str:
        """The text, after the place that it is about."""
        return f"{said.where}: {self.text(said)}" if said.where else self.text(said)

    def text(self, said: Wording) -> str:
        template = self.template(said.text)
        values = {name: _Shown(value, self) for name, value in said.params.items()}
        try:
            return template.format_map(_Values(values))
        except (ValueError, LookupError, AttributeError, TypeError):
            return template

    def template(self, message: Messages) -> str:
        return message.template

    def shown(self, value: object, spec: str) -> str:
        """A parameter in words."""
        if isinstance(value, Wording):
            return self.full(value)
        if isinstance(value, Messages):
            return self.text(Wording(value))
        if isinstance(value, enum.Enum):
            return self.enum(value, spec)
        if isinstance(value, datetime):
            return self.moment(value, spec)
        if isinstance(value, tuple):
            return self.joined.get(spec, self.joined[""]).join(self.shown(item, "") for item in value)
        try:
            return format(value, spec)
        except (ValueError, TypeError):
            return str(value)

    def enum(self, value: enum.Enum, spec: str) -> str:
        if spec == "label":
            return _label_in_english(value).lower()
        return str(value.value).replace("_", " ")

    def moment(self, value: datetime, spec: str) -> str:
        return value.strftime(spec) if spec else value.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a template formats: the parameter, by its renderer."""

    value: object
    renderer: Renderer

    def __format__(self, spec: str) -> str:
        return self.renderer.shown(self.value, spec)

    def __str__(self) -> str:
        return self.renderer.shown(self.value, "")

    def __repr__(self) -> str:
        return repr(self.value.value if isinstance(self.value, enum.Enum) else self.value)


class _Values(dict[str, _Shown]):
    """A parameter that is lacking shows as its placeholder."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


ENGLISH: Final = Renderer()


def stored(said: Wording, most: int | None = None) -> str:
    """How a column of text keeps it: the sentence, then id and parameters; where both need more than `most`, the sentence."""
    sentence = str(said)
    entry = json.dumps(_to_json(said), ensure_ascii=False, separators=(",", ":"))
    text = f"{sentence.replace(SEPARATOR, ' ')}{SEPARATOR}{entry}"
    return text if most is None or len(text) <= most else sentence[:most]


def read(text: str) -> Wording | str:
    """What `stored` wrote; a text of a person, of another system or of an earlier version as it is.

    Only where the sentence is what the message says now: whoever can write a text could else have it shown as another one.
    """
    sentence, separator, entry = text.partition(SEPARATOR)
    if not separator:
        return text
    try:
        found = _from_json(json.loads(entry))
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
        return sentence
    if not isinstance(found, Wording) or str(found).replace(SEPARATOR, " ") != sentence:
        return sentence
    return found


def sentence_of(text: str) -> str:
    """The English sentence of a stored text, for logs, partners, banks and files."""
    return text.partition(SEPARATOR)[0]


def message_of_id(identifier: str) -> Messages:
    """The message with this id; LookupError where no room declares it."""
    if identifier not in _known and (match := _ID.fullmatch(identifier)):
        for place in _PLACES:
            try:
                importlib.import_module(f"{place}.{match[1]}.errors")
            except ModuleNotFoundError:
                continue
    return _known[identifier]


def _to_json(value: object) -> object:
    if isinstance(value, Wording):
        entry: list[object] = [value.text.id, {name: _to_json(param) for name, param in value.params.items()}]
        return [*entry, value.where] if value.where else entry
    if isinstance(value, Messages):
        return [value.id, {}]
    if isinstance(value, enum.Enum):
        return _code_of(value) or str(value.value).replace("_", " ")
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if (kind := _kinds.get(type(value))) is not None:
        return {kind.tag: kind.write(value)}
    if isinstance(value, tuple):
        return {"list": [_to_json(item) for item in value]}
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _code_of(value: enum.Enum) -> object:
    """A member that has a label, so that it can be worded again for whoever reads; None for any other."""
    if not hasattr(value, "label") or not isinstance(value.value, str | int):
        return None
    return {"code": [type(value).__module__, type(value).__qualname__, value.value]}


def _of_code(module: str, name: str, code: object) -> enum.Enum:
    """The member that `_code_of` wrote. A text imports nothing: the module must be one of ours, and be loaded already."""
    found: object = sys.modules[module] if module.split(".")[0] == "accord" else None
    for part in name.split("."):
        found = vars(found).get(part) if found is not None else None
    if not (isinstance(found, type) and issubclass(found, enum.Enum) and found.__module__ == module):
        raise LookupError(name)
    return found(code)


def _from_json(value: object) -> object:
    if isinstance(value, list):
        params = {name: _from_json(param) for name, param in cast(dict[str, object], value[1]).items()}
        return Wording(message_of_id(value[0]), params, *value[2:])
    if isinstance(value, dict):
        if "time" in value:
            return datetime.fromisoformat(value["time"])
        if "list" in value:
            return tuple(_from_json(item) for item in value["list"])
        if "code" in value:
            return _of_code(*value["code"])
        [(tag, kept)] = value.items()
        return next(kind for kind in _kinds.values() if kind.tag == tag).read(kept)
    return value
