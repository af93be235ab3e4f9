"""The outcome figures on a page and as a file: for those who answer for the centre, and nobody else."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from desk_at_work import NOON, SignedIn, TakeCall
from written_orders import kept

from accord.capabilities.people.models import AuditEntry, Role, User
from accord.capabilities.supervision.figures import Delay, Figure
from accord.core.clock import SteppedClock
from accord.sites.oversight.wording import DELAYS, WORDS

pytestmark = [pytest.mark.database, pytest.mark.both_stores]

PAGES = ("/oversight/", "/oversight/figures.csv")


@pytest.fixture
def figures_auditor(db: None) -> User:
    return User.objects.create(username="audit", role=Role.AUDITOR)


@pytest.fixture
def busy_day(duty_officer: User, take_call: TakeCall, desk_clock: SteppedClock) -> None:
    """Twelve calls of 50,000.00 a quarter of an hour after the payment; 30,000.00 of the first is held."""
    calls = [
        take_call(duty_officer, callback_number=f"139000000{number:02}", payer_account=f"v{number}") for number in range(12)
    ]
    kept(calls[0].claim, 3_000_000, NOON + timedelta(minutes=2), sent_at=NOON)
    desk_clock.advance_to(NOON + timedelta(hours=1))


def test_every_figure_has_its_name_its_definition_and_its_delays_in_words() -> None:
    assert set(WORDS) == set(Figure)
    assert set(DELAYS) == set(Delay)


def test_a_supervisor_and_an_auditor_read_them(
    desk_supervisor: User, figures_auditor: User, signed_in: SignedIn, busy_day: None
) -> None:
    for reader in (desk_supervisor, figures_auditor):
        page = signed_in(reader).get("/oversight/").content.decode()
        assert "30,000.00 CNY" in page
        assert "600,000.00 CNY" in page
        assert "5.0 %" in page
        assert page.count('class="definition"') == page.count("<h2")


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_does(duty_officer: User, node_administrator: User, signed_in: SignedIn, busy_day: None, path: str) -> None:
    for stranger in (duty_officer, node_administrator):
        answer = signed_in(stranger).get(path)
        assert answer.status_code == 403
        assert b"30,000" not in answer.content


@pytest.mark.parametrize("path", PAGES)
def test_whoever_is_not_signed_in_is_sent_away(client: object, db: None, path: str) -> None:
    answer = client.get(path)  # type: ignore[attr-defined]
    assert answer.status_code == 302
    assert "sign-in" in answer.headers["Location"]


def test_an_auditor_sees_figures_but_no_case(figures_auditor: User, signed_in: SignedIn, busy_day: None) -> None:
    from accord.capabilities.reports.models import Report

    client = signed_in(figures_auditor)
    report = Report.objects.all()[0]
    for path in PAGES:
        told = client.get(path).content.decode()
        for secret in (report.reference, report.callback_number, report.code, "SECRET-6222", report.payee_account):
            assert secret not in told
    assert client.get(f"/reports/{report.pk}/").status_code == 404


def test_the_file_says_the_same_with_definitions_and_is_on_record(
    desk_supervisor: User, signed_in: SignedIn, busy_day: None
) -> None:
    answer = signed_in(desk_supervisor).get("/oversight/figures.csv?since=2026-03-01&until=2026-03-02")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    held = next(row for row in rows if row["figure"] == "held_of_claimed")
    assert (held["group"], held["currency"], held["numerator"], held["denominator"], held["n"], held["percent"]) == (
        "1_h", "CNY", "30000.00", "600000.00", "12", "5.0",
    )  # fmt: skip
    assert all(row["definition"] and row["name"] for row in rows)
    assert {"load_calls", "call_to_first_order", "repeat_reports_in_90_days"} <= {row["figure"] for row in rows}
    assert answer.headers["Content-Disposition"] == 'attachment; filename="figures-20260301-20260302.csv"'
    assert AuditEntry.objects.filter(action="figures exported").count() == 1


def test_few_cases_are_told_without_a_percentage(
    desk_supervisor: User, duty_officer: User, take_call: TakeCall, signed_in: SignedIn
) -> None:
    kept(take_call(duty_officer).claim, 3_000_000, NOON, sent_at=NOON)
    page = signed_in(desk_supervisor).get("/oversight/").content.decode()
    assert "30,000.00 CNY" in page
    assert not re.search(r"\d %</strong>", page)


def test_an_empty_node_has_a_page(desk_supervisor: User, signed_in: SignedIn, desk_clock: SteppedClock) -> None:
    answer = signed_in(desk_supervisor).get("/oversight/")
    assert answer.status_code == 200
    assert "Nothing in this period." in answer.content.decode()


def test_the_period_is_the_days_asked_for_both_included(desk_supervisor: User, signed_in: SignedIn, busy_day: None) -> None:
    client = signed_in(desk_supervisor)
    assert "600,000.00 CNY" in client.get("/oversight/?since=2026-03-02&until=2026-03-02").content.decode()
    assert "600,000.00 CNY" not in client.get("/oversight/?since=2026-03-01&until=2026-03-01").content.decode()
    assert "600,000.00 CNY" not in client.get("/oversight/?since=2026-03-03&until=2026-03-03").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "until=2026-13-01",
        "since=2026-03-02&until=2026-03-01",
        "since=1900-01-01",
        "since=0001-01-01",
        "until=9999-12-31",
        "until=0001-01-01",
    ],
)
def test_a_period_that_cannot_be_is_told(
    desk_supervisor: User, signed_in: SignedIn, desk_clock: SteppedClock, query: str
) -> None:
    for path in PAGES:
        assert signed_in(desk_supervisor).get(f"{path}?{query}").status_code == 400


def test_in_chinese_the_delays_are_words(desk_supervisor: User, signed_in: SignedIn, busy_day: None) -> None:
    client = signed_in(desk_supervisor)
    client.cookies["django_language"] = "zh-hans"
    page = client.get("/oversight/").content.decode()
    assert 'lang="zh-Hans"' in page
    assert "30,000.00 CNY" in page
