"""The words that say what a number or a name is, in Chinese (simplified and traditional) and English."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from typing import Final, NamedTuple


class Sense(Enum):
    """What a word announces."""

    PHONE = "phone"
    ACCOUNT = "account"
    VIRTUAL_ACCOUNT = "virtual account"
    ALIAS = "alias"
    WALLET = "wallet"
    HANDLE = "handle"
    NAME = "name"
    AMOUNT = "amount"
    REFERENCE = "reference"
    OTHER = "other"  # a number that is none of ours: identity document, code, parcel, flight, room


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word announces and, for handles, wallets and aliases, of which service."""

    sense: Sense
    service: str = ""


class Label(NamedTuple):
    """A word at [start, end) of the normalised text."""

    start: int
    end: int
    word: str
    meaning: Meaning


def _vocabulary() -> dict[str, Meaning]:
    """Word → meaning, from vocabulary.toml beside this file."""
    tables = tomllib.loads(resources.files(__package__).joinpath("vocabulary.toml").read_text(encoding="utf-8"))
    meanings = {word: Meaning(Sense[name.upper()]) for name, words in tables.pop("plain").items() for word in words}
    for name, services in tables.items():
        for service, words in services.items():
            meanings.update(dict.fromkeys(words, Meaning(Sense[name.upper()], service)))
    return meanings


_ITS_ACCOUNT: Final = frozenset({"账号", "帐号", "賬號", "帳號", "账户", "帐户", "賬戶", "帳戶", "account", "acc"})
VOCABULARY: Final = _vocabulary()


def _pattern(words: list[str]) -> str:
    """Alternatives grouped by first character, longest first: the engine then looks only at the words that may start here."""
    by_first: dict[str, list[str]] = {}
    for word in sorted(words, key=lambda word: (-len(word), word)):
        ending = "s?(?![a-z_])" if word[-1].isascii() and word[-1].isalpha() else ""
        by_first.setdefault(word[0], []).append(re.escape(word[1:]).replace(r"\ ", " ?") + ending)
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in by_first.items())


_LATIN = re.compile(rf"(?<![a-z0-9_.@-])(?:{_pattern([word for word in VOCABULARY if word[0].isascii()])})")
_HAN = re.compile(_pattern([word for word in VOCABULARY if not word[0].isascii()]))


def find_labels(lowered: str) -> list[Label]:
    """Every word of the vocabulary in the lower-case normalised text, in order; of two that overlap, the earlier.

    A service and the word account right after it are one announcement: Telegram账号 is a handle, no bank account.
    """
    found = [_label(match) for pattern in (_LATIN, _HAN) for match in pattern.finditer(lowered)]
    found.sort(key=lambda label: (label.start, -label.end))
    kept: list[Label] = []
    for label in found:
        last = kept[-1] if kept else None
        if last is None or label.start >= last.end:
            if last is not None and last.meaning.service and _is_its_account(lowered, last, label):
                kept[-1] = Label(last.start, label.end, lowered[last.start : label.end], last.meaning)
            else:
                kept.append(label)
    return kept


def _is_its_account(lowered: str, service: Label, label: Label) -> bool:
    return label.word in _ITS_ACCOUNT and lowered[service.end : label.start] in ("", " ", "的")


def _label(match: re.Match[str]) -> Label:
    word = match[0].replace(" ", "")
    return Label(match.start(), match.end(), match[0], _UNSPACED.get(word) or _UNSPACED[word.removesuffix("s")])


_UNSPACED: Final = {word.replace(" ", ""): meaning for word, meaning in VOCABULARY.items()}
"""Phrases are met with their spaces and without ("cardno")."""
