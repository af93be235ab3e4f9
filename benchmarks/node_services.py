"""A node's services as systemd runs them: started again at once after they die; and somebody who reads its pages."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path
from socket import create_server
from typing import Any, Final

PASSWORD: Final = "four plain words together"  # noqa: S105 - of a node that lives for minutes
RESTART_SECONDS: Final = 0.1
"""What systemd waits unless told otherwise."""
READ_EVERY_SECONDS: Final = 0.5


class _Service:
    """One unit: its process, and a thread that starts it again."""

    def __init__(self, name: str, arguments: list[str], folder: Path) -> None:
        self.name, self._arguments, self._log = name, arguments, folder / f"{name}.log"
        # an installed node has its modules compiled; so have these services from their second start
        self._environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "cache" / "modules")}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._stopping = threading.Event()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "accord.node.cli", "node", *self._arguments]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _keep(self) -> None:
        while True:
            self._process.wait()
            if self._stopping.wait(RESTART_SECONDS):
                return
            self._process = self._start()

    def kill(self) -> str:
        """SIGKILL to the process and all that it started, as systemd does with a unit's whole group."""
        for pid in _family(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return self.name

    def stop(self) -> None:
        self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        self._keeper.join(10)


def _family(pid: int) -> list[int]:
    """A process and its descendants, itself first so that it cannot tidy up after the others."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        children = []
    return [pid, *(member for child in children for member in _family(int(child)))]


class Services:
    """Web and worker of one home, for the length of a with block."""

    def __init__(self, home: Any) -> None:
        self._home = home

    def __enter__(self) -> Services:
        with create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._web = _Service("web", ["run", "--no-worker", "--port", str(port)], self._home.root)
        self._worker = _Service("worker", ["work"], self._home.root)
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.stop()
        self._web.stop()

    def kill_worker(self) -> str:
        return self._worker.kill()

    def kill_web(self) -> str:
        return self._web.kill()


class Reader:
    """An officer who signs in and reads the desk's lists, one page after the other."""

    PAGES: Final = ("/", "/orders/", "/reports/")

    def __init__(self, services: Services, username: str) -> None:
        self._services, self._username = services, username
        self.pages = self.failed = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(30)

    def _read(self) -> None:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        while not self._stopping.is_set():
            try:
                self._sign_in(opener)
                break
            except OSError:
                time.sleep(0.5)
        while not self._stopping.wait(READ_EVERY_SECONDS):
            page = self.PAGES[self.pages % len(self.PAGES)]
            self.pages += 1
            try:
                opener.open(self._services.address + page, timeout=20).read()
            except OSError:
                self.failed += 1

    def _sign_in(self, opener: urllib.request.OpenerDirector) -> None:
        with opener.open(self._services.address, timeout=20) as page:
            text, place = page.read().decode(), page.url
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": self._username, "password": PASSWORD}
        sent = urllib.request.Request(place, urllib.parse.urlencode(form).encode(), {"Referer": place})  # noqa: S310 - ours
        opener.open(sent, timeout=20)
