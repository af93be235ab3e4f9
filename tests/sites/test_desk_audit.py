"""The audit page: for supervisors alone, searched, checked, taken away as a file."""

from __future__ import annotations

import csv
import io

import pytest
from desk_at_work import SignedIn, TakeCall

from accord.capabilities.people.models import AuditEntry, User
from accord.core import clock, hash_chain

pytestmark = pytest.mark.database


def test_only_a_supervisor_reads_the_audit(
    duty_officer: User, node_administrator: User, desk_supervisor: User, signed_in: SignedIn
) -> None:
    for user, status in ((duty_officer, 403), (node_administrator, 403), (desk_supervisor, 200)):
        client = signed_in(user)
        assert client.get("/audit/").status_code == status
        assert client.get("/audit/export.csv").status_code == status
        assert ('href="/audit/"' in client.get("/help/").content.decode()) == (status == 200)


def test_entries_are_found_by_who_by_what_and_by_the_report_with_its_claim(
    duty_officer: User, desk_supervisor: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    first = take_call(duty_officer)
    take_call(desk_supervisor, callback_number="13900000007")
    client = signed_in(desk_supervisor)
    assert {entry.actor for entry in client.get("/audit/?q=lin").context["page"]} == {"lin"}
    about = client.get(f"/audit/?subject={first.report.reference}").context["page"]
    assert {entry.action for entry in about} == {"report taken", "claim opened", "order approved"}
    same = client.get(f"/audit/?subject={first.claim.pk}").context["page"]
    assert [entry.seq for entry in same] == [entry.seq for entry in about]
    assert not client.get("/audit/?subject=R-0000-0000").context["page"].object_list


def test_the_chain_is_said_to_hold_until_someone_changes_an_entry(
    duty_officer: User, desk_supervisor: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    take_call(duty_officer)
    client = signed_in(desk_supervisor)
    assert "The chain holds" in client.get("/audit/?verify=1").content.decode()
    AuditEntry.objects.filter(seq=2).update(actor="someone else")
    answer = client.get("/audit/?verify=1")
    assert answer.context["broken"] == 2
    assert "broken at entry 2" in answer.content.decode()


def test_the_export_carries_what_is_needed_to_check_the_chain_elsewhere(
    duty_officer: User, desk_supervisor: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    take_call(duty_officer)
    answer = signed_in(desk_supervisor).get("/audit/export.csv")
    text = answer.content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    stored = list(AuditEntry.objects.order_by("seq"))
    assert [row["link"] for row in rows] == [entry.link for entry in stored[:-1]]
    assert stored[-1].action == "audit exported"
    assert rows[0]["at"] == clock.to_iso(stored[0].at)
    assert len({row["link"] for row in rows} | {hash_chain.GENESIS}) == len(rows) + 1
