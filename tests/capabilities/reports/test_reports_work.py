"""Work on a report: the narrative and what is found in it, the statement, the lock between officers, the hand-over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from small_world import at, call_of

from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.reports import queries
from accord.capabilities.reports import services as reports
from accord.capabilities.reports.models import IdentifierState, Report, ReportIdentifier, Shift, StatementLine
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict

pytestmark = [pytest.mark.database, pytest.mark.django_db]

CHINESE = (
    "有个电话+8613900000077打来自称公安，让我加微信号 ab_c12345，我转了1000元到对方的卡，"
    "卡号 6217000010000000007，订单号 6217000010000000015。"
)
ENGLISH = (
    "He called from +44 20 7946 0958 and had me open hxxps://pay.example[.]com/login. "
    "I transferred CNY 1,000 to GB33BUKB20201555555555."
)


@pytest.fixture
def report(day: SteppedClock, officer: User) -> Report:
    return reports.take_report(officer, call_of())


def found(report: Report) -> dict[str, str]:
    return dict(ReportIdentifier.objects.filter(report=report).values_list("canonical", "type"))


class TestNarrative:
    def test_chinese(self, report: Report, officer: User) -> None:
        reports.add_narrative(officer, report.pk, CHINESE)
        told = found(report)
        assert told["6217000010000000007"] == "bank_account"
        assert "+8613900000077" in told
        assert "bank_account" not in {kind for text, kind in told.items() if text == "6217000010000000015"}, "an order number"
        for identifier in report.identifiers.all():
            assert CHINESE[identifier.start : identifier.end] == identifier.raw

    def test_english(self, report: Report, officer: User) -> None:
        reports.add_narrative(officer, report.pk, ENGLISH)
        told = found(report)
        assert told["GB33BUKB20201555555555"] == "bank_account"
        assert "+442079460958" in told
        assert any("pay.example.com" in text for text in told)

    @pytest.mark.slow
    def test_ten_megabytes_are_read_and_one_character_more_is_not(self, report: Report, officer: User) -> None:
        filler = "我不知道该怎么办，他一直在打电话。 "
        text = (filler * (reports.MAX_NARRATIVE // len(filler) + 1))[: reports.MAX_NARRATIVE - len(CHINESE)] + CHINESE
        with pytest.raises(BadInput, match="at most 10,000,000"):
            reports.add_narrative(officer, report.pk, text + "。")
        assert not ReportIdentifier.objects.exists()
        reports.add_narrative(officer, report.pk, text)
        assert found(report)["6217000010000000007"] == "bank_account"
        assert len(Report.objects.get().narrative) == reports.MAX_NARRATIVE

    def test_nul_is_refused(self, report: Report, officer: User) -> None:
        with pytest.raises(BadInput, match="NUL"):
            reports.add_narrative(officer, report.pk, "卡号\x00 6217000010000000007")
        assert not Report.objects.get().narrative

    def test_an_empty_text_proposes_nothing(self, report: Report, officer: User) -> None:
        reports.add_narrative(officer, report.pk, CHINESE)
        assert reports.add_narrative(officer, report.pk, "") == []
        assert not ReportIdentifier.objects.exists()

    def test_what_a_person_decided_stays(self, report: Report, officer: User, colleague: User) -> None:
        reports.add_narrative(officer, report.pk, CHINESE)
        card = ReportIdentifier.objects.get(canonical="6217000010000000007")
        phone = ReportIdentifier.objects.get(canonical="+8613900000077")
        reports.decide_identifier(officer, report.pk, card.pk, IdentifierState.REJECTED)
        reports.decide_identifier(officer, report.pk, phone.pk, IdentifierState.CONFIRMED)
        reports.decide_identifier(colleague, report.pk, card.pk, IdentifierState.CONFIRMED)
        reports.add_narrative(officer, report.pk, CHINESE + CHINESE)
        assert ReportIdentifier.objects.get(canonical=card.canonical).pk == card.pk, "named once, and not proposed anew"
        decided = dict(
            report.identifiers.exclude(state=IdentifierState.PROPOSED).values_list("canonical", "decided_by__username")
        )
        assert decided == {card.canonical: "colleague", phone.canonical: "officer"}
        actions = list(
            AuditEntry.objects.filter(object_id=str(card.pk), object_type="reportidentifier").values_list("action", flat=True)
        )
        assert actions == ["identifier rejected", "identifier confirmed"]


def line(transfer: str, minutes: float, amount: int) -> StatementLine:
    return StatementLine(
        transfer=transfer, time=at(minutes), debtor="v-1", creditor="a-1", amount=amount, currency="CNY"
    )  # fmt: skip


def test_candidates_come_nearest_in_amount_then_in_time(report: Report, officer: User) -> None:
    count = reports.add_statement(
        officer,
        report.pk,
        [
            line("far", -600, 1_000),
            line("other", 0, 5_000),
            line("near", -5, 1_000),
            line("fee", 1, 990),
            line("after", 4, 1_000),
        ],
    )
    assert count == 5
    assert [row.transfer for row in queries.candidates(officer, report.pk)] == ["after", "near", "far", "fee", "other"]
    assert reports.add_statement(officer, report.pk, [line("again", 0, 1_000)]) == 1, "a new upload replaces the earlier"
    assert [row.transfer for row in queries.candidates(officer, report.pk)] == ["again"]


class TestLock:
    def test_one_officer_at_a_time(self, report: Report, officer: User, colleague: User, day: SteppedClock) -> None:
        for attempt in (
            lambda: reports.lock(colleague, report.pk),
            lambda: reports.add_narrative(colleague, report.pk, "text"),
            lambda: reports.add_statement(colleague, report.pk, []),
            lambda: reports.unlock(colleague, report.pk),
        ):
            with pytest.raises(Conflict, match="officer is working on"):
                attempt()
        day.advance_to(at(9))
        assert reports.lock(officer, report.pk).locked_until == at(19), "renewed"
        day.advance_to(at(19))
        assert reports.lock(colleague, report.pk).locked_by == colleague, "run out to the second"
        with pytest.raises(Conflict, match="colleague is working on"):
            reports.add_narrative(officer, report.pk, "text")

    def test_given_back(self, report: Report, officer: User, colleague: User) -> None:
        reports.unlock(officer, report.pk)
        assert reports.lock(colleague, report.pk).locked_by == colleague

    def test_a_supervisor_takes_it_from_an_officer_who_has_left(
        self, report: Report, colleague: User, supervisor: User
    ) -> None:
        with pytest.raises(Conflict):
            reports.lock(supervisor, report.pk)
        reports.unlock(supervisor, report.pk)
        assert reports.lock(colleague, report.pk).locked_by == colleague


class TestHandOver:
    def test_only_another_officer_acknowledges(
        self, report: Report, officer: User, colleague: User, supervisor: User, day: SteppedClock
    ) -> None:
        began = reports.begin_shift(officer)
        assert reports.begin_shift(officer) == began, "one running watch"
        day.advance_to(at(60))
        ended = reports.hand_over(officer, "two holds to approve")
        assert (ended.pk, ended.started_at, ended.handed_over_at) == (began.pk, at(0), at(60))
        assert not queries.hand_overs_to_acknowledge(officer).exists()
        assert list(queries.hand_overs_to_acknowledge(colleague)) == [ended]
        with pytest.raises(Conflict, match="another officer must acknowledge"):
            reports.acknowledge_hand_over(officer, ended.pk)
        taken = reports.acknowledge_hand_over(colleague, ended.pk)
        assert (taken.acknowledged_by, taken.acknowledged_at) == (colleague, at(60))
        with pytest.raises(Conflict, match="colleague already took"):
            reports.acknowledge_hand_over(supervisor, ended.pk)
        running = queries.running_shift(colleague)
        assert running is not None
        assert running.started_at == at(60)
        assert queries.running_shift(officer) is None

    def test_locks_end_with_the_watch(self, report: Report, officer: User, colleague: User) -> None:
        reports.hand_over(officer, "")
        assert reports.lock(colleague, report.pk).locked_by == colleague

    def test_a_running_watch_cannot_be_taken(self, officer: User, colleague: User, day: SteppedClock) -> None:
        running = reports.begin_shift(officer)
        with pytest.raises(BadInput, match="no such hand-over"):
            reports.acknowledge_hand_over(colleague, running.pk)

    def test_handing_over_without_having_begun(self, officer: User, day: SteppedClock) -> None:
        reports.hand_over(officer, "note")
        assert Shift.objects.get().note == "note"
        assert day.now() - Shift.objects.get().started_at == timedelta(0)
