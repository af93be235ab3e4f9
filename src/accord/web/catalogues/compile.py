"""Compile the catalogues: `python -m accord.web.catalogues.compile`.

Set-up runs this each time: a catalogue that is older than what was made of it costs a look at two files. A translation that
is empty, doubtful or lacks a placeholder of its text stops it, and nothing is written for that catalogue.
"""

from __future__ import annotations

import os
import re
import string
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accord.web.catalogues import PACKAGE, catalogues

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

_NAMED: Final = re.compile(r"%\((\w+)\)[sd]")
_MAY_LACK: Final = {"n", "count"}
"""A singular in English may leave its number out, and Chinese has one form for both."""


def read(path: Path) -> Catalog:
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def mistakes(catalogue: Catalog) -> list[str]:
    """What must be put right before the catalogue can be used, a line each."""
    found = [f"entry that no text stands for any more: {message!r}" for message in catalogue.obsolete]
    for message in catalogue:
        if not message.id:
            continue
        texts = [message.id] if isinstance(message.id, str) else list(message.id)
        translations = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if message.fuzzy or not translations or not all(translations):
            found.append(f"not translated, or doubtful: {texts[0]!r}")
            continue
        found += [f"{problem}: {texts[0]!r}" for text in translations for problem in _placeholders(texts, text)]
    return found


def _placeholders(texts: list[str], translation: str) -> list[str]:
    named = {name for text in texts for name in _NAMED.findall(text)}
    translated = set(_NAMED.findall(translation))
    found = []
    if translated - named or (named - _MAY_LACK) - translated:
        found.append("placeholders differ")
    if translation.count("%s") != texts[0].count("%s"):
        found.append("the number of %s differs")
    if _braces(texts[0]) != _braces(translation):
        found.append("{placeholders} differ")
    return found


def _braces(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}
    except ValueError:  # a text about braces, not with placeholders
        return set()


def is_current(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return compiled.exists() and compiled.stat().st_mtime_ns > path.stat().st_mtime_ns


def compile_catalogue(path: Path) -> list[str]:
    """Writes what gettext reads, at once and whole; gives the mistakes that prevented it."""
    from babel.messages.mofile import write_mo

    catalogue = read(path)
    if found := mistakes(catalogue):
        return found
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        write_mo(file, catalogue)
    Path(file.name).chmod(0o644)
    os.replace(file.name, path.with_suffix(".mo"))
    return []


def compile_stale() -> int:
    """Compiles what changed; the number of mistakes, which are printed."""
    wrong = 0
    for path in catalogues():
        if not is_current(path):
            for mistake in compile_catalogue(path):
                wrong += 1
                sys.stderr.write(f"{path.relative_to(PACKAGE)}: {mistake}\n")
    return wrong


if __name__ == "__main__":
    sys.exit(1 if compile_stale() else 0)
