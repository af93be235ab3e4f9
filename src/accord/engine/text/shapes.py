"""What a run of digits looks like before anything says what it is: a date, a resident id, a telephone number, a card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_CHAIN = r"\+?\(?[0-9]{1,40}\)?(?:(?: ?- ?| {1,2}|\.| ?\(|\) ?)[0-9]{1,40}\)?){0,11}(?![0-9])"
CHAIN_HERE = re.compile(_CHAIN)
"""Digits in groups, as numbers are written: at most twelve groups, so that a table of figures is taken in pieces."""
CHAIN = re.compile(r"(?<![A-Za-z0-9_.@])" + _CHAIN)
"""The same where nothing that could belong to it stands before."""

GROUP = re.compile(r"[0-9]+")

_DATE_TIME = re.compile(
    r"(?<![0-9])(?:"
    r"(?:19|20)[0-9]{2}(?P<sep>[-/.])(?:0?[1-9]|1[0-2])(?P=sep)(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])"
    r"(?:[t ]{1,2}[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?:\.[0-9]{1,6})?)?"
    r"|(?:0?[1-9]|[12][0-9]|3[01])/(?:0?[1-9]|[12][0-9]|3[01])/(?:19|20)?[0-9]{2}(?![0-9/])"
    r"|(?:(?:19|20)[0-9]{2} ?年 ?)?(?:0?[1-9]|1[0-2]) ?月(?: ?[0-9]{1,2} ?[日号號])?"
    r"|(?:19|20)[0-9]{2} ?年"
    r"|[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9])(?: ?[ap]m(?![a-z]))?"
    r"|[0-2]?[0-9] ?[点點时時](?:[0-5]?[0-9] ?分?|半)?"
    r"|[0-9]{1,2} ?[ap]\.?m(?![a-z])"
    r")"
)
_STAMP = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])?(?:[0-5][0-9]){0,2}")
_RESIDENT_ID = re.compile(
    r"(?<![A-Za-z0-9])[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9x](?![a-z0-9])"
)
_RESIDENT_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def find_dates(lowered: str) -> Iterator[tuple[int, int]]:
    """[start, end) of every date or time of day that is written with signs or words."""
    taken_to = 0
    for run in GROUP.finditer(lowered):
        match = _DATE_TIME.match(lowered, run.start()) if run.start() >= taken_to else None
        if match is not None:
            taken_to = match.end()
            yield match.span()


def find_resident_ids(lowered: str) -> Iterator[tuple[int, int]]:
    """[start, end) of every Chinese resident identity number (GB 11643: region, birth date, sequence, check character)."""
    return (match.span() for match in _RESIDENT_ID.finditer(lowered) if is_resident_id(match[0]))


def is_resident_id(text: str) -> bool:
    """Whether the check character (ISO 7064 MOD 11-2) of eighteen lower-case characters fits."""
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _RESIDENT_WEIGHTS, strict=True))
    return "10x98765432"[total % 11] == text[17]


def is_time_stamp(digits: str) -> bool:
    """Whether plain digits read as YYYYMMDD, with hours, minutes and seconds or without."""
    return bool(_STAMP.fullmatch(digits))
