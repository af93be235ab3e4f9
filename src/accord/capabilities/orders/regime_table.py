"""All shipped regimes as one table, for the documentation: a test keeps it equal to the files."""

from __future__ import annotations

from datetime import timedelta

from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.regime import Regime, known_codes, regime, stated_kinds

_NOWHERE = "ZZ"
"""A code that no country has (ISO 3166-1 leaves it to users): it gets the strict default."""


def as_markdown() -> str:
    """One row a rule that a file states; then those of the default, which fill in whatever a file leaves out."""
    parts = [_table(regime(code), stated_kinds(code)) for code in known_codes()]
    return "\n\n".join([*parts, _table(regime(_NOWHERE), list(OrderKind))])


def _table(found: Regime, kinds: list[OrderKind]) -> str:
    name = "The strict default" if found.code == _NOWHERE else f"{found.code}: {found.name}"
    rows = "\n".join(_row(found, kind) for kind in kinds)
    return (
        f"### {name}\n\n"
        f"{found.authority}. Traced by {found.tracing_rule}; a call is followed by a {_plain(found.first_order)}, "
        f"a line of the plan by a {_plain(found.plan_order)}.\n\n"
        "| order | who approves | lasts | renewals | acknowledge / carry out | appeal / release | checked | source |\n"
        "|---|---|---|---|---|---|---|---|\n" + rows
    )


def _row(found: Regime, kind: OrderKind) -> str:
    rule = found.rule(kind)
    renewals = f"{rule.renewals} of {length(rule.renewal_lasts)}" if rule.renewals else "none"
    answer = f"{length(rule.acknowledge_within)} / {length(rule.execute_within)}"
    appeal = f"{length(rule.appeal_within)} / {length(rule.release_within)}"
    checked = "yes" if rule.verified else "**no**"
    return (
        f"| {_plain(kind)} | {_plain(rule.approval)} | {length(rule.lasts)} | {renewals} | {answer} | {appeal} | {checked} "
        f"| {rule.source} |"
    )


def _plain(code: str) -> str:
    return code.replace("_", " ")


def length(span: timedelta) -> str:
    """15 min, 48 h, 180 d: in the largest unit of which it is a whole number, days from a week on."""
    minutes = span // timedelta(minutes=1)
    if minutes % 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours // 24} d" if hours >= 168 and hours % 24 == 0 else f"{hours} h"
