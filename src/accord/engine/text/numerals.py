"""Chinese and mixed numerals: 三万五, 两千零八, 3万5千, 1.5亿, 壹拾贰万."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_DIGITS: Final = {
    **dict.fromkeys("零〇", 0),
    **dict.fromkeys("一壹", 1),
    **dict.fromkeys("二两兩贰貳", 2),
    **dict.fromkeys("三叁參", 3),
    **dict.fromkeys("四肆", 4),
    **dict.fromkeys("五伍", 5),
    **dict.fromkeys("六陆陸", 6),
    **dict.fromkeys("七柒", 7),
    **dict.fromkeys("八捌", 8),
    **dict.fromkeys("九玖", 9),
}
_SMALL_UNITS: Final = {**dict.fromkeys("十拾", 10), **dict.fromkeys("百佰", 100), **dict.fromkeys("千仟", 1000)}
_LARGE_UNITS: Final = {**dict.fromkeys("万萬", 10_000), **dict.fromkeys("亿億", 100_000_000)}

DIGIT_CHARACTERS: Final = "".join(_DIGITS)
UNIT_CHARACTERS: Final = "".join((*_SMALL_UNITS, *_LARGE_UNITS))

_TOKEN = re.compile(rf"\d+(?:\.\d+)?|[{DIGIT_CHARACTERS}{UNIT_CHARACTERS}半]")
_SPELLED_DIGITS = re.compile(rf"[{DIGIT_CHARACTERS}]{{2,}}")


def parse_numeral(text: str) -> Decimal | None:
    """The value of a numeral without spaces or commas; None where the text is not one.

    A last digit right after a unit counts tenths of that unit, as people say it: 三万五 is 35,000 and 一百二 is 120.
    """
    if _SPELLED_DIGITS.fullmatch(text):
        return Decimal("".join(str(_DIGITS[character]) for character in text))
    tokens = _TOKEN.findall(text)
    if not tokens or "".join(tokens) != text:
        return None
    return _evaluate(tokens)


def _evaluate(parts: list[str]) -> Decimal | None:
    """Read left to right: `total` is what larger units closed, `section` what smaller ones did, `pending` the last number."""
    total, section, last_unit = Decimal(0), Decimal(0), 1
    pending: Decimal | None = None
    for part in parts:
        if part in _SMALL_UNITS:
            if pending is None and _SMALL_UNITS[part] != 10:
                return None
            section += (Decimal(1) if pending is None else pending) * _SMALL_UNITS[part]
            pending, last_unit = None, _SMALL_UNITS[part]
        elif part in _LARGE_UNITS:
            if pending is None and not section and not total:
                return None
            total = _close(total, section + (pending or 0), _LARGE_UNITS[part])
            section, pending, last_unit = Decimal(0), None, _LARGE_UNITS[part]
        elif pending:
            return None  # two numbers in a row
        elif part == "半":
            if last_unit == 1:
                return None
            pending = Decimal(5)
        else:
            after_zero = pending is not None
            pending = Decimal(_DIGITS[part]) if part in _DIGITS else Decimal(part)
            last_unit = 1 if after_zero else last_unit
    if pending is None:
        return total + section
    tenths = last_unit >= 100 and 0 < pending < 10
    return total + section + pending * (Decimal(last_unit) / 10 if tenths else 1)


def _close(total: Decimal, section: Decimal, unit: int) -> Decimal:
    """亿 multiplies everything before it (一万二千亿), 万 only its own section (一亿二千万)."""
    return (total + section) * unit if unit > 10_000 else total + section * unit
