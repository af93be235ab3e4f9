"""Nodes that run: a web process and a worker on a home, forked from a loaded interpreter, ended with the block.

The test's process never touches their Django: what must be set up is done by a small program in a process of its own.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from socket import create_server
from typing import IO, Any, Final

from accord.node.home import Home
from federation_kit import commands, loaded
from federation_kit.commands import environment_of
from federation_kit.loaded import DEVNULL, PIPE

START_WITHIN_SECONDS: Final = 90
OPEN: Final = "The desk is open at"
"""What a node says once its desk answers."""


@dataclasses.dataclass(frozen=True)
class RunningNode:
    """A node that runs: where it is, and the processes of it that a test may end."""

    home: Home
    address: str
    port: int
    environment: Mapping[str, str]
    process: loaded.Process | None = None

    def run(self, program: str, *arguments: object) -> Any:
        """A small program with this node's Django; what it prints, as JSON."""
        return json.loads(commands.program(DJANGO + program, *arguments, environment=dict(self.environment)) or "null")

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of this node's store, read while it runs."""
        with closing(sqlite3.connect(f"file:{self.home.database}?mode=ro", uri=True, timeout=20)) as store:
            store.row_factory = sqlite3.Row
            return [dict(row) for row in store.execute(query, values)]

    def stop(self) -> None:
        """End it before the block ends."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


DJANGO = """
import json, sys
from accord.node.home import Home
from accord.node.serve import prepare
prepare(Home.from_environment())
"""


class Said:
    """What a process writes on standard error, copied to its log as it comes, so that a test can wait for words."""

    def __init__(self, stream: IO[str], log: Path) -> None:
        self._stream, self._log = stream, log
        self._lines: list[str] = []
        self._ended = False
        self._news = threading.Condition()
        threading.Thread(target=self._copy, daemon=True).start()

    def _copy(self) -> None:
        with self._stream, self._log.open("a", encoding="utf-8") as log:
            for line in self._stream:
                log.write(line)
                log.flush()
                with self._news:
                    self._lines.append(line)
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    @property
    def text(self) -> str:
        with self._news:
            return "".join(self._lines)

    def wait_for(self, words: str, seconds: float) -> str:
        """The line that these words stand in."""
        with self._news:
            found = self._news.wait_for(lambda: self._line_with(words) or self._ended, seconds)
            line = self._line_with(words)
        assert line, f"{'it ended' if found else 'it did not say so in time'}: {self.text}"
        return line

    def _line_with(self, words: str) -> str:
        return next((line for line in self._lines if words in line), "")


def start_node(
    home: Home, port: int, environment: Mapping[str, str], *, new_session: bool = False
) -> tuple[loaded.Process, Said]:
    """Start `accord node run` without waiting until it is open."""
    arguments = ("node", "run", "--port", port)
    node = loaded.start(
        loaded.MAIN, *arguments, environment=environment, stdout=DEVNULL, stderr=PIPE, text=True, new_session=new_session
    )
    assert node.stderr is not None
    return node, Said(node.stderr, home.root / "node.log")


@contextmanager
def running(home: Home, port: int | None = None, **more: str) -> Iterator[RunningNode]:
    """The node of a home, until the end of the block; nothing of it is left behind."""
    environment = environment_of(home.root, **more)
    environment["DJANGO_SETTINGS_MODULE"] = "accord.node.settings"
    port = port or free_port()
    node, said = start_node(home, port, environment)
    try:
        said.wait_for(OPEN, START_WITHIN_SECONDS)
        yield RunningNode(home, f"http://127.0.0.1:{port}", port, environment, node)
    finally:
        node.send_signal(signal.SIGTERM)  # does nothing where it has ended
        try:
            node.wait(20)
        except subprocess.TimeoutExpired:
            node.kill()
            node.wait()


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def secret_file(path: Path, text: str) -> Path:
    """A file that its owner alone may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
    return path
