"""What the bank may tell the holder of an account, in words the holder understands.

The words state the amount, the end, the authority, the reference and how to appeal. Nothing is told before the order is
carried out; a longer delay, so that an offender is not warned, has an end and somebody who approved it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop

from accord.capabilities.orders.kinds import KEEPS_MONEY, OrderKind
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.ports import HolderNotice
from accord.capabilities.orders.rules import rule_of
from accord.core.money import Money

LANGUAGES: Final = {"en": "en", "zh-hans": "zh-Hans"}
"""Django's code of a language → the tag that the notice carries (BCP 47)."""


def holder_notice(order: Order) -> HolderNotice | None:
    """The notice that goes with an order; None for orders that touch no holder (a recall of one's own payment, a renewal …)."""
    if order.kind not in _WHAT:
        return None
    return HolderNotice(
        tell_from=may_tell_from(order),
        words={tag: words(order, code) for code, tag in LANGUAGES.items()},
        delay_approved_by=str(order.delay_approved_by) if order.delay_approved_by_id else "",
    )


def may_tell_from(order: Order) -> datetime:
    """From when the holder may be told of an order, once it is carried out."""
    ordered = order.approved_at or order.drafted_at
    return max(order.tell_from or ordered + rule_of(order).tell_after, ordered)


def words(order: Order, language: str) -> str:
    """The notice in one language (Django's code)."""
    parts: dict[str, object] = {
        "authority": order.authority,
        "reference": order.reference,
        "code": order.holder_code,
        "number": order.identifier,
        "until": f"{timezone.localtime(order.until):%Y-%m-%d %H:%M %Z}",
        "hours": rule_of(order).appeal_within // timedelta(hours=1),
        "place": settings.ACCORD_PUBLIC_URL,
    }
    if order.keeps_money:
        parts["amount"] = Money(order.amount, order.currency)
    with translation.override(language):
        parts["authority"] = gettext(order.authority)
        parts["place"] = parts["place"] or gettext("the agency’s public site")
        sentences = [gettext(text) % parts for text in (*_WHAT[order.kind], *_APPEAL)]
        if order.living_costs:
            left = Money(order.living_costs, order.currency)
            sentences.insert(-len(_APPEAL), gettext("%(amount)s stays available to you for living costs.") % {"amount": left})
    return "\n".join(sentences)


_KEPT: Final = (
    gettext_noop("On the order of %(authority)s, at most %(amount)s on your account is kept back until %(until)s."),
    gettext_noop("It is money that was reported as stolen and traced to your account."),
    gettext_noop("Everything else on the account, and whatever arrives later, is free."),
)
_NUMBER: Final = (gettext_noop("On the order of %(authority)s, the number %(number)s is blocked until %(until)s."),)

_WHAT: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(KEEPS_MONEY, _KEPT),
    OrderKind.RESTRICTION: (
        gettext_noop("To protect you from a fraud that seems to be under way, your account is restricted until %(until)s."),
        gettext_noop("%(authority)s has asked your bank for it. Your money stays yours."),
    ),
    OrderKind.LIMIT: (gettext_noop("On the order of %(authority)s, payments from your account are limited until %(until)s."),),
    OrderKind.NUMBER_BLOCK: _NUMBER,
    OrderKind.NUMBER_SUSPENSION: _NUMBER,
}

TOLD_TO_HOLDER: Final = tuple(_WHAT)
"""Kinds whose holder is told of them, and may appeal."""

_APPEAL: Final = (
    gettext_noop("Reference: %(reference)s."),
    gettext_noop("If this is wrong, you can appeal free of charge, through your bank or at %(place)s."),
    gettext_noop("You need the reference and the code %(code)s."),
    gettext_noop("Somebody who did not order it decides within %(hours)d hours."),
)
