"""accord node: a desk that answers, stops in order and leaves nothing running; users who may sign in."""

from __future__ import annotations

import re
import signal
import sqlite3
import urllib.request
from pathlib import Path

import pytest
from federation_kit import loaded
from federation_kit.commands import Accord, environment_of, separately
from federation_kit.stores import with_store

GOOD = "four plain words together"


def test_users_are_added_once_with_a_password_that_is_not_weak(home: Path) -> None:
    added = separately(
        with_store(home), "node", "user", "add", "lin", "--role", "supervisor", "--password-stdin", "--json", stdin=GOOD + "\n"
    )
    assert added.code == 0, added.err
    assert (added.json["username"], added.json["role"]) == ("lin", "supervisor")
    again = separately(home, "node", "user", "add", "lin", "--password-stdin", "--json", stdin=GOOD + "\n")
    assert (again.code, again.out) == (2, "")
    assert "lin" in again.error["message"]
    weak = separately(home, "node", "user", "add", "wei", "--password-stdin", "--json", stdin="secret\n")
    assert weak.code == 2
    assert weak.error["where"] == "password"
    with sqlite3.connect(home / "accord.sqlite3") as store:
        assert store.execute("SELECT username, role FROM people_user").fetchall() == [("lin", "supervisor")]
        assert GOOD not in str(store.execute("SELECT password FROM people_user").fetchone())


def test_without_a_terminal_the_password_must_be_given(accord: Accord, home: Path) -> None:
    answer = accord("node", "user", "add", "wei", "--json")
    assert answer.code == 2
    assert "--password-stdin" in answer.error["message"]
    assert not home.exists()


@pytest.mark.parametrize("stopped_by", [signal.SIGINT, signal.SIGTERM])
def test_a_node_answers_and_stops_in_order(home: Path, stopped_by: signal.Signals) -> None:
    run = ("node", "run", "--port", "0")
    node = loaded.start(loaded.MAIN, *run, environment=environment_of(with_store(home)), stderr=loaded.PIPE, text=True)
    try:
        address = _address(node)
        with urllib.request.urlopen(address, timeout=30) as page:
            assert page.status == 200
            assert "password" in page.read().decode().lower(), "the sign-in page"
        node.send_signal(stopped_by)
        _, err = node.communicate(timeout=60)
    finally:
        node.kill()
    assert "Traceback" not in err
    assert node.returncode == 0
    with pytest.raises(OSError):
        urllib.request.urlopen(address, timeout=5)


def _address(node: loaded.Process) -> str:
    assert node.stderr
    for line in node.stderr:
        if found := re.search(r"http://\S+", line):
            return found[0]
    raise AssertionError("the node ended without saying where it is open")


def test_a_port_in_use_is_a_failure_that_says_so(home: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = separately(with_store(home), "node", "run", "--port", port)
    assert answer.code == 1
    assert str(port) in answer.err
    assert "Traceback" not in answer.err


def test_desk_and_workers_run_as_services_of_their_own(home: Path) -> None:
    """Three services start at once on a home without a store: the tables are made once, and each ends in order."""
    commands = [("run", "--port", "0", "--no-worker"), ("work",), ("work",)]
    services = [
        loaded.start(loaded.MAIN, "node", *command, environment=environment_of(home), stderr=loaded.PIPE, text=True)
        for command in commands
    ]
    try:
        for service in services:
            assert service.stderr
            assert re.search(r"The (desk is open|worker works)", service.stderr.readline())
        assert [service.poll() for service in services] == [None] * 3
    finally:
        for service in services:
            service.send_signal(signal.SIGTERM)
        ends = [service.communicate(timeout=60)[1] for service in services]
    assert [service.returncode for service in services] == [0, 0, 0], ends
