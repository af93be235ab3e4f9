"""Every text of the pages is translated into Chinese, once, and the compiled catalogues are those of the text ones."""

from __future__ import annotations

import ast
import collections
import gettext
import re
import string
from pathlib import Path

import pytest

from accord.web.catalogues import PACKAGE, catalogue_of, catalogues, locale_folders, room_of_text
from accord.web.catalogues.collect import Text, collect, texts_of_code, texts_of_template
from accord.web.catalogues.compile import compile_catalogue

CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext"}


def entries() -> dict[str, list[str]]:
    """Message id (with its context, as gettext keys it) → translations; the plural id stands beside the singular's."""
    found: dict[str, list[str]] = {}
    blocks = (block for path in catalogues() for block in path.read_text(encoding="utf-8").split("\n\n"))
    for block in blocks:
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


def literals_of_code() -> set[str]:
    """Every literal that code passes to gettext."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in CALLS:
                continue
            if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                found.add(node.args[0].value)
    return found


def literals_of_templates() -> set[str]:
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
    for path in catalogues():
        text = path.read_text(encoding="utf-8")
        assert "#, fuzzy" not in text
        assert "#~" not in text


def test_every_text_of_code_and_templates_is_in_the_catalogue() -> None:
    missing = (literals_of_code() | literals_of_templates()) - entries().keys()
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
            assert braces == ({name for _, name, _, _ in string.Formatter().parse(value) if name} if braces else set()), message


def test_the_compiled_catalogues_are_current() -> None:
    told: dict[str, str] = {}
    for path in catalogues():
        with path.with_suffix(".mo").open("rb") as file:
            compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        told |= {key[0] if isinstance(key, tuple) else key: value for key, value in compiled.items() if key}
    assert told == {key: values[0] for key, values in entries().items()}


def test_each_text_has_one_entry_in_the_earliest_room_that_uses_it() -> None:
    expected = collections.Counter(catalogue_of(room_of_text(places)) for places in collect().places.values())
    assert expected == {
        path: sum(block.count("\nmsgid ") for block in path.read_text(encoding="utf-8").split("\n\n")[1:])
        for path in catalogues()
    }
    assert set(locale_folders()) == {path.parents[2] for path in PACKAGE.rglob("*.po")}


def test_no_entry_is_left_of_a_text_that_nobody_uses() -> None:
    used = {f"{text.context}\x04{text.message}" if text.context else text.message for text in collect().places}
    assert entries().keys() == used, "run `make messages` and translate what is new"


def test_rooms() -> None:
    assert room_of_text(["sites/desk/forms/call.py", "capabilities/orders/rows.py", "web/errors.py"]) == "capabilities/orders"
    assert room_of_text(["adapters/iso20022/x.py", "engine/records/load.py"]) == "engine"
    assert room_of_text(["capabilities/clocks.py"]) == "capabilities"


def test_texts_of_a_template() -> None:
    source = """
        {% load i18n %}{% translate "50% off" %} {% trans 'he said "no"' context "shop" %} {{ _("shown") }}
        {# translate "not this" #}{% comment %}{% trans "nor this" %}{% endcomment %}
        {% blocktranslate trimmed count n=list|length with who=user.name %}
          {{ who }} has one
        {% plural %}
          {{ who }} has {{ n }}
        {% endblocktranslate %} {% include "x" with title=_("a title") %} gettext("no text")
    """
    assert set(texts_of_template(source, "sample")) == {
        Text("50%% off"),
        Text('he said "no"', context="shop"),
        Text("shown"),
        Text("a title"),
        Text("%(who)s has one", "%(who)s has %(n)s"),
    }


def test_texts_of_code() -> None:
    source = """_("one" " text"); pgettext_lazy("where", "two"); ngettext("three", "threes", n); _(name); x.gettext("four")"""
    assert set(texts_of_code(source)) == {Text("one text"), Text("two", context="where"), Text("three", "threes"), Text("four")}


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        ('msgid "a {name}"\nmsgstr "{nam}"', "{placeholders} differ"),
        ('msgid "a {name}"\nmsgstr "{name} {other}"', "{placeholders} differ"),
        ('msgid "%(name)s has"\nmsgstr "%(nam)s"', "placeholders differ"),
        ('msgid "%s of %s"\nmsgstr "%s"', "the number of %s differs"),
        ('msgid "open"\nmsgstr ""', "not translated"),
        ('#, fuzzy\nmsgid "open"\nmsgstr "x"', "not translated, or doubtful"),
        ('#~ msgid "open"\n#~ msgstr "x"', "no text stands for"),
    ],
)
def test_what_stops_compilation(entry: str, mistake: str, tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n' + entry + "\n", encoding="utf-8")
    found = compile_catalogue(path)
    assert len(found) == 1
    assert mistake in found[0]
    assert not path.with_suffix(".mo").exists()
