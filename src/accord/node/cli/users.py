"""accord node user: who may sign in, what they are here for, and help when they cannot."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from accord.core.errors import BadInput
from accord.node.cli import output
from accord.node.cli.frame import command, prepare
from accord.node.cli.options import HomeOption, JsonOption, open_home
from accord.node.errors import Msg

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Say who may sign in, and as what.")

RoleName = Literal["officer", "supervisor", "administrator", "auditor", "bank_officer", "bank_supervisor"]
NameArgument = Annotated[str, typer.Argument(help="The name to sign in with.", show_default=False)]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]

_ADD_EPILOG = """Examples:

\b
  accord node user add lin.yue --role officer --full-name "Lin Yue" --language zh-hans
  accord node user add chen.hao --role supervisor --password-stdin < password.txt

Without --password-stdin the password is asked for, twice. It needs 12 characters or more and must not be a common one."""

_SET_EPILOG = """Examples:

\b
  accord node user set lin.yue --role supervisor
  accord node user set lin.yue --agency PSB --language zh-hans

What is not named stays. With another role the user signs in afresh."""


@app.command("add", epilog=_ADD_EPILOG)
def add(
    username: NameArgument,
    role: Annotated[RoleName, typer.Option(help="What the user is here for.")] = "officer",
    full_name: Annotated[str, typer.Option(help="The name that others read.", show_default=False)] = "",
    language: Annotated[Literal["en", "zh-hans"], typer.Option(help="The language of the desk.")] = "en",
    agency: Annotated[str, typer.Option(help="Code of the user's agency.", show_default=False)] = "",
    password_stdin: StdinOption = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Add a user. The operational store is made first where it is not there yet."""
    node_home = open_home(home)
    password = _password(password_stdin, "accord node user add")
    from accord.node import serve

    serve.prepare(node_home)
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role
    from accord.capabilities.people.policy import OPERATOR

    station = people.Station(Role(role), full_name, language, agency or None)
    user = people.add_user(OPERATOR, username, password, station, must_change_password=False)
    if as_json:
        output.print_json({"username": user.username, "role": user.role, "id": str(user.pk)})
    else:
        output.note(f"{user.username} may sign in as {role}.")


@command(app, "list", epilog="Example:  accord node user list --json")
def list_users(as_json: JsonOption = False) -> None:
    """Every user: role, agency, second factor, and whether they may sign in."""
    from accord.capabilities.people import queries
    from accord.capabilities.people.policy import OPERATOR

    rows = [_row(user) for user in queries.users(OPERATOR)]
    if as_json:
        output.print_json(rows)
        return
    table = output.table("user", "full name", "role", "agency", "team", "second factor", "active")
    for row in rows:
        texts = [row[name] or "" for name in ("username", "full_name", "role", "agency", "team")]
        table.add_row(*texts, *("yes" if row[name] else "no" for name in ("second_factor", "active")))
    output.print_table("Users", table)


def _row(user: Any) -> dict[str, Any]:
    return {
        "username": user.username,
        "full_name": user.full_name,
        "role": user.role,
        "agency": user.agency_id,
        "team": user.team.name if user.team else None,
        "language": user.language,
        "second_factor": user.has_factor,
        "active": user.is_active,
    }


@app.command("set", epilog=_SET_EPILOG)
def set_user(
    username: NameArgument,
    role: Annotated[RoleName | None, typer.Option(help="What the user is here for.", show_default=False)] = None,
    full_name: Annotated[str | None, typer.Option(help="The name that others read.", show_default=False)] = None,
    language: Annotated[
        Literal["en", "zh-hans"] | None, typer.Option(help="The language of the desk.", show_default=False)
    ] = None,
    agency: Annotated[str | None, typer.Option(help="Code of the user's agency.", show_default=False)] = None,
    home: HomeOption = None,
) -> None:
    """Change what a user is here for."""
    user = _find(home, username)
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role
    from accord.capabilities.people.policy import OPERATOR

    station = people.Station(
        role=Role(role or user.role),
        full_name=user.full_name if full_name is None else full_name,
        language=language or user.language,
        agency=user.agency_id if agency is None else agency or None,
        team=user.team_id if agency in (None, user.agency_id) else None,
        must_enrol=user.must_enrol,
    )
    people.change_user(OPERATOR, user.pk, station)
    output.note(f"{username} is changed.")


@app.command("deactivate", epilog="Example:  accord node user deactivate lin.yue")
def deactivate(username: NameArgument, home: HomeOption = None) -> None:
    """Shut a user out, at once and in every browser; what they did stays on record."""
    user = _find(home, username)
    from accord.capabilities.people import services as people
    from accord.capabilities.people.policy import OPERATOR

    people.set_active(OPERATOR, user.pk, False)
    output.note(f"{username} is deactivated.")


@app.command("reactivate", epilog="Example:  accord node user reactivate lin.yue")
def reactivate(username: NameArgument, home: HomeOption = None) -> None:
    """Let a deactivated user in again."""
    user = _find(home, username)
    from accord.capabilities.people import services as people
    from accord.capabilities.people.policy import OPERATOR

    people.set_active(OPERATOR, user.pk, True)
    output.note(f"{username} may sign in again.")


@app.command("reset-factor", epilog="Example:  accord node user reset-factor lin.yue")
def reset_factor(username: NameArgument, home: HomeOption = None) -> None:
    """Take the second factors of a user whose device is lost; they enrol again at the next sign-in."""
    user = _find(home, username)
    from accord.capabilities.people.policy import OPERATOR
    from accord.capabilities.people.services.second_factors import reset_factors

    reset_factors(OPERATOR, user.pk)
    output.note(f"{username} enrols a second factor again at the next sign-in.")


@app.command("unlock", epilog="Example:  accord node user unlock lin.yue")
def unlock(username: NameArgument, home: HomeOption = None) -> None:
    """Let a user try again who failed to sign in too often."""
    user = _find(home, username)
    from accord.capabilities.people import services as people
    from accord.capabilities.people.policy import OPERATOR

    people.unlock_user(OPERATOR, user.pk)
    output.note(f"{username} is unlocked.")


@app.command("password", epilog="Example:  accord node user password lin.yue --password-stdin < password.txt")
def password(username: NameArgument, password_stdin: StdinOption = False, home: HomeOption = None) -> None:
    """Give a user a new first password, which they change when they next sign in."""
    given = _password(password_stdin, "accord node user password")
    user = _find(home, username)
    from accord.capabilities.people import services as people
    from accord.capabilities.people.policy import OPERATOR

    people.give_password(OPERATOR, user.pk, given)
    output.note(f"{username} signs in with it once and chooses another.")


def _find(home: Path | None, username: str) -> User:
    prepare(home)
    from accord.capabilities.people import queries
    from accord.capabilities.people.policy import OPERATOR

    user = queries.users(OPERATOR).filter(username=username).first()
    if user is None:
        raise BadInput(Msg.NO_USER, username=username, where="username")
    return user


def _password(from_stdin: bool, command: str) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise BadInput(Msg.NO_TERMINAL_TO_ASK_FOR_PASSWORD, where=command)
    given = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != given:
        raise BadInput(Msg.TWO_PASSWORDS_DIFFER, where=command)
    return given
