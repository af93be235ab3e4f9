"""accord retention: how long things are kept, and removing what is kept no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from accord.node.cli import output
from accord.node.cli.options import HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from pathlib import Path

    from accord.capabilities.people.retention import Execution

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Say how long things are kept, and remove what is not.")

_SHOW_EPILOG = """Example:  accord retention show --json

A node sets its own periods, in days, in retention.toml in its home folder, such as:  reads = 730"""

_RUN_EPILOG = """Examples:

\b
  accord retention run --dry-run
  accord retention run

The worker does the same once a day. Each rule that is carried out is on record with its count."""


@app.command("show", epilog=_SHOW_EPILOG)
def show(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Every rule: what it removes, after how long, on whose word, and how much is due now."""
    _print(_run(home, dry_run=True), "due now", as_json)


@app.command("run", epilog=_RUN_EPILOG)
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; remove nothing.")] = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Carry every rule out now. Ends with 1 where one could not be."""
    executions = _run(home, dry_run=dry_run)
    _print(executions, "would be removed" if dry_run else "removed", as_json)
    if any(execution.error for execution in executions):
        raise typer.Exit(1)


def _run(home: Path | None, *, dry_run: bool) -> list[Execution]:
    node_home = open_home(home)
    from accord.node import serve

    serve.prepare(node_home)
    from accord.capabilities.people import retention

    return retention.run(dry_run=dry_run)


def _print(executions: list[Execution], counted: str, as_json: bool) -> None:
    if as_json:
        output.print_json(
            [
                {
                    "rule": execution.rule.name,
                    "keep_days": execution.rule.keep.days,
                    "what": execution.rule.text,
                    "source": execution.rule.source,
                    "verified": execution.rule.verified,
                    "count": execution.count,
                    "error": execution.error,
                }
                for execution in executions
            ]
        )
        return
    table = output.table("rule", "days", "what", "source", counted, right=("days", counted))
    for execution in executions:
        rule = execution.rule
        source = rule.source if rule.verified else f"{rule.source} (unverified)"
        table.add_row(rule.name, str(rule.keep.days), rule.text, source, execution.error or str(execution.count))
    output.print_table("Retention", table)
