"""accord exchange: envelopes as files for partners without a line, how far behind each partner is, and what is published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from accord.core.errors import BadInput, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.core.wording import sentence_of
from accord.node.cli import output
from accord.node.cli.frame import command
from accord.node.cli.options import JsonOption
from accord.node.errors import Msg

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Messages to and from partners' centres.")

_EXPORT_EPILOG = """Examples:

\b
  accord exchange export SG-ASC --out to-singapore.json
  accord exchange import from-singapore.json

A file holds what waits for one partner, sealed so that nobody else can read it, and how far its own messages were received.
Exporting again gives the same messages anew until a file of the partner says that it has them."""


@command(app, "export", epilog=_EXPORT_EPILOG)
def export(
    partner: Annotated[str, typer.Argument(help="The partner's agency code.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The file to write.", show_default=False)],
) -> None:
    """Write what waits for a partner into a file to carry over."""
    from accord.capabilities.exchange.channel.services import files
    from accord.capabilities.people.policy import OPERATOR

    written = files.export(OPERATOR, partner)
    try:
        out.write_bytes(written.data)
    except OSError as error:
        raise Unavailable(CoreMsg.CANNOT_BE_WRITTEN, why=error.strerror, where=str(out)) from error
    output.note(f"{written.messages} messages for {partner} are in {out}; {written.left} are left for another file.")


@command(app, "import", epilog=_EXPORT_EPILOG)
def import_(
    file: Annotated[Path, typer.Argument(help="A file that a partner's centre exported.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Take in a file of a partner. Taking it in again does nothing twice."""
    from accord.capabilities.exchange.channel.services import files
    from accord.capabilities.people.policy import OPERATOR

    taken = files.take_in(OPERATOR, _read(file, files.MOST_BYTES))
    told = [
        {"outcome": one.outcome.value, "id": str(one.id or ""), "clause": one.clause, "reason": one.reason}
        for one in taken.receipts
    ]
    if as_json:
        output.print_json({"partner": taken.partner, "receipts": told, "acknowledged": taken.acknowledged})
        return
    table = output.table("message", "outcome", "why")
    for one in told:
        table.add_row(one["id"], one["outcome"], one["reason"])
    output.print_table("Receipts", table)
    output.note(f"{len(told)} envelopes of {taken.partner}; it has our messages up to {taken.acknowledged}.")


@command(app, "status", epilog="Example:  accord exchange status --json")
def status(as_json: JsonOption = False) -> None:
    """How far behind each partner is, in both directions."""
    from accord.capabilities.exchange.channel.queries.delivery import lag
    from accord.capabilities.people.policy import OPERATOR
    from accord.core.clock import to_iso

    rows = [
        {
            "partner": one.partner,
            "queued": one.queued,
            "oldest": to_iso(one.oldest) if one.oldest else None,
            "acknowledged": one.acknowledged,
            "received": one.received,
            "ready": one.ready,
            "parked": one.parked,
            "skew_seconds": None if one.skew is None else round(one.skew.total_seconds()),
            "heard": to_iso(one.heard_at) if one.heard_at else None,
            "error": sentence_of(one.error),
        }
        for one in lag(OPERATOR)
    ]
    if as_json:
        output.print_json(rows)
    else:
        names = ("partner", "queued", "oldest", "acknowledged", "received", "ready", "parked", "skew_seconds", "heard", "error")
        table = output.table(*names, right=("queued", "acknowledged", "received", "ready", "parked", "skew_seconds"))
        for row in rows:
            table.add_row(*(str("" if row[name] is None else row[name]) for name in names))
        output.print_table("Partners", table)


@app.command("schemas", epilog="Example:  accord exchange schemas docs/schemas")
def schemas(folder: Annotated[Path, typer.Argument(help="Where to write them.", show_default=False)]) -> None:
    """Write JSON Schemas and tables of every message between centres."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.node.settings")
    import django

    django.setup()
    from accord.node.published import files

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
    output.note(f"{len(files())} files are in {folder}.")


def _read(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(most + 1)
    except OSError as error:
        raise BadInput(Msg.CANNOT_BE_READ, why=error.strerror, where=str(file)) from error
    if len(data) > most:
        raise BadInput(Msg.LARGER_THAN_ANY_FILE_ENVELOPES, most=most, where=str(file))
    return data
