"""Names for our own objects: UUIDv7 inside, short references with a check digit for people.

UUIDv7 follows RFC 9562, 5.7. A reference such as "R-7K2M-9QXD" can be read out on the telephone: Crockford base 32 (no I, L,
O, U), and a last character that catches one wrong character or one swap of neighbours (ISO 7064 MOD 37,36). Bodies whose
check character would be I, L or O are not used: it would be taken for 1 or 0, and a wrong character could slip through.
"""

from __future__ import annotations

import os
import secrets
import time
from typing import Final
from uuid import UUID

from accord.core.errors import BadInput, Msg

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOOKALIKE_CHARACTERS: Final = "OIL"
_LOOKALIKES: Final = str.maketrans(_LOOKALIKE_CHARACTERS, "011")


def new_id() -> UUID:
    """A UUIDv7: sorts by creation time, unguessable in its last 74 bits. Reads the machine's clock, as the RFC asks."""
    millis = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (millis & (1 << 48) - 1) << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return UUID(int=value)


def new_reference(prefix: str) -> str:
    """A fresh reference such as "R-7K2M-9QXD": seven random characters (almost 35 bits) and a check character.

    The few for which a swap of neighbours would pass unnoticed, or whose check character looks like a digit, are not issued.
    """
    text = "I"
    while text[-1] in _LOOKALIKE_CHARACTERS or not _catches_swaps(text):
        body = "".join(secrets.choice(_ALPHABET) for _ in range(7))
        text = body + _check_character(body)
    return f"{prefix}-{text[:4]}-{text[4:]}"


def _catches_swaps(text: str) -> bool:
    """Whether every swap of two different neighbours breaks the check: MOD 37,36 catches nearly all of them, not all."""
    for place in range(len(text) - 1):
        swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if swapped != text and _check_character(swapped[:-1]) == swapped[-1]:
            return False
    return True


def new_code() -> str:
    """A code such as "K7P2-9XQM" that goes with a reference and is told to one person alone: eight random characters, 40 bits.

    Whoever is asked for it must be slowed down after a few wrong ones.
    """
    text = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{text[:4]}-{text[4:]}"


def parse_code(text: str) -> str:
    """The canonical spelling of a code typed by a person; BadInput when it cannot be one."""
    body = text.strip().upper().replace("-", "").replace(" ", "").translate(_LOOKALIKES)
    if len(body) != 8 or not set(body) <= set(_ALPHABET):
        raise BadInput(Msg.NOT_CODE)
    return f"{body[:4]}-{body[4:]}"


def parse_reference(text: str) -> str:
    """The canonical spelling of a reference typed by a person; BadInput when its check character does not fit."""
    prefix, _, rest = text.strip().upper().partition("-")
    body = rest.replace("-", "").replace(" ", "").translate(_LOOKALIKES)
    if len(body) != 8 or not set(body[:-1]) <= set(_ALPHABET) or _check_character(body[:-1]) != body[-1]:
        raise BadInput(Msg.NOT_REFERENCE, text=text)
    return f"{prefix}-{body[:4]}-{body[4:]}"


def _check_character(body: str) -> str:
    """ISO 7064 MOD 37,36 check character of `body`."""
    remainder = 36
    for character in body:
        remainder = (remainder + _CHECK_ALPHABET.index(character)) % 36 or 36
        remainder = remainder * 2 % 37
    return _CHECK_ALPHABET[(37 - remainder) % 36]
