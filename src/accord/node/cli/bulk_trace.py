"""Many claims in one run: a CSV of claims in, one Parquet file out."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from accord.core.errors import NotFound, Unavailable
from accord.engine.tracing import ClaimStart, Ledger, Rule, TraceOptions
from accord.node.cli import output
from accord.node.cli.trace_inputs import parse_minimum
from accord.node.errors import Msg

_CLAIMS_PER_STEP: Final = 2_000
"""Claims traced between two moves of the progress bar: enough to keep all cores busy, little to hold in memory."""

Claim = tuple[str, list[ClaimStart]]


def trace_claims(
    ledger: Ledger, claims: dict[str, list[ClaimStart]], out: Path, rule: Rule, options: TraceOptions, min_parcel: str | None
) -> dict[str, Any]:
    """Trace every claim on all cores and write `out` whole or not at all; the counts of what was done.

    Raises NotFound that names claims whose transfers are unknown, before anything is traced.
    """
    _refuse_unknown(ledger, claims)
    named = list(claims.items())
    rows = 0
    with _whole_file(out) as draft, output.progress_bar() as bar:
        task = bar.add_task("Tracing", total=len(named), detail="")
        writer: pq.ParquetWriter | None = None
        for first in range(0, len(named), _CLAIMS_PER_STEP):
            step = named[first : first + _CLAIMS_PER_STEP]
            for table in _trace_step(ledger, step, rule, options, min_parcel):
                writer = writer or pq.ParquetWriter(draft, table.schema, compression="zstd")
                writer.write_table(table)
                rows += table.num_rows
            bar.update(task, advance=len(step), detail=f"{rows:,} rows")
        if writer:
            writer.close()
    return {"claims": len(named), "rows": rows, "rule": rule.value, "out": str(out)}


def print_summary(summary: dict[str, Any]) -> None:
    """One line for a person."""
    text = f"Traced [bold]{summary['claims']:,}[/] claims by {summary['rule']}: {summary['rows']:,} rows in {summary['out']}"
    output.results().print(text, soft_wrap=True)


def _trace_step(
    ledger: Ledger, step: Sequence[Claim], rule: Rule, options: TraceOptions, min_parcel: str | None
) -> Iterator[pa.Table]:
    """Results with the claims' own names. Claims of different currencies have different minimum parcels in minor units."""
    groups: dict[int, list[Claim]] = defaultdict(list)
    for name, starts in step:
        groups[parse_minimum(ledger, starts[0].transfer, min_parcel)].append((name, starts))
    for minimum, group in groups.items():
        table = ledger.trace_many([starts for _, starts in group], rule, replace(options, min_parcel=minimum))
        names = pa.array([name for name, _ in group], pa.string()).take(table["claim"].combine_chunks())
        yield table.set_column(table.schema.get_field_index("claim"), "claim", names)


def _refuse_unknown(ledger: Ledger, claims: dict[str, list[ClaimStart]]) -> None:
    unknown = [
        f"{start.transfer} (claim {name})"
        for name, starts in claims.items()
        for start in starts
        if not ledger.has_transfer(start.transfer)
    ]
    if unknown:
        shown = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5:,} more" if len(unknown) > 5 else "")
        raise NotFound(Msg.CLAIM_TRANSFERS_NOT_AMONG_LOADED_RECORDS, count=len(unknown), transfers=shown)


@contextmanager
def _whole_file(out: Path) -> Iterator[Path]:
    """A draft beside `out` that takes its name at the end; an older file stays until then."""
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        yield draft
        draft.replace(out)
    except OSError as error:
        raise Unavailable(Msg.RESULT_CANNOT_BE_WRITTEN, why=error.strerror or error, where=str(out)) from error
    finally:
        draft.unlink(missing_ok=True)
