"""Looking for work: only where something was written or a moment has come, and whoever wrote it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accord.core.clock import SteppedClock, using

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def day() -> Iterator[SteppedClock]:
    with using(SteppedClock(NOW)) as clock:
        yield clock


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that go through Django; asking whether anything was written does not on SQLite."""
    from django.db import connection

    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "pg_current_snapshot" not in sql:
            seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def held_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing counts as written. PostgreSQL's mark moves whatever database of the server is written to, and others
    of this run are all the time."""
    from django.db import connection

    if connection.vendor == "postgresql":
        monkeypatch.setattr("accord.capabilities.agenda.store_mark", lambda: "nothing was written")


def elsewhere(act: Callable[[], object]) -> None:
    """Do something in the store over another connection, as another process would."""
    from django.db import connections

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def agenda_of(*sets: str) -> Any:
    """What is due of a row of retention's clock: simple rows with one moment."""
    from accord.capabilities.agenda import Agenda
    from accord.capabilities.jobs import Clock, Look, earliest, exists, latest, missing
    from accord.capabilities.people.models import RetentionClock

    rows = RetentionClock.objects.all
    looks: dict[str, Look] = {
        "earliest": earliest(rows, "due_at"),
        "latest": latest(rows, "due_at", after=DAY),
        "exists": exists(rows),
        "missing": missing(rows),
    }
    return Agenda([Clock(name, lambda _now: 0, (looks[name],)) for name in sets])


def names(agenda: Any, now: datetime) -> list[str]:
    return [task.name for task in agenda.due(now)]


def write(moment: datetime) -> None:
    from accord.capabilities.people.models import RetentionClock

    RetentionClock.objects.update_or_create(pk=1, defaults={"due_at": moment})


def test_nothing_is_looked_for_where_nothing_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    agenda = agenda_of("earliest")
    write(NOW + DAY)
    held_still(monkeypatch)
    assert names(agenda, NOW) == []
    with statements() as seen:
        for second in range(100):
            assert names(agenda, NOW + second * SECOND) == []
            assert agenda.next_due(NOW) == NOW + DAY
    assert seen == []


def test_all_looks_are_one_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    agenda = agenda_of("earliest", "latest", "exists", "missing")
    with statements() as seen:
        assert names(agenda, NOW) == ["missing"]
    assert len(seen) == 1
    write(NOW)
    held_still(monkeypatch)
    with statements() as seen:
        assert names(agenda, NOW) == ["earliest", "exists"]
        assert names(agenda, NOW + DAY) == ["earliest", "latest", "exists"]
    assert len(seen) == 1


@pytest.mark.parametrize("write_how", ["here", "elsewhere"])
def test_what_anybody_writes_is_seen(write_how: str) -> None:
    agenda = agenda_of("earliest")
    assert names(agenda, NOW) == []
    if write_how == "here":
        write(NOW)
    else:
        elsewhere(lambda: write(NOW))
    assert names(agenda, NOW) == ["earliest"]


def test_what_is_written_inside_a_transaction_is_seen_in_it() -> None:
    from django.db import transaction

    agenda = agenda_of("earliest")
    assert names(agenda, NOW) == []
    with transaction.atomic():
        write(NOW)
        assert names(agenda, NOW) == ["earliest"]
        transaction.set_rollback(True)
    assert names(agenda, NOW) == []


def test_a_transaction_that_commits_late_is_seen() -> None:
    """The look may fall between the writing and its commit, on which everything hangs."""
    from django.db import transaction

    agenda = agenda_of("earliest")
    written, looked = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            write(NOW)
            written.set()
            looked.wait(30)

    writer = threading.Thread(target=lambda: elsewhere(slowly))
    writer.start()
    assert written.wait(30)
    assert names(agenda, NOW) == []
    looked.set()
    writer.join()
    assert names(agenda, NOW) == ["earliest"]


def test_time_alone_makes_due_and_a_clock_set_back_undoes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    agenda = agenda_of("earliest")
    write(NOW + DAY)
    held_still(monkeypatch)
    with statements() as seen:
        assert names(agenda, NOW) == []
        assert names(agenda, NOW + DAY) == ["earliest"]
        assert names(agenda, NOW) == []
        assert names(agenda, NOW + 2 * DAY) == ["earliest"]
    assert len(seen) == 1


def test_what_was_run_in_vain_waits_for_a_change_or_a_moment() -> None:
    agenda = agenda_of("earliest")
    write(NOW)
    (task,) = agenda.due(NOW)
    agenda.in_vain(task, NOW)
    assert names(agenda, NOW + SECOND / 2) == []
    assert names(agenda, NOW + SECOND) == ["earliest"]
    assert names(agenda, NOW - SECOND) == [], "the moment in the column is still to come"
    assert names(agenda, NOW + SECOND / 2) == []
    agenda.anew()
    assert names(agenda, NOW + SECOND / 2) == ["earliest"]
    agenda.in_vain(task, NOW)
    elsewhere(lambda: write(NOW - SECOND))
    assert names(agenda, NOW) == ["earliest"]


def test_what_lingers_is_run_now_and_then_and_is_no_work_that_waits() -> None:
    from accord.capabilities.agenda import Agenda
    from accord.capabilities.jobs import Clock, earliest
    from accord.capabilities.people.models import RetentionClock

    hour = timedelta(hours=1)
    agenda = Agenda([Clock("lingers", lambda _now: 0, (earliest(RetentionClock.objects.all, "due_at"),), lingers=hour)])
    write(NOW)
    assert agenda.next_due(NOW - SECOND) == NOW
    assert agenda.next_due(NOW) is None
    (task,) = agenda.due(NOW)
    agenda.in_vain(task, NOW)
    write(NOW)  # as a run in vain does, which takes its turn in the line of changes
    assert names(agenda, NOW + hour - SECOND) == []
    assert names(agenda, NOW + hour) == ["lingers"]


def test_a_connection_that_was_closed_is_looked_through_anew() -> None:
    from django.db import connection

    agenda = agenda_of("earliest")
    assert names(agenda, NOW) == []
    connection.close()
    with statements() as seen:
        assert names(agenda, NOW) == []
    assert len(seen) == 1


def test_an_idle_worker_asks_the_store_nothing(day: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    from accord.capabilities.people.models import RetentionClock
    from accord.core import clock
    from accord.node.wired import Lines
    from accord.node.worker import Worker, next_due

    def nobody(institution: str) -> Any:
        raise AssertionError(institution)

    worker = Worker(Lines(nobody, nobody, "authority"))
    try:
        worker.run_until_idle()
        held_still(monkeypatch)
        worker.run_once()  # sees what the first run wrote
        with statements() as seen:
            for _ in range(50):
                assert worker.run_once() == 0
                day.advance_to(day.now() + SECOND)
        assert seen == []
        due = RetentionClock.objects.get().due_at
        with statements() as seen:
            assert worker.next_due() == due == next_due()
        assert len(seen) == 1, "the worker knows it already"
        day.advance_to(due)
        worker.run_once()
        assert RetentionClock.objects.get().due_at == due + DAY, "a moment was met"
        assert clock.now() == due
    finally:
        worker.close()
