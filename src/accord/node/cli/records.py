"""accord records: load bank records into the node's tables, and say what is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from accord.node.cli import output
from accord.node.cli.options import HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from accord.engine.records import LoadProgress, LoadResult, RecordKind, RecordStore, SourceMap

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Load bank records and see what is loaded.")

_LOAD_EPILOG = """Examples:

\b
  accord records load transfers.csv --kind transfers
  accord records load opening.csv --kind balances
  accord records load statement.csv.gz --kind transfers --map bank-statement
  accord records load theirs.csv --kind transfers --map theirs.toml --json
  accord records load statements.xml --kind transfers
  accord records load statements.xml --kind balances

Columns of transfers: id, time, debtor, creditor, amount, currency; optional debtor_bank, creditor_bank, debtor_country, \
creditor_country, kind (transfer, cash, card, exchange, payroll, merchant), counter_amount, counter_currency. Times are ISO \
8601 with a zone, or epoch seconds; amounts are decimals in the currency.

Columns of balances: account, currency, amount; optional bank. The balance is that before the account's first transfer.

Other columns are read with a map, a small TOML file such as:

\b
  [columns]
  id = "Ref"
  debtor = "From"
  creditor = "To"
  amount = "Sum"
  time = "Booked"
\b
  [constants]
  currency = "CNY"
\b
  [time]
  zone = "Asia/Shanghai"

ISO 20022 files are known by their content: pacs.008 and camt.053 give transfers, camt.053 also opening balances. A map \
may then name only the zone of times that carry none.

Good rows are kept, bad rows go to a rejects file with row, column, value and reason. Loading the same file again changes \
nothing; a load that was stopped half-way left nothing behind and can be given again."""


@app.command("load", epilog=_LOAD_EPILOG)
def load(
    file: Annotated[
        Path, typer.Argument(help="CSV (UTF-8 or GB18030), Parquet, or XML of ISO 20022; also .gz.", show_default=False)
    ],
    kind: Annotated[Literal["transfers", "balances"], typer.Option("--kind", help="What the rows are.", show_default=False)],
    source_map: Annotated[
        str | None,
        typer.Option(
            "--map",
            help="Explains other columns: a TOML file or a shipped map (bank-statement, exercise, exercise-balances, amlsim).",
            show_default=False,
            metavar="MAP",
        ),
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Load a file of transfers or of opening balances."""
    node_home = open_home(home)
    from accord.engine.records import RecordKind, RecordStore

    mapping = _read_map(source_map)
    node_home.create()
    result = _load_with_progress(RecordStore(node_home.records), file, RecordKind(kind), mapping)
    if as_json:
        output.print_json(_load_document(result))
    else:
        _print_load(result, kind)


def _read_map(stated: str | None) -> SourceMap | None:
    """A TOML file where the text names one (a suffix or a folder in it says so), else a map that ships with Accord."""
    if stated is None:
        return None
    from accord.engine.records import SourceMap

    path = Path(stated)
    if path.suffix or len(path.parts) > 1 or path.is_file():
        return SourceMap.from_toml(path)
    return SourceMap.shipped(stated)


def _load_with_progress(store: RecordStore, file: Path, kind: RecordKind, mapping: SourceMap | None) -> LoadResult:
    with output.progress_bar() as bar:
        task = bar.add_task(f"Loading {file.name}", total=None, detail="")

        def advance(state: LoadProgress) -> None:
            bar.update(task, completed=state.bytes_read, total=state.bytes_total, detail=f"{state.rows:,} rows")

        from accord.adapters.iso20022 import records as iso20022

        if iso20022.is_xml(file):
            return iso20022.load(store, file, kind, mapping, progress=advance)
        return store.load(file, kind, mapping, progress=advance)


def _load_document(result: LoadResult) -> dict[str, Any]:
    return {
        "batch": result.batch,
        "loaded": result.loaded,
        "duplicates": result.duplicates,
        "rejected": result.rejected,
        "rejects_file": str(result.rejects_file) if result.rejects_file else None,
    }


def _print_load(result: LoadResult, kind: str) -> None:
    console = output.results()
    if result.already_loaded:
        console.print(f"This file was loaded before, as batch {result.batch}: nothing to do.", soft_wrap=True)
        return
    console.print(f"Loaded [bold]{result.loaded:,}[/] {kind} as batch {result.batch}.", soft_wrap=True)
    if result.duplicates:
        console.print(f"{result.duplicates:,} rows were there already and were left out.")
    if result.rejected:
        console.print(f"[yellow]{result.rejected:,} rows were rejected[/]; reasons: {result.rejects_file}", soft_wrap=True)


@app.command("status", epilog="Example:  accord records status --json")
def status(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Say how many records are loaded."""
    node_home = open_home(home)
    from accord.engine.records import RecordStore

    counts = RecordStore(node_home.records).status()
    if as_json:
        output.print_json(counts)
        return
    table = output.table("what", "count", right=("count",))
    for name, count in counts.items():
        table.add_row(name.replace("_", " "), f"{count:,}")
    output.print_table(f"Records in {node_home.records}", table)
