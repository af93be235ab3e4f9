"""accord partners keys: the keys that speak for this node to partners."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accord.core.errors import BadInput
from accord.core.errors import Msg as CoreMsg
from accord.node.cli import output
from accord.node.cli.frame import command
from accord.node.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accord.capabilities.exchange.models import OwnKey

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The keys of this node, to sign with and to be written to.")


@command(app, "make", epilog="Example:  accord partners keys make")
def make(as_json: JsonOption = False) -> None:
    """Make the first keys of this node, and its first card. Needs ACCORD_AGENCY and ACCORD_CONTACT."""
    from accord.capabilities.exchange.partners.services import own_keys
    from accord.capabilities.people.policy import OPERATOR

    _tell(own_keys.make_keys(OPERATOR), as_json, "The keys are made. Give partners the card: accord partners card --out FILE")


@command(app, "rotate", epilog="Example:  accord partners keys rotate")
def rotate(as_json: JsonOption = False) -> None:
    """Make new keys now. The old ones stay for a week; confirmed partners are sent the new card by themselves."""
    from accord.capabilities.exchange.partners.services import own_keys
    from accord.capabilities.people.policy import OPERATOR

    _tell(own_keys.rotate(OPERATOR), as_json, "The keys are renewed.")


@command(app, "revoke", epilog="Example:  accord partners keys revoke 0Vn2Qm…")
def revoke(
    kid: Annotated[str, typer.Argument(help="The key, as accord partners keys list shows it.", show_default=False)],
) -> None:
    """Withdraw a key that others may have. Partners compare words again where no other signing key vouches for the new card."""
    from accord.capabilities.exchange.partners.services import own_keys
    from accord.capabilities.people.policy import OPERATOR

    key = own_keys.revoke(OPERATOR, kid)
    output.note(f"The key {kid} is revoked, and the new card says so.")
    if key.use == "signing":
        output.note("Give partners the new card, and let them compare its words: accord partners words")


@command(app, "list", epilog="Example:  accord partners keys list --json")
def list_keys(as_json: JsonOption = False) -> None:
    """The keys of this node. Private halves are never shown."""
    from accord.capabilities.exchange.partners import queries as known
    from accord.capabilities.people.policy import OPERATOR

    _tell(known.own_keys(OPERATOR), as_json, "")


@command(app, "passphrase", epilog="Example:  accord partners keys passphrase /etc/accord/key-passphrase")
def passphrase(
    file: Annotated[Path, typer.Argument(help="File that holds the new passphrase, 12 characters or more.")],
) -> None:
    """Encrypt the private keys with another passphrase. Then name its file in ACCORD_KEY_PASSPHRASE_FILE, before any start."""
    from django.conf import settings

    from accord.capabilities.exchange.partners.key_files import FileKeyRing

    if not file.is_file():
        raise BadInput(CoreMsg.NO_SUCH_FILE, where=str(file))
    changed = FileKeyRing(settings.ACCORD_KEYS, settings.ACCORD_KEY_PASSPHRASE_FILE).change_passphrase(file.absolute())
    output.note(f"{changed} keys are encrypted anew. Set key_passphrase_file to {file.absolute()} and restart the node.")


def _tell(keys: Iterable[OwnKey], as_json: bool, note: str) -> None:
    rows = [_document(key) for key in keys]
    if as_json:
        output.print_json(rows)
        return
    table = output.table("kid", "use", "made", "replaced", "revoked")
    for row in rows:
        table.add_row(*(str(row[name] or "–") for name in ("kid", "use", "made_at", "retire_at", "revoked_at")))
    output.print_table("Keys of this node", table)
    if note:
        output.note(note)


def _document(key: OwnKey) -> dict[str, Any]:
    from accord.core import clock

    moments = {name: getattr(key, name) for name in ("made_at", "retire_at", "revoked_at")}
    return {
        "kid": key.kid,
        "use": str(key.use),
        **{name: clock.to_iso(moment) if moment else None for name, moment in moments.items()},
    }
