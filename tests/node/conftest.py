"""The command line in this process, with a home folder of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from federation_kit.commands import Accord, Answer


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home folder in the environment, which is as it was again afterwards (commands change it)."""
    before = dict(os.environ)
    os.environ["ACCORD_HOME"] = str(tmp_path / "home")
    yield tmp_path / "home"
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def accord(home: Path, capfd: pytest.CaptureFixture[str]) -> Accord:
    """Runs `accord` with these arguments."""
    from accord.lab.cli import run

    def command(*arguments: object) -> Answer:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Answer(code, captured.out, captured.err)

    return command
