"""Usage, exit codes, errors as text and as JSON, help, and what Ctrl-C does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from federation_kit import loaded
from federation_kit.commands import Accord

from accord.core.errors import AccordError, BadInput, Conflict, Corrupt, NotAllowed, NotFound, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.node.cli import output

COMMANDS = [
    "demo",
    "doctor",
    "records load",
    "records status",
    "trace",
    "exercise make",
    "node run",
    "node work",
    "node migrate",
    "node backup",
    "node restore",
    "node user add",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_how_to_use_a_command(accord: Accord, command: str) -> None:
    answer = accord(*command.split(), "--help")
    assert answer.code == 0
    assert "Example" in answer.out
    assert f"accord {command}" in answer.out.split("Example")[1]
    assert "--home" in answer.out


def test_help_lists_the_commands(accord: Accord) -> None:
    answer = accord("-h")
    assert answer.code == 0
    for command in COMMANDS:
        assert f"\n  {command.split()[0]} " in answer.out
    assert "Exit codes" in answer.out


def test_help_needs_no_heavy_part() -> None:
    """Help must come at once, so nothing slow may be imported for it."""
    program = (
        "import sys; from accord.lab.cli import run; run(['--help']); "
        "print([name for name in ('numpy', 'numba', 'polars', 'pyarrow', 'django', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version(accord: Accord) -> None:
    assert accord("--version").out.startswith("accord 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("records",),
        ("nonsense",),
        ("trace", "--nonsense"),
        ("records", "load", "t.csv"),
        ("records", "load", "t.csv", "--kind", "calls"),
        ("node", "run", "--port", "70000"),
        ("trace",),
        ("trace", "--transfer", "a", "--claims", "c.csv"),
        ("trace", "--claims", "c.csv"),
        ("trace", "--transfer", "a", "--out", "x.parquet"),
    ],
)
def test_bad_usage_ends_with_2(accord: Accord, home: Path, arguments: tuple[str, ...]) -> None:
    answer = accord(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.strip()
    assert "Traceback" not in answer.err
    assert not home.exists(), "a command that was not understood left something behind"


def test_bad_usage_as_json(accord: Accord) -> None:
    answer = accord("records", "load", "t.csv", "--json")
    assert (answer.code, answer.out) == (2, "")
    assert answer.error["type"] == "Usage"
    assert "--kind" in answer.error["message"]
    assert answer.error["where"] == "accord records load"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput(CoreMsg.VERBATIM, text="x"), 2),
        (NotFound(CoreMsg.VERBATIM, text="x"), 2),
        (NotAllowed(CoreMsg.VERBATIM, text="x"), 1),
        (Conflict(CoreMsg.VERBATIM, text="x"), 1),
        (Unavailable(CoreMsg.VERBATIM, text="x"), 1),
        (Corrupt(CoreMsg.VERBATIM, text="x"), 1),
    ],
)
def test_exit_code_of_each_error(error: AccordError, code: int) -> None:
    assert error.exit_code == code


def test_an_error_is_one_block_that_says_where(capfd: pytest.CaptureFixture[str]) -> None:
    """Square brackets in a message are text, not markup."""
    output.show_error(BadInput(CoreMsg.VERBATIM, text="no column [time]; add one", where="t.csv"), as_json=False)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == "Error: t.csv: no column [time]; add one\n"


def test_a_failure_gets_a_hint(capfd: pytest.CaptureFixture[str]) -> None:
    output.show_error(Unavailable(CoreMsg.VERBATIM, text="the disk is full"), as_json=False)
    assert "accord doctor" in capfd.readouterr().err


def test_home_may_stand_before_or_after_the_command(accord: Accord, tmp_path: Path) -> None:
    transfers = tmp_path / "t.csv"
    transfers.write_text("id,time,debtor,creditor,amount,currency\na,2026-01-01T00:00:00Z,x,y,10,CNY\n")
    assert accord("records", "load", transfers, "--kind", "transfers", "--home", tmp_path / "one").code == 0
    assert accord("--home", tmp_path / "one", "records", "status", "--json").json["transfers"] == 1
    assert accord("records", "status", "--json", "--home", tmp_path / "two").json["transfers"] == 0


def test_ctrl_c_ends_with_130_and_a_word(tmp_path: Path) -> None:
    """A real process at a terminal, stopped once its progress is shown, while it makes a world that would take it minutes."""
    command = ("exercise", "make", "--out", tmp_path / "world", "--people", "200000")
    terminal, theirs = os.openpty()
    try:
        process = loaded.start(loaded.MAIN, *command, stdout=loaded.PIPE, stderr=theirs, text=True)
    finally:
        os.close(theirs)
    with open(terminal, "rb", buffering=0) as screen:
        assert screen.read(1), "the progress bar"
        process.send_signal(signal.SIGINT)
        err = b""
        with suppress(OSError):  # how a terminal says that the other end is closed
            while more := screen.read(4096):
                err += more
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == ""
    assert b"Interrupted" in err
    assert b"Traceback" not in err
    assert list(tmp_path.iterdir()) == []
