"""A PostgreSQL server of the tests' own: made in a temporary folder, reached over loopback, gone afterwards.

Run as a program it prints where the server's programs are, or exits with 1 and says that there are none.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_START_SECONDS = 60
_ABSENT = (
    "PostgreSQL's server programs (initdb, postgres) were not found: its tests are skipped. Debian: apt install postgresql"
)


class PostgresqlAbsent(Exception):
    """The server's programs are not installed here."""


def programs_folder() -> Path:
    """Where initdb and postgres are: the newest under /usr/lib/postgresql (Debian's place, off the PATH), else the PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]), reverse=True)
    for postgres in installed:
        if (postgres.parent / "initdb").exists():
            return postgres.parent
    found = shutil.which("postgres")
    if found and shutil.which("initdb", path=str(Path(found).resolve().parent)):
        return Path(found).resolve().parent
    raise PostgresqlAbsent(_ABSENT)


class PostgresqlServer:
    """Starts on making. `url` is what ACCORD_DATABASE_URL takes; `stop` ends the server and removes its folder."""

    def __init__(self) -> None:
        programs = programs_folder()
        self._folder = Path(tempfile.mkdtemp(prefix="accord-postgresql-"))
        self._identity = _unprivileged_user(self._folder)
        data = self._folder / "data"
        self._run(
            [programs / "initdb", "-D", data, "-U", "accord", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        )
        self._port = _free_port()
        self._log = (self._folder / "log").open("wb")
        self.start()

    def start(self) -> None:
        """Start the server on the data that there are, again after `kill`."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": str(self._folder),
            "fsync": "off",  # the data outlive nothing
            "jit": "off",  # compiling a statement costs more than any statement of a test
            "max_connections": "100",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [programs_folder() / "postgres", "-D", self._folder / "data", *options],
            **self._identity,
            cwd=self._folder,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._wait_until_it_answers()

    @property
    def url(self) -> str:
        return f"postgresql://accord@127.0.0.1:{self._port}/postgres"

    def kill(self) -> None:
        """SIGKILL to the server and every process of it, at once."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in (self._process.pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End the server, and remove what it kept."""
        self._process.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, command: list[str | Path]) -> None:
        done = subprocess.run(command, **self._identity, cwd=self._folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            time.sleep(0.05)
        self._log.flush()
        text = (self._folder / "log").read_text(errors="replace")
        self.stop()
        raise RuntimeError(f"PostgreSQL did not start: {text[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged_user(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: give `folder` to an ordinary user and say to subprocess how to become that user."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise PostgresqlAbsent("PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as")


if __name__ == "__main__":
    try:
        sys.stdout.write(f"PostgreSQL: {programs_folder()}\n")
    except PostgresqlAbsent as absent:
        sys.exit(str(absent))
