"""The report page and the list of reports."""

from __future__ import annotations

import csv
import io

import pytest
from desk_at_work import NOON, SignedIn, TakeCall
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accord.capabilities.claims.models import ClaimTransfer, Enquiry
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.reports.models import Report, ReportState, StatementLine
from accord.core.clock import SteppedClock
from accord.core.money import Money

pytestmark = pytest.mark.database

HTMX = {"HX-Request": "true"}
STATEMENT = """id,time,debtor,creditor,amount,currency,creditor_bank
E2E-1,2026-03-02T11:45:00+08:00,6222000099,622200000000012345,50000.00,CNY,DEMOCNSH
E2E-2,2026-03-01T09:00:00+08:00,6222000099,6222333,120.00,CNY,
E2E-3,2026-03-02T11:00:00+08:00,6222000099,6222444,not a number,CNY,
,2026-03-02T10:00:00+08:00,6222000099,6222555,50000.00,CNY,
"""


def upload(client: Client, report: Report, content: str | bytes, name: str = "statement.csv", kind: str = "default") -> object:
    data = content.encode() if isinstance(content, str) else content
    return client.post(f"/reports/{report.pk}/statement/", {"file": SimpleUploadedFile(name, data), "map": kind})


def test_a_narrative_becomes_chips_that_are_confirmed_rejected_and_taken_back(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    text = "对方微信 scam_helper_88，让我转到卡号 6222020000000012349，电话 13812345678"
    page = client.post(f"/reports/{report.pk}/narrative/", {"narrative": text}, headers=HTMX).content.decode()
    found = list(report.identifiers.all())
    assert len(found) >= 2
    assert all(f'id="identifier-{identifier.pk}"' in page for identifier in found)
    address = f"/reports/{report.pk}/identifiers/{found[0].pk}/"
    assert "is-confirmed" in client.post(address, {"state": "confirmed"}, headers=HTMX).content.decode()
    assert "is-rejected" in client.post(address, {"state": "rejected"}, headers=HTMX).content.decode()
    assert "is-proposed" in client.post(address, {"state": "proposed"}, headers=HTMX).content.decode()
    report.refresh_from_db()
    assert report.narrative == text


def test_without_scripts_the_narrative_and_the_chips_work_by_whole_pages(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    answer = client.post(f"/reports/{report.pk}/narrative/", {"narrative": "电话 13812345678"})
    assert answer.headers["Location"] == f"/reports/{report.pk}/#narrative"
    (identifier,) = report.identifiers.all()
    answer = client.post(f"/reports/{report.pk}/identifiers/{identifier.pk}/", {"state": "confirmed"})
    assert answer.status_code == 302
    assert "is-confirmed" in client.get(f"/reports/{report.pk}/").content.decode()


def test_an_unknown_choice_about_an_identifier_is_refused(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    client.post(f"/reports/{report.pk}/narrative/", {"narrative": "电话 13812345678"})
    address = f"/reports/{report.pk}/identifiers/{report.identifiers.get().pk}/"
    assert client.post(address, {"state": "perhaps"}).status_code == 400
    assert client.post(f"/reports/{report.pk}/identifiers/0/", {"state": "confirmed"}).status_code == 404


def test_a_statement_shows_candidates_best_first_and_the_rows_it_refused(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    report = take_call(duty_officer).report
    answer = upload(signed_in(duty_officer), report, STATEMENT)
    lines = [candidate["line"] for candidate in answer.context["candidates"]]  # type: ignore[attr-defined]
    assert [line.transfer for line in lines] == ["E2E-1", "", "E2E-2"]
    (reject,) = answer.context["statement"].rejects  # type: ignore[attr-defined]
    assert (reject.row, reject.column, reject.value) == (3, "amount", "not a number")
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert reject.reason in page
    assert "no reference in the statement" in page


def test_a_chosen_payment_starts_the_chase_at_its_receiver(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    response = take_call(duty_officer)
    client = signed_in(duty_officer)
    upload(client, response.report, STATEMENT)
    line = StatementLine.objects.get(transfer="E2E-1")
    chosen = {"line": line.pk, "institution": "DEMOCNSH", "amount": "50000.00"}
    answer = client.post(f"/reports/{response.report.pk}/start/", chosen)
    assert answer.headers["Location"] == f"/claims/{response.claim.pk}/"
    start = ClaimTransfer.objects.get()
    assert (start.transfer, start.amount, start.intervals) == ("E2E-1", 5_000_000, [])
    assert Enquiry.objects.get().institution == "DEMOCNSH"
    client.post(f"/reports/{response.report.pk}/start/", chosen)
    assert Enquiry.objects.count() == 1


def test_a_part_of_a_payment_claims_its_first_units(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    upload(client, report, STATEMENT)
    line = StatementLine.objects.get(transfer="E2E-1")
    client.post(f"/reports/{report.pk}/start/", {"line": line.pk, "institution": "DEMOCNSH", "amount": "30000"})
    start = ClaimTransfer.objects.get()
    assert (start.amount, start.intervals) == (3_000_000, [[0, 3_000_000]])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"amount": "50000.01"}, "No more than the payment itself"),
        ({"amount": "0"}, "more than zero"),
        ({"amount": "much"}, "is not an amount"),
        ({"line": "999999"}, "no longer in the statement"),
        ({"institution": ""}, "required"),
    ],
)
def test_a_start_that_cannot_be_right_is_refused(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall, changed: dict[str, str], told: str
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    upload(client, report, STATEMENT)
    chosen = {"line": str(StatementLine.objects.get(transfer="E2E-1").pk), "institution": "DEMOCNSH", "amount": "50000"}
    answer = client.post(f"/reports/{report.pk}/start/", chosen | changed, follow=True)
    assert told in answer.content.decode()
    assert not ClaimTransfer.objects.exists()


def test_a_row_without_reference_cannot_start_a_trace(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    upload(client, report, STATEMENT)
    line = StatementLine.objects.get(transfer="")
    chosen = {"line": line.pk, "institution": "DEMOCNSH", "amount": "1"}
    assert "it has no reference" in client.post(f"/reports/{report.pk}/start/", chosen, follow=True).content.decode()
    assert not ClaimTransfer.objects.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"id,time\n1,2\n", "debtor"),
        ("时间,金额\n".encode("utf-16"), "statement.csv"),
        (b"PAR1 this is not Parquet", "statement.csv"),
    ],
)
def test_a_file_of_no_use_is_told_and_keeps_the_earlier_statement(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall, content: bytes, told: str
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    upload(client, report, STATEMENT)
    answer = upload(client, report, content)
    assert answer.status_code == 400  # type: ignore[attr-defined]
    assert told in answer.context["statement_error"]  # type: ignore[attr-defined]
    assert StatementLine.objects.filter(report=report).count() == 3


def test_why_a_row_was_refused_is_told_in_the_readers_language(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    client.cookies["django_language"] = "zh-hans"
    (reject,) = upload(client, report, STATEMENT).context["statement"].rejects  # type: ignore[attr-defined]
    assert reject.reason.isascii() is False
    assert "不是金额" in reject.reason


def test_a_bank_statement_is_read_with_its_own_map(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    report = take_call(duty_officer).report
    text = (
        "reference,date,account,counterparty,counterparty_bank,amount,currency\n"
        'S-1,2026-03-02 11:45:00,6222000099,622200000000012345,DEMOCNSH,"-50,000.00",CNY\n'
        "S-2,2026-03-02 08:00:00,6222000099,6222777,,900.00,CNY\n"
    )
    upload(signed_in(duty_officer), report, text.encode("gb18030"), kind="bank-statement")
    out = StatementLine.objects.get(transfer="S-1")
    assert (out.debtor, out.creditor, out.amount) == ("6222000099", "622200000000012345", 5_000_000)
    assert out.time == NOON.replace(hour=3, minute=45)
    assert StatementLine.objects.get(transfer="S-2").creditor == "6222000099"


def test_another_officers_lock_keeps_changes_out_and_says_whose_it_is(
    duty_officer: User, second_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(second_officer)
    client.cookies["django_language"] = "en"
    answer = client.post(f"/reports/{report.pk}/narrative/", {"narrative": "x"})
    assert answer.status_code == 409
    assert "Lin Mei is working on" in answer.content.decode()
    fragment = client.post(f"/reports/{report.pk}/lock/", headers=HTMX)
    assert (fragment.status_code, fragment.headers["HX-Retarget"]) == (409, "#alerts")
    assert "<html" not in fragment.content.decode()
    assert signed_in(duty_officer).post(f"/reports/{report.pk}/unlock/").status_code == 302
    assert client.post(f"/reports/{report.pk}/lock/").status_code == 302
    report.refresh_from_db()
    assert report.locked_by == second_officer


def test_a_conflict_is_told_in_the_readers_language(
    duty_officer: User, second_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(second_officer)
    client.cookies["django_language"] = "zh-hans"
    page = client.post(f"/reports/{report.pk}/lock/").content.decode()
    assert "Lin Mei" in page
    assert "is working on" not in page


def test_a_call_back_is_recorded_and_its_clock_stops(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall, desk_clock: SteppedClock
) -> None:
    report = take_call(duty_officer).report
    signed_in(duty_officer).post(f"/reports/{report.pk}/called-back/", {"note": "told her where things stand"})
    report.refresh_from_db()
    assert (report.called_back_at, report.call_back_due) == (NOON, None)
    assert AuditEntry.objects.get(action="called back").details["note"] == "told her where things stand"


def test_closing_needs_a_reason_and_can_be_undone(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    assert client.post(f"/reports/{report.pk}/close/", {"reason": " "}).status_code == 400
    client.post(f"/reports/{report.pk}/close/", {"reason": "money returned"})
    report.refresh_from_db()
    assert report.state == ReportState.CLOSED
    client.post(f"/reports/{report.pk}/reopen/", {"reason": "second payment"})
    report.refresh_from_db()
    assert report.state == ReportState.OPEN


def test_the_live_part_follows_the_first_order(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    response = take_call(duty_officer)
    client = signed_in(duty_officer)
    address = f"/reports/{response.report.pk}/live/"
    assert "Approved" in client.get(address).content.decode()
    Order.objects.filter(pk=response.order.pk).update(state="held_partly", held=1_234_500, sent_at=NOON, answered_at=NOON)
    page = client.get(address).content.decode()
    assert "Held in part" in page
    assert "12,345.00" in page


def test_a_refusal_is_told_in_words(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    response = take_call(duty_officer)
    Order.objects.filter(pk=response.order.pk).update(state="refused", refusal="legal_review", answered_at=NOON)
    page = signed_in(duty_officer).get(f"/reports/{response.report.pk}/live/").content.decode()
    assert "lawyers want to look" in page


def test_the_history_speaks_of_amounts_in_their_currency(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    report = take_call(duty_officer).report
    page = signed_in(duty_officer).get(f"/reports/{report.pk}/").content.decode()
    assert "report taken" in page
    assert "amount: 50,000.00 CNY" in page


def test_the_list_is_searched_filtered_and_cut_into_pages(
    duty_officer: User, second_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    for number in range(52):
        take_call(duty_officer, callback_number=f"1390000{number:04}", amount=Money(100 + number, "CNY"))
    other = take_call(second_officer, payee_account="needle@bank", callback_number="13911111111").report
    client = signed_in(duty_officer)
    assert client.get("/reports/").context["page"].paginator.num_pages == 2
    assert [row.pk for row, _ in client.get("/reports/?q=needle").context["rows"]] == [other.pk]
    assert client.get("/reports/?mine=on").context["page"].paginator.count == 52
    assert client.get("/reports/?state=closed").context["rows"] == []
    assert client.get("/reports/?since=2026-03-03").context["rows"] == []
    assert client.get("/reports/?page=99&state=nonsense&since=never").context["page"].number == 2


def test_the_export_is_safe_for_spreadsheets_and_on_record(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    take_call(duty_officer, payee_account='=cmd|"/c calc"!A1', callback_number="+8613900000001")
    answer = signed_in(duty_officer).get("/reports/export.csv")
    text = answer.content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["payee_account"].startswith("'=")
    assert row["callback_number"] == "'+8613900000001"
    assert (row["amount"], row["currency"]) == ("50000.00", "CNY")
    assert AuditEntry.objects.get(action="reports exported").details == {"rows": 1}


def test_an_administrator_sees_no_report(
    duty_officer: User, node_administrator: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(node_administrator)
    assert client.get(f"/reports/{report.pk}/").status_code == 404
    assert client.get(f"/reports/{report.pk}/live/").status_code == 404
    assert client.get("/reports/").context["rows"] == []
    assert client.get("/reports/export.csv").status_code == 403
    assert client.post(f"/reports/{report.pk}/narrative/", {"narrative": "x"}).status_code == 403


def test_an_unknown_report_says_so(duty_officer: User, signed_in: SignedIn) -> None:
    answer = signed_in(duty_officer).get("/reports/01900000-0000-7000-8000-000000000000/")
    assert answer.status_code == 404
    assert "there is no such report" in answer.content.decode()
