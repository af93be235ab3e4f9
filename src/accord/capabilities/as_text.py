"""Columns of many rows as the store's own text.

Making objects of a hundred thousand moments and ids costs the SQLite driver seconds; as text they cost a tenth. For sums and
times over very many rows alone; everything else reads objects.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, F, QuerySet, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Substr

_HOUR, _MINUTE = 13, 16
"""Characters of "2026-03-02 04" and of "2026-03-02 04:05"."""


def as_text(column: str | Combinable) -> Cast:
    """A moment (in UTC) or an id as text; null stays null. Two texts of one store are equal where the values are."""
    return Cast(F(column) if isinstance(column, str) else column, TextField())


def moment_of(text: str) -> datetime:
    """The aware moment that `as_text` made a text of. SQLite keeps moments without a zone, in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def counted_by_slot(rows: QuerySet[Any], person: str, moment: str, *, by_minute: bool) -> list[tuple[str, datetime, int]]:
    """(user name, beginning of the hour or minute in UTC, how many) of rows that a person is named in."""
    slot = Substr(as_text(moment), 1, _MINUTE if by_minute else _HOUR)
    named = rows.filter(**{f"{person}__isnull": False}).order_by().annotate(person=as_text(person), slot=slot)
    counted = named.values_list("person", "slot").annotate(number=Count("pk"))
    users = get_user_model()._default_manager.values_list(as_text("pk"), "username")
    names: dict[str, str] = dict(users)  # joined here: the store would join each row before it counts
    return [(names[who], moment_of(text if by_minute else f"{text}:00"), number) for who, text, number in counted]
