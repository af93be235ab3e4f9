"""What the store would do for a statement: which tables of cases it would read from end to end.

Allowed is reading all of something that is small by itself: an index over the few rows that still wait, the first rows of a
list in the sequence of an index, or an index to count a list. On SQLite plans are made without statistics, as on a node. On
PostgreSQL, whose plans depend on how much there is, reading a whole table is made dear: what does it still has no index.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from django.apps import apps
from django.db import connection
from grown_store import FIXED

_SCAN: Final = re.compile(r"SCAN (\w+)(?: USING (COVERING )?INDEX (\w+))?")
_ALIAS: Final = re.compile(r'"(\w+)" (?:AS )?"?(\w+)"?')
_COUNTS_A_LIST: Final = re.compile(r'SELECT COUNT\(\*\) AS "__count" FROM "\w+"$')


@dataclass
class Looks:
    """SELECT statements with their parameters, as they were sent."""

    sent: dict[str, Any] = field(default_factory=dict)

    def scans(self) -> list[str]:
        """ "table: statement" of each that reads a whole table of cases."""
        return [f"{table}: {sql}" for sql, parameters in self.sent.items() for table in scanned(sql, parameters)]


@contextmanager
def looks() -> Iterator[Looks]:
    """Note every SELECT that this thread sends through Django until the block ends."""
    noted = Looks()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.lstrip("( ").startswith(("SELECT", "WITH")):
            noted.sent[sql] = params
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield noted


def scanned(sql: str, parameters: Any, *, first_rows: bool = True) -> set[str]:
    """The tables of cases that a statement reads from end to end without need.

    With `first_rows`, walking an index until enough rows are found is allowed; without, what comes first must be right.
    """
    if _COUNTS_A_LIST.match(sql):
        return set()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
            return set(_sqlite_scans(sql, [row[3] for row in cursor.fetchall()], first_rows))
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        plan = cursor.fetchone()[0]
        cursor.execute("SET LOCAL enable_seqscan = on")
        return set(_postgresql_scans((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def _sqlite_scans(sql: str, steps: list[str], first_rows: bool) -> Iterator[str]:
    tables, partial = _tables_of_cases(), _partial_indexes()
    names = {alias: table for table, alias in _ALIAS.findall(sql) if table in tables} | {table: table for table in tables}
    for step in steps:
        scan = _SCAN.match(step)
        if scan is None or scan[1] not in names:
            continue
        in_sequence = first_rows and scan[3] is not None and " LIMIT " in sql
        if not in_sequence and scan[3] not in partial:
            yield names[scan[1]]


def _postgresql_scans(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in _tables_of_cases():
        yield plan["Relation Name"]
    for below in plan.get("Plans", ()):
        yield from _postgresql_scans(below)


def _tables_of_cases() -> set[str]:
    """Tables that grow with the cases of a node."""
    models = [model for model in apps.get_models() if model.__module__.startswith("accord.capabilities.")]
    return {model._meta.db_table for model in models if model._meta.label_lower not in FIXED}


def _partial_indexes() -> set[str]:
    return {index.name for model in apps.get_models() for index in model._meta.indexes if index.condition is not None}
