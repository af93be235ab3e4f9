"""The demo, as a newcomer runs it: a small world, a played day, the tables, nothing left running."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from federation_kit.commands import environment_of, separately
from federation_kit.running import Said

from accord.lab.federation.plan import free_ports

SMALL_WORLD = ("--people", "300", "--days", "4", "--victims", "6")
SMALL = ("demo", *SMALL_WORLD, "--no-desk")
PLAYED_WITHIN_SECONDS = 1_500
"""A demo that does not end fails; a machine that others use too does not."""
PROGRAM = str(Path(sys.executable).with_name("accord"))
HELD = "SELECT count(*), sum(held) FROM orders_order WHERE state IN ('held', 'held_partly')"


def asked(home: Path, query: str) -> Any:
    with closing(sqlite3.connect(home / "accord.sqlite3")) as store:
        return store.execute(query).fetchone()


def of_home(home: Path) -> list[int]:
    """Processes that run with this home, or with one under it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "environ").read_bytes()
        except OSError:  # it has ended, or is not ours
            continue
        if f"ACCORD_HOME={home}".encode() in told:
            found.append(int(process.name))
    return found


@dataclass(frozen=True)
class Played:
    """A demo that has played its day: its process, which keeps the desks open, what it has said, and its tables."""

    home: Path
    process: subprocess.Popen[str]
    said: str
    tables: str


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The main job, as a newcomer runs it, with the installed program: one day for all that looks at it."""
    folder = tmp_path_factory.mktemp("demo")
    home, tables = folder / "home", folder / "tables"
    command = [PROGRAM, "demo", *SMALL_WORLD, "--port", str(free_ports(1)[0])]
    with tables.open("wb") as out:
        environment = environment_of(home, COLUMNS="200")
        demo = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.PIPE, text=True)
    try:
        assert demo.stderr is not None
        said = Said(demo.stderr, folder / "errors")
        said.wait_for("Ctrl-C ends it", PLAYED_WITHIN_SECONDS)
        yield Played(home, demo, said.text, tables.read_text(encoding="utf-8"))
    finally:
        demo.kill()
        for left in of_home(home):
            os.kill(left, signal.SIGKILL)
        demo.wait()


@pytest.mark.slow
@pytest.mark.timeout(2000)
def test_a_day_of_three_centres_is_played_and_told(played: Played) -> None:
    home, out = played.home, played.tables
    assert "Money by jurisdiction of the call" in out
    assert "Money by delay of the report" in out
    totals = [line for line in out.splitlines() if re.match(r"\W+all\b", line)]
    assert len(totals) == 2
    for place in ("claimed", "held in CN", "held in SG", "held in TH", "left before", "left during", "neither"):
        assert place in out
    assert [line for line in out.splitlines() if re.match(r"\W+(CN|SG|TH)\W+\d+\W", line)]
    for hold in ("call to a confirmed hold", "call to a confirmed hold across a border"):
        assert re.search(hold + r", software alone\W+[\d.]+ s\W+[\d.]+ s", out)
        assert re.search(hold + r", in all \(officers and banks included\)\W+[\d,]+ s\W+[\d,]+ s", out)
    assert all(re.search(r"\ball\b\W+6\b", total) for total in totals)
    assert re.search(r"CN → SG", out)
    homes = [home / code for code in ("cn", "sg", "th")]
    for own in homes:
        number, held = asked(own, HELD)
        assert number > 0
        assert held > 0
        assert asked(own, "SELECT count(*) FROM orders_order WHERE held > amount") == (0,)
        assert asked(own, "SELECT count(*) FROM exchange_incoming WHERE state <> 'applied'") == (0,)
    crossed = [asked(own, "SELECT count(*) FROM exchange_outgoing WHERE kind = 'enquiry'")[0] for own in homes]
    assert sum(crossed) > 0
    assert asked(homes[0], "SELECT count(*) FROM orders_order WHERE institution NOT LIKE '%CNX0' AND state = 'held'") > (0,)


@pytest.mark.slow
@pytest.mark.timeout(3500)
def test_the_desks_stay_open_until_ctrl_c_leave_nothing_and_another_day_begins(played: Played) -> None:
    desks = dict(re.findall(r"The desk of (\S+) is open at (\S+)", played.said))
    assert list(desks) == ["CN-CENTRE", "SG-CENTRE", "TH-CENTRE"]
    for address in desks.values():
        with urllib.request.urlopen(address, timeout=30) as page:
            assert 'type="password"' in page.read().decode(), "the sign-in page"
    refused = separately(played.home, *SMALL)
    assert refused.code == 1
    assert "a demo is running in this folder" in " ".join(refused.err.split())
    assert len(of_home(played.home)) >= 7, "a leader, three centres, three desks"
    played.process.send_signal(signal.SIGINT)
    assert played.process.wait(90) == 0
    assert of_home(played.home) == []
    one_centre_alone(played.home)


def one_centre_alone(home: Path) -> None:
    """The next demo in the same folder begins with a new world; one centre tells of no others."""
    done = separately(home, *SMALL, "--centres", "CN", seconds=PLAYED_WITHIN_SECONDS)
    assert done.code == 0, done.err
    assert "Money by jurisdiction" not in done.out
    assert "Messages between centres" not in done.out
    assert asked(home / "cn", HELD)[0] > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ctrl_c_while_the_centres_open_ends_all(home: Path, tmp_path: Path) -> None:
    command = [PROGRAM, *SMALL]
    demo = subprocess.Popen(command, env=environment_of(home), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120
        while len(of_home(home)) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        demo.send_signal(signal.SIGINT)
        _, told = demo.communicate(timeout=200)
    finally:
        demo.kill()
    assert demo.returncode == 130, told
    assert "Traceback" not in told
    assert of_home(home) == []


def test_a_used_port_is_told_before_anything_is_done(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = separately(home, "demo", *SMALL_WORLD, "--port", port)
    assert refused.code == 1
    assert f"port {port} of 127.0.0.1 cannot be used" in " ".join(refused.err.split())
    assert not home.exists()
    beyond = separately(home, "demo", *SMALL_WORLD, "--port", "65534")
    assert beyond.code == 2
    assert "begin at 65533 or below" in " ".join(beyond.err.split())


def test_a_real_node_is_left_alone(home: Path) -> None:
    assert separately(home, "node", "migrate").code == 0
    refused = separately(home, *SMALL)
    assert refused.code == 1
    assert "holds a node that is no exercise" in " ".join(refused.err.split())
    assert (home / "accord.sqlite3").exists()


def test_a_country_that_no_exercise_knows(home: Path) -> None:
    refused = separately(home, *SMALL, "--centres", "CN,XX")
    assert refused.code == 2
    assert "'XX'" in refused.err
