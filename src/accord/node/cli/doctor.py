"""accord doctor: what this machine lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from accord.node.cli import output
from accord.node.cli.options import HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from accord.core.findings import Finding

EPILOG = """Examples:

\b
  accord doctor
  accord doctor --home /srv/accord --json

Ends with 1 when something that a node cannot run without is missing."""

_MARKS: Final = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "failed": "[bold red]missing[/]"}


def doctor(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Say what a node needs and what is missing here: Python, packages, folder, disk, database, records, index."""
    from accord.core.findings import State
    from accord.node.doctor import examine

    findings = list(examine(open_home(home)))
    healthy = all(finding.state is not State.FAILED for finding in findings)
    if as_json:
        output.print_json({"healthy": healthy, "findings": [_document(finding) for finding in findings]})
    else:
        _print(findings)
    if not healthy:
        raise typer.Exit(1)


def _document(finding: Finding) -> dict[str, str]:
    return {"name": finding.name, "state": finding.state.value, "found": finding.found, "remedy": finding.remedy}


def _print(findings: list[Finding]) -> None:
    from rich.markup import escape

    table = output.table("what", "state", "found")
    for finding in findings:
        remedy = f"\n[bold]{escape(finding.remedy)}[/]" if finding.remedy else ""
        table.add_row(finding.name, _MARKS[finding.state.value], escape(finding.found) + remedy)
    output.print_table("What a node needs", table)
