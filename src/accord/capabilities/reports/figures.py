"""Counts and times over reports, for supervision: they tell of no case, so they need `figures:read` and not `reports:read`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, Q

from accord.capabilities.as_text import as_text, counted_by_slot, moment_of
from accord.capabilities.people.permissions import FigurePermission
from accord.capabilities.people.policy import Actor, require
from accord.capabilities.reports.models import Report, ReportState

REPEAT_WITHIN: Final = timedelta(days=90)
_LAST_DIGITS: Final = 9
"""Two spellings of one telephone number agree in these, with and without country code."""

_NOT_IN_NUMBERS: Final = str.maketrans("", "", " +-()./")
"""What people write between digits."""


class Taken(NamedTuple):
    """One report that was taken, without what it says. `delay` runs from the payment, as stated, to the report."""

    report_id: str
    created_at: datetime
    delay: timedelta


def taken(actor: Actor, since: datetime, until: datetime) -> list[Taken]:
    """The reports of a period, without those that were joined to another one."""
    require(actor, FigurePermission.READ)
    own = Report.objects.filter(created_at__gte=since, created_at__lt=until).exclude(state=ReportState.DUPLICATE)
    rows = own.order_by().values_list(as_text("pk"), as_text("created_at"), as_text("about_when"))
    return [_taken(*row) for row in rows.iterator(chunk_size=5_000)]


def _taken(report_id: str, created: str, paid: str) -> Taken:
    created_at = moment_of(created)
    return Taken(report_id, created_at, max(created_at - moment_of(paid), timedelta(0)))


def repeats(actor: Actor, since: datetime, until: datetime) -> tuple[int, int]:
    """(reports of somebody who had reported another payment within 90 days before, all reports) of a period.

    Somebody is the same by the call-back number's last digits, or by the account that was paid from.
    """
    require(actor, FigurePermission.READ)
    looked_at = Report.objects.filter(created_at__gte=since - REPEAT_WITHIN, created_at__lt=until)
    rows = looked_at.exclude(state=ReportState.DUPLICATE).order_by("created_at", "id")
    rows = rows.annotate(in_period=ExpressionWrapper(Q(created_at__gte=since), BooleanField()))
    last: dict[tuple[str, str], str] = {}  # moments stay text until two are compared: most are of somebody who calls once
    again = total = 0
    columns = (as_text("created_at"), "in_period", "callback_number", "payer_bank", "payer_account")
    for created, in_period, number, bank, account in rows.values_list(*columns).iterator(chunk_size=5_000):
        keys = _persons(number, bank, account)
        if in_period:
            total += 1
            again += any(key in last and moment_of(created) - moment_of(last[key]) <= REPEAT_WITHIN for key in keys)
        last.update(dict.fromkeys(keys, created))
    return again, total


def _persons(number: str, bank: str, account: str) -> list[tuple[str, str]]:
    """What somebody is recognised by; a number too short to be one person's is left out."""
    plain = number.translate(_NOT_IN_NUMBERS)
    digits = plain if plain.isdigit() else "".join(character for character in plain if character.isdigit())
    keys = [("number", digits[-_LAST_DIGITS:])] if len(digits) >= _LAST_DIGITS else []
    return [*keys, (bank, account)] if account else keys


def takers(actor: Actor, since: datetime, until: datetime, *, by_minute: bool) -> list[tuple[str, datetime, int]]:
    """(officer, hour or minute, how many) of the calls taken in a period, joined ones included: they are work too."""
    require(actor, FigurePermission.READ)
    rows = Report.objects.filter(created_at__gte=since, created_at__lt=until)
    return counted_by_slot(rows, "taken_by", "created_at", by_minute=by_minute)
