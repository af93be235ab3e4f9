"""accord regimes: the legal rules that orders stand on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accord.core.errors import BadInput
from accord.node.cli import output
from accord.node.cli.options import HomeOption, JsonOption, open_home
from accord.node.errors import Msg

if TYPE_CHECKING:
    from accord.capabilities.orders.regime import KindRule, Regime
    from accord.capabilities.orders.regime_check import Findings

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Show and check the legal rules that orders stand on.")

_CHECK_EPILOG = """Examples:

\b
  accord regimes check                          the files that come with Accord
  accord regimes check my.toml other.toml       these too, before they are put into use

Ends with 2 when a file has a mistake; all mistakes of all files are told at once. An unverified rule is no mistake: it is
listed, asks for a second person and never acts alone."""


def _ready(home: Path | None) -> None:
    """The rules name capabilities, which want Django; no database is touched."""
    open_home(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.node.settings")
    import django

    django.setup()


@app.command("check", epilog=_CHECK_EPILOG)
def check(
    given: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Regime files of your own.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Check the shipped regime files and those given: every mistake with its line, and what nobody has verified."""
    _ready(home)
    from accord.capabilities.orders.regime import file_text, known_codes
    from accord.capabilities.orders.regime_check import check_text

    names = ["default", *(code.lower() for code in known_codes())]
    findings = [check_text(file_text(name), f"{name}.toml", is_default=name == "default") for name in names]
    findings += [check_text(_text(path), str(path), is_default=path.name == "default.toml") for path in given or ()]
    if as_json:
        output.print_json([_findings_document(found) for found in findings])
    else:
        _print_findings(findings)
    if any(found.problems for found in findings):
        raise typer.Exit(BadInput.exit_code)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(Msg.CANNOT_BE_READ_AT_ALL, error=error, where=str(path)) from error


def _findings_document(found: Findings) -> dict[str, Any]:
    return {
        "file": found.where,
        "problems": [problem._asdict() for problem in found.problems],
        "unverified": list(found.unverified),
        "choices_of_the_node": {kind: list(names) for kind, names in found.choices.items()},
    }


def _print_findings(findings: list[Findings]) -> None:
    from rich.markup import escape

    table = output.table("file", "mistakes", "unverified rules", "choices of this node, not law")
    for found in findings:
        choices = [f"{kind}: {', '.join(names)}" for kind, names in found.choices.items()]
        table.add_row(
            escape(found.where),
            f"[bold red]{len(found.problems)}[/]" if found.problems else "[green]none[/]",
            ", ".join(found.unverified) or "none",
            escape("\n".join(choices)),
        )
    output.print_table("Regime files", table)
    for found in findings:
        for problem in found.problems:
            place = f"{found.where}:{problem.line}" if problem.line else found.where
            output.note(f"{place}: {problem.key + ' ' if problem.key else ''}{problem.message}")


@app.command("list", epilog="Example:  accord regimes list --json")
def list_(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Say for which jurisdictions there are rules, and which is in force here."""
    _ready(home)
    from accord.capabilities.orders.regime import current_regime, known_codes, regime, stated_kinds

    here = current_regime().code
    rows = [_summary(regime(code), [regime(code).rule(kind) for kind in stated_kinds(code)], here) for code in known_codes()]
    if as_json:
        output.print_json(rows)
        return
    table = output.table("code", "name", "first order", "order of a plan", "rules", "verified", right=("rules", "verified"))
    for row in rows:
        mark = " (here)" if row["in_force"] else ""
        table.add_row(
            row["code"] + mark, row["name"], row["first_order"], row["plan_order"], str(row["rules"]), str(row["verified"])
        )
    output.print_table("Regimes", table)
    if all(row["code"] != here for row in rows):
        output.note(f"{here} has no file of its own: the strict default is in force here.")


def _summary(found: Regime, rules: list[KindRule], here: str) -> dict[str, Any]:
    return {
        "code": found.code,
        "name": found.name,
        "authority": found.authority,
        "first_order": found.first_order.value,
        "plan_order": found.plan_order.value,
        "rules": len(rules),
        "verified": sum(rule.verified for rule in rules),
        "in_force": found.code == here,
    }


@app.command("show", epilog="Examples:\n\n\b\n  accord regimes show TH\n  accord regimes show CN --json")
def show(
    code: Annotated[str, typer.Argument(help="A jurisdiction (ISO 3166-1), such as CN.", show_default=False)],
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show every rule of a jurisdiction, those of the strict default included where it states none."""
    _ready(home)
    from accord.capabilities.orders.regime import regime

    if not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise BadInput(Msg.NOT_JURISDICTION, code=code, where="code")
    found = regime(code)
    if as_json:
        output.print_json(_regime_document(found))
    else:
        _print_regime(found)


def _regime_document(found: Regime) -> dict[str, Any]:
    return {
        "code": found.code,
        "name": found.name,
        "authority": found.authority,
        "tracing_rule": found.tracing_rule.value,
        "first_order": found.first_order.value,
        "plan_order": found.plan_order.value,
        "living_costs": found.living_costs,
        "kinds": {kind.value: _rule_document(rule) for kind, rule in found.kinds.items()},
    }


def _rule_document(rule: KindRule) -> dict[str, Any]:
    return {
        "approval": rule.approval.value,
        "asks_for_two": rule.asks_for_two,
        "lasts_seconds": int(rule.lasts.total_seconds()),
        "renewals": rule.renewals,
        "renewal_seconds": int(rule.renewal_lasts.total_seconds()),
        "grounds": list(rule.grounds),
        "conditions": list(rule.conditions),
        "acknowledge_seconds": int(rule.acknowledge_within.total_seconds()),
        "execute_seconds": int(rule.execute_within.total_seconds()),
        "report_seconds": int(rule.report_within.total_seconds()),
        "appeal_seconds": int(rule.appeal_within.total_seconds()),
        "release_seconds": int(rule.release_within.total_seconds()),
        "tell_after_seconds": int(rule.tell_after.total_seconds()),
        "source": rule.source,
        "verified": rule.verified,
        "choices_of_the_node": list(rule.settings),
    }


def _print_regime(found: Regime) -> None:
    from rich.markup import escape

    from accord.capabilities.orders.regime_table import length

    table = output.table("order", "who approves", "lasts", "renewals", "carry out", "appeal", "release", "verified", "source")
    for kind, rule in found.kinds.items():
        approval = rule.approval.replace("_", " ")
        two = " (a second person, unverified)" if rule.asks_for_two and rule.approval == "one_officer" else ""
        table.add_row(
            kind.replace("_", " "),
            approval + two,
            length(rule.lasts),
            str(rule.renewals),
            length(rule.execute_within),
            length(rule.appeal_within),
            length(rule.release_within),
            "yes" if rule.verified else "[bold yellow]no[/]",
            escape(rule.source),
        )
    output.print_table(f"{found.code}: {found.name} · {found.authority} · traced by {found.tracing_rule}", table)
