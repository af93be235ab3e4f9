"""How fast transfers are loaded: rows a second from a CSV to a numbered, de-duplicated Delta table, and the memory it takes.

    python benchmarks/records.py [--rows 5000000] [--sample 200000] [--seed 1]

Peers on the same file in the same run: Polars reading and Delta writing with no check at all (a floor: what the bytes cost),
and Python's csv, decimal and sqlite3 on the first rows. Each runs in a process of its own, so that peak memory is its own.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import multiprocessing
import os
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

CHUNK_ROWS = 500_000
ACCOUNTS = 500_000
BANKS = [f"B{number:03d}" for number in range(40)]


def write_transfers(path: Path, rows: int, seed: int) -> None:
    """A CSV of transfers in time order: ids, ISO times with an offset, heavy-tailed accounts, amounts with two decimals."""
    random = np.random.default_rng(seed)
    numbers = pl.Series(6_222_000_000_000_000 + random.choice(10**12, ACCOUNTS, replace=False)).cast(pl.String)
    banks = pl.Series(random.integers(0, len(BANKS), ACCOUNTS)).replace_strict(dict(enumerate(BANKS)), return_dtype=pl.String)
    with path.open("wb") as file:
        for start in range(0, rows, CHUNK_ROWS):
            count = min(CHUNK_ROWS, rows - start)
            debtor, creditor = ((random.pareto(0.8, count) * 3000).astype(np.int64) % ACCOUNTS for _ in range(2))
            cents = np.maximum(1, (random.lognormal(10, 2, count)).astype(np.int64))
            seconds = 1_600_000_000 + np.arange(start, start + count) * 2
            whole, part = pl.Series(cents // 100).cast(pl.String), pl.Series(cents % 100).cast(pl.String).str.zfill(2)
            moment = pl.from_epoch(pl.Series(seconds), time_unit="s").dt.strftime("%Y-%m-%dT%H:%M:%S+08:00")
            pl.DataFrame(
                {
                    "id": "T" + pl.Series(np.arange(start, start + count)).cast(pl.String).str.zfill(10),
                    "time": moment,
                    "debtor": numbers.gather(debtor),
                    "debtor_bank": banks.gather(debtor),
                    "creditor": numbers.gather(creditor),
                    "creditor_bank": banks.gather(creditor),
                    "amount": whole + "." + part,
                    "currency": pl.repeat("CNY", count, eager=True),
                }
            ).write_csv(file, include_header=start == 0)


def load_with_accord(path: Path, work: Path, rows: int) -> int:
    """The product's own loader."""
    from accord.engine.records import RecordKind, RecordStore

    return RecordStore(work / "store").load(path, RecordKind.TRANSFERS).loaded


def load_again_with_accord(path: Path, work: Path, rows: int) -> int:
    """The same rows in another file (packed content differs by one row): every row is looked up and found a duplicate."""
    from accord.engine.records import RecordKind, RecordStore

    longer = work / "again.csv"
    shutil.copy(path, longer)
    with longer.open("a") as file:
        file.write("extra,2020-01-01T00:00:00Z,A,,B,,1.00,CNY\n")
    return RecordStore(work / "store").load(longer, RecordKind.TRANSFERS).duplicates


def load_with_polars(path: Path, work: Path, rows: int) -> int:
    """Read, guess the types (amounts become floats) and write: no ids checked, no rejects, no numbers, all in memory."""
    frame = pl.read_csv(path)
    frame.write_delta(str(work / "raw"))
    return frame.height


def load_with_sqlite(path: Path, work: Path, rows: int) -> int:
    """csv, decimal and an SQLite table with the id as primary key, on the first `rows` rows."""
    database = sqlite3.connect(work / "peer.sqlite")
    database.execute(
        "create table t (id text primary key, time integer, debtor text, debtor_bank text, creditor text,"
        " creditor_bank text, amount integer, currency text) without rowid"
    )
    with path.open(newline="") as file:
        records = itertools.islice(csv.DictReader(file), rows)
        database.executemany("insert or ignore into t values (?,?,?,?,?,?,?,?)", (_typed(record) for record in records))
    database.commit()
    return int(database.execute("select count(*) from t").fetchone()[0])


def _typed(record: dict[str, str]) -> tuple[Any, ...]:
    moment = int(datetime.fromisoformat(record["time"]).timestamp()) * 1_000_000
    parties = (record[name] for name in ("debtor", "debtor_bank", "creditor", "creditor_bank"))
    return (record["id"], moment, *parties, int(Decimal(record["amount"]).scaleb(2)), record["currency"])


def _measured(job: Callable[[Path, Path, int], int], path: Path, work: Path, rows: int, answer: Any) -> None:
    started = time.perf_counter()
    loaded = job(path, work, rows)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    answer.send({"rows": loaded, "seconds": seconds, "cpu_seconds": cpu, "rss": used.ru_maxrss / 1024})


def measure(job: Callable[[Path, Path, int], int], path: Path, work: Path, rows: int) -> dict[str, float]:
    """Rows, seconds, processor seconds (with start-up) and peak memory (MiB) of one job in a process of its own.

    Processor seconds tell what the job costs on a machine that others use at the same time.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(job, path, work, rows, sender))
    process.start()
    sender.close()
    try:
        return dict(receiver.recv())
    finally:
        process.join()


def main() -> None:
    """Make the file, run everyone, print a table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--sample", type=int, default=200_000, help="rows for the sqlite peer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        path = work / "transfers.csv"
        write_transfers(path, options.rows, options.seed)
        load = os.getloadavg()[0]
        results = {
            "accord": measure(load_with_accord, path, work, options.rows),
            "accord, all duplicates": measure(load_again_with_accord, path, work, options.rows),
            "polars + delta, unchecked": measure(load_with_polars, path, work, options.rows),
            "csv + decimal + sqlite": measure(load_with_sqlite, path, work, min(options.sample, options.rows)),
        }
        size = path.stat().st_size / 1e6
    assert results["accord"]["rows"] == results["accord, all duplicates"]["rows"] == options.rows, results
    rates = {name: result["rows"] / result["seconds"] for name, result in results.items()}
    if options.json:
        json.dump({"results": results, "rows_per_second": rates, "load_average": load}, sys.stdout, indent=2)
        return
    print(f"{options.rows:,} transfers, {size:,.0f} MB of CSV, {os.cpu_count()} cores, load average {load:.2f} at the start")
    for name, result in results.items():
        ratio = rates["accord"] / rates[name]
        print(
            f"{name:28} {rates[name]:>11,.0f} rows/s {result['seconds']:>7.1f} s {result['cpu_seconds']:>7.1f} s cpu"
            f" {result['rss']:>7,.0f} MiB   accord is {ratio:,.2f} times as fast"
        )


if __name__ == "__main__":
    main()
