"""A server on this machine that says what a test tells it to: the strange, broken and slow counterparts that exist."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Scripted:
    """`reply` gets each call and returns (status, headers, body); the calls are kept."""

    reply: Callable[[Call], tuple[int, dict[str, str], bytes]]
    calls: list[Call] = field(default_factory=list)
    url: str = ""


@contextmanager
def scripted(reply: Any = None, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """`reply` is a function of the call, or one fixed (status, headers, body)."""
    script = Scripted(reply if callable(reply) else lambda _: reply)

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(self.command, self.path, headers, self.rfile.read(length))
            script.calls.append(call)
            status, more, body = script.reply(call)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            if "Content-Length" not in more:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _any  # noqa: N815 - the server's own names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] - refused handshakes are part of the script
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    host = "localhost" if tls else "127.0.0.1"
    script.url = f"{'https' if tls else 'http'}://{host}:{server.server_address[1]}/api/bank/v1"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
