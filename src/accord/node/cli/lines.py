"""accord lines: the lines between this node and banks (or, on a bank's node, centres); tried, served, put to the test."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accord.core.errors import BadInput
from accord.node.cli import output
from accord.node.cli.options import HomeOption, JsonOption, open_home
from accord.node.errors import Msg

if TYPE_CHECKING:
    from accord.adapters.contract_kit import Result

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Lines to banks, or from a bank to centres: lines.toml.",
)

_CONTRACT_EPILOG = """Examples:

\b
  accord lines contract https://test.bank.example/api/bank/v1 --token-file token --data bank-test-data.toml
  accord lines contract https://test.bank.example/api/bank/v1 --token-file token --data data.toml --case same_order_again

The data file names a few accounts and credits at the bank's test system: docs/bank-api.md. Ends with 1 when the bank breaks a
promise of the contract."""


@app.command("list", epilog="Example:  accord lines list --json")
def list_lines(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Show the lines of lines.toml. Secrets are in files of their own and are not shown."""
    from accord.node.line_checks import described

    lines = described(open_home(home))
    if as_json:
        output.print_json(lines)
        return
    table = output.table("code", "what", "kind", "where", "pushes")
    for line in lines:
        table.add_row(line["code"], line["what"], line["kind"], line["where"], line["pushes"])
    output.print_table("Lines of this node", table)


@app.command("check", epilog="Examples:  accord lines check    accord lines check ICBKCNBJ")
def check(
    code: Annotated[str | None, typer.Argument(help="One line alone.", show_default=False)] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Try each line: reachable, authenticated, the same version of the contract, clocks that agree. Sends no order."""
    from accord.node.line_checks import check_lines

    found = list(check_lines(open_home(home), code))
    healthy = all(not finding.trouble for finding in found)
    if as_json:
        findings = [{"code": f.code, "ok": not f.trouble, "found": f.found, "trouble": f.trouble} for f in found]
        output.print_json({"healthy": healthy, "lines": findings})
    else:
        table = output.table("code", "state", "found")
        for finding in found:
            table.add_row(finding.code, "failed" if finding.trouble else "ok", finding.trouble or finding.found)
        output.print_table("Lines tried", table)
    if not healthy:
        raise typer.Exit(1)


@app.command("secret", epilog="Example:  accord lines secret > secrets/icbk")
def secret() -> None:
    """Print a new secret to share with one counterpart, for what a bank pushes."""
    from accord.adapters.bank_wire.signatures import new_secret

    typer.echo(new_secret())


@app.command("serve-files", epilog="Example:  accord lines serve-files drops/centre --sender CN-CENTRE")
def serve_files(
    folder: Annotated[Path, typer.Argument(help="The folder shared with the agency.", show_default=False)],
    sender: Annotated[str, typer.Option(help="The agency that owns the folder.", show_default=False)],
    once: Annotated[bool, typer.Option("--once", help="One pass over the folder, then end.")] = False,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two passes.")] = 2.0,
    home: HomeOption = None,
) -> None:
    """On a bank's node: take orders and enquiries from a folder and write the answers there. Ctrl-C ends it between files."""
    node_home = open_home(home)
    from accord.node import serve

    serve.prepare(node_home)
    from django.conf import settings

    if settings.ACCORD_AGENCY_KIND != "bank":
        raise BadInput(Msg.NODE_IS_NO_BANK, where="accord lines serve-files")
    from accord.adapters.bank_files import FileServer
    from accord.node.bank_lines import inbox_of

    server = FileServer(folder.absolute(), settings.ACCORD_AGENCY, sender, inbox_of(sender))
    stop = threading.Event()
    with serve.stopping_on_signals(stop):
        while not stop.is_set():
            written = server.serve()
            if once:
                output.note(f"{written} files written.")
                return
            stop.wait(every)


@app.command("contract", epilog=_CONTRACT_EPILOG)
def contract(
    url: Annotated[str, typer.Argument(help="The bank's API, up to and with its version.", show_default=False)],
    token_file: Annotated[Path, typer.Option(help="File that holds the token to show.", show_default=False)],
    data: Annotated[Path, typer.Option(help="Description of the test accounts (TOML).", show_default=False)],
    other_token_file: Annotated[
        Path | None, typer.Option(help="Token of a second agency, which must see nothing.", show_default=False)
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="Certificate authority to trust.", show_default=False)] = None,
    cert: Annotated[Path | None, typer.Option(help="Certificate to show (mutual TLS).", show_default=False)] = None,
    key: Annotated[Path | None, typer.Option(help="Key of that certificate.", show_default=False)] = None,
    case: Annotated[list[str] | None, typer.Option(help="One case alone; may be repeated.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Put a bank's test system to the test: every promise of the contract, one by one. Never use it on real accounts."""
    from accord.adapters.bank_http import Endpoint
    from accord.adapters.contract_kit import Outcome, TestData, run_all
    from accord.node.line_checks import bench_over_https, chosen_cases

    test_data = TestData.read(data)
    endpoint = Endpoint(test_data.institution, url, ca, cert, key)
    results: list[Result] = []
    with bench_over_https(endpoint, token_file, other_token_file, test_data) as bench:
        for result in run_all(bench, chosen_cases(case or [])):
            results.append(result)
            if not as_json:
                output.results().print(f"{result.outcome:10} {result.case.name}  {result.words}", soft_wrap=True, markup=False)
    broken = [result for result in results if result.outcome is Outcome.BROKEN]
    if as_json:
        output.print_json({"kept": not broken, "cases": [_document(result) for result in results]})
    else:
        output.note(f"{len(results)} cases, {len(broken)} broken.")
    if broken:
        raise typer.Exit(1)


def _document(result: Result) -> dict[str, object]:
    return {
        "case": result.case.name,
        "promise": result.case.promise,
        "outcome": result.outcome.value,
        "words": result.words,
        "seconds": round(result.seconds, 3),
    }
