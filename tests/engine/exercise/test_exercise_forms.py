"""Numbers are valid in form, and no two are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schwifty import BIC, IBAN

from accord.core.errors import BadInput
from accord.core.identifiers.bank_account import AccountForm, BankAccount
from accord.core.identifiers.phone import Phone
from accord.engine.exercise import WorldPlan, make_world
from accord.engine.exercise.countries import COUNTRIES, country, rate
from accord.engine.exercise.forms import account_number, luhn_digit, mobile_number, scrambled

CODES = st.sampled_from(sorted(COUNTRIES))
BANKS = st.integers(0, 19)
SERIALS = st.integers(0, 999_999)


def test_known_check_digits() -> None:
    assert luhn_digit("7992739871") == "3"
    assert luhn_digit("411111111111111") == "1"


@given(BANKS, SERIALS)
def test_chinese_cards_pass_luhn(bank: int, serial: int) -> None:
    card = account_number(COUNTRIES["CN"], bank, serial)
    parsed = BankAccount.parse(card)
    assert (len(card), parsed.form, parsed.country) == (19, AccountForm.CARD, "CN")


@given(st.sampled_from(["GB", "FR", "AE"]), BANKS, SERIALS)
def test_ibans_have_right_check_digits(code: str, bank: int, serial: int) -> None:
    number = account_number(COUNTRIES[code], bank, serial)
    assert IBAN(number).validate(validate_bban=True)
    assert number[:2] == code


@given(CODES, st.integers(0, 5_999))
def test_phones_are_valid_numbers_of_their_country(code: str, serial: int) -> None:
    number = mobile_number(COUNTRIES[code], serial)
    assert number is not None
    parsed = Phone.parse(number)
    assert (parsed.canonical, parsed.country) == (number, code)


def test_american_phones_are_the_reserved_ones_and_run_out() -> None:
    numbers = [mobile_number(COUNTRIES["US"], serial) for serial in range(6_001)]
    assert numbers[-1] is None
    known = [number for number in numbers if number]
    assert all(number[5:10] == "55501" for number in known)
    assert len(set(known)) == 6_000


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_no_two_accounts_or_phones_are_the_same(code: str) -> None:
    numbers = [account_number(COUNTRIES[code], bank, serial) for bank in range(20) for serial in range(500)]
    assert len(set(numbers)) == len(numbers)
    phones = [mobile_number(COUNTRIES[code], serial) for serial in range(6_000)]
    assert len(set(phones)) == len(phones)


@pytest.mark.parametrize("digits", [2, 4])
def test_scrambled_serials_reach_every_number_once(digits: int) -> None:
    assert sorted(scrambled(serial, digits) for serial in range(10**digits)) == list(range(10**digits))


def test_a_form_that_is_full_says_so() -> None:
    with pytest.raises(BadInput, match="7 free digits"):
        account_number(COUNTRIES["SG"], 0, 10**7)


def test_bank_codes_are_test_bics() -> None:
    plan = WorldPlan(countries=tuple(COUNTRIES), people=300, days=1, victims=0, banks_per_country=20)
    codes = [bank.code for bank in make_world(plan).banks]
    assert len(set(codes)) == 200
    assert all(code[7] == "0" and BIC(code).country_code == code[4:6] for code in codes)


def test_rates_are_in_minor_units_of_both_sides() -> None:
    numerator, denominator = rate(country("US"), country("CN"))
    assert 100 * numerator // denominator == 714
    assert rate(country("CN"), country("CN")) == (1, 1)
