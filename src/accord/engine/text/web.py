"""Web addresses, domains, e-mail addresses and name@bank aliases, defanged spellings included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

_DOT = r"(?:\.|\[\.\]|\(\.\)|\[dot\]|\(dot\)|。(?=[a-z]{2,6}(?![a-z])))"
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_WIDE_LABEL = r"[a-z0-9_\u3400-\u9fff-]{1,63}"
_TAIL = r"[^\s\x00\u2e80-\U0003134f<>\"'`，。；！？、（）【】《》“”‘’]"
_PORT_PATH = rf"(?::[0-9]{{1,5}}(?![0-9]))?(?:[/?#]{_TAIL}{{0,1900}})?"
_HOST = rf"{_LABEL}(?:{_DOT}{_LABEL}){{1,8}}"

_WEB = re.compile(
    rf"""
    (?P<email>(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{{0,63}}(?:@|\ ?[\[(]at[\])]\ ?){_LABEL}(?:{_DOT}{_LABEL}){{1,5}})
  | (?P<alias>(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._-]{{1,63}}@[a-z][a-z0-9]{{1,20}}(?![a-z0-9@.-]))
  | (?P<url>(?<![a-z])(?:h(?:tt|xx|\*\*)ps?|fxp|ftp)(?:\[:\]//|:(?://)|\[://\])
        (?:{_HOST}|\[[0-9a-f:.]{{2,45}}\]|(?:{_WIDE_LABEL}{_DOT}){{1,5}}(?:[a-z]{{2,24}}|中国|公司|网络)){_PORT_PATH})
  | (?P<domain>(?<![a-z0-9._@-]){_HOST}(?![a-z0-9@_]){_PORT_PATH})
    """,
    re.VERBOSE,
)
_ANCHOR = re.compile(r"[.@](?=[a-z0-9_])|[\[(](?=\.[\])]|dot|at|@|:)|:(?=//)|\[(?=:)|。(?=[a-z])")
_TOKEN_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._%+*-")
_TRAILING: Final = ".,;:!?)]}>'\"*"
_COMMON_ENDINGS: Final = (
    " asia biz cc cn co com de edu eu fr gov hk icu info io jp kh kr la lk ltd mil mm mo mobi my net nz online org ph pro ru sg"
    " shop site store tech th top tv tw uk us vip vn xin xyz "
)
"""Top-level domains of a bare name that is taken without "www" or a path. Of the 1,400 others, "life.you" and "drink.pa" are
more often a sentence whose full stop lacks its space, and "photo.zip" is a file.
"""


class WebForm(Enum):
    """What a piece of text looks like."""

    EMAIL = "email"
    ALIAS = "alias"
    URL = "url"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class WebPiece:
    """Text at [start, end) of the normalised text that has a web form; `sure` says that it cannot well be anything else."""

    start: int
    end: int
    form: WebForm
    sure: bool


def find_web(lowered: str) -> Iterator[WebPiece]:
    """Every piece with a web form, in order. Whether a parser accepts it is for the caller to see.

    Looks for the dots, at-signs and colons that such a piece must have and goes back to where its token begins, never to
    before the last one looked at: most text has none, and each character is read a bounded number of times.
    """
    floor = 0
    for anchor in _ANCHOR.finditer(lowered):
        if anchor.start() < floor:
            continue
        match = _WEB.match(lowered, _token_start(lowered, anchor.start(), floor))
        floor = anchor.end()
        if match is None or match.end() <= anchor.start():
            continue
        floor = match.end()
        form = WebForm(match.lastgroup)
        text = match[0].rstrip(_TRAILING)
        if form is WebForm.DOMAIN:
            piece = _domain(match.start(), text)
            if piece is not None:
                yield piece
        else:
            yield WebPiece(match.start(), match.start() + len(text), form, sure=True)


def _token_start(lowered: str, position: int, floor: int) -> int:
    """Where the token that ends at `position` begins; one space before a bracket belongs to it ("name [at] host")."""
    if position > floor and lowered[position - 1] == " " and lowered[position] in "[(":
        position -= 1
    while position > floor and lowered[position - 1] in _TOKEN_CHARACTERS:
        position -= 1
    return position


def _domain(start: int, text: str) -> WebPiece | None:
    """A name without a scheme: with a path it is a URL; bare, it must not read like a sentence, a file or a number."""
    host, slash, path = text.partition("/")
    ending = re.split(r"[.\])]", host.partition(":")[0])[-1]
    if not ending.isalpha():
        return None
    certain = host.startswith("www.") or "[" in host or "(" in host
    common = f" {ending} " in _COMMON_ENDINGS
    if slash and path:
        return WebPiece(start, start + len(text), WebForm.URL, sure=certain or common)
    if not (certain or common):
        return None
    return WebPiece(start, start + len(host.rstrip(_TRAILING)), WebForm.DOMAIN, sure=certain)
