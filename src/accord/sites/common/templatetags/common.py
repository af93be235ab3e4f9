"""Filters that templates of several sites use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import template
from django.utils.translation import gettext, ngettext

from accord.core.money import Money
from accord.sites.common.lengths import length_in_words

register = template.Library()


@register.filter
def word(table: Mapping[str, Any], key: str) -> str:
    """What a code is called, by a table of words; the code itself where the table has none."""
    return str(table.get(key, key))


@register.filter
def translated(text: str) -> str:
    """A stored text that is also a message id, such as the action of an audit entry."""
    return gettext(text) if text else ""


@register.filter
def as_money(minor: int, currency: str) -> Money:
    return Money(minor, currency)


@register.filter
def hours(length: timedelta) -> str:
    """How long an order lasts."""
    count = int(length.total_seconds()) // 3600
    return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}


@register.filter
def length_words(length: timedelta) -> str:
    """A length of time in words, in the largest unit of which it is a whole number."""
    return length_in_words(length)


@register.filter
def pretty_json(document: Any) -> str:
    """A document as people read it; the page escapes it."""
    return json.dumps(document, ensure_ascii=False, indent=2)


@register.filter
def slug(code: str) -> str:
    """A code as it stands in an address."""
    return code.replace("_", "-")
