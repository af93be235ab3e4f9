"""How amounts, times, deadlines, accounts and banks look on every page.

{% money 1234500 "CNY" %}   {% money order.held_money %}     12,345.00 CNY
{% clock report.created_at %}                                 17:05:09, with the date when it is not today
{% countdown order.answer_due_at %}                           12:05, counted down by the page; "overdue 3:20" past it
{% account order.account %}                                   6222…0123, with a button that shows the whole number
{% bank order.institution %}                                  the bank's name in the reader's language, else its code
{% state order.state order.get_state_display %}               a badge, told apart by text and not by colour alone
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import template
from django.conf import settings
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accord.core import clock as desk_clock
from accord.core.identifiers.base import keep_ends
from accord.core.money import Money
from accord.web.agency_names import names_of
from accord.web.vocabulary import action_label, detail_label, object_label, value_label
from accord.web.wording import stored_in_words

register = template.Library()

_MASK_FROM = 9
"""Shorter account numbers and aliases are shown whole: a mask would hide what an officer compares."""


@register.simple_tag
def money(amount: Money | int | None, currency: str = "") -> SafeString | str:
    """An amount with its currency; a dash where there is none."""
    if amount is None:
        return "–"
    value = amount if isinstance(amount, Money) else Money(amount, currency)
    number, code = str(value).rsplit(" ", 1)
    return format_html('<span class="money">{}&nbsp;<span class="currency">{}</span></span>', number, code)


@register.filter
def readable(message: str) -> str:
    """A stored error of ours in the reader's language, where its text is known."""
    return stored_in_words(message)


@register.filter
def reason(text: str) -> str:
    """Why an order stands otherwise: a code of the news or a text of ours in the reader’s language; else as it was written."""
    label = value_label("reason", text)
    return stored_in_words(text) if label == text else label


@register.filter
def named(code: str, name: str) -> str:
    """The label of a stored code, by the name under which details keep it: {{ row.kind|named:"kind" }}."""
    return value_label(name, code)


@register.filter
def money_text(amount: Money) -> str:
    """The same as plain text, for titles and labels."""
    return str(amount)


def local_text(moment: datetime, *, seconds: bool = True, dated: bool = False) -> str:
    """The wall clock of the node's zone: the time alone today, unless `dated`, else with the ISO date."""
    local = timezone.localtime(moment)
    time = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    if not dated and local.date() == timezone.localtime(desk_clock.now()).date():
        return time
    return f"{local:%Y-%m-%d} {time}"


@register.simple_tag
def clock(moment: datetime | None, precision: str = "seconds") -> SafeString | str:
    """A moment on the node's wall clock; a dash where there is none. `precision` is "seconds" or "minutes"."""
    if moment is None:
        return "–"
    text = local_text(moment, seconds=precision == "seconds")
    full = timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z")
    return format_html('<time class="clock" datetime="{}" title="{}">{}</time>', desk_clock.to_iso(moment), full, text)


@register.simple_tag
def countdown(due: datetime | None) -> SafeString | str:
    """Time left until `due`. The page's script counts on; without it the text is that of the moment of rendering."""
    if due is None:
        return "–"
    left = round((due - desk_clock.now()).total_seconds())
    late = left < 0
    text = f"{_('overdue')} {duration_text(-left)}" if late else duration_text(left)
    return format_html(
        '<time class="countdown{}" datetime="{}" data-due="{}" title="{}">{}</time>',
        " is-overdue" if late else " is-soon" if left < 300 else "",
        desk_clock.to_iso(due),
        desk_clock.to_micros(due) // 1000,
        local_text(due),
        text,
    )


def duration_text(seconds: int) -> str:
    """4:05, 1:02:05 or "3 d 4 h"; the page's script writes the same."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}"
    return f"{minutes}:{seconds:02}"


@register.filter
def masked(number: str) -> str:
    """Enough of an account number to recognise it; where a partner names a total instead of an account, which one."""
    if total := _total_in_words(number):
        return total
    return number if len(number) < _MASK_FROM else keep_ends(number, 4, 4)


def _total_in_words(place: str) -> str:
    """A place that a partner's centre names instead of an account: "bank:<code>:<currency>" or "total:<currency>"."""
    kind, _colon, rest = place.partition(":")
    if kind == "total" and rest:
        return _("all accounts there, %(currency)s") % {"currency": rest}
    if kind == "bank" and ":" in rest:
        return _("all accounts at this bank, %(currency)s") % {"currency": rest.rpartition(":")[2]}
    return ""


@register.inclusion_tag("accord/_account.html")
def account(number: str) -> dict[str, Any]:
    """An account number, masked, with a button that shows it whole."""
    total = _total_in_words(number)
    return {"number": number, "masked": masked(number), "is_masked": not total and masked(number) != number, "total": total}


@register.filter
def bank_name(code: str) -> str:
    """The name of an institution or a centre in the reader's language, its code where the node knows no name."""
    names = names_of(code)
    if not names:
        return code
    english, chinese = names
    return str(chinese if chinese and (get_language() or "").startswith("zh") else english)


@register.simple_tag
def bank(code: str) -> SafeString | str:
    """The institution's name, with its code at hand."""
    if not code:
        return "–"
    name = bank_name(code)
    return name if name == code else format_html('<span class="bank" title="{}">{}</span>', code, name)


@register.simple_tag
def state(value: str, label: str) -> SafeString:
    """A badge for the state of an order, a report, an enquiry or a line of a plan."""
    return format_html('<span class="badge state state-{}">{}</span>', value, label)


@register.simple_tag
def desk_now() -> SafeString:
    """The desk's clock: that of an exercise when the node plays one. The page's script lets it run on."""
    now = desk_clock.now()
    return format_html(
        '<time class="desk-now" data-now="{}" data-zone="{}" datetime="{}">{}</time>',
        desk_clock.to_micros(now) // 1000,
        timezone.get_current_timezone_name(),
        desk_clock.to_iso(now),
        timezone.localtime(now).strftime("%H:%M:%S"),
    )


@register.simple_tag
def is_bank() -> bool:
    """Whether this node is a bank's: it shows the inbox and not the desk."""
    return bool(getattr(settings, "ACCORD_AGENCY_KIND", "centre") == "bank")


@register.simple_tag
def start_page() -> str:
    """The address of the page where work begins on this node."""
    return resolve_url(settings.LOGIN_REDIRECT_URL)


@register.simple_tag
def exercise() -> bool:
    """Whether this node plays an exercise: nothing on it is real."""
    return bool(getattr(settings, "ACCORD_EXERCISE", False))


@register.simple_tag
def second_factors() -> bool:
    """Whether this node asks for second factors; an exercise may do without."""
    return bool(getattr(settings, "ACCORD_SECOND_FACTOR", "required") != "off")


@register.filter
def audited(code: str) -> str:
    """What the audit says happened, in the reader's language."""
    return action_label(code)


@register.filter(name="purpose_in_words")
def purpose(code: str) -> str:
    """Why someone acted, in the reader's language; a dash where nobody did."""
    return value_label("purpose", code) if code else "–"


@register.simple_tag
def seen(kind: str, object_id: str) -> str:
    """What a read showed: one thing, or a search or a list of its kind."""
    name = object_label(kind)
    return _("%(thing)s seen") % {"thing": name} if object_id else _("%(thing)s: search or list") % {"thing": name}


@register.simple_tag
def audit_details(details: dict[str, Any]) -> str:
    """An entry's details on one line, with amounts in their currency, banks by name and account numbers masked."""
    currency = details.get("currency")
    shown = {
        name: value
        for name, value in details.items()
        if name != "currency" and value not in ("", None) and not (name in _MONEY and not value and not currency)
    }
    return "; ".join(f"{detail_label(name)}: {_detail(name, value, currency)}" for name, value in shown.items())


def _detail(name: str, value: Any, currency: str | None) -> str:
    if name in _MONEY and isinstance(value, int) and currency:
        return str(Money(value, currency))
    if name in ("institution", "partner", "origin"):
        return bank_name(str(value))
    if name == "account":
        return masked(str(value))
    if name == "until":
        return local_text(datetime.fromisoformat(str(value)), seconds=False)
    return stored_in_words(value_label(name, str(value)))


_MONEY: Final = ("amount", "held", "living_costs", "released", "returned")
"""Details that are minor units of the entry's currency."""
