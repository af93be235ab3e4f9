"""Sums of money as people write them: ¥5,000.00, RMB 5000, 3万元, 两万三, S$1,200, 3000 dollars, 5k.

A number is an amount when a currency stands before or after it. A bare number ("转了5000", "sent him 5k") is one only where
a word says so, which `extract` decides. Everything is exact: decimals never pass through floats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from accord.core.money import MAX_MINOR, Money, exponent
from accord.engine.text.currencies import AFTER, BEFORE, DOLLAR, YUAN, resolve
from accord.engine.text.numerals import DIGIT_CHARACTERS, UNIT_CHARACTERS, parse_numeral

_WESTERN_SCALES: Final[dict[str, int]] = {
    **dict.fromkeys(("k", "thousand", "grand", "rb", "ribu"), 10**3),
    **dict.fromkeys(("w",), 10**4),
    **dict.fromkeys(("m", "mil", "million", "jt", "juta"), 10**6),
    **dict.fromkeys(("bn", "billion"), 10**9),
    **dict.fromkeys(("hundred",), 10**2),
    **dict.fromkeys(("lakh", "lakhs", "lac"), 10**5),
    **dict.fromkeys(("crore", "crores"), 10**7),
}
_CHINESE = f"[{DIGIT_CHARACTERS}{UNIT_CHARACTERS}]"
_NUMBER = re.compile(
    r"(?<![0-9_第])(?<![0-9][.,])(?:"
    r"[0-9]{1,3}(?:\.[0-9]{3}){2,5}(?![0-9.])"
    r"|(?:[0-9]{1,3}(?:,[0-9]{3}){1,5}|[0-9]{1,16})(?:\.[0-9]{1,8})?(?![0-9]))"
    rf"|(?<![{DIGIT_CHARACTERS}{UNIT_CHARACTERS}0-9第几.])[{DIGIT_CHARACTERS}十拾]{_CHINESE}{{0,23}}半?"
)
_DOTTED_THOUSANDS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+")
_DOTS_ARE_THOUSANDS: Final = frozenset({"IDR", "VND"})
"""Currencies whose people write 50.000 for fifty thousand. Elsewhere only 2.500.000 is read so: it cannot be a decimal."""
_RUN = re.compile(rf"[0-9{DIGIT_CHARACTERS}十拾]+")
"""Where a number may begin: searching for runs first is ten times faster than searching for numbers."""
_CHINESE_SCALE = re.compile(
    rf" ?(?P<about>[多余几来])?(?P<scale>[{UNIT_CHARACTERS}](?:{_CHINESE}|[0-9]){{0,8}}半?)?(?P<about_after>[多余来])?"
)
_WESTERN_SCALE = re.compile(rf" ?(?P<scale>{'|'.join(sorted(_WESTERN_SCALES, key=len, reverse=True))})(?![A-Za-z])")


def _ending(word: str) -> str:
    """What must not follow a currency: letters after a Latin word; a number after a sign, which is then the next amount's."""
    if not word[-1].isalpha():
        return "(?! ?[0-9])"
    return "(?![a-z])" if word[-1].isascii() else ""


def _beginning(word: str) -> str:
    return "(?<![a-z])" if word[0].isascii() and word[0].isalpha() else ""


_SUFFIX = re.compile(" ?(?:" + "|".join(re.escape(word) + _ending(word) for word in sorted(AFTER, key=len, reverse=True)) + ")")
_PREFIX = re.compile(
    "(?:" + "|".join(_beginning(word) + re.escape(word) for word in sorted(BEFORE, key=len, reverse=True)) + ")[ :]?"
)
_NOT_MONEY = re.compile(r"[旦素宵月件气首方组]|[地肉石糖蛋糕屏儿去来走吃玩]")
_JOINED = re.compile(r" ?- ?[0-9]")
_TENTHS = re.compile(rf"(?P<tenths>[0-9{DIGIT_CHARACTERS}])(?:(?P<named>[毛角])|(?![0-9\u3400-\u9fff]))")
"""After 块 or 元: a digit of tenths with its name; after 块 also without, at the end of a phrase ("五块八", not "五块一个")."""
_COUNTED = re.compile(
    r" ?(?:[%‰°笔次天个個人位分秒小点點时時月年日号號岁歲倍期名套台部条條张張只楼層层室股份公米斤克度折级級]|"
    r"(?:days?|times?|hours?|hrs?|mins?|minutes?|months?|years?|weeks?|people|percent|pm|am|gb|mb|kg|km|x|of|st|nd|rd|th)(?![a-z]))"
)
_PREFIX_ENDINGS: Final = frozenset(word[-1] for word in BEFORE)
_FOLLOWERS: Final = frozenset([*(word[0] for word in (*AFTER, *_WESTERN_SCALES)), *UNIT_CHARACTERS, *"多余几来"])
"""What may stand after a number that is an amount: most numbers are dismissed by this alone."""
_LONGEST_PREFIX: Final = max(map(len, BEFORE)) + 2


@dataclass(frozen=True, slots=True)
class FoundAmount:
    """An amount at [start, end) of the normalised text."""

    start: int
    end: int
    money: Money
    confidence: float


class _Scale(NamedTuple):
    """A multiplier right after a number, "" for none, where it ends, and whether the number was only roughly said."""

    text: str
    end: int
    about: bool


def find_amounts(lowered: str, currency: str) -> Iterator[FoundAmount]:
    """Every amount that names its currency, in order; `currency` is what an unspecific word such as 块 means."""
    taken_to = 0
    for run in _RUN.finditer(lowered):
        match = _NUMBER.match(lowered, run.start()) if run.start() >= taken_to else None
        found = _with_currency(lowered, match, taken_to, currency) if match is not None else None
        if found is not None:
            taken_to = found.end
            yield found


def bare_amount_at(lowered: str, position: int, currency: str) -> FoundAmount | None:
    """The amount without a currency at `position`, after a word that announced one; None where a count or nothing stands."""
    match = _NUMBER.match(lowered, position)
    if match is None or _is_letter(lowered[position - 1 : position]):
        return None
    scale = _scale_after(lowered, match)
    value, end = _value(match[0], scale, currency), scale.end
    digits = match[0].isdecimal()
    if value is None or _COUNTED.match(lowered, end) or (digits and len(match[0]) > 9) or value < (10 if digits else 100):
        return None
    if _is_letter(lowered[end : end + 1]) or _JOINED.match(lowered, end):
        return None
    return _found(match.start(), end, value, currency, 0.55 if scale.about else 0.75)


def _with_currency(lowered: str, match: re.Match[str], floor: int, currency: str) -> FoundAmount | None:
    """The amount around a number; None where no currency stands on either side."""
    prefix = _prefix_before(lowered, max(floor, match.start() - _LONGEST_PREFIX), match.start())
    if prefix is None and lowered[match.end() : match.end() + 2].lstrip(" ")[:1] not in _FOLLOWERS:
        return None
    scale = _scale_after(lowered, match)
    stated = prefix[1] if prefix else None
    suffix = _suffix_after(lowered, scale.end, stated)
    meant = stated if stated is not None else suffix[1] if suffix else None
    if meant is None or (prefix is None and _is_letter(lowered[match.start() - 1 : match.start()])):
        return None
    code = resolve(meant, currency)
    value, end = _value(match[0], scale, code), scale.end
    if value is None:
        return None
    if suffix is not None:
        end = suffix[0]
        if suffix[1] == YUAN:
            if match[0] == "一" and lowered[end - 1] in "块塊":
                return None  # 一块 is "together"
            value, end = _with_tenths(lowered, end, value)
    start = prefix[0] if prefix else match.start()
    return _found(start, end, value, code, 0.7 if scale.about else 0.95)


def _prefix_before(lowered: str, start: int, end: int) -> tuple[int, str] | None:
    """(start, what BEFORE says) of the currency that ends right before a number."""
    if lowered[start:end].rstrip(" :")[-1:] not in _PREFIX_ENDINGS:
        return None
    for match in _PREFIX.finditer(lowered, start, end):
        if match.end() == end:
            return match.start(), BEFORE[match[0].rstrip(" :")]
    return None


def _suffix_after(lowered: str, position: int, stated: str | None) -> tuple[int, str] | None:
    """(end, what AFTER says) of the currency right after a number. After "USD 500" another currency is the next amount's."""
    match = _SUFFIX.match(lowered, position)
    if match is None or _NOT_MONEY.match(lowered, match.end()):
        return None
    meant = AFTER[match[0].strip()]
    return (match.end(), meant) if stated is None or meant in (DOLLAR, YUAN, stated) else None


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


def _scale_after(lowered: str, match: re.Match[str]) -> _Scale:
    """What multiplies a number: 万, k, million …"""
    end = match.end()
    if match[0][0].isascii():
        western = _WESTERN_SCALE.match(lowered, end)
        if western is not None:
            return _Scale(western["scale"], western.end(), about=False)
    chinese = _CHINESE_SCALE.match(lowered, end)
    if chinese is None or not (chinese["scale"] or chinese["about"] or chinese["about_after"]):
        return _Scale("", end, about=False)
    return _Scale(chinese["scale"] or "", chinese.end(), about=bool(chinese["about"] or chinese["about_after"]))


def _value(number: str, scale: _Scale, currency: str) -> Decimal | None:
    """The number times its scale; None where the two make no numeral."""
    number = number.replace(",", "")
    if _DOTTED_THOUSANDS.fullmatch(number) and (number.count(".") > 1 or currency in _DOTS_ARE_THOUSANDS):
        number = number.replace(".", "")
    if scale.text in _WESTERN_SCALES:
        return Decimal(number) * _WESTERN_SCALES[scale.text]
    return parse_numeral(number + scale.text)


def _with_tenths(lowered: str, end: int, value: Decimal) -> tuple[Decimal, int]:
    """五块八 is 5.80; 3元5角 is 3.50."""
    match = _TENTHS.match(lowered, end)
    if match is None or not (match["named"] or lowered[end - 1] in "块塊"):
        return value, end
    tenths = parse_numeral(match["tenths"] * 2) if not match["tenths"].isascii() else None
    digit = Decimal(match["tenths"]) if tenths is None else tenths % 10
    return value + digit / 10, match.end()


def _found(start: int, end: int, value: Decimal, currency: str, confidence: float) -> FoundAmount | None:
    """None for nothing, for more decimals than the currency has (a rate), and for more than Accord counts."""
    minor = value.scaleb(exponent(currency))
    if not 0 < minor <= MAX_MINOR or minor != minor.to_integral_value():
        return None
    return FoundAmount(start, end, Money(int(minor), currency), confidence)
