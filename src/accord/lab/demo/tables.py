"""The tables at the end of a demo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from accord.capabilities.exchange.messages import BODIES
from accord.lab.demo.results import Group, HoldTimes, Results, median_and_p95

_WIDE: Final = 119
"""Columns of a terminal on which the table of jurisdictions stands in one line a row."""

_KINDS: Final = tuple(BODIES)
"""Kinds of messages that stand under an agreement."""


def show(results: Results, console: Console) -> None:
    """Print what the day came to."""
    if len(results.by_country) > 1:
        console.print(_across(results, narrow=console.width < _WIDE))
    console.print(_by_delay(results))
    console.print(_figures(results))
    if results.messages:
        console.print(_messages(results))


def _messages(results: Results) -> Table:
    """What each centre told each other one: everything that crossed a border, by kind."""
    table = _table("Messages between centres, signed and encrypted under the pair's agreement", "from → to")
    kinds = [kind for kind in _KINDS if any(kind == one for _, _, one in results.messages)]
    for kind in (*kinds, "between the nodes"):
        table.add_column(kind.replace("_", " "), justify="right")
    for sender, recipient in sorted({(sender, recipient) for sender, recipient, _ in results.messages}):
        counts = [results.messages.get((sender, recipient, kind), 0) for kind in kinds]
        rest = sum(number for (one, other, kind), number in results.messages.items() if (one, other) == (sender, recipient))
        table.add_row(f"{_short(sender)} → {_short(recipient)}", *map(str, counts), str(rest - sum(counts)))
    return table


def _short(agency: str) -> str:
    """The country of an exercise's centre: its code is that and one word more, which a narrow terminal has no room for."""
    return agency.partition("-")[0]


def _across(results: Results, *, narrow: bool) -> Table:
    """Where the money that was claimed in each country is now. Where it is `narrow`, shares stand under their amounts."""
    countries = list(results.by_country)
    table = _table("Money by jurisdiction of the call (US dollars at the exercise's rates)", "call in")
    if narrow:
        table.padding = (0, 0, 0, 0)
    for name in ("calls", "claimed", *(f"held in {country}" for country in countries), "left before", "left during", "neither"):
        table.add_column(name, justify="right")
    total = results.total
    for group in (*results.by_country.values(), total):
        if group is total:
            table.add_section()
        cells = (*(group.held_in[country] for country in countries), group.before, group.during, group.neither)
        shares = [_share(cents, group, "\n" if narrow else " ") for cents in cells]
        table.add_row(group.name, str(group.calls), f"{group.claimed // 100:,}", *shares)
    table.add_section()
    left = "; ".join(f"{country} {(total.left_before[country] + total.left_during[country]) // 100:,}" for country in countries)
    table.caption = f"Money that left all ledgers, by the jurisdiction that it left: {left}"
    return table


def _by_delay(results: Results) -> Table:
    table = _table("Money by delay of the report (US dollars at the exercise's rates)", "report after payment")
    for name in ("calls", "claimed", "held", "left before report", "left during response", "neither"):
        table.add_column(name, justify="right")
    for group in (*results.by_delay, results.total):
        if group.name == "all":
            table.add_section()
        if group.calls:
            shares = [_share(cents, group) for cents in (group.held, group.before, group.during, group.neither)]
            table.add_row(group.name, str(group.calls), f"{group.claimed // 100:,}", *shares)
    return table


def _share(cents: int, group: Group, between: str = " ") -> str:
    per_cent = 100 * cents / group.claimed if group.claimed else 0
    return f"{cents // 100:,}{between}({per_cent:.0f}%)"


def _figures(results: Results) -> Table:
    table = _table("Speed and care", "")
    table.add_column("median", justify="right")
    table.add_column("p95", justify="right")
    _add_times(table, "call to first order", results.first_software, results.first_total, "officer's time included")
    at_home = [hold for hold in results.holds if not hold.crossed]
    abroad = [hold for hold in results.holds if hold.crossed]
    _add_holds(table, "call to a confirmed hold", at_home)
    if abroad:
        _add_holds(table, "call to a confirmed hold across a border", abroad)
    table.add_section()
    held = results.total.held
    innocent = 100 * results.innocent_held / held if held else 0
    table.add_row(f"holds confirmed ({_counts(results.holds)})", str(len(results.holds)), "")
    table.add_row("orders refused by banks, with reason", str(results.refused), "")
    table.add_row("innocent money among what was held", f"{results.innocent_held // 100:,} ({innocent:.1f} %)", "")
    return table


def _add_holds(table: Table, name: str, holds: Sequence[HoldTimes]) -> None:
    software, total = [hold.software for hold in holds], [hold.total for hold in holds]
    _add_times(table, name, software, total, "officers and banks included")


def _add_times(table: Table, name: str, software: Sequence[float], total: Sequence[float], included: str) -> None:
    for what, values, form in (("software alone", software, "{:.2f} s"), (f"in all ({included})", total, "{:,.0f} s")):
        median, p95 = median_and_p95(values)
        table.add_row(f"{name}, {what}", form.format(median), form.format(p95))


def _counts(holds: Iterable[HoldTimes]) -> str:
    """How many in each country."""
    countries = sorted(hold.country for hold in holds)
    return ", ".join(f"{country} {countries.count(country)}" for country in dict.fromkeys(countries))


def _table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.add_column(first)
    return table
