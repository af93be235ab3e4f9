"""Every `accord …` command in README, docs and examples names a command that exists, with options that it has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.main import get_command

from accord.lab.cli import app

CHECKOUT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([CHECKOUT / "README.md", *(CHECKOUT / "docs").rglob("*.md")])
_EXAMPLE: Final = re.compile(r"(?:^\s*(?:[A-Z_]+=\S* )*|-- |exec |=)(?:[\w./-]*/)?accord (?=\S)")
ROOT: Any = get_command(app)


def _joined(text: str) -> str:
    """The text with lines that a backslash continues made one."""
    return re.sub(r"\\\n\s*", "", text)


def examples(text: str) -> Iterator[str]:
    """Commands on lines of code (indented by four, or fenced): what follows `accord`, up to a comment or the next command."""
    fenced = False
    for line in _joined(text).splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif (fenced or line.startswith("    ")) and (found := _EXAMPLE.search(line)):
            yield re.split(r" +#|[|;&<>]|  +|'", line[found.end() :])[0].strip()


def mentions(text: str) -> Iterator[str]:
    """Commands in running text, between back quotes."""
    for span in re.findall(r"`([^`\n]+)`", text):
        if span.startswith("accord "):
            yield span.removeprefix("accord ")


def leaf_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the first words name, and the words after it."""
    command, rest = ROOT, list(words)
    while hasattr(command, "commands") and rest and not rest[0].isupper():
        word = rest.pop(0)
        if command is ROOT and word == "--home":
            rest.pop(0)
        elif word.startswith("-"):
            assert word in options(command), f"{word} is no option of {command.name}"
        else:
            assert word in command.commands, f"{word} is no command of accord {command.name or ''}"
            command = command.commands[word]
    return command, rest


def options(command: Any) -> set[str]:
    named = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return named | {"--help", "-h"}


def check(words: str) -> None:
    """A whole command line parses; nothing is run."""
    command, rest = leaf_of(shlex.split(words))
    if hasattr(command, "commands") or "--help" in rest:
        return
    try:
        command.make_context(command.name, rest)
    except typer.TyperException as error:
        pytest.fail(f"accord {words}: {error.format_message()}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(CHECKOUT).as_posix())
def test_commands_in_the_docs_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for words in examples(text):
        check(words)
    for words in mentions(text):
        command, rest = leaf_of([word for word in words.split() if word != "…"])
        unknown = {word.partition("=")[0] for word in rest if word.startswith("--")} - options(command)
        assert not unknown, f"accord {words}"


def test_the_docs_do_have_commands() -> None:
    found = [words for page in PAGES for words in examples(page.read_text(encoding="utf-8"))]
    assert len(found) > 15
    assert "node restore /backups/accord-2026-03-01.tar.gz --home /srv/accord/node" in found


@pytest.mark.parametrize(
    "wrong", ["node nothing", "node backup", "node run --colour red", "trace --rule none", "--nothing node"]
)
def test_a_command_that_does_not_exist_is_found(wrong: str) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(wrong)


def _epilogs(command: Any) -> Iterator[str]:
    yield command.epilog or ""
    for inner in getattr(command, "commands", {}).values():
        yield from _epilogs(inner)


def test_examples_in_the_help_parse() -> None:
    lines = [line.partition("Example:")[2] or line for text in _epilogs(ROOT) for line in _joined(text).splitlines()]
    found = [re.split(r"   +| [<>] ", line.strip())[0] for line in lines if re.match(r"\s+accord ", line)]
    assert len(found) > 20
    for line in found:
        check(line.removeprefix("accord "))
