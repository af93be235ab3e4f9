"""From a run of digits or a token to an identifier: which part of it is one, and how sure that is.

Every function takes a `Parser`, which parses once per spelling, counts what that costs, and turns refusals into None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from accord.core.errors import BadInput
from accord.core.identifiers import Identifier, IdentifierType, is_card_number, parse
from accord.core.identifiers.card_ranges import is_chinese_range
from accord.engine.text.shapes import GROUP, is_time_stamp

_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_CHINESE_WITH_CODE = re.compile(r"86 ?-?1[3-9][0-9]{9}")
_CHINESE_LANDLINE = re.compile(r"\(?0[1-9][0-9]{1,2}(?:[ -]{1,3}|\) ?)[2-9][0-9]{2,3} ?-?[0-9]{4}")
_CHINESE_SERVICE = re.compile(r"[48]00[ -]?[0-9]{3}[ -]?[0-9]{4}|[48]00[ -][0-9]{4}[ -][0-9]{3}")
_SAME_SIZED_GROUPS = re.compile(r"[0-9]{3,5}(?:[ -][0-9]{1,5})+|[0-9]{1,6}(?:-[0-9]{1,10}){1,4}")


@dataclass(frozen=True, slots=True)
class Value:
    """An identifier that ends at `end`."""

    start: int
    end: int
    identifier: Identifier
    confidence: float


class Parser:
    """Parses with the settings of one extraction. `attempts` counts the parses, each at most some 100 µs."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.attempts = 0

    def __call__(
        self, kind: IdentifierType, text: str, *, service: str | None = None, region: str | None = ""
    ) -> Identifier | None:
        """The identifier, or None where the type refuses the text. `region` None asks for international numbers."""
        self.attempts += 1
        try:
            return parse(kind, text, region=self.region if region == "" else region, service=service)
        except BadInput:
            return None


def prefixes(chain: str, longest: int = 8) -> Iterator[tuple[str, str]]:
    """(text, its digits) of the leading groups of a chain, most groups first: "138 0013 8000 5000" → all, then without 5000."""
    ends = [match.end() for match in GROUP.finditer(chain)][:longest]
    for end in reversed(ends):
        end += chain[end : end + 1] == ")"
        text = chain[:end]
        yield text, re.sub(r"[^0-9]", "", text)


def labelled_phone(parser: Parser, chain: str, start: int) -> Value | None:
    """The telephone number that a chain begins with, where a word announced one."""
    for text, digits in prefixes(chain):
        if 7 <= len(digits) <= 15:
            phone = parser(IdentifierType.PHONE, text)
            if phone is not None:
                return Value(start, start + len(text), phone, 0.97)
    return None


def phone_by_form(parser: Parser, chain: str, start: int) -> Value | None:
    """The telephone number that a chain begins with, where its form alone must tell."""
    for text, digits in prefixes(chain):
        confidence = _phone_confidence(parser.region, text, digits)
        if confidence:
            phone = parser(IdentifierType.PHONE, text)
            if phone is not None:
                return Value(start, start + len(text), phone, confidence)
    return None


def _phone_confidence(region: str, text: str, digits: str) -> float:
    """0 for what is not to be tried. A foreign national number has no form of its own, so it must stand in groups."""
    if not 8 <= len(digits) <= 15:
        return 0
    if text[0] == "+" or (text.startswith("00") and len(digits) >= 11):
        return 0.95
    if region == "CN":
        if _CHINESE_MOBILE.fullmatch(digits):
            return 0.85
        if _CHINESE_LANDLINE.fullmatch(text) or _CHINESE_WITH_CODE.fullmatch(text):
            return 0.8
        return 0.7 if _CHINESE_SERVICE.fullmatch(text) and text != digits else 0
    if len(digits) > 11 or is_time_stamp(digits):
        return 0
    return 0.7 if text != digits or digits[0] == "0" else 0.6


def card_by_form(parser: Parser, chain: str, start: int) -> Value | None:
    """The payment card that a chain begins with. One that is not Chinese must stand in groups of four."""
    for text, digits in prefixes(chain):
        if 15 <= len(digits) <= 19 and is_card_number(digits):
            grouped = bool(re.match(r"[0-9]{4}[ -][0-9]{4}[ -]", text))
            if grouped or (is_chinese_range(digits) and text == digits):
                card = parser(IdentifierType.BANK_ACCOUNT, digits)
                if card is not None:
                    return Value(start, start + len(text), card, 0.9 if grouped else 0.85)
    return None


def labelled_account(parser: Parser, kind: IdentifierType, chain: str, start: int, least: int = 6) -> Value | None:
    """The account number that a chain begins with, where a word announced one: a card if some leading groups make one, else
    the groups that look like one number. A Chinese mobile number after 账号 is the telephone that the account is known by.
    """
    for text, digits in prefixes(chain):
        if is_card_number(digits):
            card = parser(kind, digits)
            return Value(start, start + len(text), card, 0.97) if card else None
    for text, digits in prefixes(chain):
        whole = text == digits or _SAME_SIZED_GROUPS.fullmatch(text)
        if whole and least <= len(digits) <= 24 and text[0] != "+":
            is_phone = parser.region == "CN" and _CHINESE_MOBILE.fullmatch(digits)
            account = parser(IdentifierType.PHONE if is_phone else kind, text)
            return Value(start, start + len(text), account, 0.6 if is_phone else 0.9) if account else None
    return None
