"""Calls to other systems: a slow line delays no other, a bad answer spoils only its own row."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from accord.capabilities.errors import Msg
from accord.core.errors import AccordError, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.core.wording import read

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    institution: str
    number: int = 0


@pytest.fixture
def courier() -> Iterator[Any]:
    from accord.capabilities.delivery import Courier

    with ThreadPoolExecutor(8) as executor:
        yield Courier(executor, lambda row: row.institution)


def test_a_line_that_hangs_delays_no_other(courier: Any) -> None:
    hangs = threading.Event()
    slow, quick = Row("SLOW"), Row("QUICK")
    courier.send(slow, hangs.wait)
    courier.send(quick, lambda: "answer")
    replies: list[Any] = []
    while not replies:
        replies = courier.collect(0.05)
    assert replies == [(quick, "answer")]
    assert len(courier) == 1
    hangs.set()
    assert courier.collect(5) == [(slow, True)]


def test_one_line_has_a_bounded_number_of_calls(courier: Any) -> None:
    from accord.capabilities.delivery import CALLS_A_LINE

    hangs = threading.Event()
    for number in range(CALLS_A_LINE):
        assert courier.crowded() == []
        courier.send(Row("SLOW", number), hangs.wait)
    courier.send(Row("OTHER"), hangs.wait)
    assert courier.crowded() == ["SLOW"]
    hangs.set()
    while len(courier):
        courier.collect(1)
    assert courier.crowded() == []


@pytest.mark.parametrize("error", [Unavailable(CoreMsg.VERBATIM, text="down"), KeyError("a mistake of the adapter")])
def test_an_error_comes_back_as_an_error_of_ours(courier: Any, error: Exception) -> None:
    def call() -> str:
        raise error

    courier.send(Row("BANK"), call)
    ((_, reply),) = courier.collect(5)
    assert isinstance(reply, AccordError)


@pytest.mark.database
@pytest.mark.both_stores
@pytest.mark.django_db(transaction=True)
def test_a_call_leaves_no_connection_behind(courier: Any) -> None:
    from django.db import connections

    opened: list[Any] = []

    def call() -> bool:
        mine = connections["default"]
        with mine.cursor() as cursor:
            cursor.execute("SELECT 1")
        opened.append(mine)
        return mine.connection is not None

    def fails() -> bool:
        call()
        raise Unavailable(CoreMsg.VERBATIM, text="down")

    for number in range(8):
        courier.send(Row(f"BANK{number}"), fails if number % 2 else call)
    replies: list[Any] = []
    while len(courier):
        replies += courier.collect(5)
    assert sorted(isinstance(reply, Unavailable) for _, reply in replies) == [False] * 4 + [True] * 4
    assert len(opened) == 8
    assert [one.connection for one in opened] == [None] * 8


class InThisThread(Executor):
    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@pytest.mark.database
@pytest.mark.both_stores
@pytest.mark.django_db
def test_a_call_in_somebody_elses_transaction_leaves_it_open() -> None:
    from django.db import connection

    from accord.capabilities.delivery import Courier

    courier: Any = Courier(InThisThread(), lambda row: row.institution)
    courier.send(Row("BANK"), lambda: connection.ensure_connection() or "answer")
    assert connection.in_atomic_block
    assert connection.connection is not None
    assert courier.collect(0) == [(Row("BANK"), "answer")]


def test_a_bad_answer_spoils_only_its_own_row() -> None:
    from accord.capabilities.delivery import take_together

    good, bad, other = uuid4(), uuid4(), uuid4()
    taken: list[UUID] = []
    failed: dict[UUID, str] = {}

    def take(answers: Mapping[UUID, str]) -> None:
        if "poison" in answers.values():
            raise ValueError("cannot be taken over")
        taken.extend(answers)

    take_together({good: "fine", bad: "poison", other: "fine"}, take, failed.__setitem__)
    assert taken == [good, other]
    assert list(failed) == [bad]
    assert read(failed[bad]) == Msg.ANSWER_NOT_APPLIED.with_(kind="ValueError")


def test_retries_grow_and_are_capped() -> None:
    from accord.capabilities.delivery import next_retry

    waits = [next_retry(NOW, attempts) - NOW for attempts in range(12)]
    assert timedelta(seconds=3) < waits[0] <= timedelta(seconds=5)
    assert all(earlier < later * 1.34 for earlier, later in pairwise(waits))
    assert timedelta(minutes=11) < waits[-1] <= timedelta(minutes=15)
