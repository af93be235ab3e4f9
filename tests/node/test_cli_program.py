"""The installed program `accord`, started from nothing, with one command of each group; others are tested in forks."""

from __future__ import annotations

from pathlib import Path

import pytest
from federation_kit.commands import installed
from federation_kit.stores import with_store

from accord.lab.cli import app

GOOD = "four plain words together\n"
COMMANDS = {
    "node": ("user", "add", "lin", "--password-stdin", "--json"),
    "partners": ("list", "--json"),
    "agreements": ("fields", "--json"),
    "exchange": ("status", "--json"),
    "audit": ("verify", "--json"),
    "retention": ("show", "--json"),
    "regimes": ("list", "--json"),
    "lines": ("list", "--json"),
    "records": ("status", "--json"),
    "exercise": ("make", "--people", "300", "--days", "1"),
    "doctor": ("--json",),
    "trace": ("--transfer", "T-404", "--json"),
}
"""By group; the demo has the program to itself (test_demo)."""
REFUSED = {"trace": 2}
NO_JSON = {"exercise"}


def test_every_group_is_here() -> None:
    groups = {group.name for group in app.registered_groups} | {command.name for command in app.registered_commands}
    assert groups == COMMANDS.keys() | {"demo"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_store(tmp_path_factory.mktemp("installed") / "home")


@pytest.mark.slow
@pytest.mark.parametrize("group", COMMANDS)
def test_the_program_answers(group: str, node: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "world") if group == "exercise" else ()
    answer = installed(node, group, *COMMANDS[group], *out, stdin=GOOD)
    assert answer.code == REFUSED.get(group, 0), answer.err
    assert "Traceback" not in answer.err
    if group in REFUSED:
        assert answer.out == ""
        assert answer.error["message"]
    elif group in NO_JSON:
        assert (tmp_path / "world").is_dir()
    else:
        assert answer.json is not None
