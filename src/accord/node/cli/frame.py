"""What commands that work on a node's store have in common: the folder that they name, and the node made ready in it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import typer

from accord.node.cli.options import HomeOption, open_home

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

_HOME = inspect.Parameter("home", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=HomeOption)


def prepare(home: Path | None) -> None:
    """Open the home named here or before the command, its store with the tables of this version."""
    node_home = open_home(home)
    from accord.node import serve

    serve.prepare(node_home)


def command(
    group: typer.Typer, name: str | None = None, **more: Any
) -> Callable[[Callable[_Given, _Result]], Callable[_Given, _Result]]:
    """Make a function a command of `group` that works on a node's store: it gains --home, and runs once the node is ready.

    `more` goes to typer. Errors of ours that the function raises become exit codes in one place, `app.run`.
    """

    def register(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
        @wraps(function)
        def run(**given: Any) -> Any:
            prepare(given.pop("home", None))
            return function(**given)  # type: ignore[call-arg]  # typer gives every parameter by its name

        signature = inspect.signature(function, eval_str=True)
        run.__signature__ = signature.replace(parameters=[*_by_name(signature), _HOME])  # type: ignore[attr-defined]
        run.__annotations__ = {**inspect.get_annotations(function, eval_str=True), "home": HomeOption}
        group.command(name, **more)(run)
        return function

    return register


def _by_name(signature: inspect.Signature) -> list[inspect.Parameter]:
    return [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in signature.parameters.values()]
