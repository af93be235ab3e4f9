"""What happened to a hold that a partner's people asked for, in words for the thread, in the language of their request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import translation
from django.utils.translation import gettext as _

from accord.capabilities.exchange.messages import OrderAnswerBody, OrderNewsBody
from accord.core import clock
from accord.core.money import Money

if TYPE_CHECKING:
    from datetime import datetime

    from accord.capabilities.exchange.models import ForeignOrder, PartnerRequest

_KNOWN: Final = {"zh": "zh-hans", "zh-hans": "zh-hans"}
"""Language of a request → the language in which this node writes; English for every other."""


def in_the_thread(request: PartnerRequest, foreign: ForeignOrder, body: OrderAnswerBody | OrderNewsBody) -> str:
    """The line that says it; "" where there is nothing to tell yet. Amounts carry their currency, times are UTC."""
    language = _KNOWN.get(str(request.body.get("language", "")).lower(), "en")
    with translation.override(language):
        if isinstance(body, OrderAnswerBody):
            return _answered(foreign, body)
        if body.ended_at is not None or not body.amount:
            return _("Nothing is held any more for request %(reference)s.") % {"reference": request.reference}
        return _held(foreign, body.amount, body.until)


def _answered(foreign: ForeignOrder, body: OrderAnswerBody) -> str:
    if body.answered_at is None:
        return ""
    if body.refusal or not body.amount or body.until is None:
        return _("Nothing could be held.")
    return _held(foreign, body.amount, body.until)


def _held(foreign: ForeignOrder, amount: int, until: datetime) -> str:
    money = Money(amount, foreign.body["currency"])
    return _("Held by our own order, under our own law: %(money)s, until %(until)s.") % {
        "money": str(money),
        "until": f"{clock.to_iso(until)[:16].replace('T', ' ')} UTC",
    }
