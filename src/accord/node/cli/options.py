"""Options and readings of arguments that several commands share."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from accord.core import clock
from accord.core.errors import BadInput
from accord.node.errors import Msg
from accord.node.home import Home

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Folder that holds everything the node keeps. Default: $ACCORD_HOME, else ./accord-data.",
        show_default=False,
        metavar="FOLDER",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document, alone on standard output.")]

_EPOCH_SECONDS = re.compile(r"\d{1,12}", re.ASCII)


def open_home(stated: Path | None) -> Home:
    """The home named here or before the command, else the environment's; it is this process's home from now on."""
    if stated is not None:
        os.environ["ACCORD_HOME"] = str(stated.expanduser().absolute())
    return Home.from_environment()


def parse_moment(text: str, option: str) -> datetime:
    """A moment as records write it: ISO 8601 with a zone, or whole epoch seconds. Raises BadInput that names `option`."""
    if _EPOCH_SECONDS.fullmatch(text):
        return clock.from_micros(int(text) * 1_000_000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(Msg.NOT_TIME, text=text, where=option) from None
    if moment.tzinfo is None:
        raise BadInput(Msg.NAMES_NO_ZONE, text=text, where=option)
    return moment
