"""`transition` carries an event out as its table says: the touched columns, the audit entry and the news, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accord.capabilities import unit_of_work
from accord.capabilities.claims import plan_cycle
from accord.capabilities.controls import enquiry_cycle
from accord.capabilities.exchange.crossborder import request_cycle
from accord.capabilities.exchange.partners import cycle as partner_cycle
from accord.capabilities.news import Changed
from accord.capabilities.people.models import AuditEntry, Role, User
from accord.capabilities.people.policy import NODE
from accord.capabilities.people.services import create_user
from accord.capabilities.reports import life_cycle as reports
from accord.capabilities.reports.audit import ReportAudit
from accord.capabilities.reports.models import Report, ReportState
from accord.capabilities.transitions import Move, as_markdown, moves_of, transition
from accord.core import clock
from accord.core.errors import Conflict

if TYPE_CHECKING:
    from uuid import UUID

DOCS = Path(__file__).parent.parent.parent / "docs"

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def report() -> Report:
    officer: User = create_user("lin", "four plain words", Role.OFFICER)
    now = clock.now()
    return Report.objects.create(
        taken_by=officer, created_at=now, about_when=now, amount=1_000, currency="CNY", payer_bank="BANKA", call_back_due=now
    )


def close(report: Report, **more: Any) -> None:
    columns = {"closed_at": clock.now()}
    transition(
        reports.LIFE, report, reports.ReportEvent.CLOSE, NODE, ReportAudit.CLOSED, subject=report.pk, set_=columns, **more
    )


def test_exactly_the_touched_columns_are_saved(report: Report) -> None:
    Report.objects.filter(pk=report.pk).update(narrative="written meanwhile by somebody else")
    with CaptureQueriesContext(
        connection,
    ) as sent:
        close(report)
    [update] = [
        query["sql"] for query in sent.captured_queries if "UPDATE" in query["sql"] and "reports_report" in query["sql"]
    ]
    assert "closed_at" in update
    assert "narrative" not in update
    report.refresh_from_db()
    assert (report.state, report.narrative) == (ReportState.CLOSED, "written meanwhile by somebody else")


def test_it_is_on_record_and_notified(report: Report) -> None:
    heard: list[list[UUID]] = []
    news = Changed()
    news.connect(lambda ids: heard.append(list(ids)))
    with_change = unit_of_work.change(close)
    with_change(report, details={"reason": "done"}, news=news)
    entry = AuditEntry.objects.get(action="report closed")
    assert (entry.subject, entry.object_id, entry.details) == (report.pk, str(report.pk), {"reason": "done"})
    assert heard == [[report.pk]]


def test_what_the_table_has_not_is_refused_and_nothing_is_written(report: Report) -> None:
    close(report)
    entries, closed_at = AuditEntry.objects.count(), report.closed_at
    with pytest.raises(Conflict, match="a report that is closed cannot close"):
        close(report)
    assert AuditEntry.objects.count() == entries
    assert (report.state, report.closed_at) == (ReportState.CLOSED, closed_at)


def test_a_table_has_one_row_for_an_event_in_a_state() -> None:
    with pytest.raises(AssertionError):
        moves_of([Move("a", "go", "b"), Move("a", "go", "c")])


def test_the_tables_stand_in_the_documentation() -> None:
    text = (DOCS / "states.md").read_text(encoding="utf-8")
    for moves in (
        reports.LIFE.moves,
        plan_cycle.LIFE.moves,
        enquiry_cycle.LIFE.moves,
        partner_cycle.LIFE.moves,
        request_cycle.MOVES,
    ):
        assert as_markdown(moves) in text
