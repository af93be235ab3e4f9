"""Command lines of `accord`: what one led to, and how tests give one to a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from federation_kit import loaded


@dataclass(frozen=True)
class Answer:
    """Exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The error document, which must be the last line of standard error."""
        document: dict[str, dict[str, str]] = json.loads(self.err.splitlines()[-1])
        return document["error"]


Accord = Callable[..., Answer]


def environment_of(home: Path, **more: str) -> dict[str, str]:
    """This process's environment with `home`, without what the tests' own node is set to."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACCORD_", "DJANGO_"))}
    return {**kept, **more, "ACCORD_HOME": str(home)}


def separately(home: Path, *arguments: object, stdin: str = "", seconds: float = 120, **environment: str) -> Answer:
    """One command line in a process of its own, to its end. Its imports were made before (`loaded`)."""
    return to_its_end(loaded.MAIN, *arguments, environment=environment_of(home, **environment), stdin=stdin, seconds=seconds)


def installed(home: Path, *arguments: object, stdin: str = "", seconds: float = 120, **environment: str) -> Answer:
    """One command line of the installed program, started from nothing as a person starts it."""
    done = subprocess.run(
        [Path(sys.executable).with_name("accord"), *map(str, arguments)],
        env=environment_of(home, **environment), input=stdin, capture_output=True, text=True, check=False, timeout=seconds,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


def program(text: str, *arguments: object, environment: dict[str, str], seconds: float = 180) -> str:
    """What a small program prints that runs in a process of its own; it must end well."""
    done = to_its_end(("text", text), *arguments, environment=environment, seconds=seconds)
    assert done.code == 0, (done.code, done.err)
    return done.out


def to_its_end(
    run: loaded.Run, *arguments: object, environment: dict[str, str], stdin: str = "", seconds: float = 120
) -> Answer:
    """Start a forked process and wait for its end; killed where it takes longer than `seconds`."""
    with _file(stdin) as asked, _file() as out, _file() as err:
        process = loaded.start(run, *arguments, environment=environment, stdin=asked, stdout=out, stderr=err)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"not done within {seconds:.0f} s: {_text(out)}\n{_text(err)}") from None
        return Answer(code, _text(out), _text(err))


def _file(text: str = "") -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever called closes it
    file.write(text.encode())
    file.seek(0)
    return file


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
