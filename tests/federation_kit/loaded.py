"""Processes of Accord forked from an interpreter that has everything loaded: 0.1 s instead of 1.5 s until they work.

Each is a process of its own, with its own environment, home, settings, standard streams and exit code, which runs the same
program as one started from nothing; it is spared the imports alone (`loaded_server` says what is ready before the fork).

    with start(MAIN, "node", "run", environment=environment_of(home), stderr=PIPE) as node: ...
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, Literal, Self

PIPE: Final = subprocess.PIPE
DEVNULL: Final = subprocess.DEVNULL
STDOUT: Final = subprocess.STDOUT
MAIN: Final = ("main", "accord.lab.cli")
"""The program `accord`."""

START_WITHIN_SECONDS: Final = 120

Run = tuple[Literal["main", "text", "file"] | str, str]
Stream = int | IO[Any] | None


class Process:
    """One of them, as far as tests use `subprocess.Popen`."""

    def __init__(self, pid: int, answers: socket.socket, streams: list[IO[Any] | None]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._answers = answers
        self._lock = threading.Lock()
        self.stdin, self.stdout, self.stderr = streams

    def poll(self) -> int | None:
        """The exit code (the negative number of the signal that ended it), or None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended."""
        with self._lock:
            if self.returncode is None:
                self._answers.settimeout(max(timeout, 0.000_1) if timeout is not None else None)
                try:
                    said = self._answers.recv(64)
                except (TimeoutError, BlockingIOError):
                    raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None
                assert said, "the interpreter that forks has ended"
                self.returncode = int(said)
                self._answers.close()
            return self.returncode

    def communicate(self, given: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        """What it still says until it ends, once standard input (if it is a pipe) was given and closed."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if self.stdin is not None:
            with suppress(BrokenPipeError, ValueError):
                if given:
                    self.stdin.write(given)
                self.stdin.close()
        said: dict[IO[Any], list[Any]] = {stream: [] for stream in (self.stdout, self.stderr) if stream and not stream.closed}
        self._read(said, deadline)
        self.wait(None if deadline is None else deadline - time.monotonic())
        texts = []
        for stream in (self.stdout, self.stderr):
            parts = said.get(stream) if stream else None
            texts.append(None if parts is None else type(parts[0])().join(parts))
        return texts[0], texts[1]

    def _read(self, said: dict[IO[Any], list[Any]], deadline: float | None) -> None:
        threads = [threading.Thread(target=lambda s=stream: said[s].append(s.read()), daemon=True) for stream in said]  # type: ignore[misc]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(None if deadline is None else max(deadline - time.monotonic(), 0))
            if thread.is_alive():
                raise subprocess.TimeoutExpired(str(self.pid), 0)
        for stream in said:
            stream.close()

    def send_signal(self, number: int) -> None:
        """Does nothing where it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()
        self.wait()


class Interpreter:
    """The loaded interpreter, started at its first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders, theirs = socket.socketpair()
        with theirs:
            program = str(Path(__file__).with_name("loaded_server.py"))
            self._process = subprocess.Popen([sys.executable, program], stdin=theirs, stdout=DEVNULL)
        self._orders.settimeout(START_WITHIN_SECONDS)
        assert self._orders.recv(1) == b"+", "the interpreter that forks did not start; its messages are above"
        self._orders.settimeout(None)

    def fork(self, order: dict[str, Any], streams: list[int]) -> tuple[int, socket.socket]:
        """A child that does as ordered: its number, and the socket that its exit code comes by."""
        answers, theirs = socket.socketpair()
        data = json.dumps(order).encode()
        data = len(data).to_bytes(4, "big") + data
        with self._lock, theirs:
            sent = socket.send_fds(self._orders, [data], [*streams, theirs.fileno()])
            self._orders.sendall(data[sent:])
            said = answers.recv(64)  # the number is written before any exit code
        pid, _, rest = said.decode().partition("\n")
        assert pid, "the interpreter that forks has ended"
        assert not rest
        return int(pid), answers

    def close(self) -> None:
        self._orders.close()
        self._process.wait(20)


@functools.cache
def interpreter() -> Interpreter:
    """One for this process, which ends with it."""
    made = Interpreter()
    atexit.register(made.close)
    return made


def start(
    run: Run,
    *arguments: object,
    environment: Mapping[str, str] | None = None,
    stdin: Stream = DEVNULL,
    stdout: Stream = None,
    stderr: Stream = None,
    text: bool = False,
    new_session: bool = False,
    folder: Path | None = None,
) -> Process:
    """Start `run`: `MAIN`, ("text", a program) or ("file", the path of one). The streams are what `Popen` takes."""
    theirs: list[int] = []
    to_close: list[int] = []
    ours: list[IO[Any] | None] = []
    for number, wanted in enumerate((stdin, stdout, stderr)):
        if wanted is PIPE:
            ends = os.pipe()
            kept, given = (ends[1], ends[0]) if number == 0 else ends
            ours.append(_opened(kept, "w" if number == 0 else "r", text))
            to_close.append(given)
            theirs.append(given)
            continue
        ours.append(None)
        if wanted == DEVNULL:
            to_close.append(os.open(os.devnull, os.O_RDWR))
            theirs.append(to_close[-1])
        elif wanted == STDOUT:
            theirs.append(theirs[1])
        else:
            theirs.append(number if wanted is None else wanted if isinstance(wanted, int) else wanted.fileno())
    order = {
        "run": run,
        "arguments": [str(argument) for argument in arguments],
        "environment": dict(os.environ if environment is None else environment),
        "folder": str(folder or Path.cwd()),
        "new_session": new_session,
    }
    try:
        pid, answers = interpreter().fork(order, theirs)
    finally:
        for number in to_close:
            os.close(number)
    return Process(pid, answers, ours)


def _opened(number: int, mode: str, text: bool) -> IO[Any]:
    return os.fdopen(number, mode, encoding="utf-8") if text else os.fdopen(number, mode + "b")
