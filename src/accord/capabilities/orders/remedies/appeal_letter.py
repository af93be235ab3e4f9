"""What an appellant reads of the decision, in plain words: at the desk before it is taken, on the public site afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop

from accord.capabilities.orders.in_force import in_force
from accord.capabilities.orders.kinds import KEEPS_MONEY
from accord.capabilities.orders.models import Appeal, AppealDecision, Order
from accord.capabilities.orders.rules import rule_of
from accord.core import clock
from accord.core.money import Money


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, taken or about to be. `amount` (minor units) is what is released; `release_by` the clock of the release."""

    decision: str
    amount: int
    reasons: str
    release_by: datetime | None


def taken(appeal: Appeal) -> Verdict:
    """The decision of an appeal that is decided."""
    return Verdict(appeal.decision, appeal.release_amount, appeal.reasons, appeal.release_due_at)


def about_to_be(appeal: Appeal, decision: str, amount: int | None, reasons: str) -> Verdict:
    """The decision as it would be if it were taken now."""
    standing = in_force(appeal.order)
    if standing is None or decision == AppealDecision.KEEP:
        return Verdict(decision, 0, reasons, None)
    kept = standing.held if standing.is_holding else standing.amount
    released = kept if decision == AppealDecision.RELEASE else amount or 0
    return Verdict(decision, released, reasons, clock.now() + rule_of(standing).release_within)


def letter(appeal: Appeal, verdict: Verdict, language: str) -> list[str]:
    """The decision in sentences, in one language (Django's code)."""
    order: Order = appeal.order
    parts = {
        "appeal": appeal.reference,
        "order": order.reference,
        "amount": Money(verdict.amount, order.currency) if order.currency else "",
        "by": f"{timezone.localtime(verdict.release_by):%Y-%m-%d %H:%M %Z}" if verdict.release_by else "",
        "reasons": verdict.reasons,
    }
    with translation.override(language):
        return [gettext(text) % parts for text in (_DECIDED, *_outcome(order, verdict), _REASONS, _WHO)]


def _outcome(order: Order, verdict: Verdict) -> tuple[str, ...]:
    if verdict.decision == AppealDecision.KEEP:
        return _KEPT
    if verdict.release_by is None:
        return _OVER
    if order.kind not in KEEPS_MONEY:
        return _LIFTED
    return _RELEASED if verdict.decision == AppealDecision.RELEASE else _RELEASED_PARTLY


_DECIDED: Final = gettext_noop("Your appeal %(appeal)s against the order %(order)s is decided.")
_KEPT: Final = (gettext_noop("The order stays as it is, until the time you were told."),)
_OVER: Final = (gettext_noop("The order was wrong. It is over: nothing is kept under it any more."),)
_LIFTED: Final = (
    gettext_noop("The order was wrong. It is lifted."),
    gettext_noop("Whoever has to lift it has been told to do so by %(by)s."),
)
_RELEASED: Final = (
    gettext_noop("The order was wrong. All of the money kept under it, %(amount)s, is released."),
    gettext_noop("Your bank has been told to carry this out by %(by)s."),
)
_RELEASED_PARTLY: Final = (
    gettext_noop(
        "The order was wrong in part. Of the money kept under it, %(amount)s is released; the rest stays kept as you were told."
    ),
    gettext_noop("Your bank has been told to carry this out by %(by)s."),
)
_REASONS: Final = gettext_noop("Reasons: %(reasons)s")
_WHO: Final = gettext_noop("The decision was taken by somebody who did not order it.")
