"""Machines of a test's own, joined by a network of its own that can be cut, slow and lossy (`wire.py` carries its frames).

What runs on a machine runs in a network namespace and a process namespace of its own: it sees no other network, and when
the machine is killed all of it is gone at once, as when the power fails. Nothing is named on the host, so that nothing can
be left there: whatever ends the test's process, even SIGKILL, ends the switch, the machines and the namespaces.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from federation_kit import loaded

LIFE_SECONDS = 280
"""A network ends by itself after so long, whoever forgot it."""

MOST_HOSTS = 8
PR_SET_PDEATHSIG = 1
MACHINE = Path(__file__).with_name("machine_program.py")
_LIBC = ctypes.CDLL(None)


def namespaces_absent() -> str:
    """Why no network can be made here; empty where one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "network namespaces are made by root on Linux"
    if not Path("/dev/net/tun").exists():
        return "/dev/net/tun is not there; a network's interfaces are tap devices"
    done = subprocess.run(["unshare", "--net", "ip", "link"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"no network namespace can be made: {done.stderr.strip()}"


def _die_with_parent() -> None:
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Network:
    """Hosts by name. Every way is whole, quick and without loss until told otherwise."""

    def __init__(self, switch: subprocess.Popen[str]) -> None:
        self._switch = switch
        self._spaces: dict[str, str] = {}
        self._machines: list[Machine] = []
        self.address: dict[str, str] = {}

    def add(self, *names: str) -> None:
        """Hosts, each with an address of its own that to itself looks like its own machine's."""
        for name in names:
            assert len(self._spaces) < MOST_HOSTS, "a test's network stays small"
            self.address[name] = f"127.77.0.{len(self._spaces) + 2}"
            self._spaces[name] = self._tell({"host": name, "address": f"{self.address[name]}/24"})["namespace"]

    def cut(self, one: str, *others: str) -> None:
        """No frame passes between a host and those others (all, where none is named)."""
        self.make(one, *others, cut=True)

    def heal(self, one: str, *others: str) -> None:
        self.make(one, *others)

    def make(self, one: str, *others: str, cut: bool = False, seconds: float = 0.0, lost: float = 0.0) -> None:
        """The ways between a host and others: cut, `seconds` late in each direction, `lost` a share of all frames."""
        for other in others or self._spaces.keys() - {one}:
            self._tell({"between": [one, other], "cut": cut, "seconds": seconds, "lost": lost})

    def command(self, host: str, command: Sequence[str]) -> list[str]:
        """The command line that runs `command` on a host."""
        space = ("nsenter", f"--net={self._spaces[host]}")
        return [*space, "unshare", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", *command]

    def start(self, host: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Machine:
        """Start a command on a host; what it says goes to the end of `log`."""
        with log.open("ab") as out:
            process = subprocess.Popen(
                self.command(host, command), env=dict(environment), stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, preexec_fn=_die_with_parent,
            )  # fmt: skip
        return self._added(Machine(process, log))

    def node(self, host: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Machine:
        """Start the command line `accord` on a host, its imports made before; what it says goes to the end of `log`."""
        with log.open("ab") as out:
            process = loaded.start(
                ("file", str(MACHINE)), self._spaces[host], *arguments, environment=environment, stdout=out, stderr=out
            )
        return self._added(Machine(process, log))

    def _added(self, machine: Machine) -> Machine:
        self._machines.append(machine)
        return machine

    def end(self) -> None:
        """All machines without power, and no network."""
        for machine in self._machines:
            machine.kill()
        self._switch.kill()

    def run(self, host: str, command: Sequence[str], environment: Mapping[str, str] | None = None, timeout: float = 60) -> str:
        """A command on a host to its end; what it prints. Fails with what it complains of."""
        done = subprocess.run(
            self.command(host, command), env=dict(environment or os.environ), capture_output=True, text=True,
            check=False, timeout=timeout, preexec_fn=_die_with_parent,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _tell(self, order: dict[str, Any]) -> Any:
        assert self._switch.stdin is not None
        assert self._switch.stdout is not None
        self._switch.stdin.write(json.dumps(order) + "\n")
        self._switch.stdin.flush()
        answer = self._switch.stdout.readline()
        assert answer, "the switch has ended"
        return json.loads(answer)


class Machine:
    """What runs on a host, until it ends by itself, is stopped in order, or loses its power."""

    def __init__(self, process: subprocess.Popen[bytes] | loaded.Process, log: Path, *, alone: bool = True) -> None:
        self._process, self._log, self._alone = process, log, alone

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
        """SIGKILL to everything of it at once."""
        self._process.kill()
        self._process.wait()

    def stop(self, within: float = 20) -> None:
        """SIGTERM to the command itself; killed where it does not end in time."""
        children = _children(self._process.pid) if self._alone else [self._process.pid]
        for child in children:
            os.kill(child, signal.SIGTERM)
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


@contextmanager
def network(record: Path | None = None) -> Iterator[Network]:
    """A network for the length of a with block; `record` gets every frame that crossed it."""
    command = [sys.executable, str(Path(__file__).with_name("wire.py")), str(LIFE_SECONDS), *([str(record)] if record else [])]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=_die_with_parent
    ) as switch:
        made = Network(switch)
        try:
            yield made
        finally:
            made.end()
