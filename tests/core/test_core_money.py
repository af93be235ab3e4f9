"""Money: exact, per currency, and clear about what it refuses."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import BadInput
from accord.core.money import EXPONENTS, MAX_MINOR, Money, exponent


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1,234.50", "CNY", 123_450),
        (" 5 000 ", "EUR", 500_000),
        ("5\u00a0000", "EUR", 500_000),
        ("1000", "JPY", 1_000),
        ("1.00", "JPY", 1),
        ("1.234", "KWD", 1_234),
        ("0.0001", "CLF", 1),
        ("-3.5", "USD", -350),
        ("+3.", "USD", 300),
        ("0", "USD", 0),
        ("10000000000000.00", "CNY", MAX_MINOR),
    ],
)
def test_parse(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "message"),
    [
        ("1.234", "CNY", "3 decimals but CNY has 2"),
        ("0.5", "JPY", "1 decimals but JPY has 0"),
        ("", "CNY", "not an amount"),
        ("abc", "CNY", "not an amount"),
        ("1e5", "CNY", "not an amount"),
        ("1.2.3", "CNY", "not an amount"),
        ("٣", "CNY", "not an amount"),
        ("nan", "CNY", "not an amount"),
        ("10000000000000.01", "CNY", "larger than any"),
        ("1", "cny", "unknown currency"),
        ("1", "XYZ", "unknown currency"),
    ],
)
def test_parse_refuses(text: str, currency: str, message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)):
        Money.parse(text, currency)


@given(st.integers(-MAX_MINOR, MAX_MINOR), st.sampled_from(sorted(EXPONENTS)))
def test_what_is_printed_reads_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    number, _, code = str(money).rpartition(" ")
    assert Money.parse(number, code) == money
    assert money.decimal() == Decimal(minor) / 10 ** exponent(currency)


@given(st.text(max_size=20))
def test_any_text_is_an_amount_or_bad_input(text: str) -> None:
    try:
        money = Money.parse(text, "CNY")
    except BadInput:
        return
    assert abs(money.minor) <= MAX_MINOR


def test_exponents_of_the_listed_kinds() -> None:
    assert [exponent(code) for code in ("JPY", "CNY", "KWD", "CLF")] == [0, 2, 3, 4]
    assert all(re.fullmatch("[A-Z]{3}", code) for code in EXPONENTS)


def test_arithmetic_and_order_need_one_currency() -> None:
    five, three = Money(500, "CNY"), Money(300, "CNY")
    assert (five + three, five - three) == (Money(800, "CNY"), Money(200, "CNY"))
    assert three < five
    assert three <= five
    assert not five <= three
    for operation in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(BadInput, match="CNY with USD"):
            operation(five, Money(1, "USD"))
    with pytest.raises(BadInput, match="unknown currency"):
        Money(1, "???")


def test_str_shows_the_currency_s_decimals() -> None:
    assert [str(Money(1_234_567, code)) for code in ("JPY", "CNY", "KWD")] == [
        "1,234,567 JPY",
        "12,345.67 CNY",
        "1,234.567 KWD",
    ]
    assert str(Money(-5, "CNY")) == "-0.05 CNY"
