"""The audit: one line of entries, in which nothing can be changed, removed or added without being noticed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from made_up_audit import Deed

from accord.capabilities import unit_of_work
from accord.capabilities.people import services as people
from accord.capabilities.people.models import AuditEntry, AuditHead, Role, User
from accord.capabilities.people.policy import NODE
from accord.capabilities.people.queries import first_broken_audit_entry
from accord.core import hash_chain
from accord.core.clock import SteppedClock

pytestmark = [pytest.mark.database, pytest.mark.both_stores]

LENGTH = 6


@pytest.fixture
def line(day: SteppedClock, officer: User) -> None:
    for number in range(LENGTH):
        unit_of_work.record(
            officer, Deed.DID_SOMETHING, subject=None, obj=officer, number=number, note="说明", parts=[1, {"a": None}]
        )


def insert_after(seq: int) -> None:
    """A well-made entry put between two others, those behind it renumbered."""
    for entry in AuditEntry.objects.filter(seq__gt=seq).order_by("-seq"):
        AuditEntry.objects.filter(pk=entry.pk).update(seq=entry.seq + 1)
    before = AuditEntry.objects.get(pk=seq)
    forged = AuditEntry(
        seq=seq + 1, at=before.at, actor="officer", action="forged", object_type="user", object_id="1", details={}
    )
    forged.link = hash_chain.link(before.link, unit_of_work.audited_content(forged))
    forged.save(force_insert=True)


def swap(one: int, other: int) -> None:
    first, second = AuditEntry.objects.get(pk=one), AuditEntry.objects.get(pk=other)
    first.pk, second.pk = other, one
    first.save(), second.save()


def append_behind_the_head() -> None:
    last = AuditEntry.objects.latest("seq")
    last.seq += 1
    last.link = hash_chain.link(AuditEntry.objects.get(pk=LENGTH).link, unit_of_work.audited_content(last))
    last.save(force_insert=True)


def test_an_untouched_line_holds(line: None) -> None:
    assert first_broken_audit_entry() is None
    assert list(AuditEntry.objects.values_list("seq", flat=True)) == list(range(1, LENGTH + 1))


@pytest.mark.parametrize("seq", range(1, LENGTH + 1))
def test_a_removed_entry_is_found(line: None, seq: int) -> None:
    AuditEntry.objects.filter(pk=seq).delete()
    assert first_broken_audit_entry() == seq


def test_a_line_removed_from_some_point_on_is_found(line: None) -> None:
    AuditEntry.objects.filter(seq__gt=2).delete()
    assert first_broken_audit_entry() == 3
    AuditEntry.objects.all().delete()
    assert first_broken_audit_entry() == 1


@pytest.mark.parametrize(
    "column",
    [
        {"actor": "somebody-else"},
        {"action": "did nothing"},
        {"details": {"number": 4}},
        {"details": {"number": 0.5}},
        {"object_id": "9"},
        {"object_type": "order"},
        {"subject": "00000000-0000-7000-8000-000000000000"},
        {"at": "2026-03-20T12:00:01Z"},
        {"link": "0" * 64},
    ],
    ids=lambda column: next(iter(column)),
)
@pytest.mark.parametrize("seq", [1, 3, LENGTH])
def test_a_changed_entry_is_found(line: None, column: dict[str, object], seq: int) -> None:
    AuditEntry.objects.filter(pk=seq).update(**column)
    assert first_broken_audit_entry() == seq


def test_a_last_entry_rewritten_with_a_link_that_fits_is_found(line: None) -> None:
    last = AuditEntry.objects.get(pk=LENGTH)
    last.action = "did something else"
    last.link = hash_chain.link(AuditEntry.objects.get(pk=LENGTH - 1).link, unit_of_work.audited_content(last))
    last.save()
    assert first_broken_audit_entry() == LENGTH


@pytest.mark.parametrize(
    ("tamper", "found_at"),
    [
        (lambda: insert_after(2), 4),
        (lambda: insert_after(LENGTH), LENGTH + 1),
        (lambda: swap(2, 3), 2),
        (append_behind_the_head, LENGTH + 1),
    ],
    ids=["inserted", "inserted at the end", "swapped", "added behind the head"],
)
def test_an_inserted_or_moved_entry_is_found(line: None, tamper: Callable[[], None], found_at: int) -> None:
    tamper()
    assert first_broken_audit_entry() == found_at


def test_an_entry_stays_exactly_when_its_change_stays(officer: User) -> None:
    class Thought(Exception):
        pass

    def change_and_fail() -> None:
        with transaction.atomic():
            unit_of_work.record(officer, Deed.DID_SOMETHING, subject=None, obj=officer)
            raise Thought

    with pytest.raises(Thought):
        change_and_fail()
    assert not AuditEntry.objects.exists()
    unit_of_work.record(NODE, Deed.DID_SOMETHING, subject=None, obj=officer)
    assert AuditEntry.objects.get().seq == 1
    assert first_broken_audit_entry() is None


@pytest.mark.django_db(transaction=True)
def test_concurrent_changes_make_one_line() -> None:
    workers, each = 6, 8
    user = people.create_user("officer", "a-long-password", Role.OFFICER)
    start = Barrier(workers)

    def work(worker: int) -> None:
        try:
            start.wait()
            for number in range(each):
                with transaction.atomic():
                    unit_of_work.record(user, Deed.DID_SOMETHING, subject=None, obj=user, worker=worker, number=number)
                    unit_of_work.record(user, Deed.AND_SOMETHING_MORE, subject=None, obj=user, worker=worker, number=number)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    entries = list(AuditEntry.objects.order_by("seq"))
    assert [entry.seq for entry in entries] == list(range(1, 2 * workers * each + 1))
    assert first_broken_audit_entry() is None
    assert AuditHead.objects.get().seq == len(entries)
    pairs = list(zip(entries[::2], entries[1::2], strict=True))
    assert all(one.details == other.details and one.action != other.action for one, other in pairs), "one change, one stretch"
    told = {(one.details["worker"], one.details["number"]) for one, _ in pairs}
    assert told == {(worker, number) for worker in range(workers) for number in range(each)}


@pytest.mark.django_db(transaction=True)
def test_changes_that_meet_in_opposite_order_wait_for_each_other() -> None:
    """Two services that write their entry before and after they lock the same row: neither may wait for ever."""
    one = people.create_user("one", "a-long-password", Role.OFFICER)
    start = Barrier(2)

    @unit_of_work.change
    def entry_first() -> None:
        unit_of_work.record(one, Deed.ENTRY_FIRST, subject=None, obj=one)
        User.objects.select_for_update().get(pk=one.pk)

    @unit_of_work.change
    def row_first() -> None:
        User.objects.select_for_update().get(pk=one.pk)
        unit_of_work.record(one, Deed.ROW_FIRST, subject=None, obj=one)

    def often(service: Callable[[], None]) -> None:
        try:
            start.wait()
            for _ in range(25):
                service()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(often, [entry_first, row_first]))
    assert AuditEntry.objects.count() == 50
    assert first_broken_audit_entry() is None
