"""The desk of a forked centre: its process is forked before the centre has a thread or a connection, and waits until opened."""

from __future__ import annotations

import os
import sys
from typing import Final

from accord.lab.federation import forking
from accord.node import serve

_HOST: Final = "127.0.0.1"


class Desk:
    """Serves the pages and the partner API with the same server as any node."""

    def __init__(self) -> None:
        reading, self._port = os.pipe()
        self._process = forking.fork(_wait_and_serve, reading, sys.stderr.fileno(), sys.stderr.fileno())
        os.close(reading)

    def open(self, port: int) -> str:
        """Serve from now on; the address. Unavailable where the port is taken or nothing answers."""
        serve.refuse_taken(_HOST, port)
        os.write(self._port, f"{port}\n".encode())
        serve.wait_for_answer(self._process, _HOST, port)
        return f"http://localhost:{port}/"

    def close(self) -> None:
        os.close(self._port)  # one that was never opened ends by itself
        self._process.end(serve.STOP_WITHIN_SECONDS)


def _wait_and_serve() -> None:
    told = sys.stdin.readline()
    if not told:
        return  # the centre has ended without opening its desk
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    server = Server(
        "accord.node.wsgi:application",
        address=_HOST,
        port=int(told),
        interface=Interfaces.WSGI,
        websockets=False,
        workers=1,
        blocking_threads=serve.WEB_THREADS,
        log_level=LogLevels.warning,
    )
    server.serve()
