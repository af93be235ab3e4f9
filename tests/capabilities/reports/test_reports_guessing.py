"""Guessing of codes is slowed down, by address and by reference, also for many at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from small_world import NOON, call_of

from accord.capabilities.people.models import User
from accord.capabilities.reports import queries, services
from accord.capabilities.reports.guessing import MOST_WRONG, WITHIN, TooManyTries, slowed
from accord.capabilities.reports.models import Report, WrongTry
from accord.core.clock import SteppedClock, using_machine
from accord.core.errors import BadInput, NotFound
from accord.core.errors import Msg as CoreMsg

pytestmark = [pytest.mark.database, pytest.mark.django_db]

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def machine() -> Iterator[SteppedClock]:
    """The machine's own clock."""
    clock = SteppedClock(NOON)
    with using_machine(clock):
        yield clock


@pytest.fixture
def report(officer: User, day: SteppedClock, machine: SteppedClock) -> Report:
    return services.take_report(officer, call_of())


def guess(reference: str, code: str, address: str = HERE) -> Report:
    with slowed(address, reference):
        return queries.by_code(reference, code)


def guess_wrong(reference: str, times: int, address: str = HERE) -> None:
    for _ in range(times):
        with pytest.raises(NotFound):
            guess(reference, "0000-0000", address)


class TestByCode:
    def test_the_right_code_opens_the_report(self, report: Report) -> None:
        assert queries.by_code(report.reference, report.code) == report

    @pytest.mark.parametrize("code", ["", "????-????", "0000-0000"])
    def test_a_wrong_code_and_an_unknown_reference_are_told_alike(self, report: Report, code: str) -> None:
        told = []
        for reference in (report.reference, "R-0000-0000", ""):
            with pytest.raises(NotFound) as refused:
                queries.by_code(reference, code)
            told.append(str(refused.value))
        assert len(set(told)) == 1

    def test_a_code_opens_no_other_report(self, report: Report, officer: User) -> None:
        other = services.take_report(officer, call_of(2_000))
        with pytest.raises(NotFound):
            queries.by_code(other.reference, report.code)

    def test_right_or_wrong_it_asks_the_store_as_much(self, report: Report, django_assert_num_queries: object) -> None:
        for reference in (report.reference, "R-0000-0000"):
            with django_assert_num_queries(1), pytest.raises(NotFound):  # type: ignore[operator]
                queries.by_code(reference, "0000-0000")


class TestSlowed:
    def test_right_codes_leave_nothing_behind(self, report: Report) -> None:
        for _ in range(3 * MOST_WRONG):
            assert guess(report.reference, report.code) == report
        assert not WrongTry.objects.exists()

    def test_after_five_wrong_ones_even_the_right_code_is_not_heard(self, report: Report) -> None:
        guess_wrong(report.reference, MOST_WRONG)
        with pytest.raises(TooManyTries):
            guess(report.reference, report.code)

    def test_a_reference_is_closed_to_every_address(self, report: Report) -> None:
        guess_wrong(report.reference, MOST_WRONG)
        with pytest.raises(TooManyTries):
            guess(report.reference, report.code, ELSEWHERE)

    def test_an_address_is_closed_for_every_reference(self, report: Report) -> None:
        for number in range(MOST_WRONG):
            guess_wrong(f"R-0000-000{number}", 1)
        with pytest.raises(TooManyTries):
            guess(report.reference, report.code)
        assert guess(report.reference, report.code, ELSEWHERE) == report, "the reporter is not kept out"

    def test_an_ipv6_network_is_one_address(self, report: Report) -> None:
        for number in range(MOST_WRONG):
            guess_wrong(f"R-0000-000{number}", 1, f"2001:db8::{number + 1}")
        with pytest.raises(TooManyTries):
            guess(report.reference, report.code, "2001:db8::ffff")
        assert guess(report.reference, report.code, "2001:db8:0:1::1") == report

    def test_ten_minutes_later_it_is_heard_again(self, report: Report, machine: SteppedClock) -> None:
        guess_wrong(report.reference, MOST_WRONG)
        machine.advance_to(NOON + WITHIN - timedelta(seconds=1))
        with pytest.raises(TooManyTries):
            guess(report.reference, report.code)
        machine.advance_to(NOON + WITHIN)
        assert guess(report.reference, report.code) == report
        assert not WrongTry.objects.exists(), "old rows are cleared away"

    def test_what_is_refused_does_not_prolong_the_wait(self, report: Report, machine: SteppedClock) -> None:
        guess_wrong(report.reference, MOST_WRONG)
        for minute in range(1, 10):
            machine.advance_to(NOON + timedelta(minutes=minute))
            with pytest.raises(TooManyTries):
                guess(report.reference, "0000-0000")
        machine.advance_to(NOON + WITHIN)
        assert guess(report.reference, report.code) == report

    def test_other_mistakes_are_no_guesses(self, report: Report) -> None:
        for _ in range(2 * MOST_WRONG):
            with pytest.raises(BadInput, match="too long"), slowed(HERE, report.reference):
                raise BadInput(CoreMsg.VERBATIM, text="too long")
        assert guess(report.reference, report.code) == report

    def test_tries_at_one_moment_get_no_more_answers_than_one_after_another(self, report: Report) -> None:
        """Each is counted before it is answered: inside five open tries, a sixth is refused."""
        reference, heard = report.reference, 0

        def nested(depth: int) -> None:
            nonlocal heard
            with slowed(f"192.0.2.{depth}", reference):
                heard += 1
                nested(depth + 1)

        with pytest.raises(TooManyTries):
            nested(1)
        assert heard == MOST_WRONG

    def test_neither_addresses_nor_references_are_kept(self, report: Report) -> None:
        guess_wrong(report.reference, 1)
        kept = " ".join(WrongTry.objects.values_list("key", flat=True))
        assert HERE not in kept
        assert report.reference not in kept
