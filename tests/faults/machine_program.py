"""A node on a machine of its own, in a process that was forked with everything loaded: run by `network.Network.node`.

    machine_program.py NAMESPACE ARGUMENT …     the command line `accord ARGUMENT …`; "-" is this machine itself

It does what `nsenter`, `unshare` and the interpreter do for a command started from nothing: enters the host's network
namespace, becomes the first process of a process namespace that dies as a whole, and brings the fault that FAULT_POINT names
(`fire/sitecustomize.py`). The desk's process is forked from the node's instead of being started anew.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000
MS_NOSUID_NODEV_NOEXEC: Final = 0x2 | 0x4 | 0x8
MS_REC_PRIVATE: Final = 0x4000 | 0x40000
PR_SET_PDEATHSIG: Final = 1
FIRE: Final = Path(__file__).with_name("fire") / "sitecustomize.py"

_LIBC = ctypes.CDLL(None, use_errno=True)


def enter(namespace: str) -> None:
    """Go on as the first process of a new process namespace on this network; the process that was here waits for its end."""
    with Path(namespace).open("rb") as space:
        _must(_LIBC.setns(space.fileno(), CLONE_NEWNET), "the host's network cannot be entered")
    _must(_LIBC.unshare(CLONE_NEWPID | CLONE_NEWNS), "no process namespace can be made")
    pid = os.fork()
    if pid:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os._exit(code if code >= 0 else 128 - code)
    _must(_LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "the machine would outlive its test")
    _must(_LIBC.mount(b"none", b"/", None, MS_REC_PRIVATE, None), "mounts cannot be kept apart")
    _must(_LIBC.mount(b"proc", b"/proc", b"proc", MS_NOSUID_NODEV_NOEXEC, None), "there is no /proc of its own")


def _must(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


class Forked:
    """`python -m MODULE …` in a fork of this process, as far as `accord.node.serve` uses `subprocess.Popen`."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], start_new_session: bool, **_: Any) -> None:
        from django.db import connections

        assert tuple(command[:2]) == (sys.executable, "-m")
        connections.close_all()  # a store that is open belongs to one process
        arguments = (command[2:], dict(env), start_new_session)
        self._process = multiprocessing.get_context("fork").Process(target=_be, args=arguments)
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("the desk", timeout or 0)
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()


def _be(command: Sequence[str], environment: Mapping[str, str], new_session: bool) -> None:
    if new_session:
        os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(command)
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


def main(namespace: str, *arguments: str) -> None:
    if namespace != "-":
        enter(namespace)
    if "FAULT_POINT" in os.environ:
        runpy.run_path(str(FIRE))
    from accord.node import cli, serve

    serve.subprocess.Popen = Forked  # type: ignore[misc,assignment] # nothing else of a node starts a process
    sys.argv = ["accord", *arguments]
    cli.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
