"""What an order says, in the reader's language: what it limits, the call it is about, its clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accord.capabilities.orders.kinds import FOLLOWS_UP, RENEWABLE, OrderKind
from accord.capabilities.orders.ports import CallFacts, Limits, PayTo, TracedCall
from accord.core.money import Money
from accord.sites.common.lengths import length_in_words
from accord.web.templatetags.accord import bank_name, local_text

if TYPE_CHECKING:
    from accord.capabilities.orders.models import Order
    from accord.capabilities.orders.regime import KindRule


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One deadline of an order: when it is due, when it was met, what the rule says of it."""

    name: str
    rule: str
    due: datetime | None = None
    met: datetime | None = None
    runs: bool = False


def terms_in_words(order: Order) -> list[str]:
    """What an order that is not about an amount asks for, one sentence each."""
    terms = order.terms
    found: list[str] = []
    if limits := terms.get("limits"):
        found += _limits(msgspec.convert(limits, Limits), order.currency)
    if call := terms.get("call"):
        found += _call(msgspec.convert(call, CallFacts))
    if pay_to := terms.get("pay_to"):
        to = msgspec.convert(pay_to, PayTo)
        place = {"name": to.name, "bank": bank_name(to.institution), "account": to.account, "reference": to.reference}
        found.append(_("Pay to %(name)s, %(bank)s, account %(account)s, with the reference %(reference)s.") % place)
    if wanted := terms.get("data_wanted"):
        found.append(_("Keep: %(wanted)s") % {"wanted": wanted})
    return found


def _limits(limits: Limits, currency: str) -> list[str]:
    found = []
    if limits.amount_per_day is not None:
        amount = Money(limits.amount_per_day, currency)
        found.append(_("Payments of at most %(amount)s a day.") % {"amount": amount})
    if limits.payees_per_day is not None:
        count = limits.payees_per_day
        text = ngettext("Payments to at most %(count)d payee a day.", "Payments to at most %(count)d payees a day.", count)
        found.append(text % {"count": count})
    if limits.cash_per_day is not None:
        found.append(_("Cash of at most %(amount)s a day.") % {"amount": Money(limits.cash_per_day, currency)})
    if limits.delay_minutes is not None:
        waits = length_in_words(timedelta(minutes=limits.delay_minutes))
        found.append(_("Every payment waits %(length)s before it leaves.") % {"length": waits})
    return found


def _call(call: CallFacts) -> list[str]:
    facts = {"caller": call.caller, "called": call.called, "when": local_text(call.about_when, seconds=False)}
    found = [_("Call shown as coming from %(caller)s to %(called)s, about %(when)s.") % facts]
    if call.seconds is not None:
        found.append(ngettext("It lasted %(n)d second.", "It lasted %(n)d seconds.", call.seconds) % {"n": call.seconds})
    return found


def traced_calls(order: Order) -> list[TracedCall]:
    """What an operator answered to a trace-back."""
    return msgspec.convert(order.terms.get("traced_calls", []), list[TracedCall])


def clock_rows(order: Order, law: KindRule, *, touches_holder: bool) -> list[ClockRow]:
    """Every deadline that the order lives under, the first to run first; the last ones are there for who is touched by it."""
    waiting = order.state in ("approved", "sent", "acknowledged")
    acknowledged = order.acknowledged_at or order.answered_at
    rows = [
        ClockRow(
            _("Acknowledge"),
            _within(law.acknowledge_within),
            order.acknowledge_due_at if order.approved_at else None,
            acknowledged,
            waiting and acknowledged is None,
        ),
        ClockRow(
            _("Carry out and answer"),
            _within(law.release_within if order.kind == OrderKind.RELEASE else law.execute_within),
            order.answer_due_at if order.approved_at else None,
            order.answered_at,
            waiting,
        ),
        ClockRow(_("Ends"), _lasts(order, law), order.until, order.ended_at, order.is_standing),
    ]
    if order.kind not in FOLLOWS_UP:
        rows.append(ClockRow(_("Report in writing"), _within(law.report_within)))
    if touches_holder:
        rows += [
            ClockRow(_("Decide an appeal"), _within(law.appeal_within)),
            ClockRow(_("Release what is held wrongly"), _within(law.release_within)),
        ]
    return rows


def _within(span: timedelta) -> str:
    return _("within %(length)s") % {"length": length_in_words(span)}


def _lasts(order: Order, law: KindRule) -> str:
    text = _("lasts %(length)s") % {"length": length_in_words(law.lasts)}
    if order.kind not in RENEWABLE:
        return text
    if not law.renewals:
        return text + "; " + _("never renewed")
    counts = {"used": order.renewals, "cap": law.renewals}
    return text + "; " + _("renewed %(used)d of at most %(cap)d times") % counts
