"""How a process that leads a federation talks with the members that it started: lines of JSON over their standard streams.

A member answers each command once, in order. It ends when its standard input does, so that none outlives whoever started it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, Protocol, Self

from accord.core import errors
from accord.core.errors import AccordError, Unavailable
from accord.lab.errors import Msg
from accord.lab.federation import forking

Command = Callable[..., Any]
"""Takes the arguments of a command by name and returns what can be written as JSON."""

END_WITHIN_SECONDS: Final = 20
_ERRORS: Final = {
    kind.__name__: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AccordError)
}


class _Process(Protocol):
    """What a member needs of its process."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, seconds: float, /) -> int: ...


class Member:
    """A process of one centre, led from here. Not safe for threads; `ask_all` asks several at the same time."""

    def __init__(self, name: str, program: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Start a program of Python (its arguments); what it says on standard error goes to the file `log`."""
        with log.open("ab") as messages:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                [sys.executable, *program],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=messages, env=dict(environment),
                start_new_session=True,  # Ctrl-C reaches the leader alone, which ends its members in order
            )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        self._set(name, log, process, process.stdin, process.stdout)

    def _set(self, name: str, log: Path, process: _Process, commands: IO[bytes], replies: IO[bytes]) -> None:
        self.name = name
        self._log = log
        self._process, self._commands, self._replies = process, commands, replies

    @classmethod
    def forked(cls, name: str, main: Callable[[], None], log: Path) -> Self:
        """Fork this process and run `main`, which serves commands, in the child (`forking`)."""
        reading, commands = os.pipe()
        replies, writing = os.pipe()
        messages = forking.log_file(log)
        process = forking.fork(main, reading, writing, messages)
        for file in (reading, writing, messages):
            os.close(file)
        member = cls.__new__(cls)
        member._set(name, log, process, os.fdopen(commands, "wb"), os.fdopen(replies, "rb"))
        return member

    def ask(self, command: str, **arguments: Any) -> Any:
        """Do something in the member and return its answer. Raises what it raised, as far as it is an error of ours."""
        self.tell(command, **arguments)
        return self.answer()

    def tell(self, command: str, **arguments: Any) -> None:
        """Ask without waiting; `answer` must follow."""
        line = json.dumps({"do": command, "with": arguments}, ensure_ascii=False) + "\n"
        try:
            self._commands.write(line.encode())
            self._commands.flush()
        except OSError as error:
            raise self._ended() from error

    def answer(self) -> Any:
        line = self._replies.readline()
        if not line:
            raise self._ended()
        answer = json.loads(line)
        if "error" in answer:
            kind, message, where = answer["error"]
            raise _ERRORS.get(kind, Unavailable)(Msg.MEMBER_FAILED, member=self.name, message=message, where=where)
        return answer["done"]

    def check(self) -> None:
        """Raise Unavailable where the process has ended."""
        if self._process.poll() is not None:
            raise self._ended()

    def close(self) -> None:
        """End it and wait; killed where it does not end by itself. May be called from another thread and more than once."""
        with suppress(OSError):  # it has ended already
            self._commands.close()
        try:
            self._process.wait(END_WITHIN_SECONDS)
        except (subprocess.TimeoutExpired, TimeoutError):
            os.killpg(self._process.pid, 9)
            self._process.wait(END_WITHIN_SECONDS)
        self._replies.close()

    def _ended(self) -> Unavailable:
        return Unavailable(Msg.PROCESS_ENDED_BY_ITSELF, name=self.name, where=str(self._log))


def ask_all(members: Iterable[Member], command: str, **arguments: Any) -> dict[str, Any]:
    """The answers of all members, which work at the same time."""
    asked = list(members)
    for member in asked:
        member.tell(command, **arguments)
    return answers(asked)


def answers(asked: Iterable[Member]) -> dict[str, Any]:
    """What each says to what it was told; every answer is read before an error is raised, so that none is left behind."""
    given: dict[str, Any] = {}
    failed: list[AccordError] = []
    for member in asked:
        try:
            given[member.name] = member.answer()
        except AccordError as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return given


def close_all(members: Iterable[Member]) -> None:
    """End several at the same time."""
    threads = [threading.Thread(target=member.close) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def serve(commands: Mapping[str, Command]) -> None:
    """The member's side: carry out commands until standard input ends. Whatever else is printed goes to standard error."""
    answers_to = _own_stdout()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            answer = {"done": commands[asked["do"]](**asked["with"])}
        except AccordError as error:
            answer = {"error": [type(error).__name__, error.message, error.where]}
        answers_to.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        answers_to.flush()


def _own_stdout() -> IO[bytes]:
    """Standard output for answers alone."""
    kept = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return kept
