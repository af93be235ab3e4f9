"""Languages by their names, and what may stand as the ground of a refusal, in the reader's language."""

from __future__ import annotations

from typing import Final

from accord.capabilities.exchange.agreements.terms import RefusalGround
from accord.capabilities.exchange.vocabulary import Clause
from accord.capabilities.orders.ports import Refusal
from accord.web.vocabulary import code_label

LANGUAGE_NAMES: Final = {"en": "English", "zh-hans": "中文", "zh": "中文"}
"""Languages by their code, each in itself."""


def ground_in_words(code: str) -> str:
    """A ground of the agreement, a clause of it, or a refusal of an order; the code itself where no words are known."""
    return code_label((RefusalGround, Clause, Refusal), code)
