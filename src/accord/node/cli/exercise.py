"""accord exercise: a made-up world with known truth, for drills, tests and benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accord.core.errors import BadInput, Unavailable
from accord.node.cli import output
from accord.node.cli.options import HomeOption, JsonOption, open_home
from accord.node.errors import Msg

if TYPE_CHECKING:
    from accord.engine.exercise import World, WorldPlan

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make worlds of banks, people and gangs to practise on.")

_MAKE_EPILOG = """Examples:

\b
  accord exercise make --out world
  accord exercise make --out large --people 100000 --days 60 --json
  accord exercise make --out abroad --countries CN,SG,TH --central-switch TH --seed 12

Into the node's records, to trace in:

\b
  accord records load world/transfers.parquet --kind transfers --map exercise
  accord records load world/accounts.parquet --kind balances --map exercise-balances

The same seed and sizes make the same world, byte for byte. No person, account or number in it is real."""


@app.command("make", epilog=_MAKE_EPILOG)
def make(
    out: Annotated[Path, typer.Option("--out", help="New folder for the world.", show_default=False, metavar="FOLDER")],
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes another world.")] = 7,
    people: Annotated[int, typer.Option(min=1, help="People with accounts.")] = 3_000,
    days: Annotated[int, typer.Option(min=1, help="Days of ordinary traffic; victims pay and call on the last.")] = 30,
    countries: Annotated[str, typer.Option(help="ISO 3166 codes, separated by commas.")] = "CN,SG,TH",
    banks: Annotated[int, typer.Option(min=1, help="Banks in each country.")] = 4,
    gangs: Annotated[int, typer.Option(min=0, help="Scam gangs.")] = 3,
    victims: Annotated[int, typer.Option(min=0, help="Victims who pay and call.")] = 24,
    chain_hops: Annotated[int, typer.Option(min=1, help="Hops of a mule chain.")] = 5,
    central_switch: Annotated[
        str, typer.Option(help="Countries whose ledgers one central switch sees whole, separated by commas.")
    ] = "",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Make a world: one ledger per bank, ordinary traffic, gangs, victims with narratives, and the truth beside it."""
    open_home(home)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(Msg.EXISTS_ALREADY_NAME, where=str(out))
    from accord.engine.exercise import WorldPlan

    plan = WorldPlan(
        seed=seed,
        countries=_codes(countries),
        banks_per_country=banks,
        people=people,
        days=days,
        gangs=gangs,
        victims=victims,
        chain_hops=chain_hops,
        central_switch=frozenset(_codes(central_switch)),
    )
    world = _make_with_progress(plan)
    try:
        world.save(out)
    except OSError as error:
        raise Unavailable(Msg.WORLD_CANNOT_BE_WRITTEN, why=error.strerror, where=str(out)) from error
    document = _document(world, out)
    if as_json:
        output.print_json(document)
        return
    table = output.table("what", "count", right=("count",))
    for name in ("banks", "accounts", "transfers", "reports"):
        table.add_row(name, f"{document[name]:,}")
    output.print_table(f"World {seed} in {out}", table)
    output.note(f"To trace in it: accord records load {out / 'transfers.parquet'} --kind transfers --map exercise")


def _codes(text: str) -> tuple[str, ...]:
    return tuple(code.strip().upper() for code in text.split(",") if code.strip())


def _make_with_progress(plan: WorldPlan) -> World:
    from accord.engine.exercise import make_world

    with output.progress_bar() as bar:
        task = bar.add_task("Making the world", total=1.0, detail="")
        return make_world(plan, lambda stage, share: bar.update(task, completed=share, detail=stage))


def _document(world: World, out: Path) -> dict[str, Any]:
    return {
        "folder": str(out),
        "seed": world.plan.seed,
        "banks": len(world.banks),
        "accounts": world.accounts.num_rows,
        "transfers": world.transfers.num_rows,
        "reports": len(world.reports),
    }
