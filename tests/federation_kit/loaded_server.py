"""The side of `loaded` that forks: has imported everything that Accord's processes use, and becomes each of them in a child.

Run as a program with its orders on standard input, a socket. No app is made ready, no store opened and no thread started
before the fork: a child reads its own settings and makes its own Django ready, as a process started from nothing does.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
import threading
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

LIBRARIES = ("deltalake", "httpx", "joserfc.jwe", "joserfc.jws", "lxml.etree", "mnemonic", "numba", "polars", "pyarrow.parquet")
DJANGO = (
    "django.contrib.auth.hashers",
    "django.contrib.sessions.backends.db",
    "django.core.management.commands.migrate",
    "django.core.servers.basehttp",
    "django.core.wsgi",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.template.loader",
    "django.test.utils",
)
OURS = (
    "accord.lab.cli",
    "accord.node.bank_urls",
    "accord.node.urls",
    "accord.node.wiring",
    "accord.node.worker",
)
SIZE_BYTES = 4


@dataclass(frozen=True)
class Job:
    """What a child is to be: `run` is ["main", module], ["text", program] or ["file", path]."""

    run: tuple[str, str]
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    new_session: bool
    streams: list[int]


def load() -> None:
    """Import, under the settings of an empty home, whatever does not depend on a node's own settings."""
    with tempfile.TemporaryDirectory(prefix="accord-loaded-") as home:
        for name in [name for name in os.environ if name.startswith("ACCORD_")]:
            del os.environ[name]
        os.environ.update(ACCORD_HOME=home, DJANGO_SETTINGS_MODULE="accord.node.settings")
        for name in (*LIBRARIES, *DJANGO):
            importlib.import_module(name)
        _import_models()
        for name in OURS:
            importlib.import_module(name)
        _forget_settings()
    gc.collect()
    gc.freeze()


def _import_models() -> None:
    """The first two of the three things that `apps.populate` does; the last, `ready`, is left to each child."""
    from django.apps import AppConfig, apps
    from django.conf import settings

    for entry in settings.INSTALLED_APPS:
        config = AppConfig.create(entry)
        config.apps = apps
        apps.app_configs[config.label] = config
    apps.apps_ready = True
    for config in apps.app_configs.values():
        config.import_models()
    apps.clear_cache()
    apps.models_ready = True


def _forget_settings() -> None:
    """Let Django find settings and apps as a new process does: not read, not ready. The modules stay imported."""
    from django.apps import apps
    from django.conf import empty, settings
    from django.db import connections

    for alias in [one.alias for one in connections.all(initialized_only=True)]:
        assert connections[alias].connection is None, "a store was opened before the fork"
        del connections[alias]
    connections.__dict__.pop("settings", None)
    connections._settings = None
    settings._wrapped = empty
    for name in ("accord.node.settings", "axes.conf"):  # axes adds its own to the settings that are in force
        sys.modules.pop(name, None)
    apps.app_configs.clear()
    apps.apps_ready = apps.models_ready = apps.ready = False
    apps.clear_cache()


def serve(orders: socket.socket) -> Job | None:
    """Start a child for each order. Returns its job in the child, and None here once nobody gives orders any more."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, _nothing)
    signal.set_wakeup_fd(wake)
    running: dict[int, socket.socket] = {}
    orders.sendall(b"+")
    while True:
        ready, _, _ = select.select([orders, woken], [], [])
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            _reap(running)
        if orders in ready:
            order = _receive(orders)
            if order is None:
                _end(running)
                return None
            job, answers = order
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                for number in (woken, wake):
                    os.close(number)
                for one in (orders, answers, *running.values()):
                    one.close()
                return job
            for stream in job.streams:
                os.close(stream)
            running[pid] = answers
            answers.sendall(f"{pid}\n".encode())


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A handler at all, so that the signal wakes `select`."""


def _reap(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with running.pop(pid) as answers, contextlib.suppress(OSError):  # whoever started it may have gone
            answers.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _end(running: dict[int, socket.socket]) -> None:
    for pid in running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _receive(orders: socket.socket) -> tuple[Job, socket.socket] | None:
    data, numbers, _, _ = socket.recv_fds(orders, 65_536, 4)
    if not data:
        return None
    while len(data) < SIZE_BYTES or len(data) < SIZE_BYTES + int.from_bytes(data[:SIZE_BYTES], "big"):
        data += orders.recv(1_048_576)
    told: dict[str, Any] = json.loads(data[SIZE_BYTES:])
    *streams, answers = numbers
    return Job(**told, streams=streams), socket.socket(fileno=answers)


def become(job: Job) -> None:
    """Be the process that was ordered; what it does happens under this name as it would in an interpreter of its own."""
    if job.new_session:
        os.setsid()
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL if number != signal.SIGPIPE else signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(job.streams):
        os.dup2(stream, number)
        os.close(stream)
    _open_standard_streams()
    os.environ.clear()
    os.environ.update(job.environment)
    os.chdir(job.folder)
    from numba.core import config

    config.reload_config()  # its cache folder
    kind, what = job.run
    sys.path[1:1] = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path not in sys.path]
    sys.argv = [what if kind == "file" else "-c", *job.arguments]
    if kind == "main":
        sys.argv[0] = "accord"
        importlib.import_module(what).main()
    elif kind == "text":
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__", "__builtins__": __builtins__})
    else:
        sys.path[0] = os.path.dirname(what)
        runpy.run_path(what, run_name="__main__")


def _open_standard_streams() -> None:
    """Text streams as a new interpreter makes them."""
    given = open(0, "rb", closefd=False)  # noqa: SIM115 - open for as long as the process lives
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(given, encoding="utf-8")  # type: ignore[misc] # as at start
    for number, name, errors in ((1, "stdout", "strict"), (2, "stderr", "backslashreplace")):
        buffer = open(number, "wb", closefd=False)  # noqa: SIM115 - open for as long as the process lives
        text = io.TextIOWrapper(buffer, encoding="utf-8", errors=errors, line_buffering=number == 2 or buffer.isatty())
        setattr(sys, name, text)
        setattr(sys, f"__{name}__", text)


def _end_as(job: Job) -> NoReturn:
    """Be it, and end as an interpreter does: threads are waited for, exit handlers run, output is written out, stores closed.
    Only taking apart what was imported is left out, which costs more than most commands."""
    code: int | str | None = 0
    try:
        become(job)
    except SystemExit as left:
        code = left.code
    except KeyboardInterrupt as interrupt:
        code = -signal.SIGINT
        sys.excepthook(KeyboardInterrupt, interrupt, interrupt.__traceback__)
    except BaseException as error:  # noqa: BLE001 - as an interpreter does
        code = 1
        sys.excepthook(type(error), error, error.__traceback__)
    if isinstance(code, str):
        print(code, file=sys.stderr)  # noqa: T201 - what sys.exit("...") does
        code = 1
    threading._shutdown()  # type: ignore[attr-defined] # what an interpreter calls
    atexit._run_exitfuncs()
    _close_stores()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    if code == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code or 0)


def _close_stores() -> None:
    """The last connection to a SQLite store writes its log into it."""
    from django.conf import settings
    from django.db import connections

    if settings.configured:
        connections.close_all()


if __name__ == "__main__":
    load()
    with socket.socket(fileno=os.dup(0)) as told:
        wanted = serve(told)
    if wanted is not None:
        _end_as(wanted)
