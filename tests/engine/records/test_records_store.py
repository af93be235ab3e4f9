"""The store: numbers, batches, duplicates, rejects, look-ups, and an id index that can always be made again."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples

from accord.core import clock
from accord.core.errors import BadInput
from accord.engine.records import LoadProgress, LoadResult, RecordKind, RecordStore, SourceMap
from accord.engine.records.schema import BALANCES, TRANSFERS

HEADER = "id,time,debtor,creditor,amount,currency,kind,counter_amount,counter_currency,debtor_country\n"
START = 1_700_000_000


def line(id_: str, debtor: str = "A", amount: str = "1.00", rest: str = ",,,") -> str:
    return f"{id_},{START},{debtor},B,{amount},CNY,{rest}\n"


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    return RecordStore(tmp_path / "store")


def load(store: RecordStore, *lines: str, kind: RecordKind = RecordKind.TRANSFERS, header: str = HEADER) -> LoadResult:
    path = store.folder.parent / "file.csv"
    path.write_text(header + "".join(lines), encoding="utf-8")
    return store.load(path, kind)


def rows(store: RecordStore, after: int = -1) -> list[dict[str, Any]]:
    return [row for table in store.transfers_after(after) for row in table.to_pylist()]


def rejects(result: LoadResult) -> list[tuple[str, ...]]:
    assert result.rejects_file is not None
    return [tuple(row.values()) for row in csv.DictReader(result.rejects_file.read_text(encoding="utf-8").splitlines())]


def typed(*ids: str | None, amount: int = 100) -> pa.Table:
    fields = [field for field in TRANSFERS if field.name not in ("seq", "batch", "id")]
    values = {"time": START * 10**6, "debtor": "A", "creditor": "B", "amount": amount, "currency": "CNY", "kind": "transfer"}
    columns = {field.name: pa.array([values.get(field.name)] * len(ids), field.type) for field in fields}
    return pa.table({"id": pa.array(ids, pa.string()), **columns})


def test_a_row_comes_back_as_the_schema_says(store: RecordStore) -> None:
    load(store, 'a,2024-05-01T13:30:00+08:00, 6222 0210 0123 4567 , B  b ,"1,234.5",usd,Exchange,9.87,eur,cn\n')
    (table,) = store.transfers_after()
    assert table.schema.equals(TRANSFERS)
    (row,) = table.to_pylist()
    del row["batch"]
    assert row == {
        "seq": 0,
        "id": "a",
        "time": 1714541400_000000,
        "debtor": "6222021001234567",
        "debtor_bank": None,
        "debtor_country": "CN",
        "creditor": "B b",
        "creditor_bank": None,
        "creditor_country": None,
        "amount": 123450,
        "currency": "USD",
        "counter_amount": 987,
        "counter_currency": "EUR",
        "kind": "exchange",
    }


def test_numbers_go_on_from_batch_to_batch_in_the_order_of_loading(store: RecordStore) -> None:
    load(store, line("a"), line("b"))
    load(store, line("c"))
    store.append(typed("d", "e"), RecordKind.TRANSFERS, "live-1")
    assert [(row["seq"], row["id"]) for row in rows(store)] == list(enumerate("abcde"))
    assert [row["id"] for row in rows(store, after=2)] == ["d", "e"]
    assert rows(store, after=4) == []


def test_the_same_file_again_loads_nothing(store: RecordStore) -> None:
    first = load(store, line("a"), line(""), line(""), line("x", amount="0"))
    again = load(store, line("a"), line(""), line(""), line("x", amount="0"))
    assert (first.loaded, first.duplicates, first.rejected, first.already_loaded) == (3, 0, 1, False)
    assert (again.loaded, again.duplicates, again.rejected, again.already_loaded) == (0, 3, 1, True)
    assert again.batch == first.batch
    assert again.rejects_file == first.rejects_file
    assert len(rows(store)) == 3


def test_another_map_makes_another_batch(store: RecordStore, tmp_path: Path) -> None:
    first = load(store, line("a"))
    (tmp_path / "map.toml").write_text('[columns]\ndebtor = "creditor"\n')
    second = store.load(tmp_path / "file.csv", RecordKind.TRANSFERS, SourceMap.from_toml(tmp_path / "map.toml"))
    assert second.batch != first.batch


def test_rows_without_id_are_never_duplicates_and_are_named_by_batch_and_row(store: RecordStore) -> None:
    result = load(store, line("bad", amount="0"), line(""), line(""), line("a"))
    assert (result.loaded, result.duplicates) == (3, 0)
    assert [row["id"] for row in rows(store)] == [f"{result.batch}:2", f"{result.batch}:3", "a"]


def test_duplicates_and_contradictions_inside_one_file(store: RecordStore) -> None:
    result = load(store, line("a"), line("b"), line("a", amount="1.0"), line("a", amount="2"), line("c"), line("a"))
    assert (result.loaded, result.duplicates, result.rejected) == (3, 2, 1)
    assert [(row["seq"], row["id"]) for row in rows(store)] == [(0, "a"), (1, "b"), (2, "c")]
    assert rejects(result) == [("4", "id", "a", "id already loaded with other content")]


def test_duplicates_and_contradictions_with_the_table(store: RecordStore) -> None:
    load(store, line("a"), line("b"))
    result = load(store, line("n"), line("b", debtor="X"), line("a"), line("b", debtor="X"), line("m"))
    assert (result.loaded, result.duplicates, result.rejected) == (2, 1, 2)
    assert [reject[0] for reject in rejects(result)] == ["2", "4"]
    assert [(row["seq"], row["id"]) for row in rows(store)] == list(enumerate("abnm"))
    assert store.status() == {"transfers": 4, "balances": 0, "batches": 2, "rejected": 2, "duplicates": 1}


def test_debtor_and_creditor_exchanged_is_other_content(store: RecordStore) -> None:
    load(store, f"a,{START},A,B,1,CNY,,,,\n")
    assert load(store, f"a,{START},B,A,1,CNY,,,,\n").rejected == 1


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (f"a,{START},,B,1,CNY,,,,", "debtor", "is missing"),
        (f"a,{START},A, ,1,CNY,,,,", "creditor", "is missing"),
        (f"a,{START},{'9' * 300},B,1,CNY,,,,", "debtor", "is longer than 256 bytes"),
        (f"a,{START},A,B,1,,,,,", "currency", "is missing"),
        (f"a,{START},A,B,1,XYZ,,,,", "currency", "is not a currency"),
        (f"a,{START},A,B,1,CNY,gift,,,", "kind", "is not a kind; give one of transfer, card"),
        (f"a,{START},A,B,1,CNY,,5,,", "counter_currency", "is missing, but there is a counter_amount"),
        (f"a,{START},A,B,1,CNY,,,EUR,", "counter_currency", "is given without a counter_amount"),
        (f"a,{START},A,B,1,CNY,,5,XYZ,", "counter_currency", "is not a currency"),
        (f"a,{START},A,B,1,CNY,,0,EUR,", "counter_amount", "is zero"),
        (f"a,{START},A,B,1,CNY,,,,China", "debtor_country", "is not a country"),
        (f"a,{START},A,B,0,CNY,,,,", "amount", "is zero"),
        ("a,2024-05-01T00:00:00,A,B,1,CNY,,,,", "time", "has no zone"),
        ("a,,A,B,1,CNY,,,,", "time", "is missing"),
    ],
)
def test_each_reject_names_row_column_value_and_reason(store: RecordStore, row: str, column: str, reason: str) -> None:
    result = load(store, line("good"), row + "\n")
    assert (result.loaded, result.rejected) == (1, 1)
    ((number, told, value, why),) = rejects(result)
    assert (number, told) == ("2", column)
    assert value == row.split(",")[HEADER.strip().split(",").index(column)].strip()[:200]
    assert reason in why


def test_a_time_after_the_clock_is_a_reject(store: RecordStore) -> None:
    with clock.using(clock.SteppedClock(datetime.fromtimestamp(START - 1, UTC))):
        assert load(store, line("a")).rejected == 1
    assert store.status()["batches"] == 0
    assert load(store, line("a")).loaded == 1


def test_a_file_of_rejects_alone_is_no_batch_but_leaves_its_reasons(store: RecordStore) -> None:
    result = load(store, line("a", amount="0"))
    assert (result.loaded, result.rejected, result.already_loaded) == (0, 1, False)
    assert rejects(result) == [("1", "amount", "0", "is zero")]
    assert store.status()["batches"] == 0


def test_appends_are_idempotent_by_batch(store: RecordStore) -> None:
    first = store.append(typed("a", None), RecordKind.TRANSFERS, "live-1")
    again = store.append(typed("a", None), RecordKind.TRANSFERS, "live-1")
    assert (first.loaded, again.loaded, again.already_loaded) == (2, 0, True)
    other = store.append(typed("a", "b"), RecordKind.TRANSFERS, "live-2")
    assert (other.loaded, other.duplicates) == (1, 1)
    assert [row["id"] for row in rows(store)] == ["a", "live-1:2", "b"]
    assert store.append(typed("a", amount=7), RecordKind.TRANSFERS, "live-3").rejected == 1


def test_appended_rows_are_known_to_loads(store: RecordStore) -> None:
    store.append(typed("a"), RecordKind.TRANSFERS, "live")
    assert load(store, line("a"), line("b")).duplicates == 1


@pytest.mark.parametrize("batch", ["", "../up", ".hidden", "a/b", "x" * 200])
def test_a_batch_name_that_could_leave_the_folder_is_refused(store: RecordStore, batch: str) -> None:
    with pytest.raises(BadInput, match="batch name"):
        store.append(typed("a"), RecordKind.TRANSFERS, batch)


def test_appended_rows_must_have_the_columns_and_types(store: RecordStore) -> None:
    with pytest.raises(BadInput, match="lack the columns kind"):
        store.append(typed("a").drop_columns("kind"), RecordKind.TRANSFERS, "live")
    rows_of_text = typed("a").set_column(1, "time", pa.array(["yesterday"]))
    with pytest.raises(BadInput, match="time"):
        store.append(rows_of_text, RecordKind.TRANSFERS, "live")
    with pytest.raises(BadInput, match="debtor"):
        store.append(typed("a").set_column(2, "debtor", pa.array([None], pa.string())), RecordKind.TRANSFERS, "live")


def test_look_up_by_id(store: RecordStore) -> None:
    result = load(store, line("a"), line(""), line("c"))
    store.append(typed("d"), RecordKind.TRANSFERS, "live")
    found = store.transfers(["d", f"{result.batch}:2", "nobody", "a", "a"])
    assert found.schema.equals(TRANSFERS)
    assert found["seq"].to_pylist() == [0, 1, 3]
    assert store.transfers([]).num_rows == 0


def test_an_empty_store_answers_without_making_anything(store: RecordStore) -> None:
    assert set(store.status().values()) == {0}
    assert rows(store) == []
    assert store.transfers(["a"]).num_rows == 0
    assert store.opening_balances().num_rows == 0
    assert not store.folder.exists()


def test_opening_balances(store: RecordStore) -> None:
    header = "account,currency,amount,bank\n"
    first = load(store, "A,CNY,0,\n", "A,USD,5.10,\n", "A,CNY,3,ICBC\n", "B,CNY,-1,\n", kind=RecordKind.BALANCES, header=header)
    assert (first.loaded, first.rejected) == (3, 1)
    again = load(store, "A,CNY,0.00,\n", "A,USD,5.20,\n", "C,JPY,7,\n", kind=RecordKind.BALANCES, header=header)
    assert (again.loaded, again.duplicates, again.rejected) == (1, 1, 1)
    assert rejects(again) == [
        ("2", "account", "A", "an opening balance of this account and currency is already loaded with another amount")
    ]
    table = store.opening_balances()
    assert table.schema.equals(BALANCES)
    assert list(zip(table["account"].to_pylist(), table["amount"].to_pylist(), strict=True)) == [
        ("A", 0),
        ("A", 510),
        ("A", 300),
        ("C", 7),
    ]
    assert store.status()["balances"] == 4


def test_a_lost_or_damaged_id_index_is_made_again(store: RecordStore) -> None:
    load(store, line("a"), line("b"))
    index = store.folder / "transfers.ids"
    shutil.rmtree(index)
    assert store.transfers(["b"])["seq"].to_pylist() == [1]
    assert load(store, line("b"), line("c")).duplicates == 1
    (index / "manifest.json").write_text("{")
    assert load(store, line("c"), line("d")).duplicates == 1
    for run in index.glob("run-*"):
        run.write_bytes(b"")
    assert load(store, line("d"), line("e")).duplicates == 1
    assert store.transfers(["a", "e"])["seq"].to_pylist() == [0, 4]


def test_an_index_that_lags_behind_the_table_is_caught_up(store: RecordStore, tmp_path: Path) -> None:
    load(store, line("a"))
    shutil.copytree(store.folder / "transfers.ids", tmp_path / "old")
    load(store, line("b"), line("c"))
    shutil.rmtree(store.folder / "transfers.ids")
    (tmp_path / "old").rename(store.folder / "transfers.ids")
    assert store.transfers(["a", "c"])["seq"].to_pylist() == [0, 2]
    assert load(store, line("c"), line("d")).duplicates == 1


def test_progress_tells_bytes_and_rows(store: RecordStore, tmp_path: Path) -> None:
    told: list[LoadProgress] = []
    path = tmp_path / "p.csv"
    path.write_text(HEADER + "".join(line(f"i{number}") for number in range(1000)))
    store.load(path, RecordKind.TRANSFERS, progress=told.append)
    assert told[-1] == LoadProgress(path.stat().st_size, path.stat().st_size, 1000)


entries = st.lists(st.tuples(st.sampled_from(["", "a", "b", "c", "d"]), st.sampled_from(["1", "2", "0"])), max_size=8)


@given(st.lists(entries, min_size=1, max_size=4))
@examples(12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_files_agree_with_a_plain_dictionary(tmp_path: Path, files: list[list[tuple[str, str]]]) -> None:
    shutil.rmtree(tmp_path / "store", ignore_errors=True)
    store = RecordStore(tmp_path / "store")
    known: dict[str, str] = {}
    expected: list[tuple[str, int]] = []
    for number, file in enumerate(files):
        marker = (f"marker-{number}", "1")
        loaded = duplicates = rejected = 0
        result = load(store, *(line(id_, amount=amount) for id_, amount in [*file, marker]))
        for row, (id_, amount) in enumerate([*file, marker], 1):
            name = id_ or f"{result.batch}:{row}"
            if amount == "0" or known.get(name, amount) != amount:
                rejected += 1
            elif name in known:
                duplicates += 1
            else:
                known[name] = amount
                expected.append((name, int(amount) * 100))
                loaded += 1
        assert (result.loaded, result.duplicates, result.rejected) == (loaded, duplicates, rejected)
    assert [(row["id"], row["amount"]) for row in rows(store)] == expected
    assert [row["seq"] for row in rows(store)] == list(range(len(expected)))
    assert store.transfers(list(known))["id"].to_pylist() == [name for name, _ in expected]


def test_many_small_appends_become_few_files_with_the_same_rows(store: RecordStore) -> None:
    load(store, line("first"))
    early = store.transfers_after()
    next(early)
    for number in range(70):
        store.append(typed(f"x{number}"), RecordKind.TRANSFERS, f"live-{number}")
    assert [(row["seq"], row["id"]) for row in rows(store)] == list(
        enumerate(["first", *(f"x{number}" for number in range(70))])
    )
    assert len(store._tables[RecordKind.TRANSFERS].files()) < 32
    assert store.transfers(["x69", "first"])["seq"].to_pylist() == [0, 70]
    assert store.status()["transfers"] == 71
    assert list(early) == []
