"""The network that fault tests stand on does what it says: a cut is a cut, slow is slow, and nothing of it is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from network import Machine, Network, namespaces_absent, network

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(namespaces_absent()), reason=namespaces_absent())]

SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"x" * int(self.path[1:]))
http.server.ThreadingHTTPServer((sys.argv[1], 8000), Answer).serve_forever()
"""

CLIENT = """
import json, sys, time, urllib.request
begun = time.monotonic()
try:
    size = len(urllib.request.urlopen(f"http://{sys.argv[1]}:8000/{sys.argv[2]}", timeout=float(sys.argv[3])).read())
except OSError as error:
    size = str(error)
print(json.dumps([size, time.monotonic() - begun]))
"""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path / "frames") as made:
        made.add("a", "b", "c")
        yield made


def serve(net: Network, host: str, log: Path) -> Machine:
    server = net.start(host, [sys.executable, "-c", SERVER, net.address[host]], os.environ, log)
    deadline = time.monotonic() + 20
    while get(net, host, host)[0] != 1:
        assert time.monotonic() < deadline, server.said()
    return server


def get(net: Network, sender: str, receiver: str, size: int = 1, timeout: float = 2) -> tuple[object, float]:
    answer = net.run(sender, [sys.executable, "-c", CLIENT, net.address[receiver], str(size), str(timeout)])
    told, seconds = json.loads(answer)
    return told, seconds


def test_whole_cut_slow_lossy_and_healed(net: Network, tmp_path: Path) -> None:
    server = serve(net, "b", tmp_path / "log")
    assert get(net, "a", "b", 200_000)[0] == 200_000
    net.cut("b", "a")
    assert "timed out" in str(get(net, "a", "b")[0])
    assert get(net, "c", "b")[0] == 1, "the way from another is whole"
    net.make("b", "a", seconds=0.2)
    told, seconds = get(net, "a", "b", timeout=10)
    assert (told, seconds > 0.8) == (1, True), "there and back for the connection and for the request"
    net.make("b", "a", lost=0.1)
    assert get(net, "a", "b", 300_000, timeout=30)[0] == 300_000, "TCP sends again what was lost"
    net.heal("b")
    assert get(net, "a", "b", 200_000)[0] == 200_000
    server.kill()
    assert "refused" in str(get(net, "a", "b")[0]), "all of a machine is gone at once"


def test_every_frame_is_recorded_and_no_other_network_is_there(net: Network, tmp_path: Path) -> None:
    serve(net, "b", tmp_path / "log")
    get(net, "a", "b", 321)
    assert b"GET /321 HTTP" in (tmp_path / "frames").read_bytes()
    links = net.run("a", ["ip", "-brief", "link"]).split("\n")
    assert sorted(line.split()[0] for line in links if line) == ["line", "lo"]


def test_nothing_outlives_a_run_that_is_killed(tmp_path: Path) -> None:
    """A test's process that dies by SIGKILL takes its switch and its machines with it."""
    program = (
        "import sys, time, os; from pathlib import Path; from network import network\n"
        "with network() as net:\n"
        "    net.add('a')\n"
        "    machine = net.start('a', ['sleep', sys.argv[2]], os.environ, Path(sys.argv[1]))\n"
        "    print('up', flush=True); time.sleep(100)\n"
    )
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    seconds = f"100.{os.getpid()}"
    command = [sys.executable, "-c", program, str(tmp_path / "log"), seconds]
    run = subprocess.Popen(command, env=paths, stdout=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stdout.readline() == b"up\n"
    run.stdout.close()
    seen = _wait_for_sleepers(seconds, 1)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert seen
    assert _wait_for_sleepers(seconds, 0)


def _wait_for_sleepers(seconds: str, number: int) -> bool:
    deadline = time.monotonic() + 10
    while _sleepers(seconds) != number and time.monotonic() < deadline:
        time.sleep(0.05)
    return _sleepers(seconds) == number


def _sleepers(seconds: str) -> int:
    found = 0
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found += command.read_bytes().split(b"\0")[:2] == [b"sleep", seconds.encode()]
    return found
