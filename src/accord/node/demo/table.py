"""The table at the end of a demo."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from accord.node.demo.results import Bucket, Results, median_and_p95


def show(results: Results, console: Console) -> None:
    """Print what the day came to."""
    console.print(_money(results.buckets))
    console.print(_figures(results))


def _money(buckets: list[Bucket]) -> Table:
    table = Table(title="Money by delay of the report (US dollars at the exercise's rates)", title_justify="left")
    table.add_column("report after payment")
    for name in ("calls", "claimed", "held", "left before report", "left during response", "neither"):
        table.add_column(name, justify="right")
    for bucket in buckets:
        if bucket.calls:
            _add(table, bucket)
    table.add_section()
    _add(table, _total(buckets))
    return table


def _total(buckets: list[Bucket]) -> Bucket:
    total = Bucket("all")
    for bucket in buckets:
        total.calls += bucket.calls
        total.claimed += bucket.claimed
        total.held += bucket.held
        total.left_before += bucket.left_before
        total.left_during += bucket.left_during
    return total


def _add(table: Table, bucket: Bucket) -> None:
    def share(cents: int) -> str:
        per_cent = 100 * cents / bucket.claimed if bucket.claimed else 0
        return f"{cents // 100:,} ({per_cent:.0f} %)"

    table.add_row(
        bucket.name,
        str(bucket.calls),
        f"{bucket.claimed // 100:,}",
        share(bucket.held),
        share(bucket.left_before),
        share(bucket.left_during),
        share(bucket.moving),
    )


def _figures(results: Results) -> Table:
    table = Table(title="Speed and care", title_justify="left")
    table.add_column("")
    table.add_column("median", justify="right")
    table.add_column("p95", justify="right")
    for name, values, form in (
        ("call to first order, software alone", results.first_order_software, "{:.2f} s"),
        ("call to first order, in all (officer's time included)", results.first_order_total, "{:,.0f} s"),
        ("call to a confirmed hold, software alone", results.hold_software, "{:.2f} s"),
        ("call to a confirmed hold, in all (officers and banks included)", results.hold_total, "{:,.0f} s"),
    ):
        median, p95 = median_and_p95(values)
        table.add_row(name, form.format(median), form.format(p95))
    table.add_section()
    innocent = 100 * results.innocent_held / results.held if results.held else 0
    countries = ", ".join(sorted(results.countries_held))
    table.add_row(f"holds confirmed ({countries})", str(results.holds), "")
    table.add_row("orders refused by banks, with reason", str(results.refused), "")
    table.add_row("innocent money among what was held", f"{results.innocent_held // 100:,} ({innocent:.1f} %)", "")
    return table
