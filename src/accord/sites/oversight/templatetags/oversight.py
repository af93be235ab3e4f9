"""How figures look in a table.

{{ share|group_name }}      the row's part in the reader's language: a delay, a receiver, a currency
{{ share|numerator }}       12,345.00 CNY, or a count
{{ share|percent }}         43.2 %, or a dash where the cases are too few to say so
{{ seconds|time_text }}     0.52 s, 4:05, 3 d 4 h
"""

from __future__ import annotations

from django import template

from accord.capabilities.supervision.figures import Share
from accord.core.money import Money
from accord.sites.oversight.wording import DELAYS
from accord.web.templatetags.accord import bank_name, duration_text

register = template.Library()


@register.filter
def group_name(share: Share) -> str:
    return str(DELAYS.get(share.group) or bank_name(share.group))


@register.filter
def numerator(share: Share) -> str:
    return _amount(share, share.numerator)


@register.filter
def denominator(share: Share) -> str:
    return _amount(share, share.denominator)


@register.filter
def percent(share: Share) -> str:
    return "–" if share.percent is None else f"{share.percent} %"


@register.filter
def time_text(seconds: float | None) -> str:
    """Below a minute to the hundredth of a second: what software does is told exactly."""
    if seconds is None:
        return "–"
    return f"{seconds:.2f} s" if abs(seconds) < 60 else duration_text(round(seconds))


def _amount(share: Share, minor: int) -> str:
    return str(Money(minor, share.currency)) if share.currency else f"{minor:,}"
