"""The commands of a node put together, and what their errors become. The program adds those of the lab (`accord.lab.cli`).

Exit codes: 0 done, 2 bad usage or bad input, 1 failure, 130 after Ctrl-C. A failure that Accord foresees is one clear block
on standard error; only a programming mistake shows a traceback. Help is plain text, not rich panels: those take longer to
import than everything else together, and they break lines that one wants to copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from accord.core.errors import AccordError
from accord.node.cli import (
    agreements,
    audit,
    doctor,
    exchange,
    exercise,
    lines,
    node,
    output,
    partners,
    records,
    regimes,
    retention,
    trace,
)
from accord.node.cli.options import HomeOption, open_home

_EPILOG = """First steps:

\b
  accord demo                                               a day of a desk, on made-up banks
  accord records load transfers.csv --kind transfers        your own records
  accord trace --transfer ID                                follow the money

Exit codes: 0 done, 2 bad usage or bad input, 1 failure. accord COMMAND --help shows examples."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=_EPILOG,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"accord {version('accord')}")
        raise typer.Exit


@app.callback()
def accord(
    home: HomeOption = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Accord, an open anti-scam centre: follow stolen money across ledgers and hold exactly the traced amount."""
    if home is not None:
        open_home(home)


app.command("doctor", short_help="Say what a node needs and what is missing here.", epilog=doctor.EPILOG)(doctor.doctor)
app.add_typer(records.app, name="records")
app.command("trace", short_help="Follow stolen money through the loaded records.", epilog=trace.EPILOG)(trace.trace)
app.add_typer(exercise.app, name="exercise")
app.add_typer(node.app, name="node")
app.add_typer(lines.app, name="lines")
app.add_typer(partners.app, name="partners")
app.add_typer(agreements.app, name="agreements")
app.add_typer(exchange.app, name="exchange")
app.add_typer(audit.app, name="audit")
app.add_typer(retention.app, name="retention")
app.add_typer(regimes.app, name="regimes")


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code. Prints what there is to print and raises nothing that it foresees."""
    as_json = "--json" in arguments
    try:
        code = get_command(app).main(args=list(arguments), prog_name="accord", standalone_mode=False)
    except AccordError as error:
        output.show_error(error, as_json)
        return error.exit_code
    except typer.TyperException as error:
        if error.format_message().startswith("Usage: "):
            output.note(error.format_message())  # a group without a command: its help
            return error.exit_code
        context = getattr(error, "ctx", None)
        output.show_usage_error(error.format_message(), context.command_path if context else "accord", as_json)
        return error.exit_code
    except typer.Abort:
        code = output.INTERRUPTED
    if code == output.INTERRUPTED:
        output.show_interrupted(as_json)
    return code if isinstance(code, int) else 0
