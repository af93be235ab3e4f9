"""Makes a small store large: every row of a case copied many times by the store itself, with what it points at.

A copy has ids, references, accounts and transfers of its own, and lies so many minutes before the row it was made from.
With `around`, rows of those tables are not copied, so that the copies of all others belong to the same few of them: a report
with a hundred orders instead of a hundred reports. People, partners, agreements and settings are never copied.

100,000 orders with all that belongs to them take about ten seconds on SQLite; made one by one, they take minutes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction

FIXED: Final = {
    "people.agency", "people.team", "people.user", "people.usersession", "people.secondfactor", "people.serviceaccount",
    "people.servicetoken", "people.audithead", "people.readhead", "people.retentionclock", "reports.wrongtry",
    "orders.contact", "controls.agreement", "controls.bankrule", "exchange.partner", "exchange.partnerkey", "exchange.owncard",
    "exchange.ownkey", "exchange.agreement", "exchange.outstream", "exchange.instream", "exchange.chunk",
}  # fmt: skip

_DISTINCT: Final = {
    "account", "payer_account", "payee_account", "canonical", "transfer", "reference", "code", "holder_code", "pseudonym",
    "key", "callback_number", "case", "first_transfer",
}  # fmt: skip
"""Texts by which a row is found, or of which there may be one alone."""

_SUFFIX: Final = 7
"""Characters that a copy's number adds to such a text."""


def grow(copies: int, *, around: Collection[str] = (), minutes: int = 7) -> int:
    """Copy every row `copies` times, each copy `minutes` older than the one before; how many rows there are then."""
    growing = _growing({*FIXED, *around})
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in [_insert(model, growing, minutes) for model in growing]:
            cursor.execute(statement, [copies])
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(growing)):
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")  # as its own autovacuum does; a node with SQLite works without statistics
    return sum(model._default_manager.count() for model in growing)


Growing = dict[type[models.Model], int]
"""The models that are copied; how far apart the numbers of a row and its copies lie, where its key is a number."""


def _growing(fixed: Collection[str]) -> Growing:
    growing: Growing = {}
    for model in apps.get_models():
        key = model._meta.pk
        of_fixed = key.remote_field is not None and key.remote_field.model._meta.label_lower in fixed
        if model.__module__.startswith("accord.capabilities.") and model._meta.label_lower not in fixed and not of_fixed:
            growing[model] = _stride(model) if isinstance(key, models.IntegerField) else 0
    return growing


def _stride(model: type[models.Model], column: str = "pk") -> int:
    highest: int | None = model._default_manager.aggregate(at=models.Max(column))["at"]
    return (highest or 0) + 1


def _insert(model: type[models.Model], growing: Growing, minutes: int) -> str:
    quote = connection.ops.quote_name
    fields = model._meta.concrete_fields
    names = ", ".join(quote(field.column) for field in fields)
    values = ", ".join(_value(field, f"row.{quote(field.column)}", growing, minutes) for field in fields)
    numbers = "generate_series(1, %s) AS copy(k)"
    if connection.vendor == "sqlite":
        numbers = (
            "(WITH RECURSIVE number(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM number WHERE k < %s) SELECT k FROM number) copy"
        )
    table = quote(model._meta.db_table)
    # a row that can stand but once around another that is not copied stays alone
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {numbers}, {table} row WHERE true ON CONFLICT DO NOTHING"


def _value(field: Any, column: str, growing: Growing, minutes: int) -> str:
    """What a copy has in a column."""
    model = field.model if field.remote_field is None else field.remote_field.model
    key = field
    while key.remote_field is not None:
        key = key.remote_field.model._meta.pk
    if field.remote_field is not None and model not in growing:
        return column
    if isinstance(key, models.UUIDField):
        return _other_uuid(column)
    if field.remote_field is not None or field.primary_key:
        return f"{column} + copy.k * {growing[model]}"
    if field.name == "sequence":
        return f"{column} + copy.k * {_stride(model, field.name)}"
    if isinstance(field, models.DateTimeField):
        return _earlier(column, minutes)
    if isinstance(field, models.CharField | models.TextField) and (field.name in _DISTINCT or field.unique):
        return _other_text(column, field.max_length)
    return column


def _other_uuid(column: str) -> str:
    """The same id with the number of the copy in its first 32 bits."""
    if connection.vendor == "sqlite":
        return f"printf('%%08x', copy.k) || substr({column}, 9)"
    return f"(lpad(to_hex(copy.k), 8, '0') || substr(replace({column}::text, '-', ''), 9))::uuid"


def _earlier(column: str, minutes: int) -> str:
    if connection.vendor == "sqlite":
        return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', {column}, '-' || (copy.k * {minutes}) || ' minutes')"
    return f"{column} - copy.k * interval '{minutes} minutes'"


def _other_text(column: str, longest: int | None) -> str:
    kept = f"substr({column}, 1, {longest - _SUFFIX})" if longest else column
    number = "printf('.%%06x', copy.k)" if connection.vendor == "sqlite" else "('.' || lpad(to_hex(copy.k), 6, '0'))"
    return f"CASE WHEN {column} = '' THEN '' ELSE {kept} || {number} END"
