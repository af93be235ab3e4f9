"""An index folder: caught up equals rebuilt, damage is seen, readers go on while a writer writes."""

from __future__ import annotations

import json
import multiprocessing
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from tracing_oracle import Move
from tracing_worlds import World, agree, balances_table, transfers_table, worlds

from accord.core.errors import Conflict, Corrupt, NotFound
from accord.engine.tracing import ClaimStart, Ledger, LedgerWriter, Rule, writer


def random_moves(count: int, seed: int, first: int = 0, accounts: int = 12) -> list[Move]:
    chance = random.Random(seed)
    names = [("B1", f"a{number}") for number in range(accounts)]
    return [
        Move(
            f"t{number}",
            number,
            number // 3 + chance.choice([0, 0, 0, -20]),
            chance.choice(names),
            chance.choice(names),
            chance.randint(1, 1000),
            "CNY",
        )
        for number in range(first, first + count)
    ]


@pytest.mark.parametrize("fold_at", [10**6, 3])
def test_caught_up_is_as_rebuilt(fold_at: int, tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_TAIL_ROWS", fold_at)

    @examples(25, suppress_health_check=[HealthCheck.too_slow])
    @given(worlds(most=24), st.lists(st.integers(0, 8), min_size=1, max_size=5), st.integers(0, 5))
    def check(world: World, sizes: list[int], openings_with: int) -> None:
        folder = tmp_path_factory.mktemp("index")
        table, none, start = transfers_table(world.moves), balances_table({}), 0
        reader = None
        for number, size in enumerate([*sizes, len(world.moves)]):
            with LedgerWriter(folder) as one:
                balances = balances_table(world.openings) if number >= min(openings_with, len(sizes)) else none
                one.catch_up([table.slice(start, size)], balances)
            start += size
            reader = reader.refreshed() if reader else Ledger.open(folder)
        assert reader is not None
        for made in (reader, Ledger.open(folder)):
            assert len(made) == len(world.moves)
            for rule in Rule:
                agree(made.trace(world.starts, rule, world.options()), world.expected(rule))

    check()


def test_rows_already_published_are_passed_over(tmp_path: Path) -> None:
    table = transfers_table(random_moves(50, seed=1))
    with LedgerWriter(tmp_path) as one:
        one.catch_up([table.slice(0, 30)])
        one.catch_up([table.slice(0, 40)])
        one.catch_up([table])
    assert len(Ledger.open(tmp_path)) == 50


def test_many_small_appends_leave_few_files(tmp_path: Path) -> None:
    table = transfers_table(random_moves(200, seed=2))
    with LedgerWriter(tmp_path) as one:
        for start in range(200):
            one.catch_up([table.slice(start, 1)])
    assert len(list(tmp_path.iterdir())) < 30
    assert len(Ledger.open(tmp_path)) == 200


def test_a_reader_that_is_up_to_date_stays_itself(tmp_path: Path) -> None:
    table = transfers_table(random_moves(9, seed=3))
    with LedgerWriter(tmp_path) as one:
        one.catch_up([table.slice(0, 5)])
        reader = Ledger.open(tmp_path)
        assert reader.refreshed() is reader
        one.catch_up([table])
        newer = reader.refreshed()
    assert (len(reader), len(newer)) == (5, 9)
    assert newer.has_transfer("t8")
    assert not reader.has_transfer("t8")


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path), pytest.raises(Conflict, match="another process"):
        LedgerWriter(tmp_path)


def test_no_index_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="load records first"):
        Ledger.open(tmp_path)


@pytest.mark.parametrize("damage", ["manifest", "short", "missing", "segment", "names"])
def test_damage_is_seen(tmp_path: Path, damage: str) -> None:
    table = transfers_table(random_moves(60, seed=4))
    with LedgerWriter(tmp_path) as one:
        one.catch_up([table.slice(0, 50)])
        one.catch_up([table])
    base = next(tmp_path.glob("base-*"))
    if damage == "manifest":
        document = json.loads((tmp_path / "manifest.json").read_text())
        document["last_seq"] += 1
        (tmp_path / "manifest.json").write_text(json.dumps(document))
    elif damage == "short":
        path = base / "debits.npy"
        path.write_bytes(path.read_bytes()[:-8])
    elif damage == "missing":
        (base / "transfers.npy").unlink()
    elif damage == "segment":
        path = next(tmp_path.glob("transfers-*.arrow"))
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))
    else:
        (base / "names.json").write_text("{}")
    with pytest.raises(Corrupt, match="rebuilt from the records"):
        Ledger.open(tmp_path)


def test_a_kill_between_files_leaves_the_index_as_it_was(tmp_path: Path) -> None:
    table = transfers_table(random_moves(60, seed=5))
    with LedgerWriter(tmp_path) as one:
        one.catch_up([table.slice(0, 50)])
    (tmp_path / "base-00000099.part").mkdir()
    (tmp_path / "transfers-00000099-00000099.arrow").write_bytes(b"half")
    assert len(Ledger.open(tmp_path)) == 50
    with LedgerWriter(tmp_path) as one:
        one.catch_up([table])
    assert len(Ledger.open(tmp_path)) == 60
    assert not list(tmp_path.glob("*99*"))


def publish(folder: str, table: pa.Table) -> None:
    """The writer's process: many small appends, folding often."""
    writer._TAIL_ROWS = 40
    with LedgerWriter(Path(folder)) as one:
        for start in range(100, table.num_rows, 7):
            one.catch_up([table.slice(start, 7)])


def test_readers_go_on_while_a_writer_writes(tmp_path: Path) -> None:
    moves = random_moves(800, seed=6)
    table = transfers_table(moves)
    with LedgerWriter(tmp_path) as one:
        one.catch_up([table.slice(0, 100)])
    process = multiprocessing.get_context("spawn").Process(target=publish, args=(str(tmp_path), table))
    process.start()
    reader, seen = Ledger.open(tmp_path), set()
    start = [ClaimStart("t3")]
    while process.is_alive() or len(reader) < 800:
        if process.exitcode:
            break
        reader = reader.refreshed()
        if len(reader) not in seen:
            seen.add(len(reader))
            whole = Ledger.from_tables(table.slice(0, len(reader)))
            opened = Ledger.open(tmp_path)
            assert reader.trace(start, Rule.FIFO) == whole.trace(start, Rule.FIFO)
            assert len(opened) >= len(reader)
            assert opened.trace(start, Rule.HAIRCUT).conserved
    process.join()
    assert process.exitcode == 0
    assert len(seen) > 1
    assert reader.trace(start, Rule.LIFO) == Ledger.from_tables(table).trace(start, Rule.LIFO)
