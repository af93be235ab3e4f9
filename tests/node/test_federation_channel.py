"""Members and whoever leads them: answers in order, errors as they were, nobody left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from accord.core.errors import Conflict, Unavailable
from accord.lab.federation.channel import Member, answers, ask_all, close_all

PROGRAM = """
import os, time
from accord.core.errors import Conflict
from accord.core.errors import Msg as CoreMsg
from accord.lab.federation.channel import serve

def add(first, second):
    print("this is no answer")
    return first + second

def refuse():
    raise Conflict(CoreMsg.VERBATIM, text="somebody was first", where="here")

serve({"add": add, "refuse": refuse, "leave": lambda: os._exit(3), "pid": os.getpid, "sleep": lambda: time.sleep(60)})
"""


@pytest.fixture
def members(tmp_path: Path) -> Iterator[list[Member]]:
    started = [Member(name, ["-c", PROGRAM], os.environ, tmp_path / f"{name}.log") for name in ("one", "other")]
    yield started
    close_all(started)


def test_answers_come_in_order_and_what_else_is_printed_is_none(members: list[Member]) -> None:
    assert members[0].ask("add", first="反", second="诈") == "反诈"
    for number in range(3):
        members[0].tell("add", first=number, second=1)
    assert [members[0].answer() for _ in range(3)] == [1, 2, 3]
    assert "this is no answer" in (members[0]._log).read_text()


def test_an_error_of_ours_is_raised_as_it_was(members: list[Member]) -> None:
    with pytest.raises(Conflict, match=r"here: one: somebody was first"):
        members[0].ask("refuse")
    assert members[0].ask("add", first=1, second=1) == 2


def test_one_error_leaves_no_answer_of_others_behind(members: list[Member]) -> None:
    members[0].tell("refuse")
    members[1].tell("add", first=1, second=1)
    with pytest.raises(Conflict):
        answers(members)
    assert ask_all(members, "add", first=2, second=2) == {"one": 4, "other": 4}


def test_a_member_that_ends_by_itself_is_told_of(members: list[Member]) -> None:
    with pytest.raises(Unavailable, match="the process of one ended by itself"):
        members[0].ask("leave")
    members[0]._process.wait(20)  # its line is closed a moment before it is gone
    with pytest.raises(Unavailable):
        members[0].check()
    members[1].check()


def test_a_member_ends_with_its_leader(members: list[Member]) -> None:
    pid = members[0].ask("pid")
    members[0].close()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises((Unavailable, ValueError)):
        members[0].ask("pid")
