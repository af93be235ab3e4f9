"""What the store would do for a statement: which growing tables it would read from end to end."""

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

_SCANS: Final = re.compile(r"SCAN (\w+)(?: AS (\w+))?(.*)")
_ALIASED: Final = re.compile(r'"(\w+)" (?:AS )?"?(\w+)"?')


def growing_tables() -> set[str]:
    """Tables that grow with the cases of a node."""
    models = [model for model in apps.get_models() if model.__module__.startswith("accord.capabilities.")]
    return {model._meta.db_table for model in models if model._meta.label_lower not in FIXED}


@dataclass
class Looks:
    """SELECT statements with their parameters, as they were sent."""

    sent: list[tuple[str, Any]] = field(default_factory=list)

    def scans(self) -> dict[str, str]:
        """By statement: the growing table that it reads from end to end, and how."""
        found = {}
        for sql, parameters in {sql: (sql, parameters) for sql, parameters in self.sent}.values():
            if scan := next(scans_of(sql, parameters), ""):
                found[sql] = scan
        return found


@contextmanager
def looks() -> Iterator[Looks]:
    """Note every SELECT that this thread sends through Django until the block ends."""
    noted = Looks()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.lstrip("( ").startswith(("SELECT", "WITH")):
            noted.sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield noted


def scans_of(sql: str, parameters: Any) -> Iterator[str]:
    """Each growing table that the statement reads from end to end."""
    growing = growing_tables()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
            yield from _sqlite_scans(sql, [row[3] for row in cursor.fetchall()], growing)
        else:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
            plan = cursor.fetchone()[0]
            yield from _postgresql_scans((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"], growing)


def _sqlite_scans(sql: str, steps: list[str], growing: set[str]) -> Iterator[str]:
    names = {alias: table for table, alias in _ALIASED.findall(sql) if table in growing} | {table: table for table in growing}
    for step in steps:
        scan = _SCANS.match(step)
        if scan and (table := names.get(scan[2] or scan[1], "")):
            yield f"{table}{scan[3]}"


def _postgresql_scans(plan: dict[str, Any], growing: set[str]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in growing:
        yield plan["Relation Name"]
    for below in plan.get("Plans", ()):
        yield from _postgresql_scans(below, growing)
