"""Made-up people, shops and banks; the parts of the names are in `names.toml`."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, Final

import numpy as np

_PARTS: Final[dict[str, Any]] = tomllib.loads(files(__package__).joinpath("names.toml").read_text("utf-8"))

BANK_NAMES: Final[tuple[tuple[str, str, str], ...]] = tuple((code, name, name_zh) for code, name, name_zh in _PARTS["banks"])
"""(four letters of the code, English name, Chinese name)."""


def people(style: str, count: int, rng: np.random.Generator) -> list[str]:
    """`count` full names in one of the styles zh, en, thai, mixed (English and Chinese in English letters)."""
    if style == "zh":
        return _chinese(count, rng)
    if style == "mixed":
        pinyin = _joined("surnames_pinyin", "given_pinyin", count, rng)
        english = _joined("first_en", "last_en", count, rng)
        return [one if coin else other for one, other, coin in zip(pinyin, english, rng.random(count) < 0.6, strict=True)]
    return _joined(f"first_{style}", f"last_{style}", count, rng)


def shops(style: str, count: int) -> list[str]:
    """`count` names of shops, numbered where they repeat."""
    words = _PARTS["shops_zh" if style == "zh" else "shops_en"]
    return [f"{words[i % len(words)]} {i // len(words) + 1}" for i in range(count)]


def _joined(first: str, last: str, count: int, rng: np.random.Generator) -> list[str]:
    left, right = _PARTS[first], _PARTS[last]
    pairs = zip(rng.integers(len(left), size=count).tolist(), rng.integers(len(right), size=count).tolist(), strict=True)
    return [f"{left[one]} {right[other]}" for one, other in pairs]


def _chinese(count: int, rng: np.random.Generator) -> list[str]:
    """Surname and a given name of two characters, in one case out of five of one."""
    surnames, given = _PARTS["surnames_zh"], _PARTS["given_zh"]
    first = rng.integers(len(surnames), size=count).tolist()
    middle = rng.integers(len(given), size=count).tolist()
    last = rng.integers(int(len(given) * 1.25), size=count).tolist()
    return [surnames[a] + given[b] + given[c : c + 1] for a, b, c in zip(first, middle, last, strict=True)]
