"""The clock: one source of time per process, exact in microseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core import clock

START = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def test_a_stepped_clock_moves_when_told_and_never_back() -> None:
    stepped = clock.SteppedClock(START.astimezone(timezone(timedelta(hours=8))))
    with clock.using(stepped):
        assert clock.now() == START
        assert clock.now().tzinfo is UTC
        stepped.advance_to(START + timedelta(hours=1))
        stepped.advance_to(START)
        assert clock.now() == START + timedelta(hours=1)


def test_a_shifted_clock_keeps_its_distance() -> None:
    shift = timedelta(days=-400)
    before = clock.SystemClock().now()
    shifted = clock.ShiftedClock(shift).now()
    after = clock.SystemClock().now()
    assert before + shift <= shifted <= after + shift


def test_using_gives_the_clock_back_even_after_an_error() -> None:
    outer = clock.SteppedClock(START)
    with clock.using(outer):
        with pytest.raises(ZeroDivisionError), clock.using(clock.SteppedClock(START + timedelta(days=1))):
            raise ZeroDivisionError
        assert clock.now() == START


def test_use_sets_the_clock_of_the_process() -> None:
    with clock.using(clock.SystemClock()):
        clock.use(clock.SteppedClock(START))
        assert clock.now() == START


@given(st.integers(-70 * 365 * 86_400 * 10**6, 250 * 365 * 86_400 * 10**6))
def test_microseconds_are_exact_both_ways(micros: int) -> None:
    moment = clock.from_micros(micros)
    assert moment.tzinfo is UTC
    assert clock.to_micros(moment) == micros


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (START, "2026-11-22T08:30:00Z"),
        (START.replace(microsecond=7), "2026-11-22T08:30:00.000007Z"),
        (START.astimezone(timezone(timedelta(hours=5, minutes=30))), "2026-11-22T08:30:00Z"),
    ],
)
def test_iso(moment: datetime, text: str) -> None:
    assert clock.to_iso(moment) == text
    assert datetime.fromisoformat(text) == moment


def test_a_naive_time_is_a_programming_mistake() -> None:
    with pytest.raises(TypeError):
        clock.to_micros(START.replace(tzinfo=None))
