"""Tracing against its peers, in one run, on the same made-up ledger and the same claims.

    python benchmarks/tracing.py                       5 M transfers, 500 k accounts, with peers
    python benchmarks/tracing.py --transfers 20000000 --accounts 2000000 --no-peers
    python benchmarks/tracing.py --small               a quick check that everything runs and agrees

The ledger: 30 days, accounts used by a heavy-tailed law, and planted chains: a victim's payment goes through four to six
layers of mules, each of whom passes it on in two to four parts within hours or draws some as cash. The mules are ordinary
accounts with ordinary traffic. Claims, each followed for 72 hours, in two sets with figures of their own: **planted**, the
victims' payments, and **random**, any transfer. Peers: the same FIFO and the same poison as plain Python with dicts, bisect
and heapq, and poison as DuckDB's recursive query with USING KEY. Everybody starts from a transfer's id and gives every flow
with its amount; answers are asserted equal. On a machine that does other work, `--clock cpu` counts this thread's own time
(never DuckDB's, which runs on every core).
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
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from accord.core.clock import from_micros, to_micros
from accord.engine.tracing import ClaimStart, Ledger, LedgerWriter, Rule, TraceOptions

DAY = 86_400 * 10**6
WINDOW = timedelta(hours=72)
FIRST = 1_767_225_600 * 10**6
BANKS = 50
Claim = tuple[str, TraceOptions, int]
"""Transfer id, options, and their end in epoch microseconds."""


@dataclass
class Timed:
    """Seconds of each claim of a set for the answer in columns, and with every flow read as an object; then the flows."""

    columns: list[float]
    objects: list[float]
    flows: list[list[tuple[str, int]]]


class Clock:
    """How single traces are timed, in seconds."""

    read: Callable[[], float] = staticmethod(time.perf_counter)


def main() -> None:
    """Make the ledger, run everything, print the figures."""
    options = arguments()
    Clock.read = time.thread_time if options.clock == "cpu" else time.perf_counter
    table, planted = make_ledger(options.transfers, options.accounts, options.seed)
    sets = choose_claims(table, planted, options.samples, options.seed)
    print(f"{options.transfers:,} transfers, {options.accounts:,} accounts, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        ledger = build_index(table, Path(folder))
        timed = {(rule, name): time_traces(ledger, name, claims, rule) for rule in Rule for name, claims in sets.items()}
        bulk(ledger, [claim for pair in zip(*sets.values(), strict=False) for claim in pair], options.bulk)
        if options.peers:
            against_python(table, {name: claims[: options.peer_samples] for name, claims in sets.items()}, timed)
            against_duckdb(table, {name: claims[: options.duck_samples] for name, claims in sets.items()}, timed)
        append(ledger, Path(folder), table)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transfers", type=int, default=5_000_000)
    parser.add_argument("--accounts", type=int, default=500_000)
    parser.add_argument("--samples", type=int, default=2000, help="claims of each set traced one by one under each rule")
    parser.add_argument("--bulk", type=int, default=40_000, help="claims traced in bulk")
    parser.add_argument("--peer-samples", type=int, default=500, help="claims of each set traced by the Python peers")
    parser.add_argument("--duck-samples", type=int, default=5, help="claims of each set traced by DuckDB")
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
    chained = plant_chains(chance, max(20, transfers // 5000), accounts)
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
    """`count` victims' payments through 4 to 6 layers: each part is split in 2 to 4, an hour or so apart, or drawn as cash."""
    level = {
        "debtor": chance.integers(0, accounts, count),
        "creditor": chance.integers(0, accounts, count),
        "time": FIRST + chance.integers(0, 27 * DAY, count),
        "amount": chance.integers(500_000, 20_000_000, count),
        "layers": chance.integers(4, 7, count),
        "cash": np.zeros(count, bool),
    }
    levels = [{**level, "start": np.ones(count, bool)}]
    while len(level["time"]):
        passed_on = np.flatnonzero((level["layers"] > 0) & ~level["cash"])
        splits = chance.integers(2, 5, len(passed_on))
        came = {name: np.repeat(values[passed_on], splits) for name, values in level.items()}
        size = len(came["time"])
        level = {
            "debtor": came["creditor"],
            "creditor": chance.integers(0, accounts, size),
            "time": came["time"] + chance.integers(60 * 10**6, 4 * 3600 * 10**6, size),
            "amount": came["amount"] // np.repeat(splits, splits),
            "layers": came["layers"] - 1,
            "cash": chance.random(size) < np.where(came["layers"] > 1, 0.25, 0.6),
        }
        levels.append({**level, "start": np.zeros(size, bool)})
    names = ("debtor", "creditor", "time", "amount", "cash", "start")
    return {name: np.concatenate([made[name] for made in levels]) for name in names}


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


def choose_claims(table: pa.Table, planted: np.ndarray, count: int, seed: int) -> dict[str, list[Claim]]:
    """Up to `count` claims of each set; a planted chain is claimed once at most."""
    chance = np.random.default_rng(seed + 1)
    places = {"planted": chance.permutation(planted)[:count], "random": chance.integers(0, table.num_rows, count)}
    return {name: [claim_at(table, place) for place in chosen.tolist()] for name, chosen in places.items()}


def claim_at(table: pa.Table, place: int) -> Claim:
    """A claim on a transfer whole, followed for 72 hours."""
    moment = from_micros(table["time"][place].as_py())
    until = moment + WINDOW
    return table["id"][place].as_py(), TraceOptions(until=until), to_micros(until)


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


def time_traces(ledger: Ledger, name: str, claims: list[Claim], rule: Rule) -> Timed:
    """Trace every claim one by one, once for the answer in columns and once with every flow read as an object."""
    for transfer, options, _ in claims[:50]:
        ledger.trace([ClaimStart(transfer)], rule, options)
    timed = Timed([], [], [])
    gc.collect()
    for transfer, options, _ in claims:
        start = Clock.read()
        ledger.trace([ClaimStart(transfer)], rule, options)
        timed.columns.append(Clock.read() - start)
    for transfer, options, _ in claims:
        start = Clock.read()
        flows = ledger.trace([ClaimStart(transfer)], rule, options).flows
        timed.objects.append(Clock.read() - start)
        timed.flows.append([(flow.transfer, flow.amount) for flow in flows])
    sizes = sorted(len(flows) for flows in timed.flows)
    print(
        f"{rule.value:8} {name:8} {statistics.median(timed.columns) * 1e3:7.4f} ms median"
        f" {share(timed.columns, 0.99) * 1e3:8.3f} ms p99"
        f"   with objects {statistics.median(timed.objects) * 1e3:7.4f} / {share(timed.objects, 0.99) * 1e3:8.3f}"
        f"   flows: {sizes[len(sizes) // 2]} median, {sizes[int(0.99 * len(sizes))]} p99, {sizes[-1]} most"
    )
    return timed


def share(values: list[float], part: float) -> float:
    """The value below which that part of the values lies."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def bulk(ledger: Ledger, claims: list[Claim], count: int) -> None:
    """FIFO for many claims at once. One end serves all, so the claims are those of 72 hours."""
    end = from_micros(FIRST + 7 * DAY)
    recent = [transfer for transfer, _, until in claims if 0 <= to_micros(end + WINDOW) - until <= 3 * DAY]
    chosen = [[ClaimStart(recent[place % len(recent)])] for place in range(count)]
    start = time.perf_counter()
    table = ledger.trace_many(chosen, Rule.FIFO, TraceOptions(until=end))
    seconds = time.perf_counter() - start
    print(f"bulk     {count / seconds:8,.0f} fifo traces/s, {table.num_rows:,} rows in one table (target ≥ 10,000)")


def against_python(table: pa.Table, sets: dict[str, list[Claim]], timed: dict[tuple[Rule, str], Timed]) -> None:
    """FIFO and poison in plain Python."""
    start = time.perf_counter()
    peer = PythonPeer(table)
    print(f"python   {time.perf_counter() - start:8.2f} s to load")
    gc.collect()
    for rule, follow, target in ((Rule.FIFO, peer.fifo, 10), (Rule.POISON, peer.poison, 5)):
        for name, claims in sets.items():
            seconds = []
            for number, (transfer, _, until) in enumerate(claims):
                start = Clock.read()
                flows = follow(transfer, until)
                seconds.append(Clock.read() - start)
                assert flows == timed[rule, name].flows[number], f"{rule} differs on {transfer}"
            report(f"python {rule.value} {name}", seconds, timed[rule, name], target)


def report(label: str, peer: list[float], ours: Timed, target: int) -> None:
    """A peer's figures and how many times ours they are: ours in columns, and with objects."""
    columns, objects = ours.columns[: len(peer)], ours.objects[: len(peer)]
    print(
        f"{label:22} {statistics.median(peer) * 1e3:9.4f} ms median {share(peer, 0.99) * 1e3:9.3f} ms p99   times ours:"
        f" {statistics.median(peer) / statistics.median(columns):8,.1f} median, {sum(peer) / sum(columns):8,.1f} total"
        f" (target ≥ {target:,});   with objects {statistics.median(peer) / statistics.median(objects):8,.1f},"
        f" {sum(peer) / sum(objects):8,.1f}"
    )


class PythonPeer:
    """A careful plain Python program: lists per account, bisect for the place in the queue, heapq for time order."""

    def __init__(self, table: pa.Table) -> None:
        debtors, creditors = table["debtor"].to_pylist(), table["creditor"].to_pylist()
        self.amount, self.time, self.creditor = table["amount"].to_pylist(), table["time"].to_pylist(), creditors
        self.id = table["id"].to_pylist()
        self.number = {name: number for number, name in enumerate(self.id)}
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

    def fifo(self, claim: str, until: int) -> list[tuple[str, int]]:
        """[(transfer, tainted amount)] in order of time."""
        start = self.number[claim]
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
        return [(self.id[transfer], amount) for transfer, amount in flows]

    def poison(self, claim: str, until: int) -> list[tuple[str, int]]:
        """[(transfer, amount)] in order of time."""
        heap: list[tuple[int, int, str]] = [(self.number[claim], -1, "")]
        reached: set[str] = set()
        flows = []
        while heap:
            transfer, place, payer = heapq.heappop(heap)
            flows.append((self.id[transfer], self.amount[transfer]))
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
    select creditor, number from transfers where id = $start and not cash
    union
    select t.creditor, min(t.number)
    from reach r join transfers t on t.debtor = r.account and t.number > r.since and t.time <= $until and not t.cash
    left join recurring.reach known on known.account = t.creditor
    where known.since is null or t.number < known.since
    group by t.creditor
)
select t.number, t.id, t.amount
from transfers t join reach r on t.debtor = r.account and t.number > r.since and t.time <= $until
union select number, id, amount from transfers where id = $start
order by 1
"""


def against_duckdb(table: pa.Table, sets: dict[str, list[Claim]], timed: dict[tuple[Rule, str], Timed]) -> None:
    """Poison as DuckDB's recursive query."""
    connection = duckdb.connect()
    connection.register("loaded", table)
    connection.execute(
        "create table transfers as select seq as number, id, time, debtor, creditor, amount, kind = 'cash' as cash from loaded"
    )
    for name, claims in sets.items():
        seconds = []
        for number, (transfer, _, until) in enumerate(claims):
            start = time.perf_counter()
            rows = connection.execute(REACH, {"start": transfer, "until": until}).fetchall()
            seconds.append(time.perf_counter() - start)
            assert [row[1:] for row in rows] == timed[Rule.POISON, name].flows[number], f"differs on {transfer}"
        report(f"duckdb poison {name}", seconds, timed[Rule.POISON, name], 1000)


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
