"""accord agreements: what this centre and a partner's may exchange; drafted, offered, signed, changed, ended."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from accord.core.errors import BadInput, Unavailable
from accord.core.errors import Msg as CoreMsg
from accord.node.cli import output
from accord.node.cli.frame import command
from accord.node.cli.options import JsonOption
from accord.node.errors import Msg

if TYPE_CHECKING:
    from accord.capabilities.exchange.models import Agreement

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Agreements with partners' centres: what may be exchanged, and how."
)

AgreementArgument = Annotated[
    str, typer.Argument(help="Its id, or at least eight characters of its hash.", metavar="AGREEMENT", show_default=False)
]
PartnerArgument = Annotated[str, typer.Argument(help="The partner's agency code.", show_default=False)]
ReasonOption = Annotated[str, typer.Option(help="Why; the partner is told, and it stays on record.", show_default=False)]
OutOption = Annotated[Path | None, typer.Option(help="File to write; standard output else.", show_default=False)]

_DRAFT_EPILOG = """Examples:

\b
  accord agreements template SG-ASC --out sg.toml     write what it asks for, then
  accord agreements draft sg.toml
  accord agreements offer 3fd1c0a9

A change is a whole new agreement that names the hash of the old one in replaces."""

_EXPORT_EPILOG = """Examples:

\b
  accord agreements export 3fd1c0a9 --out for-sg.json
  accord agreements import from-sg.json

For partners without a line; one that has a line is told by itself."""


@command(app, "template", epilog="Example:  accord agreements template SG-ASC --out sg.toml")
def template(partner: PartnerArgument, out: OutOption = None) -> None:
    """A whole agreement to begin with, as TOML: strict where it can be, and marked where something must be written."""
    from django.conf import settings

    from accord.capabilities.exchange.agreements.templates import template as text_of

    own = settings.ACCORD_AGENCY
    if not own:
        raise BadInput(Msg.NODE_NO_AGENCY_CODE_YET, where="ACCORD_AGENCY")
    if partner == own:
        raise BadInput(Msg.IS_THIS_CENTRE, code=own, where="PARTNER")
    _write(text_of(own, partner).encode(), out)


@command(app, "fields", epilog="Example:  accord agreements fields")
def fields(as_json: JsonOption = False) -> None:
    """The fields of each kind of message that a side may be let disclose. All others are what the protocol itself needs."""
    from accord.capabilities.exchange.agreements.fields import disclosable
    from accord.capabilities.exchange.messages import BODIES

    known = {kind.value: list(disclosable(kind)) for kind in BODIES if disclosable(kind)}
    if as_json:
        output.print_json(known)
        return
    table = output.table("kind of message", "fields that can be chosen")
    for kind, names in known.items():
        table.add_row(kind, ", ".join(names))
    output.print_table("Fields of messages", table)


@command(app, "draft", epilog=_DRAFT_EPILOG)
def draft(
    file: Annotated[Path, typer.Argument(help="The agreement, as TOML or JSON.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Keep a draft. Nobody else hears of it before it is offered."""
    from accord.capabilities.exchange.agreements.services import agreements
    from accord.capabilities.exchange.agreements.templates import read_file

    _tell(agreements.draft(_operator(), read_file(_read(file), str(file))), "is drafted", as_json)


@command(app, "offer", epilog="Example:  accord agreements offer 3fd1c0a9")
def offer(agreement: AgreementArgument, as_json: JsonOption = False) -> None:
    """Sign a draft for this centre and send it to the partner."""
    from accord.capabilities.exchange.agreements.services import agreements

    _tell(agreements.offer(_operator(), agreement), "is signed here and on its way", as_json)


@command(app, "sign", epilog="Example:  accord agreements sign 3fd1c0a9")
def sign(agreement: AgreementArgument, as_json: JsonOption = False) -> None:
    """Sign what a partner has offered. From its start on it is in force."""
    from accord.capabilities.exchange.agreements.services import agreements

    _tell(agreements.sign(_operator(), agreement), "is signed by both", as_json)


@command(app, "decline", epilog='Example:  accord agreements decline 3fd1c0a9 --reason "No basis for the transfer."')
def decline(agreement: AgreementArgument, reason: ReasonOption, as_json: JsonOption = False) -> None:
    """Do not sign what a partner has offered."""
    from accord.capabilities.exchange.agreements.services import agreements

    _tell(agreements.decline(_operator(), agreement, reason), "is declined", as_json)


@command(app, "end", epilog='Example:  accord agreements end 3fd1c0a9 --reason "The law has changed."')
def end(agreement: AgreementArgument, reason: ReasonOption, as_json: JsonOption = False) -> None:
    """End an agreement at once, or withdraw an offer. What is held under it can still be given back."""
    from accord.capabilities.exchange.agreements.services import agreements

    _tell(agreements.end(_operator(), agreement, reason), "has ended", as_json)


@command(app, "drop", epilog="Example:  accord agreements drop 3fd1c0a9")
def drop(agreement: AgreementArgument) -> None:
    """Drop a draft."""
    from accord.capabilities.exchange.agreements.services import agreements

    agreements.discard(_operator(), agreement)
    output.note(f"The draft {agreement} is dropped.")


@command(app, "ask-first", epilog="Examples:  accord agreements ask-first SG-ASC on    accord agreements ask-first SG-ASC off")
def ask_first(
    partner: PartnerArgument,
    switch: Annotated[Literal["on", "off"], typer.Argument(help="on: from now on a person decides everything.")],
) -> None:
    """Let nothing that a partner asks be done without a person here, from this moment on; or let it again."""
    from accord.capabilities.exchange.agreements.services import agreements

    agreements.set_ask_first(_operator(), partner, switch == "on")
    does = "decides everything that" if switch == "on" else "no longer decides everything that"
    output.note(f"A person here {does} {partner} asks.")


@command(app, "list", epilog="Example:  accord agreements list --json")
def list_(
    partner: Annotated[str | None, typer.Argument(help="One partner alone.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Every agreement, the newest first, and how it stands."""
    from accord.capabilities.exchange.agreements import queries as agreements

    rows = [_document(row) for row in agreements.agreements(_operator(), partner or "")]
    if as_json:
        output.print_json(rows)
        return
    table = output.table("hash", "partner", "title", "state", "from", "to", "ask first")
    for row in rows:
        who = ", ".join(side for side in ("here", "there") if row[f"ask_first_{side}"])
        table.add_row(row["hash"][:8], row["partner"], row["title"], _state(row), row["starts_at"], row["ends_at"], who)
    output.print_table("Agreements", table)


@command(app, "show", epilog="Example:  accord agreements show 3fd1c0a9 --json")
def show(agreement: AgreementArgument, as_json: JsonOption = False) -> None:
    """Everything that an agreement says, and how it stands."""
    from accord.capabilities.exchange.agreements import documents
    from accord.capabilities.exchange.agreements import queries as agreements

    row = agreements.agreement(_operator(), agreement)
    if as_json:
        output.print_json({**_document(row), "document": row.document})
        return
    table = output.table("place", "says")
    for path, _, value in documents.diff({}, row.document):
        table.add_row(path, _shown(value))
    output.print_table(f"{row.hash[:12]}: {_state(_document(row))}", table)


@command(app, "diff", epilog="Examples:  accord agreements diff 3fd1c0a9    accord agreements diff 3fd1c0a9 9b20aa41")
def diff(
    agreement: AgreementArgument,
    other: Annotated[
        str | None, typer.Argument(help="The earlier one; the one that it replaces else.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Where an agreement differs from an earlier one."""
    from accord.capabilities.exchange.agreements import documents
    from accord.capabilities.exchange.agreements import queries as agreements

    row = agreements.agreement(_operator(), agreement)
    before = agreements.agreement(_operator(), other) if other else agreements.predecessor(row)
    if before is None:
        raise BadInput(Msg.REPLACES_NONE, where="AGREEMENT")
    found = documents.diff(before.document, row.document)
    if as_json:
        output.print_json([one._asdict() for one in found])
        return
    table = output.table("place", f"before ({before.hash[:8]})", f"after ({row.hash[:8]})")
    for one in found:
        table.add_row(one.path, _shown(one.before), _shown(one.after))
    output.print_table("What changes", table)


@command(app, "export", epilog=_EXPORT_EPILOG)
def export(agreement: AgreementArgument, out: OutOption = None) -> None:
    """The agreement with this centre's signature, as a file."""
    from accord.capabilities.exchange.agreements.services import agreements

    _write(agreements.export_file(_operator(), agreement), out)


@command(app, "import", epilog=_EXPORT_EPILOG)
def import_(
    file: Annotated[Path, typer.Argument(help="What the partner exported.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Take a partner's offer, or its signature under ours, from a file."""
    from accord.capabilities.exchange.agreements.services import agreements

    row = agreements.import_file(_operator(), _read(file))
    _tell(row, "is signed by both" if row.state == "signed" else "is here to be signed", as_json)


def _tell(row: Agreement, what: str, as_json: bool) -> None:
    if as_json:
        output.print_json(_document(row))
    else:
        output.note(f"The agreement {row.hash[:12]} with {row.partner_id} {what}.")


def _document(row: Agreement) -> dict[str, Any]:
    from accord.core.clock import to_iso

    return {
        "id": str(row.pk),
        "hash": row.hash,
        "partner": row.partner_id,
        "title": row.document["title"],
        "state": row.state,
        "starts_at": to_iso(row.starts_at),
        "ends_at": to_iso(row.ends_at),
        "replaced_at": to_iso(row.replaced_at) if row.replaced_at else None,
        "signed_by": row.signed_by,
        "signed_at": to_iso(row.signed_at) if row.signed_at else None,
        "ask_first_here": row.ask_first_here,
        "ask_first_there": row.ask_first_there,
        "reason": row.reason,
    }


def _state(document: dict[str, Any]) -> str:
    return "replaced" if document["replaced_at"] and document["state"] == "signed" else str(document["state"])


def _shown(value: Any) -> str:
    from rich.markup import escape

    if value is None:
        return "(absent)"
    return escape(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(Msg.CANNOT_BE_READ, why=error.strerror, where=str(path)) from error


def _write(data: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(data.decode())
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise Unavailable(CoreMsg.CANNOT_BE_WRITTEN, why=error.strerror, where=str(out)) from error
    output.note(f"It is in {out}.")


def _operator() -> Any:
    from accord.capabilities.people.policy import OPERATOR

    return OPERATOR
