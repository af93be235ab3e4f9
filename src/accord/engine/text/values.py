"""From a run of digits or a token to an identifier: which part of it is one, and how sure that is.

Every function takes a `Parser`, which parses once per spelling, counts what that costs, and turns refusals into None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from accord.core.errors import BadInput
from accord.core.identifiers import Identifier, IdentifierType, is_card_number, parse
from accord.core.identifiers.card_ranges import is_chinese_range
from accord.engine.text.shapes import GROUP, is_time_stamp

_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_CHINESE_PHONES: Final = (
    (re.compile(r"1[3-9][0-9](?:[ .-]?[0-9]){8}(?![0-9])"), 0.85),
    (re.compile(r"86[ -]{0,2}1[3-9][0-9](?:[ .-]?[0-9]){8}(?![0-9])"), 0.8),
    (re.compile(r"\(?0[1-9][0-9]{1,2}(?:[ -]{1,3}|\) ?)[2-9][0-9]{2,3}[ -]?[0-9]{4}(?![0-9])"), 0.8),
    (re.compile(r"[48]00(?:[ -][0-9]{3}[ -]?[0-9]{4}|-?[0-9]{3}-[0-9]{4}|[ -][0-9]{4}[ -][0-9]{3})(?![0-9])"), 0.7),
)
"""How telephone numbers are written within China, with the confidence that nothing but the form gives."""
_CARD_FORMS = re.compile(r"[0-9]{16,19}(?![0-9])|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{3,4}(?:\1[0-9]{1,3})?(?![0-9])")
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
        end += chain[end : end + 1] == ")" and chain.count("(", 0, end) > chain.count(")", 0, end)
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
    if chain[0] == "+" or chain.startswith("00"):
        return _foreign_phone(parser, chain, start, 0.95)
    if parser.region != "CN":
        return _foreign_phone(parser, chain, start, 0.6)
    for form, confidence in _CHINESE_PHONES:
        match = form.match(chain)
        phone = parser(IdentifierType.PHONE, match[0]) if match else None
        if match is not None and phone is not None:
            return Value(start, start + len(match[0]), phone, confidence)
    return None


def _foreign_phone(parser: Parser, chain: str, start: int, confidence: float) -> Value | None:
    """An international number, or one of a region whose writing has no known form: whatever the number plan accepts."""
    longest = 15 if confidence > 0.9 else 11
    for text, digits in prefixes(chain):
        if 8 <= len(digits) <= longest and (text[0] in "+0" or not is_time_stamp(digits)):
            phone = parser(IdentifierType.PHONE, text)
            if phone is not None:
                return Value(start, start + len(text), phone, confidence)
    return None


def card_by_form(parser: Parser, chain: str, start: int) -> Value | None:
    """The payment card that a chain begins with. One that is not Chinese must stand in groups of four."""
    match = _CARD_FORMS.match(chain)
    if match is None:
        return None
    digits = re.sub(r"[ -]", "", match[0])
    grouped = digits != match[0]
    if not is_card_number(digits) or not (grouped or is_chinese_range(digits)):
        return None
    card = parser(IdentifierType.BANK_ACCOUNT, digits)
    return Value(start, start + len(match[0]), card, 0.9 if grouped else 0.85) if card else None


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
