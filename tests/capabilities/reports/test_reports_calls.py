"""A call written down: what must be known, what cannot be true, and a second call about the same payment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from small_world import at, call_of

from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.reports import queries
from accord.capabilities.reports import services as reports
from accord.capabilities.reports.models import Report, ReportState
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.money import MAX_MINOR, Money
from accord.core.object_ids import new_id, parse_reference

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("day"), pytest.mark.both_stores]


@pytest.mark.parametrize(
    ("facts", "where"),
    [
        ({"callback_number": ""}, "call-back number"),
        ({"callback_number": "  "}, "call-back number"),
        ({"payer_bank": "\t"}, "paying bank"),
        ({"payee_account": ""}, "payee account or alias"),
        ({"amount": Money(0, "CNY")}, "amount"),
        ({"amount": Money(-1, "CNY")}, "amount"),
        ({"amount": Money(MAX_MINOR + 1, "CNY")}, "amount"),
        ({"amount": Money(2**70, "CNY")}, "amount"),
        ({"about_when": at(6)}, "about when"),
        ({"callback_number": "1" * 41}, "callback number"),
        ({"payer_bank": "B" * 65}, "payer bank"),
        ({"payer_account": "9" * 65}, "payer account"),
        ({"payee_bank": "B" * 65}, "payee bank"),
        ({"payee_account": "x" * 129}, "payee account"),
        ({"payer_bank": "BANK\x00V"}, "payer bank"),
        ({"language": "a-language-too-long"}, "language"),
    ],
    ids=str,
)
def test_facts_without_which_no_order_can_leave(officer: User, facts: dict[str, Any], where: str) -> None:
    with pytest.raises(BadInput) as refused:
        reports.take_report(officer, call_of(**facts))
    assert refused.value.where == where
    assert not Report.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_clock_of_the_caller_that_runs_ahead_is_forgiven(officer: User) -> None:
    assert reports.take_report(officer, call_of(about_when=at(5))).about_when == at(5)


def test_a_report_keeps_what_was_said(officer: User, day: SteppedClock) -> None:
    report = reports.take_report(officer, call_of(payee_account=" 6217 0000 1000 0000 007 ", remote_control=True))
    kept = Report.objects.get()
    assert kept == report
    assert parse_reference(kept.reference) == kept.reference
    assert kept.payee_account == "6217000010000000007"
    assert (kept.money, kept.still_pending, kept.remote_control, kept.still_talking) == (Money(1_000, "CNY"), False, True, None)
    assert kept.call_back_due == day.now() + timedelta(hours=1)
    assert kept.locked_by == officer, "whoever takes a call works on it"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.details) == ("report taken", kept.pk, {"amount": 1_000, "currency": "CNY"})


class TestSamePayment:
    def test_a_second_call_is_joined_to_the_first(self, officer: User, colleague: User) -> None:
        first = reports.take_report(officer, call_of())
        second = reports.take_report(colleague, call_of(about_when=at(-30), payer_account="", payee_account="a-1"))
        third = reports.take_report(colleague, call_of(still_pending=True))
        assert first.state == ReportState.OPEN
        assert (second.state, second.duplicate_of) == (third.state, third.duplicate_of) == (ReportState.DUPLICATE, first)
        assert queries.duplicate_counts(officer, [first.pk]) == {first.pk: 2}
        assert set(queries.joined_to(officer, first.pk)) == {second, third}
        assert list(queries.open_reports(officer)) == [first]

    @pytest.mark.parametrize(
        "other",
        [
            {"amount": Money(1_001, "CNY")},
            {"amount": Money(1_000, "USD")},
            {"payee_account": "a-2"},
            {"payer_bank": "BANKA"},
            {"callback_number": "+8613900000002"},
            {"about_when": at(-24 * 60 - 1)},
        ],
        ids=str,
    )
    def test_another_payment_is_another_report(self, officer: User, other: dict[str, Any]) -> None:
        reports.take_report(officer, call_of())
        assert reports.take_report(officer, call_of(**other)).state == ReportState.OPEN

    def test_a_report_joined_by_mistake_is_separated(self, officer: User) -> None:
        first = reports.take_report(officer, call_of())
        second = reports.take_report(officer, call_of())
        separated = reports.reopen_report(officer, second.pk, "another payment of the same day")
        assert (separated.state, separated.duplicate_of) == (ReportState.OPEN, None)
        assert queries.duplicate_counts(officer, [first.pk, second.pk]) == {}
        assert set(queries.open_reports(officer)) == {first, separated}

    def test_a_closed_report_joins_nothing(self, officer: User) -> None:
        first = reports.take_report(officer, call_of())
        reports.close_report(officer, first.pk, "paid back")
        assert reports.take_report(officer, call_of()).state == ReportState.OPEN


def test_close_and_reopen(officer: User, colleague: User) -> None:
    report = reports.take_report(officer, call_of())
    for reason in ("", "  "):
        with pytest.raises(BadInput, match="say why"):
            reports.close_report(officer, report.pk, reason)
        with pytest.raises(BadInput, match="say why"):
            reports.reopen_report(officer, report.pk, reason)
    with pytest.raises(Conflict, match="already open"):
        reports.reopen_report(officer, report.pk, "it never was closed")
    assert reports.close_report(officer, report.pk, "paid back").state == ReportState.CLOSED
    assert not queries.open_reports(officer).exists()
    with pytest.raises(Conflict, match="already closed"):
        reports.close_report(colleague, report.pk, "paid back")
    assert reports.reopen_report(colleague, report.pk, "not all of it").state == ReportState.OPEN
    told = list(AuditEntry.objects.values_list("action", "actor", "details__reason"))
    assert told[1:] == [("report closed", "officer", "paid back"), ("report reopened", "colleague", "not all of it")]


def test_a_call_back(officer: User, day: SteppedClock) -> None:
    report = reports.take_report(officer, call_of())
    assert not queries.call_backs_due(officer).exists()
    day.advance_to(at(45))
    assert list(queries.call_backs_due(officer)) == [report]
    reports.called_back(officer, report.pk, "the line was busy at first")
    assert not queries.call_backs_due(officer).exists()
    assert Report.objects.get().called_back_at == at(45)


def test_a_report_that_does_not_exist(officer: User) -> None:
    nothing = new_id()
    for attempt in (
        lambda: reports.add_narrative(officer, nothing, "text"),
        lambda: reports.add_statement(officer, nothing, []),
        lambda: reports.lock(officer, nothing),
        lambda: reports.unlock(officer, nothing),
        lambda: reports.called_back(officer, nothing),
        lambda: reports.close_report(officer, nothing, "reason"),
        lambda: reports.decide_identifier(officer, nothing, 1, "confirmed"),  # type: ignore[arg-type]
        lambda: reports.acknowledge_hand_over(officer, nothing),
    ):
        with pytest.raises(NotFound):
            attempt()
