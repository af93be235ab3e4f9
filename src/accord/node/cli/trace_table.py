"""A trace for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.table import Table

from accord.core import clock
from accord.core.money import Money
from accord.engine.tracing import AccountRef, Trace
from accord.node.cli import output

_SHOWN: Final = 40
"""Rows of one table; --json has them all."""

_CONSERVED: Final = {
    True: "[green]Conserved:[/] what was claimed equals what stands plus what left, to the minor unit.",
    False: "[bold red]Not conserved:[/] the sums do not add up; do not act on this trace.",
    None: "Upper bound: under this rule nothing is conserved, and no hold may stand on it.",
}


def print_trace(trace: Trace) -> None:
    """Where the money stands, where it left, and by which transfers, largest meaning first."""
    console = output.results()
    claimed = trace.claimed_by_currency or {trace.currency: trace.claimed}
    until = f", until {clock.to_iso(trace.until)}" if trace.until else ""
    console.print(f"[bold]Claimed[/] {_sums(claimed)}  (rule {trace.rule}{until})")
    for title, table, total in (_standing(trace), _exits(trace), _flows(trace)):
        if total:
            output.print_table(title, table)
            _print_cut(console, total)
    console.print(_CONSERVED[trace.conserved])


def _standing(trace: Trace) -> tuple[str, Table, int]:
    sums = _total((item.currency, item.amount) for item in trace.standing)
    table = output.table("account", "amount", right=("amount",))
    for item in sorted(trace.standing, key=lambda item: -item.amount)[:_SHOWN]:
        table.add_row(_account(item.account), str(Money(item.amount, item.currency)))
    return f"Standing: {_sums(sums)}", table, len(trace.standing)


def _exits(trace: Trace) -> tuple[str, Table, int]:
    sums = _total((item.currency, item.amount) for item in trace.exits)
    table = output.table("kind", "to", "by transfer", "amount", right=("amount",))
    for item in sorted(trace.exits, key=lambda item: -item.amount)[:_SHOWN]:
        table.add_row(
            item.kind.replace("_", " "), _account(item.account), item.transfer, str(Money(item.amount, item.currency))
        )
    return f"Left the ledger: {_sums(sums)}", table, len(trace.exits)


def _flows(trace: Trace) -> tuple[str, Table, int]:
    table = output.table("hop", "time", "transfer", "from", "to", "amount", right=("hop", "amount"))
    for flow in trace.flows[:_SHOWN]:
        table.add_row(
            str(flow.hop),
            clock.to_iso(flow.time),
            flow.transfer,
            _account(flow.debtor),
            _account(flow.creditor),
            str(Money(flow.amount, flow.currency)),
        )
    return "Flows", table, len(trace.flows)


def _account(account: AccountRef) -> str:
    return f"{account.number} @{account.bank}" if account.bank else account.number


def _total(amounts: Iterable[tuple[str, int]]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for currency, amount in amounts:
        totals[currency] += amount
    return totals


def _sums(totals: dict[str, int]) -> str:
    return ", ".join(str(Money(amount, currency)) for currency, amount in sorted(totals.items())) or "nothing"


def _print_cut(console: Console, total: int) -> None:
    if total > _SHOWN:
        console.print(f"[dim]… and {total - _SHOWN:,} more rows; --json has them all.[/]")
