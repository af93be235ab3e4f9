"""Gather every translatable text into the catalogues: `make messages`.

Code is read as syntax: literals given to gettext's functions, and what errors say (`core.wording.Messages`).
Templates are read by Django's own reader of them.
Translations that exist are kept, also where a text has moved to another room; a text that nobody uses goes, a new one stands
there untranslated until somebody writes its Chinese.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from accord.web.catalogues import LANGUAGE, PACKAGE, catalogue_of, catalogues, room_of, room_of_text

_TEXTS: Final = {
    "_": 1,
    "gettext": 1,
    "gettext_lazy": 1,
    "gettext_noop": 1,
    "ngettext": 2,
    "ngettext_lazy": 2,
    "pgettext": 2,
    "pgettext_lazy": 2,
    "npgettext": 3,
}
"""How many of the first arguments are texts; a function with a p takes the context first."""

_MESSAGES: Final = "Messages"
"""The base of the classes in which rooms declare what their errors say: every member is a text."""

_IN_TEMPLATE: Final = re.compile(
    r"""\b(_|gettext|ngettext|pgettext|npgettext)\(((?:\s*u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')\s*,?)+)"""
)
_LITERAL: Final = re.compile(r"""u?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")


_HEADER: Final = """# Texts of {room} in simplified Chinese.
msgid ""
msgstr ""
"Project-Id-Version: Accord\\n"
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


@dataclass(frozen=True, order=True)
class Text:
    message: str
    plural: str = ""
    context: str = ""


@dataclass
class Found:
    """Every text with the files that use it, as paths in the package."""

    places: dict[Text, list[str]] = field(default_factory=dict)

    def add(self, text: Text, location: str) -> None:
        places = self.places.setdefault(text, [])
        if location not in places:
            places.append(location)


def collect(package: Path = PACKAGE) -> Found:
    found = Found()
    for path in sorted(package.rglob("*.py")):
        for text in texts_of_code(path.read_text(encoding="utf-8")):
            found.add(text, path.relative_to(package).as_posix())
    for path in sorted(package.rglob("templates/**/*")):
        if path.suffix in {".html", ".txt"}:
            for text in texts_of_template(path.read_text(encoding="utf-8"), path.name):
                found.add(text, path.relative_to(package).as_posix())
    return found


def texts_of_code(source: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in _TEXTS:
                yield from _texts_of_call(name, [argument for argument in node.args if not isinstance(argument, ast.Starred)])
        elif isinstance(node, ast.ClassDef) and any(isinstance(base, ast.Name) and base.id == _MESSAGES for base in node.bases):
            yield from _texts_of_messages(node)


def _texts_of_messages(declared: ast.ClassDef) -> Iterator[Text]:
    for member in declared.body:
        if isinstance(member, ast.Assign) and isinstance(member.value, ast.Constant) and isinstance(member.value.value, str):
            yield Text(member.value.value)


def _texts_of_call(function: str, arguments: list[ast.expr]) -> Iterator[Text]:
    needed = _TEXTS[function]
    values = [argument.value if isinstance(argument, ast.Constant) else None for argument in arguments[:needed]]
    if len(values) == needed and all(isinstance(value, str) for value in values):
        yield _text(function, [str(value) for value in values])


def texts_of_template(source: str, origin: str) -> Iterator[Text]:
    from django.utils.translation.template import templatize

    for function, arguments in _IN_TEMPLATE.findall(templatize(source, origin=origin)):
        values = [str(ast.literal_eval(literal)) for literal in _LITERAL.findall(arguments)]
        yield _text(function, values[: _TEXTS[function]])


def _text(function: str, values: list[str]) -> Text:
    context = values.pop(0) if "pgettext" in function else ""
    return Text(values[0], values[1] if len(values) > 1 else "", context)


def translations() -> dict[Text, str | tuple[str, ...]]:
    """What is translated today, whichever catalogue it stands in."""
    from accord.web.catalogues.compile import read

    found: dict[Text, str | tuple[str, ...]] = {}
    for path in catalogues():
        for message in read(path):
            if message.id:
                singular, plural = (message.id, "") if isinstance(message.id, str) else (message.id[0], message.id[1])
                found[Text(singular, plural, message.context or "")] = (
                    message.string if isinstance(message.string, str) else tuple(message.string or ())
                )
    return found


def write(found: Found) -> int:
    """Writes every catalogue afresh; the number of texts that have no translation yet."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    known = translations()
    rooms: dict[str, Catalog] = {}
    missing = 0
    for text, places in sorted(found.places.items(), key=lambda item: (item[1][0], item[0])):
        room = room_of_text(places)
        catalogue = rooms.setdefault(room, Catalog(locale=LANGUAGE, charset="utf-8", fuzzy=False))
        own = [(place, 0) for place in places if room_of(place) == room]
        translation = known.get(text) or known.get(Text(text.message, context=text.context)) or ""
        missing += not translation
        identifier = (text.message, text.plural) if text.plural else text.message
        if text.plural and isinstance(translation, str):
            translation = (translation,)
        catalogue.add(identifier, translation, locations=own, context=text.context or None)
    for path in catalogues():
        path.unlink()
    for room, catalogue in sorted(rooms.items()):
        path = catalogue_of(room)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(_HEADER.format(room=room).encode())
            write_po(file, catalogue, width=0, omit_header=True, include_lineno=False)
    return missing


if __name__ == "__main__":
    print(f"{write(collect())} texts are not translated yet")  # noqa: T201 - a command that prints
