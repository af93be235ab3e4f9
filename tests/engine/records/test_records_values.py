"""Amounts and times, read by the column, agree with the same text read one at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import examples

from accord.core import clock
from accord.core.errors import BadInput
from accord.core.money import EXPONENTS, MAX_MINOR, Money
from accord.engine.records.source_map import AmountRules, TextRules, TimeRules, TimeUnit
from accord.engine.records.values import amount_refusals, epoch_micros, minor_units, time_refusals

ONE_OF_EACH_EXPONENT = ["JPY", "CNY", "KWD", "CLF"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _frozen_clock():
    with clock.using(clock.SteppedClock(NOW)):
        yield


def read_amount(text: str, currency: str, rules: TextRules | None = None, amount: AmountRules | None = None) -> int | None:
    series = pl.Series([text], dtype=pl.String), pl.Series([currency])
    return minor_units(*series, rules or TextRules(), amount or AmountRules()).item()


def why_not_amount(text: str | None, currency: str = "CNY", rules: TextRules | None = None) -> str:
    series = pl.Series([text], dtype=pl.String), pl.Series([currency])
    return amount_refusals(*series, rules or TextRules(), AmountRules()).item()


def read_time(text: str, rules: TimeRules | None = None) -> int | None:
    return epoch_micros(pl.Series([text]), rules or TimeRules()).item()


def why_not_time(text: str | None, rules: TimeRules | None = None) -> str:
    return time_refusals(pl.Series([text], dtype=pl.String), rules or TimeRules()).item()


@given(st.lists(st.tuples(st.integers(1, MAX_MINOR), st.sampled_from(ONE_OF_EACH_EXPONENT)), min_size=1, max_size=50))
@examples(50)
def test_every_amount_up_to_the_largest_is_exact(amounts: list[tuple[int, str]]) -> None:
    texts = [str(Money(minor, currency)).split()[0].replace(",", "") for minor, currency in amounts]
    read = minor_units(pl.Series(texts), pl.Series([c for _, c in amounts]), TextRules(), AmountRules())
    assert read.to_list() == [minor for minor, _ in amounts]


@given(st.text("0123456789.,+- e", min_size=1, max_size=12), st.sampled_from(ONE_OF_EACH_EXPONENT))
@examples(300)
def test_whatever_is_accepted_means_what_the_money_type_says(text: str, currency: str) -> None:
    text = text.strip() or "0"
    read = read_amount(text, currency)
    try:
        expected = Money.parse(text, currency).minor
    except BadInput:
        expected = None
    assert read is None or read == expected
    if expected is not None and 0 < expected <= MAX_MINOR and "," not in text and " " not in text:
        assert read == expected


@pytest.mark.parametrize("currency", ONE_OF_EACH_EXPONENT)
def test_trailing_zeros_beyond_the_decimals_are_no_decimals(currency: str) -> None:
    assert read_amount("7.0000000", currency) == 7 * 10 ** EXPONENTS[currency]


@pytest.mark.parametrize(
    ("text", "minor"),
    [("1,234.50", 123450), ("12,34,567", 123456700), ("+5", 500), ("5.", 500), ("007", 700), ("1,000,000", 10**8)],
)
def test_ways_to_write_an_amount(text: str, minor: int) -> None:
    assert read_amount(text, "CNY") == minor


def test_other_separators_are_named_by_the_map() -> None:
    assert read_amount("1.234,50", "EUR", TextRules(thousands=".", decimal=",")) == 123450
    assert read_amount("1 234,50", "EUR", TextRules(thousands=" ", decimal=",")) == 123450
    assert read_amount("1.5", "EUR", TextRules(thousands="", decimal=",")) is None


def test_minor_units_are_integers() -> None:
    assert read_amount("1234", "CNY", amount=AmountRules(minor_units=True)) == 1234
    assert read_amount("12.34", "CNY", amount=AmountRules(minor_units=True)) is None


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        (None, "CNY", "is missing"),
        ("abc", "CNY", "is not an amount"),
        ("1e5", "CNY", "is not an amount"),
        ("1,23", "CNY", "is not an amount"),
        ("1.2.3", "CNY", "is not an amount"),
        (".5", "CNY", "is not an amount"),
        ("٣", "CNY", "is not an amount"),
        ("0.00", "CNY", "is zero"),
        ("-5", "CNY", "is negative"),
        ("1.001", "CNY", "more decimals than CNY has (2)"),
        ("1.5", "JPY", "more decimals than JPY has (0)"),
        ("10000000000000.01", "CNY", "larger than any amount"),
        ("99999999999999999999999999", "JPY", "larger than any amount"),
    ],
)
def test_each_reason_to_refuse_an_amount(text: str | None, currency: str, reason: str) -> None:
    assert minor_units(pl.Series([text], dtype=pl.String), pl.Series([currency]), TextRules(), AmountRules()).item() is None
    assert reason in why_not_amount(text, currency)


def test_zero_is_an_opening_balance() -> None:
    read = minor_units(pl.Series(["0", "-1", "0.00"]), pl.Series(["CNY"] * 3), TextRules(), AmountRules(), zero=True)
    assert read.to_list() == [0, None, 0]


offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2025, 12, 30), timezones=offsets)  # noqa: DTZ001  # bounds are naive


@given(st.lists(st.tuples(moments, st.sampled_from("T t"), st.booleans()), min_size=1, max_size=30))
@examples(50)
def test_iso_times_with_a_zone(written: list[tuple[datetime, str, bool]]) -> None:
    texts = [moment.isoformat(separator).replace("+00:00", "Z" if z else "+00:00") for moment, separator, z in written]
    assert epoch_micros(pl.Series(texts), TimeRules()).to_list() == [clock.to_micros(moment) for moment, _, _ in written]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01T13:30:00+0800", datetime(2024, 5, 1, 5, 30, tzinfo=UTC)),
        ("2024-05-01T13:30:00+08", datetime(2024, 5, 1, 5, 30, tzinfo=UTC)),
        ("2024-05-01 13:30:00 +08:00", datetime(2024, 5, 1, 5, 30, tzinfo=UTC)),
        ("2024-05-01T13:30:00.1234567891"[:-1] + "Z", datetime(2024, 5, 1, 13, 30, 0, 123456, tzinfo=UTC)),
        ("2024-05-01T13:30:00,5z", datetime(2024, 5, 1, 13, 30, 0, 500000, tzinfo=UTC)),
        ("1714541400", datetime(2024, 5, 1, 5, 30, tzinfo=UTC)),
        ("-1", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_ways_to_write_a_time(text: str, moment: datetime) -> None:
    assert read_time(text) == clock.to_micros(moment)


def test_numbers_and_iso_times_may_be_mixed() -> None:
    texts = pl.Series(["1714541400", "2024-05-01T05:30:00Z", "x", None])
    assert epoch_micros(texts, TimeRules()).to_list() == [1714541400_000000, 1714541400_000000, None, None]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "is missing"),
        ("2024-05-01T13:30:00", "has no zone"),
        ("yesterday", "is not a time"),
        ("2024-02-30T00:00:00Z", "is not a time"),
        ("2024-05-01T24:00:00Z", "is not a time"),
        ("2024-05-01T13:30:00Z tomorrow", "is not a time"),
        ("2026-01-01T00:00:01Z", "is in the future"),
        ("1714541400000", "a plain number counts seconds"),
    ],
)
def test_each_reason_to_refuse_a_time(text: str | None, reason: str) -> None:
    assert epoch_micros(pl.Series([text], dtype=pl.String), TimeRules()).item() is None
    assert reason in why_not_time(text)


def test_now_is_not_in_the_future() -> None:
    assert read_time("2026-01-01T00:00:00Z") == clock.to_micros(NOW)


def test_local_times_take_the_zone_of_the_map() -> None:
    china = TimeRules(zone="Asia/Shanghai")
    assert read_time("2024-05-01T13:30:00", china) == 1714541400_000000
    assert read_time("2024-05-01T13:30:00+00:00", china) == 1714570200_000000


def test_local_times_that_the_clocks_skip_or_repeat_are_refused() -> None:
    berlin = TimeRules(zone="Europe/Berlin")
    for text in ("2024-03-31T02:30:00", "2024-10-27T02:30:00"):
        assert read_time(text, berlin) is None
        assert "clocks changed" in why_not_time(text, berlin)


def test_a_stated_form() -> None:
    rules = TimeRules(zone="Asia/Shanghai", format="%d/%m/%Y %H:%M")
    assert read_time("01/05/2024 13:30", rules) == 1714541400_000000
    assert "does not have the form" in why_not_time("2024-05-01", rules)
    assert read_time("20240501 1330 +0800", TimeRules(format="%Y%m%d %H%M %z")) == 1714541400_000000


def test_steps_from_an_epoch() -> None:
    days = TimeRules(unit=TimeUnit.STEPS, epoch=datetime(2017, 1, 1, tzinfo=UTC), step_seconds=86400)
    assert read_time("3", days) == clock.to_micros(datetime(2017, 1, 4, tzinfo=UTC))
    assert "whole number of steps" in why_not_time("3.5", days)
    assert read_time("1714541400000", TimeRules(unit=TimeUnit.MILLISECONDS)) == 1714541400_000000
