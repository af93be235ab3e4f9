"""accord node user: who may sign in at the desk."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated, Literal

import typer

from accord.core.errors import BadInput
from accord.node.cli import output
from accord.node.cli.options import HomeOption, JsonOption, open_home

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Say who may sign in at the desk.")

_ADD_EPILOG = """Examples:

\b
  accord node user add lin.yue --role officer --full-name "Lin Yue" --language zh-hans
  accord node user add chen.hao --role supervisor --password-stdin < password.txt

Without --password-stdin the password is asked for, twice. It needs 12 characters or more and must not be a common one."""


@app.command("add", epilog=_ADD_EPILOG)
def add(
    username: Annotated[str, typer.Argument(help="The name to sign in with.", show_default=False)],
    role: Annotated[
        Literal["officer", "supervisor", "administrator"], typer.Option(help="What the user is here for.")
    ] = "officer",
    full_name: Annotated[str, typer.Option(help="The name that others read.", show_default=False)] = "",
    language: Annotated[Literal["en", "zh-hans"], typer.Option(help="The language of the desk.")] = "en",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Add a user. The operational store is made first where it is not there yet."""
    node_home = open_home(home)
    password = _read_password() if password_stdin else _ask_password()
    from accord.node import serve

    serve.prepare(node_home)
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    _refuse_weak(password)
    user = people.create_user(username, password, Role(role), full_name, language)
    if as_json:
        output.print_json({"username": user.username, "role": user.role, "id": str(user.pk)})
    else:
        output.note(f"{user.username} may sign in as {role}.")


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\n")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        raise BadInput(
            "there is no terminal to ask for the password; give it with --password-stdin", where="accord node user add"
        )
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise BadInput("the two passwords differ; nothing was added", where="accord node user add")
    return password


def _refuse_weak(password: str) -> None:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    try:
        validate_password(password)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), where="password") from error
