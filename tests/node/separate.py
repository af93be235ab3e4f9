"""`accord` in a process of its own, as a person runs it: Django reads the settings of one home only once in a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from command_line import Answer


def environment_of(home: Path, **more: str) -> dict[str, str]:
    """This process's environment with `home`, without what the tests' own node is set to."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACCORD_", "DJANGO_"))}
    return {**kept, **more, "ACCORD_HOME": str(home)}


def separately(home: Path, *arguments: object, stdin: str = "", seconds: float = 120, **environment: str) -> Answer:
    """One command line, to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "accord", *map(str, arguments)],
        env=environment_of(home, **environment),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    return Answer(done.returncode, done.stdout, done.stderr)
