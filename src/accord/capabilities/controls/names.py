"""Whether the holder's name as an order states it is the name on the account.

Names are spelt in several ways: the order of the parts, punctuation, a missing middle name. What is not the same but may be
is for a person; only names that share nothing count as somebody else's.
"""

from __future__ import annotations

import re
from enum import StrEnum

from accord.core.errors import BadInput
from accord.core.identifiers.person_name import PersonName


class Likeness(StrEnum):
    SAME = "same"
    ALIKE = "alike"
    OTHER = "other"


def compare(stated: str, on_account: str) -> Likeness:
    """How like two names are. A name that cannot be read is for a person: ALIKE."""
    try:
        one, other = PersonName.parse(stated).canonical, PersonName.parse(on_account).canonical
    except BadInput:
        return Likeness.ALIKE
    if one == other:
        return Likeness.SAME
    parts, others = _parts(one), _parts(other)
    if sorted(parts) == sorted(others):
        return Likeness.SAME
    if set(parts) & set(others) or _close(one, other):
        return Likeness.ALIKE
    return Likeness.OTHER


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[\s,.\-·'’]+", name) if part]


def _close(one: str, other: str) -> bool:
    """One slip of the pen: names of equal letters, or that differ in one character (never in a name of one or two)."""
    one, other = "".join(_parts(one)), "".join(_parts(other))
    if one == other:
        return True
    if min(len(one), len(other)) < 3 or abs(len(one) - len(other)) > 1:
        return False
    shorter, longer = sorted((one, other), key=len)
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))
