"""Tracing against its peers, in one run, on the same made-up ledger and the same claims.

    python benchmarks/tracing.py                       5 M transfers, 500 k accounts, with peers
    python benchmarks/tracing.py --transfers 20000000 --accounts 2000000 --no-peers
    python benchmarks/tracing.py --small               a quick check that everything runs and agrees

The ledger: 30 days, accounts used by a heavy-tailed law, and planted chains in which a victim's payment is split in two at
each of five layers of mules within hours and partly cashed. Claims: half start planted chains, the others are any
transfer; each is followed for 72 hours. Peers: the same FIFO and the same poison as plain Python with dicts, bisect and
heapq, and poison as DuckDB's recursive query with USING KEY. Answers are asserted equal before any figure is printed. On a
machine that does other work, `--clock cpu` counts this thread's own time (never DuckDB's, which runs on every core).
"""

from __future__ import annotations

import argparse
import gc
import heapq
import os
import statistics
import tempfile
import time
from bisect import bisect_right
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from accord.core.clock import from_micros, to_micros
from accord.engine.tracing import ClaimStart, Ledger, LedgerWriter, Rule, TraceOptions

DAY = 86_400 * 10**6
WINDOW = timedelta(hours=72)
FIRST = 1_767_225_600 * 10**6
BANKS = 50


class Clock:
    """How single traces are timed, in seconds."""

    read = staticmethod(time.perf_counter)


def main() -> None:
    """Make the ledger, run everything, print the figures."""
    options = arguments()
    Clock.read = time.thread_time if options.clock == "cpu" else time.perf_counter
    table, planted = make_ledger(options.transfers, options.accounts, options.seed)
    claims = choose_claims(table, planted, options.samples, options.seed)
    print(
        f"{options.transfers:,} transfers, {options.accounts:,} accounts, {len(claims):,} claims, load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        ledger = build_index(table, Path(folder))
        traces = {rule: timed_traces(ledger, claims, rule) for rule in Rule}
        bulk(ledger, claims, options.bulk)
        if options.peers:
            against_python(table, claims[: options.peer_samples], traces)
            against_duckdb(table, claims[: options.duck_samples], traces[Rule.POISON])
        append(ledger, Path(folder), table)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transfers", type=int, default=5_000_000)
    parser.add_argument("--accounts", type=int, default=500_000)
    parser.add_argument("--samples", type=int, default=4000, help="claims traced one by one under each rule")
    parser.add_argument("--bulk", type=int, default=40_000, help="claims traced in bulk")
    parser.add_argument("--peer-samples", type=int, default=1000, help="claims traced by the Python peers")
    parser.add_argument("--duck-samples", type=int, default=7, help="claims traced by DuckDB")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", help="where to put the index (default: the system's temporary folder)")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="Accord alone")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="how single traces are timed")
    parser.add_argument("--small", action="store_true", help="60,000 transfers and few claims")
    options = parser.parse_args()
    if options.small:
        options.transfers, options.accounts, options.samples, options.bulk = 60_000, 6_000, 200, 500
        options.peer_samples, options.duck_samples = 100, 2
    return options


def make_ledger(transfers: int, accounts: int, seed: int) -> tuple[pa.Table, np.ndarray]:
    """(table in order of time, ids of the transfers that start planted chains)."""
    chance = np.random.default_rng(seed)
    chained = plant_chains(chance, max(20, transfers // 2500), accounts)
    plain = transfers - len(chained["time"])
    shuffled = chance.permutation(accounts)
    columns = {
        "debtor": (accounts * chance.random(plain) ** 2.5).astype(np.int64),
        "creditor": shuffled[(accounts * chance.random(plain) ** 3).astype(np.int64)],
        "time": FIRST + chance.integers(0, 30 * DAY, plain),
        "amount": np.maximum(100, (chance.lognormal(9.5, 1.4, plain))).astype(np.int64),
        "cash": np.zeros(plain, bool),
        "start": np.zeros(plain, bool),
    }
    columns = {name: np.concatenate([values, chained[name]]) for name, values in columns.items()}
    order = np.argsort(columns["time"], kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    ids = numbered("T", np.arange(transfers), 9)
    table = pa.table(
        {
            "seq": np.arange(transfers),
            "id": ids,
            "time": columns["time"],
            "debtor": numbered("62", columns["debtor"], 14),
            "debtor_bank": numbered("BANK", columns["debtor"] % BANKS, 2),
            "creditor": numbered("62", columns["creditor"], 14),
            "creditor_bank": numbered("BANK", columns["creditor"] % BANKS, 2),
            "amount": columns["amount"],
            "currency": pa.DictionaryArray.from_arrays(np.zeros(transfers, np.int8), ["CNY"]),
            "kind": pa.DictionaryArray.from_arrays(columns["cash"].astype(np.int8), ["transfer", "cash"]),
        }
    )
    return table, np.flatnonzero(columns["start"])


def plant_chains(chance: np.random.Generator, count: int, accounts: int) -> dict[str, np.ndarray]:
    """`count` victims' payments, each split in two at every one of five layers, minutes to hours apart."""
    level = {
        "debtor": chance.integers(0, accounts, count),
        "creditor": chance.integers(0, accounts, count),
        "time": FIRST + chance.integers(0, 27 * DAY, count),
        "amount": chance.integers(500_000, 20_000_000, count),
    }
    levels = [{**level, "start": np.ones(count, bool), "cash": np.zeros(count, bool)}]
    for layer in range(5):
        part = level["amount"] // 2
        size = 2 * len(part)
        level = {
            "debtor": np.repeat(level["creditor"], 2),
            "creditor": chance.integers(0, accounts, size),
            "time": np.repeat(level["time"], 2) + chance.integers(60 * 10**6, 4 * 3600 * 10**6, size),
            "amount": np.repeat(part, 2),
        }
        cash = chance.random(size) < (0.1 if layer < 4 else 0.6)
        levels.append({**level, "start": np.zeros(size, bool), "cash": cash})
    return {name: np.concatenate([made[name] for made in levels]) for name in levels[0]}


def numbered(prefix: str, numbers: np.ndarray, width: int) -> pa.Array:
    """Strings such as T000000042, fixed width, made without a Python loop."""
    count, total = len(numbers), len(prefix) + width
    raw = np.empty((count, total), np.uint8)
    raw[:, : len(prefix)] = np.frombuffer(prefix.encode(), np.uint8)
    rest = numbers.copy()
    for column in range(total - 1, len(prefix) - 1, -1):
        raw[:, column] = 48 + rest % 10
        rest //= 10
    offsets = np.arange(count + 1, dtype=np.int64) * total
    return pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(raw))


def choose_claims(table: pa.Table, planted: np.ndarray, count: int, seed: int) -> list[tuple[int, str, TraceOptions]]:
    """(place, id, 72-hour options): planted starts, and any transfer at every other place."""
    chance = np.random.default_rng(seed + 1)
    places = np.empty(count, np.int64)
    places[:] = chance.choice(planted, count)
    places[::2] = chance.integers(0, table.num_rows, len(places[::2]))
    ids, times = table["id"].take(places).to_pylist(), table["time"].take(places).to_pylist()
    return [
        (place, name, TraceOptions(until=from_micros(moment) + WINDOW))
        for place, name, moment in zip(places.tolist(), ids, times, strict=True)
    ]


def build_index(table: pa.Table, folder: Path) -> Ledger:
    """Load everything into an index folder and open it; prints time and size."""
    compile_first(table)
    start = time.perf_counter()
    with LedgerWriter(folder) as writer:
        writer.catch_up(table.slice(first, 500_000) for first in range(0, table.num_rows, 500_000))
    seconds = time.perf_counter() - start
    strings = sum(path.stat().st_size for path in folder.rglob("*_bytes.npy"))
    total = sum(path.stat().st_size for path in folder.rglob("*.npy"))
    print(f"build    {seconds:8.2f} s   {seconds / table.num_rows * 1e6:6.2f} s per million (target ≤ 1)")
    print(f"size     {(total - strings) / table.num_rows:8.1f} B per transfer without strings (target ≤ 120)")
    start = time.perf_counter()
    ledger = Ledger.open(folder)
    print(f"open     {(time.perf_counter() - start) * 1e3:8.2f} ms")
    return ledger


def compile_first(table: pa.Table) -> None:
    """Compile every kernel on a few rows, so that no figure contains it; prints how long that took."""
    start = time.perf_counter()
    few = table.slice(0, 200)
    ledger = Ledger.from_tables(few.slice(0, 100)).appended(few.slice(100))
    for rule in Rule:
        ledger.trace_many([[ClaimStart(few["id"][0].as_py())]], rule)
    print(f"compile  {time.perf_counter() - start:8.2f} s   (once per installation, then from the cache)")


def timed_traces(ledger: Ledger, claims: list[Any], rule: Rule) -> tuple[list[float], list[Any]]:
    """(seconds, traces) of every claim one by one: the answer in columns, then with every flow read as an object."""
    for _, name, options in claims[:50]:
        ledger.trace([ClaimStart(name)], rule, options)
    seconds, read, traces = [], [], []
    gc.collect()
    for _, name, options in claims:
        start = Clock.read()
        trace = ledger.trace([ClaimStart(name)], rule, options)
        seconds.append(Clock.read() - start)
        flows = trace.flows
        read.append(Clock.read() - start)
        traces.append([(flow.transfer, flow.amount) for flow in flows])
    sizes = sorted(len(flows) for flows in traces)
    print(
        f"{rule.value:8} {statistics.median(seconds) * 1e3:8.4f} ms median {share(seconds, 0.99) * 1e3:9.3f} ms p99"
        f"   with objects {statistics.median(read) * 1e3:8.4f} / {share(read, 0.99) * 1e3:9.3f}"
        f"   flows: {sizes[len(sizes) // 2]} median, {sizes[int(0.99 * len(sizes))]} p99, {sizes[-1]} most"
    )
    return seconds, traces


def share(values: list[float], part: float) -> float:
    """The value below which that part of the values lies."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def bulk(ledger: Ledger, claims: list[Any], count: int) -> None:
    """FIFO for many claims at once. One end serves all, so the claims are those of 72 hours."""
    end = from_micros(FIRST + 7 * DAY)
    recent = [name for _, name, options in claims if timedelta() <= end + WINDOW - options.until <= WINDOW]
    chosen = [[ClaimStart(recent[place % len(recent)])] for place in range(count)]
    start = time.perf_counter()
    table = ledger.trace_many(chosen, Rule.FIFO, TraceOptions(until=end))
    seconds = time.perf_counter() - start
    print(f"bulk     {count / seconds:8,.0f} fifo traces/s, {table.num_rows:,} rows in one table (target ≥ 10,000)")


def against_python(table: pa.Table, claims: list[Any], traces: dict[Rule, tuple[list[float], list[Any]]]) -> None:
    """FIFO and poison in plain Python."""
    start = time.perf_counter()
    peer = PythonPeer(table)
    print(f"python   {time.perf_counter() - start:8.2f} s to load")
    ids = table["id"]
    for rule, follow in ((Rule.FIFO, peer.fifo), (Rule.POISON, peer.poison)):
        seconds = []
        for number, (place, _, options) in enumerate(claims):
            until = to_micros(options.until)
            start = Clock.read()
            flows = follow(place, until)
            seconds.append(Clock.read() - start)
            found = [(ids[transfer].as_py(), amount) for transfer, amount in flows] if number < 200 else None
            assert found is None or found == traces[rule][1][number], f"{rule} differs on claim {number}"
        report(f"python {rule.value}", seconds, traces[rule][0][: len(claims)], 10 if rule is Rule.FIFO else 5)


def report(name: str, peer: list[float], ours: list[float], target: int) -> None:
    """A peer's figures and how many times ours they are."""
    middle, end = statistics.median(peer), share(peer, 0.99)
    print(
        f"{name:14} {middle * 1e3:9.4f} ms median {end * 1e3:9.3f} ms p99   ratio"
        f" {middle / statistics.median(ours):8,.1f} median, {sum(peer) / sum(ours):8,.1f} total (target ≥ {target:,})"
    )


class PythonPeer:
    """A careful plain Python program: lists per account, bisect for the place in the queue, heapq for time order."""

    def __init__(self, table: pa.Table) -> None:
        debtors, creditors = table["debtor"].to_pylist(), table["creditor"].to_pylist()
        self.amount, self.time, self.creditor = table["amount"].to_pylist(), table["time"].to_pylist(), creditors
        self.cash = [kind == "cash" for kind in table["kind"].to_pylist()]
        self.debits: dict[str, list[int]] = defaultdict(list)
        self.offsets: dict[str, list[int]] = defaultdict(list)
        arrived: dict[str, int] = defaultdict(int)
        left: dict[str, int] = defaultdict(int)
        self.arrival: list[int] = []
        self.following: list[int] = []
        for number, (debtor, creditor, amount) in enumerate(zip(debtors, creditors, self.amount, strict=True)):
            self.debits[debtor].append(number)
            self.offsets[debtor].append(left[debtor])
            left[debtor] += amount
            arrived[debtor] = max(arrived[debtor], left[debtor])
            self.arrival.append(arrived[creditor])
            self.following.append(len(self.debits[creditor]))
            arrived[creditor] += amount

    def fifo(self, start: int, until: int) -> list[tuple[int, int]]:
        """[(transfer, tainted amount)] in order of time."""
        heap = [(start, 0, self.amount[start])]
        flows: list[tuple[int, int]] = []
        while heap:
            transfer, first, last = heapq.heappop(heap)
            if flows and flows[-1][0] == transfer:
                flows[-1] = (transfer, flows[-1][1] + last - first)
            else:
                flows.append((transfer, last - first))
            if self.cash[transfer]:
                continue
            account = self.creditor[transfer]
            debits, offsets = self.debits[account], self.offsets[account]
            low, high = self.arrival[transfer] + first, self.arrival[transfer] + last
            place = bisect_right(offsets, low, self.following[transfer]) - 1
            while self.following[transfer] <= place < len(debits) and low < high and self.time[debits[place]] <= until:
                end = min(high, offsets[place] + self.amount[debits[place]])
                if end > low:
                    heapq.heappush(heap, (debits[place], low - offsets[place], end - offsets[place]))
                    low = end
                place += 1
        return flows

    def poison(self, start: int, until: int) -> list[tuple[int, int]]:
        """[(transfer, amount)] in order of time."""
        heap: list[tuple[int, int, str]] = [(start, -1, "")]
        reached: set[str] = set()
        flows = []
        while heap:
            transfer, place, payer = heapq.heappop(heap)
            flows.append((transfer, self.amount[transfer]))
            if payer:
                self._await(heap, payer, place + 1, until)
            account = self.creditor[transfer]
            if account not in reached and not self.cash[transfer]:
                reached.add(account)
                self._await(heap, account, self.following[transfer], until)
        return flows

    def _await(self, heap: list[tuple[int, int, str]], account: str, place: int, until: int) -> None:
        debits = self.debits.get(account, ())
        if place < len(debits) and self.time[debits[place]] <= until:
            heapq.heappush(heap, (debits[place], place, account))


REACH = """
with recursive reach(account, since) using key (account) as (
    select creditor, number from transfers where number = $start and not cash
    union
    select t.creditor, min(t.number)
    from reach r join transfers t on t.debtor = r.account and t.number > r.since and t.time <= $until and not t.cash
    left join recurring.reach known on known.account = t.creditor
    where known.since is null or t.number < known.since
    group by t.creditor
)
select t.number, t.amount from transfers t join reach r on t.debtor = r.account and t.number > r.since and t.time <= $until
union select number, amount from transfers where number = $start
order by 1
"""


def against_duckdb(table: pa.Table, claims: list[Any], traces: tuple[list[float], list[Any]]) -> None:
    """Poison as DuckDB's recursive query."""
    connection = duckdb.connect()
    connection.register("loaded", table)
    connection.execute(
        "create table transfers as select seq as number, time, debtor, creditor, amount, kind = 'cash' as cash from loaded"
    )
    ids = table["id"]
    seconds = []
    for number, (place, _, options) in enumerate(claims):
        start = time.perf_counter()
        rows = connection.execute(REACH, {"start": place, "until": to_micros(options.until)}).fetchall()
        seconds.append(time.perf_counter() - start)
        assert [(ids[transfer].as_py(), amount) for transfer, amount in rows] == traces[1][number], f"differs on claim {number}"
    report("duckdb poison", seconds, traces[0][: len(claims)], 1000)


def append(ledger: Ledger, folder: Path, table: pa.Table) -> None:
    """From rows in hand to a trace that starts at one of them: in order of time, late by 2 days, and 20,000 at once."""
    last, seconds = ledger.last_seq, []
    moment = int(table["time"][-1].as_py())
    with LedgerWriter(folder) as writer:
        for label, count, late in (("100 rows", 100, 0), ("100 late rows", 100, 2 * DAY), ("20,000 rows", 20_000, 0)):
            rows = table.slice(0, min(count, table.num_rows))
            numbers = np.arange(last + 1, last + 1 + rows.num_rows)
            rows = rows.set_column(rows.schema.get_field_index("seq"), "seq", pa.array(numbers))
            rows = rows.set_column(rows.schema.get_field_index("id"), "id", numbered("N", numbers, 9))
            rows = rows.set_column(rows.schema.get_field_index("time"), "time", pa.array(numbers - late + moment))
            start = time.perf_counter()
            writer.catch_up([rows])
            ledger = ledger.refreshed()
            ledger.trace([ClaimStart(rows["id"][-1].as_py())], Rule.FIFO)
            seconds.append(time.perf_counter() - start)
            last = ledger.last_seq
            print(f"append   {seconds[-1] * 1e3:8.1f} ms   {label} to traceable (target ≤ 1,000)")


if __name__ == "__main__":
    main()
