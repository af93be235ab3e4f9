"""The legal rule that an order stands on, as a data file. Values whose source nobody checked are marked unverified.

A file gives: the authority named in orders, the preset tracing rule, how long a first order and a planned hold last, how
soon a bank must answer, and the source of each. Durations are hours or minutes.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from django.conf import settings

from accord.capabilities.claims.services.chase import CHASE_RULES
from accord.core.errors import BadInput
from accord.engine.tracing.model import Rule

_FIELDS: Final = {
    "name": str,
    "authority": str,
    "tracing_rule": str,
    "first_order_hours": int,
    "hold_hours": int,
    "answer_minutes": int,
    "source": str,
    "verified": bool,
}


@dataclass(frozen=True, slots=True)
class Regime:
    """One jurisdiction's rules for orders on money. `verified` is False where the source is from memory or assumed."""

    code: str
    name: str
    authority: str
    tracing_rule: Rule
    first_order_lasts: timedelta
    hold_lasts: timedelta
    answer_within: timedelta
    source: str
    verified: bool


def current_regime() -> Regime:
    """The regime of the jurisdiction that this node stands in."""
    return regime(settings.ACCORD_JURISDICTION)


@cache
def regime(code: str) -> Regime:
    """The regime of a jurisdiction (ISO 3166-1 alpha-2); the strict default where there is no file for it."""
    folder = files(__package__) / "regimes"
    path = folder / f"{code.lower()}.toml"
    if not path.is_file():
        path = folder / "default.toml"
    return _parse(code, tomllib.loads(path.read_text(encoding="utf-8")), path.name)


def _parse(code: str, table: dict[str, Any], where: str) -> Regime:
    unknown = table.keys() - _FIELDS.keys()
    missing = _FIELDS.keys() - table.keys()
    if unknown or missing:
        raise BadInput(f"unknown keys {sorted(unknown)}, missing keys {sorted(missing)}", where=where)
    for key, kind in _FIELDS.items():
        if type(table[key]) is not kind:
            raise BadInput(f"{key} must be {kind.__name__}, not {table[key]!r}", where=where)
    for key in ("first_order_hours", "hold_hours", "answer_minutes"):
        if table[key] <= 0:
            raise BadInput(f"{key} must be more than 0: every order expires and every clock runs", where=where)
    if table["tracing_rule"] not in CHASE_RULES:
        raise BadInput(f"tracing_rule must be one of {', '.join(CHASE_RULES)}, not {table['tracing_rule']!r}", where=where)
    return Regime(
        code=code,
        name=table["name"],
        authority=table["authority"],
        tracing_rule=Rule(table["tracing_rule"]),
        first_order_lasts=timedelta(hours=table["first_order_hours"]),
        hold_lasts=timedelta(hours=table["hold_hours"]),
        answer_within=timedelta(minutes=table["answer_minutes"]),
        source=table["source"],
        verified=table["verified"],
    )
