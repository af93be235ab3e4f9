"""Every text of the pages is translated into Chinese, and the compiled catalogue is that of the text one."""

from __future__ import annotations

import ast
import gettext
import re
import string
import subprocess
from pathlib import Path

import pytest

import accord

PACKAGE = Path(accord.__file__).parent
CATALOGUE = PACKAGE / "web" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext"}


def entries() -> dict[str, list[str]]:
    """Message id (with its context, as gettext keys it) → translations; the plural id stands beside the singular's."""
    found: dict[str, list[str]] = {}
    for block in CATALOGUE.read_text(encoding="utf-8").split("\n\n"):
        parts: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            if match := re.match(r"(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (.*)", line):
                key, text = match.groups()
                parts[key] = ast.literal_eval(text)
            elif line.startswith('"'):
                parts[key] += ast.literal_eval(line)
        if parts.get("msgid"):
            context = parts["msgctxt"] + "\x04" if "msgctxt" in parts else ""
            found[context + parts["msgid"]] = [value for name, value in parts.items() if name.startswith("msgstr")]
    return found


def texts_of_code() -> set[str]:
    """Every literal that code passes to gettext."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in CALLS:
                continue
            if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                found.add(node.args[0].value)
    return found


def texts_of_templates() -> set[str]:
    found: set[str] = set()
    for path in PACKAGE.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for quote, literal, context in re.findall(
            r"""\{%\s*trans(?:late)?\s+(["'])(.*?)\1(?:\s+context\s+["'](.*?)["'])?[^%]*%\}""", text
        ):
            assert quote
            found.add(f"{context}\x04{literal}" if context else literal)
    return found


def test_no_text_is_untranslated_or_doubtful() -> None:
    empty = [key for key, values in entries().items() if not values or not all(values)]
    assert not empty
    assert "#, fuzzy" not in CATALOGUE.read_text(encoding="utf-8")
    assert "#~" not in CATALOGUE.read_text(encoding="utf-8")


def test_every_text_of_code_and_templates_is_in_the_catalogue() -> None:
    missing = (texts_of_code() | texts_of_templates()) - entries().keys()
    assert not missing, "run `make messages` and translate what is new"


def test_translations_keep_every_placeholder() -> None:
    for key, values in entries().items():
        message = key.rsplit("\x04", 1)[-1]
        named = set(re.findall(r"%\(\w+\)[sd]", message))
        plain = message.count("%s")
        braces = {name for _, name, _, _ in string.Formatter().parse(message) if name} if "{" in message else set()
        for value in values:
            counted = named - {"%(n)s", "%(count)s", "%(count)d"}  # a singular in English may leave its number out
            assert counted <= set(re.findall(r"%\(\w+\)[sd]", value)), message
            assert value.count("%s") == plain, message
            for name in braces:
                assert f"{{{name}}}" in value, message


def test_the_compiled_catalogue_is_current() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    told = {key[0] if isinstance(key, tuple) else key: value for key, value in compiled.items() if key}
    assert told == {key: values[0] for key, values in entries().items()}


def test_the_catalogue_is_well_formed(tmp_path: Path) -> None:
    try:
        checked = subprocess.run(
            ["msgfmt", "--check-format", "-o", str(tmp_path / "out.mo"), str(CATALOGUE)], capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("gettext's msgfmt is not installed")
    assert checked.returncode == 0, checked.stderr
