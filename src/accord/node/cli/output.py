"""What the commands print: results on standard output, everything else on standard error.

A program that reads `--json` finds one JSON document on standard output and, when the command fails, one on standard error:
{"error": {"type", "message", "where"}}. Rich takes a tenth of a second to import, so it is imported where something is drawn.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from accord.core.errors import AccordError, Corrupt, Unavailable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells expect it: 128 + SIGINT."""


def results() -> Console:
    """Standard output. Made when used, so that it follows a redirected stream."""
    from rich.console import Console

    return Console(highlight=False)


def messages() -> Console:
    """Standard error: progress, notes, errors."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def note(text: str) -> None:
    """A line for the person at the terminal, out of the way of the results."""
    messages().print(text, soft_wrap=True, markup=False)


def print_json(document: Any) -> None:
    """One JSON document, alone on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def show_error(error: AccordError, as_json: bool) -> None:
    """What went wrong, where, and what to do, in one block without a traceback."""
    if as_json:
        _show_json_error(type(error).__name__, error.message, error.where)
        return
    from rich.text import Text

    text = Text.assemble(("Error: ", "bold red"), (f"{error.where}: " if error.where else "", "bold"), error.message)
    hint = _hint(error)
    if hint:
        text.append(f"\n{hint}", "dim")
    messages().print(text, soft_wrap=True)


def show_usage_error(message: str, command: str, as_json: bool) -> None:
    """The arguments do not fit the command."""
    if as_json:
        _show_json_error("Usage", message, command)
        return
    from rich.text import Text

    text = Text.assemble(("Usage error: ", "bold red"), message, (f"\n{command} --help tells how it is used.", "dim"))
    messages().print(text, soft_wrap=True)


def show_interrupted(as_json: bool) -> None:
    """The person pressed Ctrl-C."""
    message = "stopped at your word; nothing is half-written, and the same command can be given again"
    if as_json:
        _show_json_error("Interrupted", message, "")
    else:
        messages().print(f"[bold yellow]Interrupted:[/] {message}", soft_wrap=True)


def _show_json_error(kind: str, message: str, where: str) -> None:
    document = {"error": {"type": kind, "message": message, "where": where}}
    sys.stderr.write(json.dumps(document, ensure_ascii=False) + "\n")


def _hint(error: AccordError) -> str:
    if isinstance(error, Corrupt):
        return (
            "Do not work on with these data. The index under the home folder can be deleted: it is made again from the records."
        )
    if isinstance(error, Unavailable):
        return "accord doctor shows what this machine lacks."
    return ""


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """A table whose cells wrap instead of being cut, so that an id can be copied whole; `right` columns hold numbers."""
    from rich.table import Table

    made = Table(header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold", justify="right" if column in right else "left")
    return made


def print_table(title: str, table: Table) -> None:
    """`title` stands above `table` in one line, however narrow the table is."""
    console = results()
    console.print(f"[bold]{title}[/]", soft_wrap=True)
    console.print(table)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on standard error; where that is no terminal, only the end is shown."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=messages(), transient=not messages().is_terminal) as progress:
        yield progress
