"""Run a node: the desk in a process of its own, the worker in this one; both end together and leave nothing behind.

Either may also run alone, as services of their own, on as many processes as there is work for.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from accord.core.errors import BadInput, Unavailable
from accord.core.file_locks import exclusive
from accord.node.errors import Msg
from accord.node.home import Home
from accord.node.tls import Tls

if TYPE_CHECKING:
    from accord.node.wired import Wired

START_WITHIN_SECONDS: Final = 30
STOP_WITHIN_SECONDS: Final = 10
WEB_THREADS: Final = 4


def prepare(home: Home) -> None:
    """Django ready, tables of the operational store up to date, the exercise's clock in force if there is one."""
    home.create()
    os.environ["ACCORD_HOME"] = str(home.root)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.node.settings")
    import django
    from django.core.management import call_command

    from accord.node import exercise_clock, template_store

    django.setup()
    exercise_clock.install(home)
    with exclusive(home.root / "migrate.lock"):  # services that start at once must not make the same table twice
        template_store.make_tables(home, lambda: call_command("migrate", interactive=False, verbosity=0))


def run(home: Home, *, host: str, port: int, worker: bool, tls: Tls | None = None) -> None:
    """Serve until Ctrl-C or SIGTERM. Raises Unavailable when the desk cannot start or stops by itself."""
    if tls is not None:
        tls.check()
    else:
        _refuse_plain(host)
    prepare(home)
    stop = threading.Event()
    with stopping_on_signals(stop), web(home, host, port, tls) as (address, alive):
        print(f"The desk is open at {address} (Ctrl-C ends it)", file=sys.stderr)  # noqa: T201 - where to go
        if worker:
            run_worker(home, stop, alive)
        else:
            _wait(stop, alive)


def work(home: Home) -> None:
    """The worker alone, until Ctrl-C or SIGTERM."""
    prepare(home)
    stop = threading.Event()
    with stopping_on_signals(stop):
        print("The worker works (Ctrl-C ends it)", file=sys.stderr)  # noqa: T201 - nothing else shows that it does
        run_worker(home, stop, lambda: True)


def _refuse_plain(host: str) -> None:
    """Passwords do not cross a network in clear text."""
    if not _is_loopback(host) and os.environ.get("ACCORD_BEHIND_TLS") != "1":
        raise BadInput(Msg.WOULD_SERVE_DESK_WITHOUT_TLS, where=f"--host {host}")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def run_worker(home: Home, stop: threading.Event, alive: Callable[[], bool], wired: Wired | None = None) -> None:
    """Work until `stop` is set or the desk has died. Clocks are kept from the first moment, while lines are still made.

    `wired`: the lines of this node where they are made already.
    """
    from accord.node.worker import Worker, after, clocks_watched, refreshed

    with clocks_watched():
        from accord.node import wiring

        wired = wired or wiring.wire(home)
        with refreshed(wired.refresh) as tried:
            hands = Worker(after(tried, wired.lines))
            try:
                watcher = threading.Thread(target=_stop_when_dead, args=(stop, alive), daemon=True)
                watcher.start()
                hands.run(stop)
            finally:
                tried.set()
                hands.close()
    _complain_if_dead(alive)


def _stop_when_dead(stop: threading.Event, alive: Callable[[], bool]) -> None:
    while not stop.wait(1):
        if not alive():
            stop.set()


def _wait(stop: threading.Event, alive: Callable[[], bool]) -> None:
    while not stop.wait(1) and alive():
        pass
    _complain_if_dead(alive)


def _complain_if_dead(alive: Callable[[], bool]) -> None:
    if not alive():
        raise Unavailable(Msg.DESK_PROCESS_ENDED_BY_ITSELF)


@contextmanager
def stopping_on_signals(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set `stop` instead of ending the process in the middle of something.

    A thread sets it: the handler runs in the main thread, which may hold the event's own lock at that moment.
    """

    def on_signal(_number: int, _frame: object) -> None:
        threading.Thread(target=stop.set, daemon=True).start()

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def web(home: Home, host: str, port: int, tls: Tls | None = None) -> Iterator[tuple[str, Callable[[], bool]]]:
    """The desk's process for the length of a with block: its address, and whether it lives. Port 0 takes a free one."""
    port = port or _free_port(host)
    environment = {**os.environ, "ACCORD_HOME": str(home.root)}
    encrypted: tuple[str, ...] = ()
    if tls is not None:
        environment["ACCORD_SERVES_TLS"] = "1"
        encrypted = ("--ssl-certificate", str(tls.certificate), "--ssl-keyfile", str(tls.key), "--ssl-protocol-min", "tls1.2")
    refuse_taken(host, port)
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"),
        *("--host", host, "--port", str(port), "--workers", "1", "--blocking-threads", str(WEB_THREADS)),
        *encrypted,
        "accord.node.wsgi:application",
    ]
    # a group of its own: Ctrl-C reaches this process alone, which then ends the desk in order
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
        command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for_answer(process, host, port)
        place = "localhost" if host == "127.0.0.1" else host
        yield f"{'https' if tls else 'http'}://{place}:{port}/", lambda: process.poll() is None
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])


def refuse_taken(host: str, port: int) -> None:
    """Raise Unavailable where somebody listens on a port already."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise Unavailable(Msg.PORT_CANNOT_BE_USED, port=port, host=host, why=error.strerror) from error


class Process(Protocol):
    """A process that was started from here."""

    def poll(self) -> int | None:
        """How it ended; None while it runs."""


def wait_for_answer(process: Process, host: str, port: int) -> None:
    """Wait until the desk's process answers. Unavailable where it ends instead, or takes too long."""
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Unavailable(Msg.DESK_DID_NOT_START)
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise Unavailable(Msg.DESK_DID_NOT_ANSWER_ON_PORT, port=port, seconds=START_WITHIN_SECONDS)
