"""What all identifiers have in common: a canonical text, a masked text that is safe to show, a country where there is one.

An identifier is a value: two are equal when their fields are. `parse` is the only way in; it raises BadInput with a message
that says what was wrong and what to write instead. Canonical text is NFKC, so the mask sign "…" never occurs in it.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, Self

from accord.core.errors import BadInput
from accord.core.identifiers.errors import Msg
from accord.core.wording import Messages

MASK: Final = "…"
HIDDEN: Final = 4
"""How many characters a mask hides at least: ten thousand possibilities for digits, as on a till receipt."""

MAX_LENGTH: Final = 2_048
"""Longest text taken for one identifier, in characters: the usual limit of a URL, far above all others."""

DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
"""Translation table: every dash that people type for a hyphen."""

INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
"""Characters that print nothing: soft hyphen, zero-width and direction marks, variation selectors, byte order mark."""


class IdentifierType(StrEnum):
    """Something an offender uses and leaves behind."""

    PHONE = "phone"
    BANK_ACCOUNT = "bank_account"
    ALIAS = "alias"
    VIRTUAL_ACCOUNT = "virtual_account"
    WALLET = "wallet"
    URL = "url"
    DOMAIN = "domain"
    HANDLE = "handle"
    EMAIL = "email"
    PERSON_NAME = "person_name"


@dataclass(frozen=True, slots=True)
class Identifier(ABC):
    """One identifier in canonical form. `country` is ISO 3166-1 alpha-2, None where the form does not tell."""

    type: ClassVar[IdentifierType]

    canonical: str
    country: str | None = None

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Self:
        """Read `text`; BadInput where it is not one. Some types take more, all of it optional."""

    @property
    @abstractmethod
    def masked(self) -> str:
        """Enough of the canonical form to recognise it, too little to use it."""

    def __str__(self) -> str:
        return self.canonical


def clean(text: str, what: Messages) -> str:
    """`text` in NFKC: nothing invisible, every decimal digit as 0-9, every dash as "-", white space collapsed and stripped.

    `what` names the identifier in messages. BadInput when nothing is left or the text is longer than MAX_LENGTH.
    """
    if len(text) > MAX_LENGTH:
        raise BadInput(Msg.TOO_LONG, what=what, count=len(text), most=MAX_LENGTH)
    cleaned = fold(text)
    if not cleaned:
        raise BadInput(Msg.EMPTY, what=what)
    return cleaned


def fold(text: str) -> str:
    """The spelling rule of `clean` alone, without its checks: blank text gives ""."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).translate(DASHES)
        if not text.isascii():
            text = "".join(_ascii_digit(character) for character in text)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _ascii_digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def keep_ends(text: str, start: int, end: int) -> str:
    """The first `start` and last `end` characters around a mask; fewer in a short text, of which four stay hidden."""
    shown = max(len(text) - HIDDEN, 0)
    end = min(end, shown)
    start = min(start, shown - end)
    return text[:start] + MASK + text[len(text) - end :]


def quote(text: str) -> str:
    """`text` as a message shows it: at most 40 characters, so that a megabyte of rubbish does not fill the log."""
    return repr(text if len(text) <= 40 else text[:40] + MASK)
