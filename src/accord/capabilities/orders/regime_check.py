"""Checking regime files: every mistake at once, with its line, in words that say what to write instead.

`regime.parse` refuses a file at its first mistake, which is right for a node that starts. Whoever writes a file wants all of
them. A file that passes here is one that `parse` accepts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, get_type_hints

import msgspec

from accord.capabilities.claims.services.chase import CHASE_RULES
from accord.capabilities.orders.kinds import KEEPS_MONEY, RENEWABLE, OrderKind
from accord.capabilities.orders.regime import RegimeFile, RuleTable
from accord.core.money import EXPONENTS

_NOT_A_CHOICE: Final = ("settings", "source", "verified")
"""Keys of a rule that say something about it, and so cannot be a choice of the node."""

_AT: Final = re.compile(r"\(at line (\d+), column \d+\)")
_HEADER: Final = re.compile(r"\s*\[([^\[\]]+)\]")


class Problem(NamedTuple):
    """One mistake. `line` counts from 1; 0 where it is about the file as a whole."""

    line: int
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What a file holds: its mistakes; rules that nobody checked; what in each rule is a choice of the node."""

    where: str
    problems: tuple[Problem, ...]
    unverified: tuple[str, ...] = ()
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)


def check_text(text: str, where: str, *, is_default: bool = False) -> Findings:
    """Every mistake in a regime file. The default must state a rule for each kind; the others leave to it what they do not."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        return Findings(where, (Problem(int(at[1]) if at else 0, "", f"not TOML: {_AT.sub('', str(error)).strip()}"),))
    lines = _lines(text)
    found = [*_file_problems(table), *_rule_problems(table)]
    if is_default:
        missing = sorted(set(OrderKind) - set(_rules(table)))
        found += [(f"kinds.{kind}", "is missing: the default must have a rule for every kind") for kind in missing]
    problems = sorted(Problem(_line(lines, key), key, message) for key, message in found)
    rules = _rules(table)
    return Findings(
        where,
        tuple(problems),
        tuple(sorted(kind for kind, rule in rules.items() if rule.get("verified") is not True)),
        {kind: _choices(rule) for kind, rule in sorted(rules.items()) if _choices(rule)},
    )


def _rules(table: dict[str, Any]) -> dict[str, dict[str, Any]]:
    kinds = table.get("kinds", {})
    return {kind: rule for kind, rule in kinds.items() if isinstance(rule, dict)} if isinstance(kinds, dict) else {}


def _choices(rule: dict[str, Any]) -> tuple[str, ...]:
    stated = rule.get("settings")
    return tuple(map(str, stated)) if isinstance(stated, list) else ()


def _file_problems(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _field_problems(table, RegimeFile, "", inner=("kinds", "living_costs"))
    if (rule := table.get("tracing_rule")) is not None and rule not in CHASE_RULES:
        yield "tracing_rule", f"must be one of {', '.join(CHASE_RULES)}, not {rule!r}"
    for key in ("first_order", "plan_order"):
        if key in table and table[key] not in KEEPS_MONEY:
            yield key, f"must be one of {', '.join(KEEPS_MONEY)}, not {table[key]!r}"
    costs = table.get("living_costs", {})
    if not isinstance(costs, dict):
        yield "living_costs", "must be a table of currencies and minor units"
        return
    for currency, amount in costs.items():
        key = f"living_costs.{currency}"
        if currency not in EXPONENTS:
            yield key, "is not an ISO 4217 currency code"
        if type(amount) is not int or amount < 0:
            yield key, f"must be minor units, a whole number from 0, not {amount!r}"


def _rule_problems(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kinds = table.get("kinds", {})
    if not isinstance(kinds, dict):
        yield "kinds", "must hold one table a kind of order, such as [kinds.hold]"
        return
    for kind, rule in kinds.items():
        key = f"kinds.{kind}"
        if kind not in set(OrderKind):
            yield key, f"is no kind of order; the kinds are {', '.join(OrderKind)}"
        if not isinstance(rule, dict):
            yield key, f"must be a table: [{key}]"
            continue
        yield from _field_problems(rule, RuleTable, key + ".")
        yield from _sense_problems(kind, rule, key + ".")


def _sense_problems(kind: str, rule: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """What each key alone does not show."""
    known = set(RuleTable.__struct_fields__) - set(_NOT_A_CHOICE)
    stated = rule.get("settings", [])
    for name in stated if isinstance(stated, list) else ():
        if name not in known:
            yield prefix + "settings", f"names {name!r}, which a rule does not have"
    if rule.get("renewals") and kind not in RENEWABLE:
        yield prefix + "renewals", "this kind of order is never renewed; leave it out"
    if "renewal_hours" in rule and not rule.get("renewals"):
        yield prefix + "renewal_hours", "says how long a renewal lasts, but no renewals are allowed"
    acknowledge, execute = rule.get("acknowledge_minutes", 15), rule.get("execute_minutes", 15)
    if type(acknowledge) is int and type(execute) is int and acknowledge > execute:
        yield prefix + "acknowledge_minutes", "a receiver cannot have longer to acknowledge an order than to carry it out"


def _field_problems(
    table: dict[str, Any], shape: type[msgspec.Struct], prefix: str, inner: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Unknown, missing and unusable keys of one table; `inner` tables are looked at elsewhere."""
    kinds_of_key = get_type_hints(shape, include_extras=True)
    needed = {item.name for item in msgspec.structs.fields(shape) if item.required}
    yield from ((prefix + key, "is not a key of a regime file") for key in table if key not in kinds_of_key)
    yield from ((prefix + key, "is missing") for key in sorted(needed - table.keys()))
    enumerated = ("tracing_rule", "first_order", "plan_order")  # said better, with the choices, by the caller
    for key, value in table.items():
        if key not in kinds_of_key or key in inner or key in enumerated:
            continue
        try:
            msgspec.convert(value, kinds_of_key[key])
        except msgspec.ValidationError as error:
            yield prefix + key, f"{str(error)[:1].lower()}{str(error)[1:]}"


def _lines(text: str) -> dict[str, int]:
    """The line of each key and table, by its whole name."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header[1].strip() + "."
            found.setdefault(table[:-1], number)
        elif stated := re.match(r"\s*([A-Za-z0-9_-]+)\s*=", line):
            found.setdefault(table + stated[1], number)
    return found


def _line(lines: dict[str, int], key: str) -> int:
    """Where the key stands; for a missing one, where its table begins."""
    while key not in lines and "." in key:
        key = key.rpartition(".")[0]
    return lines.get(key, 0)
