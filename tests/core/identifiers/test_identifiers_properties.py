"""What must hold for any text: nothing but BadInput, canonical forms that stay as they are, masks that hide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import examples

from accord.core.errors import BadInput
from accord.core.identifiers import (
    AliasScheme,
    BankAccount,
    Identifier,
    IdentifierType,
    Platform,
    is_card_number,
    normalise_account_number,
    parse,
)

_ALPHABET = "0123456789+-() .:/@#[]abcxyzABC_·中文１２３。．é\u200b\u00a0?%&="
_LIKELY = st.one_of(
    st.text(max_size=60),
    st.text(_ALPHABET, max_size=60),
    st.from_regex(r"\A(\+?86)?1[3-9][0-9]{9}\Z"),
    st.from_regex(r"\A(hxxps?://)?[a-zA-Z0-9.-]{1,20}\.(com|cn|io)(/[^ ]{0,20})?\Z"),
    st.from_regex(r"\A[a-z0-9.]{1,12}(@|\[at\])[a-z0-9-]{1,12}\.(com|cn)\Z"),
    st.from_regex(r"\A(6222|4111|DE89|de89)[0-9 -]{4,20}\Z"),
)
_SERVICES = st.sampled_from([None, "alipay", "somepay", *Platform, *AliasScheme])
_NOT_SECRET = {IdentifierType.PERSON_NAME}


def _read(kind: IdentifierType, text: str, service: str | None) -> Identifier | None:
    try:
        return parse(kind, text, service=service)
    except BadInput:
        return None


@pytest.mark.parametrize("kind", list(IdentifierType))
@examples(150)
@given(text=_LIKELY, service=_SERVICES)
def test_any_text_is_read_or_refused_and_canonical_stays(kind: IdentifierType, text: str, service: str | None) -> None:
    identifier = _read(kind, text, service)
    if identifier is None:
        return
    again = parse(kind, identifier.canonical)
    assert again.canonical == identifier.canonical
    assert (again.type, again.country) == (identifier.type, identifier.country)
    assert identifier.canonical == identifier.canonical.strip()
    if kind not in _NOT_SECRET:
        assert identifier.masked != identifier.canonical


@examples(300)
@given(st.text(max_size=40))
def test_account_numbers_are_stable_and_agree_with_the_identifier(text: str) -> None:
    number = normalise_account_number(text)
    assert normalise_account_number(number) == number
    if number:
        assert BankAccount.parse(text).canonical == number


@given(st.from_regex(r"\A[a-zA-Z0-9]{1,12}\Z"))
def test_plain_strings_stay_as_they_are(text: str) -> None:
    assert normalise_account_number(text) == text
    assert normalise_account_number(f"  {text} ") == text


@given(st.from_regex(r"\A62[0-9]{14}\Z"))
def test_exactly_one_check_digit_makes_a_card(body: str) -> None:
    assert sum(is_card_number(body + str(digit)) for digit in range(10)) == 1


@pytest.mark.parametrize("kind", list(IdentifierType))
def test_a_megabyte_is_refused_in_a_short_message(kind: IdentifierType) -> None:
    with pytest.raises(BadInput) as caught:
        parse(kind, "1" * 1_000_000, service="alipay")
    assert len(str(caught.value)) < 400
