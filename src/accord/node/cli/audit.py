"""accord audit: whether the record of changes and of reads is whole, what is in it, and the record as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import typer

from accord.core.errors import BadInput
from accord.node.cli import output
from accord.node.cli.frame import command, prepare
from accord.node.cli.options import HomeOption, JsonOption, open_home, parse_moment
from accord.node.errors import Msg

if TYPE_CHECKING:
    from accord.capabilities.people.queries import Wanted

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check, search and take away the record of what was done.")

ChainOption = Annotated[Literal["changes", "reads"], typer.Option("--chain", help="Which of the two records.")]

_VERIFY_EPILOG = """Examples:

\b
  accord audit verify
  accord audit verify --file audit-2026.jsonl        a file from accord audit export; needs no node

Ends with 1 where an entry was changed, removed or inserted, and names the first one."""

_SEARCH_EPILOG = """Examples:

\b
  accord audit search --actor lin.yue --since 2026-03-01T00:00:00Z
  accord audit search --action "token issued" --json
  accord audit search --chain reads --subject 01900000-0000-7000-8000-000000000000"""

_EXPORT_EPILOG = """Examples:

\b
  accord audit export audit-2026.jsonl
  accord audit export reads-2026.csv --chain reads

The file carries the links, so that accord audit verify --file can check it anywhere. That it was taken is on record."""


@app.command("verify", epilog=_VERIFY_EPILOG)
def verify(
    file: Annotated[Path | None, typer.Option("--file", help="Check this exported file instead.", show_default=False)] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Say whether both records are whole, or which entry is the first that is not."""
    found = _verify_file(file, home) if file else _verify_node(home)
    if as_json:
        output.print_json({"whole": all(one["broken"] is None for one in found), "chains": found})
    else:
        for one in found:
            typer.echo(_verdict(one))
    if any(one["broken"] is not None for one in found):
        raise typer.Exit(1)


def _verify_node(home: Path | None) -> list[dict[str, Any]]:
    prepare(home)
    from accord.capabilities.people.queries import CHAINS, first_broken, head_of

    found = []
    for chain in CHAINS.values():
        seq, link = head_of(chain)
        found.append({"chain": chain.name, "head_seq": seq, "head_link": link, "broken": first_broken(chain)})
    return found


def _verify_file(file: Path, home: Path | None) -> list[dict[str, Any]]:
    _set_up(home)
    from accord.capabilities.people.audit_files import verify_file

    told = verify_file(file)
    return [
        {"chain": told.chain, "head_seq": told.head_seq, "head_link": told.head_link, "broken": told.broken}
        | {"entries": told.entries}
    ]


def _verdict(found: dict[str, Any]) -> str:
    name = found["chain"] or "record"
    if found["broken"] is None:
        return f"{name}: whole, up to entry {found['head_seq']} ({found['head_link'][:16]})"
    return f"{name}: BROKEN at entry {found['broken']}: it or what came before was changed, removed or inserted"


@command(app, "search", epilog=_SEARCH_EPILOG)
def search(
    chain: ChainOption = "changes",
    actor: Annotated[str, typer.Option(help="Who: a user name, node, operator or service:NAME.", show_default=False)] = "",
    action: Annotated[str, typer.Option(help='What, such as "order approved".', show_default=False)] = "",
    subject: Annotated[str, typer.Option(help="Id of the report or claim.", show_default=False)] = "",
    obj: Annotated[str, typer.Option("--object", help="Kind or id of the object.", show_default=False)] = "",
    since: Annotated[str, typer.Option(help="From this moment on.", show_default=False)] = "",
    until: Annotated[str, typer.Option(help="Up to this moment.", show_default=False)] = "",
    text: Annotated[str, typer.Option(help="Anywhere in an entry.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Find entries, the newest first."""
    from accord.capabilities.people.policy import OPERATOR
    from accord.capabilities.people.queries import CHAINS, search_record

    wanted = _wanted(actor, action, subject, obj, since, until, text)
    of = CHAINS[chain]
    entries = list(search_record(OPERATOR, of, wanted)[:limit])
    if as_json:
        output.print_json([{**of.content(entry), "link": entry.link} for entry in entries])
        return
    table = output.table("no.", "at", "who", "what", "about", "details", right=("no.",))
    for entry in entries:
        what = getattr(entry, "action", "") or f"{entry.object_type} seen"
        details = ", ".join(f"{name}={value}" for name, value in entry.details.items())
        table.add_row(str(entry.seq), f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.actor, what, str(entry.subject or ""), details)
    output.print_table(f"Record of {chain}: {len(entries)} entries", table)


def _wanted(actor: str, action: str, subject: str, obj: str, since: str, until: str, text: str) -> Wanted:
    from accord.capabilities.people.queries import Wanted

    try:
        subjects = [UUID(subject)] if subject else None
    except ValueError:
        raise BadInput(Msg.NOT_AN_ID, subject=subject, where="--subject") from None
    return Wanted(
        actor=actor,
        action=action,
        subjects=subjects,
        obj=obj,
        since=parse_moment(since, "--since") if since else None,
        until=parse_moment(until, "--until") if until else None,
        text=text,
    )


@command(app, "export", epilog=_EXPORT_EPILOG)
def export(
    file: Annotated[Path, typer.Argument(help="A new file: .csv, else JSON lines.", show_default=False)],
    chain: ChainOption = "changes",
    as_json: JsonOption = False,
) -> None:
    """Write one record, whole, to a file that can be checked anywhere."""
    from accord.capabilities.people.audit_files import export as export_chain
    from accord.capabilities.people.policy import OPERATOR
    from accord.capabilities.people.queries import CHAINS

    count = export_chain(OPERATOR, CHAINS[chain], file)
    if as_json:
        output.print_json({"file": str(file), "chain": chain, "entries": count})
    else:
        output.note(f"{count} entries of the record of {chain} are in {file}.")


def _set_up(home: Path | None) -> None:
    """Django without a store: a file is checked by itself."""
    open_home(home)
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.node.settings")
    import django

    django.setup()
