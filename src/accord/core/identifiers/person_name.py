"""Names of people and of the businesses that accounts are held by.

Canonical in upper case, as banks write them; Chinese names without inner spaces. A name is weak evidence: two people share
one, and one person spells it several ways. Titles, order of parts and transliteration are left to whoever compares.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from accord.core.errors import BadInput
from accord.core.identifiers.base import MASK, Identifier, IdentifierType, clean, quote
from accord.core.identifiers.errors import Msg

MAX_NAME: Final = 140
"""Longest name in ISO 20022 messages (Max140Text)."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_SPACE_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}·]) (?=[{_HAN}·])")
_MIDDLE_DOTS = re.compile(r" ?[•‧∙⋅・·] ?")
_IS_HAN = re.compile(f"[{_HAN}]")


@dataclass(frozen=True, slots=True)
class PersonName(Identifier):
    """A name as one string: the parts of a name differ too much between cultures to be split by rule."""

    type: ClassVar = IdentifierType.PERSON_NAME

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name; BadInput where it has no letter or is longer than 140 characters."""
        dotted = _MIDDLE_DOTS.sub("·", clean(text, Msg.NAME))
        canonical = _SPACE_BETWEEN_HAN.sub("", clean(unicodedata.normalize("NFKC", dotted.upper()), Msg.NAME))
        if len(canonical) > MAX_NAME:
            raise BadInput(Msg.NAME_TOO_LONG, count=len(canonical), most=MAX_NAME)
        if not any(character.isalpha() for character in canonical):
            raise BadInput(Msg.NAME_WITHOUT_LETTER, text=quote(text))
        return cls(canonical)

    @property
    def masked(self) -> str:
        """A Chinese name shows its first character, any other the first letter of each word."""
        if _IS_HAN.match(self.canonical):
            return self.canonical[0] + MASK
        return " ".join(word[0] + MASK for word in self.canonical.split())
