"""What errors say, in the reader's language: the edge where texts and their parameters become words.

The templates are translated like any other text of pages; amounts, times and the labels of states are worded as pages word
them. A stored wording is read back first; what a person, a bank or an earlier version wrote is shown as it is.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.utils import timezone
from django.utils.translation import get_language, gettext, override

from accord.core.errors import AccordError
from accord.core.wording import ENGLISH, Messages, Renderer, Wording, read
from accord.web.place_words import place_in_words

_JOINED_BY: Final = {"zh-hans": MappingProxyType({"": "、", "and": "和", "or": "或", ";": "；"})}


class _Translated(Renderer):
    """Another language than English."""

    def __init__(self, joined: Mapping[str, str]) -> None:
        self.joined = joined

    def template(self, message: Messages) -> str:
        return gettext(message.template)

    def full(self, said: Wording) -> str:
        text, place = self.text(said), place_in_words(said.where)
        return f"{place}: {text}" if place and place not in text else text

    def enum(self, value: enum.Enum, spec: str) -> str:
        label = getattr(value, "label", None)
        return super().enum(value, spec) if label is None else str(label)

    def moment(self, value: datetime, spec: str) -> str:
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.strftime(spec or "%Y-%m-%d %H:%M:%S")


def label_in_english(value: enum.Enum) -> str:
    """The label of a state in English, whoever reads: logs, partners, banks and columns get no other language."""
    with override("en"):
        return str(getattr(value, "label", value.value))


def _renderer() -> Renderer:
    joined = _JOINED_BY.get(get_language() or "")
    return ENGLISH if joined is None else _Translated(joined)


def text_of(said: AccordError | Wording) -> str:
    """The text alone, for where the reader sees the place already: beside a field of a form."""
    return _renderer().text(said.wording if isinstance(said, AccordError) else said)


def message_of(said: AccordError | Wording) -> str:
    """The text after the place that it is about."""
    wording = said.wording if isinstance(said, AccordError) else said
    text, place = _renderer().text(wording), place_in_words(wording.where)
    return f"{place}: {text}" if place and place not in text else text


def stored_in_words(text: str) -> str:
    """A stored text in the reader's language; what is no wording of ours as it is."""
    found = read(text)
    return found if isinstance(found, str) else message_of(found)
