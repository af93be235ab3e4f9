"""Bank accounts: IBAN, payment card, or whatever else a bank writes on a statement.

The canonical number is the one the record tables carry:

- an IBAN (ISO 13616) has no spaces and is in upper case;
- a card (ISO/IEC 7812: known range, 13 to 19 digits, Luhn) and any other number of digits only has no spaces between them,
  a card no hyphens either;
- anything else is stripped and its inner white space collapsed; its letters keep their case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar, Self

import schwifty
from schwifty.exceptions import SchwiftyException

from accord.core.identifiers.base import MAX_LENGTH, Identifier, IdentifierType, clean, fold, keep_ends
from accord.core.identifiers.card_ranges import card_issuer, is_card_range, is_chinese_range
from accord.core.identifiers.errors import Msg

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_GROUPED_DIGITS = re.compile(r"[0-9]+(?: [0-9]+)+")
_CARD = re.compile(r"[0-9]{13,19}")
_ALREADY_CANONICAL = re.compile(r"[0-9A-Z]+", re.ASCII)


class AccountForm(StrEnum):
    """How an account number is built."""

    IBAN = "iban"
    CARD = "card"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class BankAccount(Identifier):
    """An account is its institution, where known, and its canonical number.

    `institution` is as given; else the BIC that the IBAN's bank code or the card's range belongs to; else None.
    """

    type: ClassVar = IdentifierType.BANK_ACCOUNT

    institution: str | None = None
    form: AccountForm = AccountForm.OTHER

    @classmethod
    def parse(cls, text: str, *, institution: str | None = None) -> Self:
        """Read an account number; any visible text is one. BadInput when it is empty or absurdly long."""
        number, form = _classify(clean(text, Msg.ACCOUNT_NUMBER))
        stated = fold(institution) or None if institution else None
        if form is AccountForm.IBAN:
            return cls(number, number[:2], stated or iban_institution(number), form)
        if form is AccountForm.CARD:
            return cls(number, "CN" if is_chinese_range(number) else None, stated or card_issuer(number), form)
        return cls(number, None, stated, form)

    @property
    def masked(self) -> str:
        if self.form is AccountForm.CARD:
            return keep_ends(self.canonical, 6, 4)
        if self.form is AccountForm.IBAN:
            return keep_ends(self.canonical, 4, 4)
        return keep_ends(self.canonical, 0, 4)


def normalise_account_number(text: str) -> str:
    """The canonical number of `text`, without any check: blank text gives "", and it is for the caller to refuse it."""
    if _ALREADY_CANONICAL.fullmatch(text):
        return text
    folded = fold(text)
    return _classify(folded)[0] if 0 < len(folded) <= MAX_LENGTH else folded


def normalise_account_numbers(values: list[str]) -> list[str]:
    """`normalise_account_number` of each value, in order. Values of only digits and capitals cost about 0.2 µs each."""
    canonical = _ALREADY_CANONICAL.fullmatch
    return [value if canonical(value) else normalise_account_number(value) for value in values]


def is_card_number(digits: str) -> bool:
    """Whether `digits` has the length, a range and the check digit of a payment card."""
    return bool(_CARD.fullmatch(digits)) and is_card_range(digits) and passes_luhn(digits)


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    total = sum(int(digit) for digit in digits[-1::-2])
    return (total + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


@lru_cache(maxsize=16_384)
def is_iban(compact: str) -> bool:
    """Whether upper-case text without spaces is an IBAN: country, length, structure and check digits."""
    if not _IBAN.fullmatch(compact):
        return False
    try:
        schwifty.IBAN(compact)
    except SchwiftyException:
        return False
    return True


def iban_institution(iban: str) -> str | None:
    """BIC (8 characters) of an IBAN's bank; None where the registry does not know the bank code."""
    bic = schwifty.IBAN(iban).bic
    return str(bic)[:8] if bic else None


def _classify(folded: str) -> tuple[str, AccountForm]:
    """(canonical number, form) of text that `fold` has passed."""
    compact = folded.replace(" ", "").replace("-", "")
    if is_iban(compact.upper()):
        return compact.upper(), AccountForm.IBAN
    if is_card_number(compact):
        return compact, AccountForm.CARD
    if _GROUPED_DIGITS.fullmatch(folded):
        return compact, AccountForm.OTHER
    return folded, AccountForm.OTHER
