"""Retention: what is due goes, what is not stays, each execution is on record, and a node may set its own periods."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axes.models import AccessAttempt
from made_up_audit import Deed
from small_world import call_of

from accord.capabilities import unit_of_work
from accord.capabilities.orders import services as order_services
from accord.capabilities.people import retention
from accord.capabilities.people.models import AuditEntry, RetentionClock, User, UserSession
from accord.capabilities.people.queries import CHANGES, first_broken
from accord.capabilities.people.services import sessions
from accord.capabilities.reports import services as report_services
from accord.capabilities.reports.models import IdentifierState, Report, ReportIdentifier
from accord.core import clock
from accord.core.clock import SteppedClock, using_machine
from accord.core.errors import BadInput

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.both_stores]

FIVE_YEARS = timedelta(days=1827)


def counts(*, dry_run: bool = False) -> dict[str, int]:
    return {execution.rule.name: execution.count for execution in retention.run(dry_run=dry_run)}


def test_every_rule_has_a_period_a_source_and_a_word() -> None:
    assert [rule.name for rule in retention.rules()] == [
        "failed_sign_ins",
        "narratives",
        "partners_messages",
        "reads",
        "sent_parts",
        "sessions",
        "tokens",
    ]
    assert all(rule.keep.days >= 1 and rule.text and rule.source for rule in retention.rules())
    assert not any(rule.verified for rule in retention.rules()), "nobody has checked them against a law"


def test_narratives_of_reports_closed_long_ago_go_and_the_rest_stays(day: SteppedClock, officer: User) -> None:
    old = order_services.respond_to_call(officer, call_of()).report
    still_open = order_services.respond_to_call(officer, call_of(2_000)).report
    for report in (old, still_open):
        report_services.add_narrative(officer, report.pk, "卡号 6217000010000000007，微信号 abc_12345，转了1000元")
    first = ReportIdentifier.objects.filter(report=old).first()
    assert first
    report_services.decide_identifier(officer, old.pk, first.pk, IdentifierState.CONFIRMED)
    report_services.close_report(officer, old.pk, "done")
    day.advance_to(day.now() + timedelta(days=1825))
    assert counts()["narratives"] == 0
    day.advance_to(day.now() + timedelta(days=2))
    assert counts(dry_run=True)["narratives"] == 1
    assert Report.objects.get(pk=old.pk).narrative
    assert counts()["narratives"] == 1
    assert not Report.objects.get(pk=old.pk).narrative
    assert list(ReportIdentifier.objects.filter(report=old)) == [first]
    assert Report.objects.get(pk=still_open.pk).narrative
    assert AuditEntry.objects.get(action="narrative removed").subject == old.pk
    assert counts()["narratives"] == 0
    assert first_broken(CHANGES) is None


def test_a_report_that_was_touched_again_is_not_old(day: SteppedClock, officer: User) -> None:
    report = order_services.respond_to_call(officer, call_of()).report
    report_services.add_narrative(officer, report.pk, "text")
    day.advance_to(day.now() + FIVE_YEARS)
    report_services.close_report(officer, report.pk, "done")
    assert counts()["narratives"] == 0


def test_sessions_and_failed_attempts_go(day: SteppedClock, officer: User) -> None:
    sessions.begin_session(officer, "a" * 32, "127.0.0.1", "browser")
    AccessAttempt.objects.create(username="x", ip_address="127.0.0.1", user_agent="x", failures_since_start=3)
    AccessAttempt.objects.update(attempt_time=day.now() - timedelta(days=31))
    assert counts()["failed_sign_ins"] == 1
    assert UserSession.objects.count() == 1
    with using_machine(SteppedClock(clock.machine_now() + timedelta(hours=13))):
        assert counts()["sessions"] == 1
    assert not UserSession.objects.exists()


def test_each_execution_is_on_record_with_its_count_and_a_dry_run_is_none(day: SteppedClock, officer: User) -> None:
    retention.run(dry_run=True)
    assert not AuditEntry.objects.exists()
    retention.run()
    told = AuditEntry.objects.filter(action="retention carried out")
    assert {(entry.details["rule"], entry.details["rows"]) for entry in told} == {
        ("failed_sign_ins", 0),
        ("narratives", 0),
        ("partners_messages", 0),
        ("reads", 0),
        ("sent_parts", 0),
        ("sessions", 0),
        ("tokens", 0),
    }
    assert {entry.actor for entry in told} == {"node"}


def test_the_worker_carries_it_out_once_a_day(day: SteppedClock, officer: User) -> None:
    def executions() -> int:
        return AuditEntry.objects.filter(action="retention carried out", details__rule="reads").count()

    retention.run_due(day.now())
    assert executions() == 0, "a new node has nothing old on it"
    day.advance_to(day.now() + timedelta(days=1))
    retention.run_due(day.now())
    retention.run_due(day.now())
    assert executions() == 1
    day.advance_to(day.now() + timedelta(hours=23, minutes=59))
    retention.run_due(day.now())
    assert executions() == 1
    day.advance_to(day.now() + timedelta(minutes=1))
    retention.run_due(day.now())
    assert executions() == 2


def test_what_a_worker_that_died_left_undone_is_done_an_hour_later(day: SteppedClock) -> None:
    assert retention._claim(day.now())
    assert not retention._claim(day.now()), "another worker leaves it alone meanwhile"
    assert RetentionClock.objects.get().due_at == day.now() + timedelta(hours=1)


def test_a_node_sets_its_own_periods(day: SteppedClock, settings: SettingsWrapper, tmp_path: Path) -> None:
    settings.ACCORD_RETENTION_FILE = tmp_path / "retention.toml"
    settings.ACCORD_RETENTION_FILE.write_text("reads = 730\n")
    rule = next(rule for rule in retention.rules() if rule.name == "reads")
    assert (rule.keep.days, rule.source, rule.verified) == (730, "this node's retention.toml", False)


@pytest.mark.parametrize("text", ["reads = 0", "reads = 'long'", "reads = true", "everything = 1", "reads =", "reads = 1.5"])
def test_a_wrong_period_is_refused_and_removes_nothing(
    officer: User, settings: SettingsWrapper, tmp_path: Path, text: str
) -> None:
    settings.ACCORD_RETENTION_FILE = tmp_path / "retention.toml"
    settings.ACCORD_RETENTION_FILE.write_text(text)
    unit_of_work.record(officer, Deed.DID, subject=None, obj=officer)
    with pytest.raises(BadInput) as refused:
        retention.run()
    assert str(settings.ACCORD_RETENTION_FILE) in str(refused.value)
    assert AuditEntry.objects.count() == 1
