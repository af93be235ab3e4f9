"""Files as they come: encodings, packing, quoting, and everything that is no table."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples

from accord.core.errors import BadInput
from accord.engine.records import LoadResult, RecordKind, RecordStore, SourceMap
from accord.engine.records.content import SourceFile
from accord.engine.records.reader import TableReader

HEADER = "id,time,debtor,creditor,amount,currency\n"
ROW = "a,2024-05-01T00:00:00Z,甲,乙,1.00,CNY\n"


def load(folder: Path, content: bytes, name: str = "t.csv", mapping: SourceMap | None = None) -> tuple[LoadResult, list[dict]]:
    path = folder / name
    path.write_bytes(content)
    store = RecordStore(folder / "store")
    result = store.load(path, RecordKind.TRANSFERS, mapping)
    return result, [row for table in store.transfers_after() for row in table.to_pylist()]


def mapped(folder: Path, toml: str) -> SourceMap:
    path = folder / "map.toml"
    path.write_text(toml, encoding="utf-8")
    return SourceMap.from_toml(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_found_out(tmp_path: Path, encoding: str) -> None:
    _, rows = load(tmp_path, (HEADER + ROW).encode(encoding))
    assert [(row["debtor"], row["creditor"]) for row in rows] == [("甲", "乙")]


def test_a_named_encoding(tmp_path: Path) -> None:
    mapping = mapped(tmp_path, '[text]\nencoding = "cp1252"')
    _, rows = load(tmp_path, (HEADER + ROW.replace("甲", "Müller").replace("乙", "b")).encode("cp1252"), mapping=mapping)
    assert rows[0]["debtor"] == "Müller"


def test_a_wrong_encoding_is_told_with_its_place_and_remedy(tmp_path: Path) -> None:
    text = (HEADER + ROW.replace("甲", "Müller").replace("乙", "b")).encode("cp1252")
    with pytest.raises(BadInput, match=rf"byte {text.index(0xFC)} \(0xfc\) is not utf-8.*encoding = "):
        load(tmp_path, text)
    with pytest.raises(BadInput, match="is not ascii"):
        load(tmp_path, text, mapping=mapped(tmp_path, '[text]\nencoding = "ascii"'))


def test_the_place_is_right_far_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    text = (HEADER + ROW * 200).encode() + b"b,2024-05-01T00:00:00Z,\xff,x,1.00,CNY\n"
    path.write_bytes(text)
    source = SourceFile(path)
    with pytest.raises(BadInput, match=f"byte {text.index(0xFF):,} "):
        list(TableReader(source, SourceMap.default(RecordKind.TRANSFERS), RecordKind.TRANSFERS, block_bytes=61).raw_blocks())


def test_gzip_is_told_by_its_content_and_packs_the_same_batch(tmp_path: Path) -> None:
    text = (HEADER + ROW).encode()
    first, _ = load(tmp_path, gzip.compress(text), "t.bin")
    again, rows = load(tmp_path, text, "t.csv")
    assert again.batch == first.batch
    assert (again.already_loaded, again.duplicates, len(rows)) == (True, 1, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n\n", "header"),
        ((HEADER + ROW).replace("\n", "\r").encode(), "ordinary line ends"),
        (b"PK\x03\x04rest", "Excel"),
        (b"%PDF-1.7 rest", "PDF"),
        (b"id,time\x00\x00,debtor\n", "not text"),
        (gzip.compress(HEADER.encode() * 500, mtime=0)[:60], "gzip data are damaged"),
        (b"\x1f\x8b but no more", "gzip data are damaged"),
        (b"PAR1 but no more PAR1", "Parquet file is damaged"),
        (b"just some words\nand more words\n", "no column 'time'"),
        (
            HEADER.replace("amount", "sum").encode() + ROW.encode(),
            r"no column 'amount'.*the file has: id, time, debtor, creditor, sum",
        ),
        ((HEADER.replace("id", "time") + ROW).encode(), "appears 2 times"),
        ((HEADER + 'a,2024-05-01T00:00:00Z,"A,B,1.00,CNY\n' + ROW).encode(), "never closed"),
    ],
)
def test_what_is_no_table_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        load(tmp_path, content)
    store = tmp_path / "store"
    assert RecordStore(store).status()["transfers"] == 0
    assert not [path for path in store.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "store")
    with pytest.raises(BadInput, match="no such file"):
        store.load(tmp_path / "nothing.csv", RecordKind.TRANSFERS)
    with pytest.raises(BadInput, match="directory"):
        store.load(tmp_path, RecordKind.TRANSFERS)


def test_a_header_without_rows_loads_nothing(tmp_path: Path) -> None:
    for text in (HEADER, HEADER.strip()):
        result, rows = load(tmp_path, text.encode())
        assert (result.loaded, result.rejected, rows) == (0, 0, [])


def test_other_delimiters_lines_above_the_header_and_joined_columns(tmp_path: Path) -> None:
    text = "Statement\n2024\ndate;clock;from;to;amt;cur\n2024-05-01;13:30:00;A;B;1,50;EUR\n"
    mapping = mapped(
        tmp_path,
        """
        [columns]
        time = ["date", "clock"]
        debtor = "from"
        creditor = "to"
        amount = "amt"
        currency = "cur"
        [text]
        skip_lines = 2
        decimal = ","
        [time]
        zone = "Asia/Shanghai"
        """,
    )
    _, rows = load(tmp_path, text.encode(), mapping=mapping)
    assert [(row["time"], row["amount"], row["debtor"]) for row in rows] == [(1714541400_000000, 150, "A")]


def test_rows_of_the_wrong_width_are_rejects_with_their_number(tmp_path: Path) -> None:
    text = HEADER + ROW + "\n" + "b,short\n" + ROW.replace("a,", "c,") + "\r\n" + "d,1,2,3,4,5,6,7\n" + ROW.replace("a,", "e,")
    result, rows = load(tmp_path, text.encode())
    assert [row["id"] for row in rows] == ["a", "c", "e"]
    assert result.rejects_file is not None
    rejects = list(csv.DictReader(result.rejects_file.read_text(encoding="utf-8").splitlines()))
    assert [(reject["row"], reject["reason"]) for reject in rejects] == [
        ("2", "the row has 2 values where the header has 6"),
        ("4", "the row has 8 values where the header has 6"),
    ]


values = st.text(st.sampled_from('ab"\n\r,;甲 '), max_size=6)


@given(st.lists(st.tuples(values, values), min_size=1, max_size=30), st.integers(7, 90), st.booleans())
@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cutting_into_blocks_gives_the_same_rows(
    tmp_path: Path, rows: list[tuple[str, str]], block: int, quote: bool
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(["account", "currency", "amount"])
    writer.writerows([f"x{account}", currency, "1"] for account, currency in rows)
    path = tmp_path / "b.csv"
    path.write_bytes(text.getvalue().encode())
    reader = TableReader(SourceFile(path), SourceMap.default(RecordKind.BALANCES), RecordKind.BALANCES, block_bytes=block)
    read: list[tuple[str, str]] = []
    for raw in reader.raw_blocks():
        parsed = reader.parse(raw)
        assert not parsed.malformed
        assert parsed.frame["row"].to_list() == list(range(1, parsed.frame.height + 1))
        read.extend(parsed.frame.select("account", "currency").iter_rows())
    assert read == [(f"x{account}", currency) for account, currency in rows]


def test_a_stray_quotation_mark_is_a_character(tmp_path: Path) -> None:
    text = HEADER + ROW.replace("甲", '5" pipe') * 3
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    reader = TableReader(SourceFile(path), SourceMap.default(RecordKind.TRANSFERS), RecordKind.TRANSFERS, block_bytes=50)
    assert [row for raw in reader.raw_blocks() for row in reader.parse(raw).frame["debtor"]] == ['5" pipe'] * 3


def parquet(path: Path, **columns: pa.Array) -> Path:
    base = {"id": ["a"], "debtor": ["A"], "creditor": ["B"], "currency": ["CNY"]}
    pa.parquet.write_table(pa.table({**base, **columns}), path)
    return path


def test_parquet_with_exact_types(tmp_path: Path) -> None:
    micros = 1714541400_000000
    times = [
        pa.array([micros], pa.timestamp("us", "Asia/Shanghai")),
        pa.array([micros * 1000], pa.timestamp("ns", "UTC")),
        pa.array([micros // 1_000_000], pa.int64()),
    ]
    for number, time in enumerate(times):
        store = RecordStore(tmp_path / f"store{number}")
        store.load(parquet(tmp_path / "t.parquet", time=time, amount=pa.array([Decimal("12.30")])), RecordKind.TRANSFERS)
        (row,) = next(store.transfers_after()).to_pylist()
        assert (row["time"], row["amount"]) == (micros, 1230)


def test_parquet_with_floating_point_amounts_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", time=pa.array([1]), amount=pa.array([12.3]))
    with pytest.raises(BadInput, match="'amount' holds floating-point"):
        RecordStore(tmp_path / "store").load(path, RecordKind.TRANSFERS)


def test_parquet_times_without_zone_are_rejects(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", time=pa.array([1], pa.timestamp("us")), amount=pa.array(["1"]))
    result = RecordStore(tmp_path / "store").load(path, RecordKind.TRANSFERS)
    assert result.rejected == 1
    assert result.rejects_file is not None
    assert "has no zone" in result.rejects_file.read_text()


def test_a_file_that_grows_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(HEADER + ROW, encoding="utf-8")

    def grow(_: object) -> None:
        with path.open("ab") as file:
            file.write(codecs.encode(ROW.replace("a,", "b,")))

    store = RecordStore(tmp_path / "store")
    with pytest.raises(BadInput, match="changed while it was being read"):
        store.load(path, RecordKind.TRANSFERS, progress=grow)
    assert store.status()["transfers"] == 0
