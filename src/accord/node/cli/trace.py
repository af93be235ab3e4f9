"""accord trace: follow stolen money from its claim transfers to where it stands or left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from accord.core.errors import BadInput
from accord.node.cli import output
from accord.node.cli.options import HomeOption, JsonOption, open_home
from accord.node.errors import Msg

if TYPE_CHECKING:
    from accord.engine.tracing import Ledger
    from accord.node.home import Home

EPILOG = """Examples:

\b
  accord trace --transfer E2E-2026-000123
  accord trace --transfer E2E-1=50000 --transfer E2E-2 --rule haircut --until 2026-03-01T12:00:00Z
  accord trace --transfer E2E-1 --min-parcel 100 --hub 6222000011112222@ACMECNBJ --json
  accord trace --claims claims.csv --rule fifo --out result.parquet

\b
Rules:
  fifo     money leaves an account in the order in which it arrived
  lifo     money leaves in the reverse order
  haircut  every payment takes its share of the stolen money
  libr     clean money leaves first (lowest intermediate balance)
  poison   everything after the first stolen credit: an upper bound, never the ground of a hold

A claims file is a CSV with the columns claim and transfer, one line per claim transfer. The result is a Parquet file with \
one row per flow, standing amount and exit.

A trace stops at cash, exchanges, payrolls, merchants, hubs, institutions not --covered, and sums under --min-parcel."""

RuleName = Literal["fifo", "lifo", "haircut", "libr", "poison"]


def trace(
    transfer: Annotated[
        list[str] | None,
        typer.Option(
            "--transfer",
            help="Claim transfer, or its first AMOUNT (a decimal in its currency). May be repeated.",
            metavar="ID[=AMOUNT]",
            show_default=False,
        ),
    ] = None,
    claims: Annotated[
        Path | None,
        typer.Option(help="Many claims at once: a CSV with claim and transfer.", metavar="FILE", show_default=False),
    ] = None,
    rule: Annotated[RuleName, typer.Option(help="How stolen money is told from clean money in a mixed account.")] = "fifo",
    until: Annotated[
        str | None,
        typer.Option(help="Last moment that counts: ISO 8601 with a zone.", metavar="TIME", show_default="all records"),
    ] = None,
    min_parcel: Annotated[
        str | None,
        typer.Option(help="Follow no smaller sum (a decimal in the claim's currency).", metavar="AMOUNT", show_default="all"),
    ] = None,
    hub: Annotated[
        list[str] | None,
        typer.Option(
            help="Account that is never traced through. May be repeated.", metavar="ACCOUNT[@BANK]", show_default=False
        ),
    ] = None,
    covered: Annotated[
        list[str] | None,
        typer.Option(help="Institution whose ledger this is. May be repeated.", metavar="BANK", show_default="all"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the result of --claims goes.", metavar="FILE.parquet", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Follow stolen money through the loaded records: every branch, where it stands, where it left."""
    node_home = open_home(home)
    if bool(transfer) == bool(claims):
        raise BadInput(Msg.GIVE_EITHER_TRANSFER, where="accord trace")
    if bool(claims) != bool(out):
        raise BadInput(Msg.CLAIMS_OUT_GO_TOGETHER, where="accord trace")
    from accord.node.cli import trace_inputs

    rule_chosen, options = trace_inputs.parse_options(rule, until, hub or (), covered or ())
    ledger = _catch_up(node_home)
    if claims and out:
        from accord.node.cli.bulk_trace import print_summary, trace_claims

        summary = trace_claims(ledger, trace_inputs.read_claims(claims), out, rule_chosen, options, min_parcel)
        if as_json:
            output.print_json(summary)
        else:
            print_summary(summary)
        return
    starts = [trace_inputs.parse_start(ledger, text) for text in transfer or ()]
    minimum = trace_inputs.parse_minimum(ledger, starts[0].transfer, min_parcel)
    result = ledger.trace(starts, rule_chosen, replace(options, min_parcel=minimum))
    if as_json:
        from accord.engine.tracing.export import to_json_dict

        output.print_json(to_json_dict(result))
    else:
        from accord.node.cli.trace_table import print_trace

        print_trace(result)


def _catch_up(home: Home) -> Ledger:
    with output.messages().status("Bringing the tracing index up to date"):
        from accord.node.ledger_index import catch_up

        return catch_up(home)
