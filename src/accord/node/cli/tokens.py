"""accord node token and accord node agency: other systems that call this node, and in whose name."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

import typer

from accord.core.errors import BadInput
from accord.node.cli import output
from accord.node.cli.frame import command
from accord.node.cli.options import JsonOption
from accord.node.errors import Msg

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Tokens of other systems that call this node.")
agencies = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Agencies whose people and systems work here.")

_ADD_EPILOG = """Examples:

\b
  accord node agency add PSB "City police" --kind police
  accord node token add psb-feed --agency PSB --permission inbox:submit --days 90

The token is printed once, alone on standard output, and not kept. The account is added where it is not there yet."""


@command(agencies, "add", epilog='Example:  accord node agency add PSB "City police" --name-zh 市公安局 --kind police')
def add_agency(
    code: Annotated[str, typer.Argument(help="Short code, such as a BIC.", show_default=False)],
    name: Annotated[str, typer.Argument(help="Its name in English.", show_default=False)],
    name_zh: Annotated[str, typer.Option(help="Its name in Chinese.", show_default=False)] = "",
    kind: Annotated[
        Literal["police", "bank", "telecom", "payment", "prosecutor", "regulator", "partner"], typer.Option(help="What it is.")
    ] = "police",
) -> None:
    """Add an agency."""
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import AgencyKind
    from accord.capabilities.people.policy import OPERATOR

    people.add_agency(OPERATOR, code, name, name_zh, AgencyKind(kind))
    output.note(f"{code} is added.")


@command(app, "add", epilog=_ADD_EPILOG)
def add(
    name: Annotated[str, typer.Argument(help="The service account.", show_default=False)],
    permissions: Annotated[
        list[str], typer.Option("--permission", help="What the token may do; give it once for each.", show_default=False)
    ],
    agency: Annotated[str, typer.Option(help="Agency of a new account.", show_default=False)] = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it lasts.")] = 90,
    as_json: JsonOption = False,
) -> None:
    """Issue a token."""
    from accord.capabilities.people import queries
    from accord.capabilities.people import services as people
    from accord.capabilities.people.policy import OPERATOR, permission_of

    try:
        wanted = [permission_of(permission) for permission in permissions]
    except ValueError as error:
        raise BadInput(Msg.PERMISSIONS_WRITTEN_LIKE_INBOX, error=error, where="--permission") from None
    account = queries.service_accounts(OPERATOR).filter(name=name).first()
    if account is None:
        if not agency:
            raise BadInput(Msg.NEW_SERVICE_ACCOUNT_NEEDS_AGENCY, where="--agency")
        account = people.add_service_account(OPERATOR, name, agency)
    elif agency and agency != account.agency_code:
        raise BadInput(Msg.BELONGS_TO_AGENCY, name=name, agency=account.agency_code, where="--agency")
    token, secret = people.issue_token(OPERATOR, account, wanted, timedelta(days=days))
    if as_json:
        output.print_json({"token": secret, "prefix": token.prefix, "expires_at": f"{token.expires_at:%Y-%m-%dT%H:%M:%SZ}"})
    else:
        typer.echo(secret)
        output.note(f"Token {token.prefix} of {name}, until {token.expires_at:%Y-%m-%d}. It is not shown again.")


@command(app, "list", epilog="Example:  accord node token list --json")
def list_tokens(as_json: JsonOption = False) -> None:
    """Every token: whose, what it may do, until when, when it was last used."""
    from accord.capabilities.people import queries
    from accord.capabilities.people.policy import OPERATOR
    from accord.core import clock

    now = clock.machine_now()
    rows = [
        {
            "prefix": token.prefix,
            "account": token.account.name,
            "agency": token.account.agency_code,
            "permissions": token.permissions,
            "expires_at": clock.to_iso(token.expires_at),
            "last_used_at": clock.to_iso(token.last_used_at) if token.last_used_at else None,
            "valid": token.revoked_at is None and token.expires_at > now and token.account.is_active,
        }
        for token in queries.service_tokens(OPERATOR)
    ]
    if as_json:
        output.print_json(rows)
        return
    table = output.table("token", "account", "agency", "permissions", "ends", "last used", "valid")
    for row in rows:
        cells = (row["prefix"], row["account"], row["agency"], ", ".join(row["permissions"]), row["expires_at"])
        table.add_row(*cells, row["last_used_at"] or "never", "yes" if row["valid"] else "no")
    output.print_table("Tokens", table)


@command(app, "revoke", epilog="Example:  accord node token revoke 0123456789ab")
def revoke(
    prefix: Annotated[str, typer.Argument(help="The token's prefix, as accord node token list shows it.", show_default=False)],
) -> None:
    """End a token at once."""
    from accord.capabilities.people import services as people
    from accord.capabilities.people.policy import OPERATOR

    people.revoke_token(OPERATOR, prefix)
    output.note(f"The token {prefix} is revoked.")
