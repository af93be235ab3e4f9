"""Processes forked from one that has everything loaded: a centre is there in milliseconds, and shares its memory.

The process that forks must have no thread but its own at that moment, and no connection to a store: neither survives a fork.
A forked process is a node's as any other: it takes its environment and reads its settings anew, and ends without going on
with what the one before it was about.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from accord.node.home import Home

_SETTINGS: Final = "accord.node.settings"

_USED: Final = (
    "accord.node.wsgi", "accord.node.urls", "accord.node.wiring", "accord.node.worker", "accord.lab.demo.day",
    "accord.lab.demo.for_partners", "accord.lab.federation.partnership", "granian.server",
)  # fmt: skip
"""What the processes of a centre use, besides what Django loads by itself."""

_STEP_SECONDS: Final = 0.01


def load(home: Home) -> None:
    """Load all that centres need. Their common exercise lies in `home`; no store of it is opened."""
    os.environ["ACCORD_HOME"] = str(home.root)
    os.environ["DJANGO_SETTINGS_MODULE"] = _SETTINGS
    import django

    django.setup()
    for name in _USED:
        importlib.import_module(name)


class Forked:
    """A child of this process, with the part of `subprocess.Popen` that its leader needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def wait(self, seconds: float) -> int:
        """Wait until it has ended; TimeoutError where it has not within so long."""
        deadline = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} has not ended within {seconds} s")
            time.sleep(_STEP_SECONDS)
        return code

    def end(self, within_seconds: float) -> None:
        """Have it end, and kill it with its children where it does not."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        try:
            self.wait(within_seconds)
        except TimeoutError:
            os.killpg(self.pid, signal.SIGKILL)
            self.wait(within_seconds)


def fork(main: Callable[[], None], stdin: int, stdout: int, stderr: int) -> Forked:
    """Run `main` in a child, in a session of its own, with these files as its standard ones and no other open."""
    gc.freeze()  # what is there already is not gone through in the child, so that its pages stay shared
    pid = os.fork()
    if pid:
        gc.unfreeze()
        return Forked(pid)
    code = 1
    try:
        _detach(stdin, stdout, stderr)
        main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - nothing may be raised into what the parent was about
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(code)


def _detach(stdin: int, stdout: int, stderr: int) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    kept = [os.dup(file) for file in (stdin, stdout, stderr)]
    for file, copy in enumerate(kept):
        os.dup2(copy, file)
    os.closerange(3, max(map(int, os.listdir("/dev/fd"))) + 1)
    sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - open as long as the process
    sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115


def become(environment: Mapping[str, str]) -> Home:
    """Make this forked process one of the node that an environment names: its settings, and no connection of before."""
    os.environ.clear()
    os.environ.update(environment)
    home = Home.from_environment()
    from django.apps import apps
    from django.conf import settings
    from django.db import connections
    from django.utils.timezone import get_default_timezone

    module = importlib.reload(sys.modules[_SETTINGS])
    for name in filter(str.isupper, dir(module)):
        setattr(settings, name, getattr(module, name))
    for alias in connections:
        with suppress(AttributeError):
            del connections[alias]
    connections.__dict__.pop("settings", None)  # cached
    connections.__dict__["_settings"] = None
    get_default_timezone.cache_clear()  # type: ignore[attr-defined]  # the stubs do not know that it is cached
    for app in apps.get_app_configs():
        if app.name.startswith("accord."):
            app.ready()  # what an app takes from the settings at its start, such as where the private keys of this node lie
    return home


def log_file(path: Path) -> int:
    """A descriptor of a log that is written to at its end."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
