"""One centre in its own process: what whoever leads a federation has it do. Only this process touches its Django.

Its desk is served by a process of its own, as on any node. Its worker either makes one sweep at a time, so that a stepped
clock never runs ahead of it, or works on by itself.
"""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from accord.lab.federation import channel, people
from accord.lab.federation.channel import Command
from accord.node import serve
from accord.node.home import Home

if TYPE_CHECKING:
    from accord.lab.federation.desk import Desk
    from accord.node.wired import Wired
    from accord.node.worker import Worker


class Centre:
    """The commands of a member. Each returns what can be written as JSON and raises errors of ours."""

    def __init__(self, home: Home, desk: Desk | None = None) -> None:
        """`desk`: the process that serves the pages, where it has been forked already; else it is started as any node's."""
        self.home = home
        self._open = ExitStack()
        self._desk = desk
        if desk is not None:
            self._open.callback(desk.close)
        self._worker: Worker | None = None
        self._wired: Wired | None = None

    def commands(self) -> dict[str, Command]:
        from accord.lab.federation import partnership

        return {
            "prepare": self.prepare,
            "open_desk": self.open_desk,
            "sweep": self.sweep,
            "work_on": self.work_on,
            **partnership.COMMANDS,
        }

    def prepare(self, password: str) -> None:
        """The store's tables, and the people who work here."""
        serve.prepare(self.home)
        people.hire(password)

    def open_desk(self, port: int) -> str:
        """Serve the desk and the partner API; the address."""
        if self._desk is not None:
            return self._desk.open(port)
        address, _ = self._open.enter_context(serve.web(self.home, "127.0.0.1", port))
        return address

    def sweep(self) -> int:
        """Let the worker do what is due, until nothing is any more; how many rows it worked on."""
        return self.worker.run_until_idle()

    def work_on(self) -> None:
        """From now on the worker works by itself, until this process ends."""
        stop = threading.Event()
        hands = threading.Thread(target=serve.run_worker, args=(self.home, stop, lambda: True, self._wired), name="worker")
        hands.start()
        self._open.callback(hands.join)
        self._open.callback(stop.set)

    @property
    def worker(self) -> Worker:
        if self._worker is None:
            from accord.node import wiring
            from accord.node.worker import Worker

            self._wired = wiring.wire(self.home)
            self._worker = Worker(self._wired.lines)
            self._open.callback(self._worker.close)
        return self._worker

    def close(self) -> None:
        """End the desk and the worker."""
        self._open.close()


def run(centre: Centre, commands: dict[str, Command]) -> None:
    """Serve commands until the leader has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the leader is told to end, and closes its members' standard input
    try:
        channel.serve(commands)
    finally:
        centre.close()
