"""Filters about partners and what is exchanged with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from accord.capabilities.exchange.agreements.terms import RefusalGround
from accord.capabilities.exchange.kinds import MessageKind, RequestKind
from accord.capabilities.exchange.vocabulary import AlarmKind, Clause, WaitsFor
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import Refusal
from accord.core.labels import Label
from accord.sites.common.labels import label_of
from accord.web.label_words import PURPOSES
from accord.web.templatetags.accord import bank_name, duration_text
from accord.web.vocabulary import code_label

register = template.Library()

_CASE_LETTERS: Final = 8


@register.filter(name="ground")
def ground_in_words(code: str) -> str:
    """A ground of the agreement, a clause of it, or a refusal of an order; the code itself where no words are known."""
    return code_label((RefusalGround, Clause, Refusal), code)


@register.filter
def message_kind(code: str) -> str:
    return code_label(MessageKind, code)


@register.filter
def alarm(code: str) -> str:
    return code_label(AlarmKind, code)


@register.filter
def waits_for(code: str) -> str:
    """What an order waits for at a partner's centre, by its word for it; "under way" where it says nothing."""
    return code_label(WaitsFor, code) or gettext("under way")


@register.filter
def request_kind(code: str) -> str:
    return code_label(RequestKind, code)


@register.filter
def agreed_purpose(code: str) -> str:
    return str(PURPOSES.get(code, code))


@register.simple_tag
def centre(code: str) -> SafeString | str:
    """A centre by its name, with its code beside it."""
    name = bank_name(code)
    return name if name == code else format_html('{} <span class="quiet nowrap">{}</span>', name, code)


@register.filter
def case(pseudonym: str) -> str:
    """What a claim is called between two centres, after the word "case"."""
    return pseudonym.removeprefix("case-")


@register.filter
def case_short(pseudonym: str) -> str:
    """Enough of it to tell cases of a list apart; the page of each has it whole."""
    whole = case(pseudonym)
    return whole if len(whole) <= _CASE_LETTERS + 1 else f"{whole[:_CASE_LETTERS]}…"


@register.filter(name="label")
def label(document: Any) -> Label | None:
    """The label of a row's JSON: {% label_chip row.label|label %}."""
    return label_of(document)


@register.filter
def offset(skew: timedelta) -> str:
    """How far another clock is off ours, in words."""
    seconds = abs(round(skew.total_seconds()))
    if seconds == 0:
        return gettext("in step")
    text = gettext("%(length)s ahead") if skew > timedelta(0) else gettext("%(length)s behind")
    return text % {"length": duration_text(seconds)}


@register.filter
def order_kind(code: str) -> str:
    return code_label(OrderKind, code)


@register.filter
def seconds(length: int | None) -> str:
    """A number of seconds as people read it; a dash where there is none."""
    return "–" if length is None else duration_text(length)
