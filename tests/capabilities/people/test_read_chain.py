"""The chain of reads: tampering is found like in the chain of changes, also after retention has removed its oldest part."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from made_up_audit import Deed

from accord.capabilities import unit_of_work
from accord.capabilities.people import retention
from accord.capabilities.people import services as people
from accord.capabilities.people.context import RequestContext, within_request
from accord.capabilities.people.models import AuditEntry, ReadEntry, ReadHead, Role, User
from accord.capabilities.people.queries import CHANGES, READS, first_broken
from accord.core import hash_chain
from accord.core.clock import SteppedClock

pytestmark = [pytest.mark.database, pytest.mark.both_stores]

LENGTH = 6


def look(user: User, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        with within_request(RequestContext(session="s")) as request:
            people.note_read(user, user, number=number, note="说明")
            people.write_reads(request)


@pytest.fixture
def line(day: SteppedClock, officer: User) -> None:
    look(officer, LENGTH)


def test_an_untouched_line_holds(line: None) -> None:
    assert first_broken(READS) is None
    assert list(ReadEntry.objects.values_list("seq", flat=True)) == list(range(1, LENGTH + 1))


@pytest.mark.parametrize("seq", [1, 3, LENGTH])
def test_a_removed_entry_is_found(line: None, seq: int) -> None:
    ReadEntry.objects.filter(pk=seq).delete()
    assert first_broken(READS) == seq


def test_a_tail_that_was_cut_off_is_found(line: None) -> None:
    ReadEntry.objects.filter(seq__gt=4).delete()
    assert first_broken(READS) == 5


@pytest.mark.parametrize(
    "column",
    [
        {"actor": "x"},
        {"purpose": "audit"},
        {"session": "x"},
        {"details": {}},
        {"object_id": "9"},
        {"object_type": "order"},
        {"subject": "00000000-0000-7000-8000-000000000000"},
        {"at": "2026-03-20T12:00:01Z"},
        {"link": "0" * 64},
    ],
    ids=lambda column: next(iter(column)),
)
@pytest.mark.parametrize("seq", [1, LENGTH])
def test_a_changed_entry_is_found(line: None, column: dict[str, object], seq: int) -> None:
    ReadEntry.objects.filter(pk=seq).update(**column)
    assert first_broken(READS) == seq


def test_an_inserted_entry_is_found(line: None) -> None:
    for entry in ReadEntry.objects.filter(seq__gt=2).order_by("-seq"):
        ReadEntry.objects.filter(pk=entry.pk).update(seq=entry.seq + 1)
    before = ReadEntry.objects.get(pk=2)
    forged = ReadEntry(seq=3, at=before.at, actor="x", purpose="audit", object_type="user", details={})
    forged.link = hash_chain.link(before.link, people.read_content(forged))
    forged.save(force_insert=True)
    assert first_broken(READS) == 4


def test_a_purpose_taken_from_a_change_is_found(officer: User) -> None:
    with within_request(RequestContext()):
        unit_of_work.record(officer, Deed.DID, subject=None, obj=officer)
    AuditEntry.objects.update(purpose="")
    assert first_broken(CHANGES) == 1


@pytest.fixture
def shortened(line: None, officer: User, day: SteppedClock) -> None:
    """Six reads of three years ago are removed, four newer ones stay."""
    day.advance_to(day.now() + timedelta(days=1000))
    look(officer, 4, start=LENGTH)
    day.advance_to(day.now() + timedelta(days=100))
    removed = {execution.rule.name: execution.count for execution in retention.run()}
    assert removed["reads"] == LENGTH


def test_after_retention_the_rest_still_holds_and_goes_on(shortened: None, officer: User) -> None:
    assert first_broken(READS) is None
    assert first_broken(CHANGES) is None
    look(officer, 1, start=99)
    assert list(ReadEntry.objects.values_list("seq", flat=True)) == [7, 8, 9, 10, 11]
    assert first_broken(READS) is None


@pytest.mark.parametrize(
    ("tamper", "found_at"),
    [
        (lambda: ReadEntry.objects.filter(seq=7).delete(), 7),
        (lambda: ReadEntry.objects.all().delete(), 7),
        (lambda: ReadEntry.objects.filter(seq=8).update(actor="x"), 8),
        (lambda: ReadHead.objects.update(seq=9), 9),
    ],
    ids=["first removed", "all removed", "changed", "head moved back"],
)
def test_tampering_after_retention_is_found(shortened: None, tamper: Callable[[], object], found_at: int) -> None:
    tamper()
    assert first_broken(READS) == found_at


def test_the_point_up_to_which_reads_were_removed_cannot_be_moved_unnoticed(shortened: None) -> None:
    entry = AuditEntry.objects.get(action="reads removed")
    eighth = ReadEntry.objects.get(pk=8)
    ReadEntry.objects.filter(seq__lte=8).delete()
    AuditEntry.objects.filter(pk=entry.pk).update(details=entry.details | {"upto": 8, "link": eighth.link})
    assert first_broken(READS) is None
    assert first_broken(CHANGES) == entry.seq


def test_a_broken_chain_is_evidence_and_is_not_removed(line: None, day: SteppedClock) -> None:
    ReadEntry.objects.filter(seq=3).update(actor="x")
    day.advance_to(day.now() + timedelta(days=1200))
    execution = next(one for one in retention.run() if one.rule.name == "reads")
    assert "broken at entry 3" in execution.error
    assert ReadEntry.objects.count() == LENGTH


@pytest.mark.django_db(transaction=True)
def test_concurrent_readers_and_writers_make_two_whole_lines() -> None:
    user = people.create_user("officer", "a-long-password", Role.OFFICER)
    workers, each = 4, 6
    start = Barrier(workers)

    def work(worker: int) -> None:
        try:
            start.wait()
            for number in range(each):
                with within_request(RequestContext(session=str(worker))) as request:
                    people.note_read(user, user, number=number)
                    unit_of_work.record(user, Deed.DID, subject=None, obj=user)
                    people.write_reads(request)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    assert (ReadEntry.objects.count(), AuditEntry.objects.count()) == (workers * each, workers * each)
    assert (first_broken(READS), first_broken(CHANGES)) == (None, None)
