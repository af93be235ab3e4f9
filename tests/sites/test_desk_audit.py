"""The audit page: for supervisors alone, searched, checked, taken away as a file."""

from __future__ import annotations

import csv
import io

import pytest
from desk_at_work import PASSWORD, SignedIn, TakeCall

from accord.capabilities.people.models import AuditEntry, ReadEntry, Role, User
from accord.capabilities.people.services import create_user
from accord.core import clock, hash_chain

pytestmark = pytest.mark.database


def test_only_supervisors_and_auditors_read_the_audit(
    duty_officer: User, node_administrator: User, desk_supervisor: User, signed_in: SignedIn
) -> None:
    auditor = create_user("zhou", PASSWORD, Role.AUDITOR)
    for user, status in ((duty_officer, 403), (node_administrator, 403), (desk_supervisor, 200), (auditor, 200)):
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
    assert "The chain of changes holds" in client.get("/audit/?verify=1").content.decode()
    AuditEntry.objects.filter(seq=2).update(actor="someone else")
    answer = client.get("/audit/?verify=1")
    assert answer.context["checked"] == [("changes", 2), ("reads", None)]
    text = answer.content.decode()
    assert "The chain of changes is broken at entry 2" in text
    assert "The chain of reads holds" in text


def test_reads_are_shown_searched_and_checked_beside_the_changes(
    duty_officer: User, desk_supervisor: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    report = take_call(duty_officer).report
    desk = signed_in(duty_officer)
    desk.get(f"/reports/{report.pk}/")
    desk.get("/reports/?q=13900000001")
    client = signed_in(desk_supervisor)
    page = client.get("/audit/?chain=reads")
    assert {entry.object_type for entry in page.context["page"]} == {"report"}
    assert "report: search or list" in page.content.decode()
    assert [entry.details for entry in client.get("/audit/?chain=reads&q=1390000").context["page"]] == [
        {"searched": "13900000001"}
    ]
    assert client.get(f"/audit/?chain=reads&subject={report.reference}").context["page"].paginator.count == 1
    assert not client.get("/audit/?chain=reads&since=2026-03-03").context["page"].object_list
    assert client.get("/audit/?chain=reads&since=2026-03-02&until=2026-03-02").context["page"].paginator.count == 2
    ReadEntry.objects.filter(seq=1).update(actor="someone else")
    assert client.get("/audit/?verify=1").context["checked"] == [("changes", None), ("reads", 1)]


def test_changes_are_found_by_action_by_day_and_by_words_in_their_details(
    duty_officer: User, desk_supervisor: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    from accord.capabilities.reports.services import close_report

    report = take_call(duty_officer).report
    close_report(duty_officer, report.pk, "钱已追回")
    client = signed_in(desk_supervisor)
    for query in ("action=report closed", "q=已追回", "q=report closed", "action=report closed&q=追&since=2026-03-02"):
        assert [entry.action for entry in client.get(f"/audit/?{query}").context["page"]] == ["report closed"], query
    assert not client.get("/audit/?action=report closed&until=2026-03-01").context["page"].object_list


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
