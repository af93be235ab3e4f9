"""The program `accord`: the commands of a node, and `accord demo`, the main job on a made-up world."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from accord.node.cli.app import app, run
from accord.node.cli.options import HomeOption, open_home

__all__ = ["app", "main", "run"]

_EPILOG = """Examples:

\b
  accord demo
  accord demo --port 8080 --home demo-data
  accord demo --no-desk                       ends after the tables of results
  accord demo --centres CN                    one centre that has lines to the banks of its country alone
  accord demo --people 900 --days 6 --victims 6     a smaller world, in a few seconds"""


@app.command("demo", short_help="Play a day of an anti-scam desk on made-up banks.", epilog=_EPILOG)
def demo(
    centres: Annotated[str, typer.Option(help="The countries that have a centre, separated by commas.")] = "CN,SG,TH",
    seed: Annotated[int, typer.Option(help="Another seed makes another world.")] = 7,
    people: Annotated[int, typer.Option(min=30, help="How many people live in the world.")] = 3_000,
    days: Annotated[int, typer.Option(min=1, help="Days of ordinary traffic; the last one is played.")] = 30,
    victims: Annotated[int, typer.Option(min=1, help="How many victims call.")] = 24,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the first desk stays open on localhost; the others follow it.")
    ] = 8000,
    desk: Annotated[bool, typer.Option("--desk/--no-desk", help="Keep the desks open at the end.")] = True,
    home: HomeOption = None,
) -> None:
    """Play a day of three anti-scam desks: victims call, Accord follows the money from bank to bank and country to country.

    Makes a world of banks, people and gangs, and a centre for each country, each a node of its own with its own store and
    keys and with agreements that say what it tells the others. Plays the calls of one day against a moving clock with
    modelled delays of officers and banks, ends with tables of what was saved and how fast, and keeps the desks open with
    the sign-in printed.
    """
    node_home = open_home(home)
    from accord.engine.exercise import WorldPlan
    from accord.lab.demo import run as play

    countries = tuple(filter(None, (code.strip().upper() for code in centres.split(","))))
    plan = WorldPlan(seed=seed, countries=countries, people=people, days=days, victims=victims)
    play(node_home.root, plan, port=port, keep_desks_open=desk)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))
