"""pacs.008 and camt.053 as sources of records: good rows in, bad rows refused with reasons, large files in bounded memory."""

from __future__ import annotations

import csv
import gzip
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from iso20022_samples import (
    CARD_CN,
    IBAN_DE,
    IBAN_FR,
    UETR,
    balance,
    camt053,
    changed,
    details,
    entry,
    is_valid,
    pacs008,
    statement,
    transfer,
)

from accord.adapters.iso20022 import records
from accord.core.errors import BadInput
from accord.engine.records import LoadResult, RecordKind, RecordStore, SourceMap

NOON = 1_772_366_400_000_000
"""2026-03-01 12:00 UTC in microseconds."""
HOUR = 3_600_000_000


class Loaded:
    """What one file gave: rows of the table, and (row, column, value, reason) of the rejects."""

    def __init__(self, store: RecordStore, kind: RecordKind, result: LoadResult) -> None:
        self.result = result
        tables = store.transfers_after() if kind is RecordKind.TRANSFERS else [store.opening_balances()]
        self.rows: list[dict[str, Any]] = [row for table in tables for row in table.to_pylist()]
        self.rejects: list[tuple[str, ...]] = []
        if result.rejects_file:
            with result.rejects_file.open(encoding="utf-8", newline="") as file:
                self.rejects = [tuple(row) for row in csv.reader(file)][1:]


def load(folder: Path, content: bytes, kind: RecordKind = RecordKind.TRANSFERS, zone: str = "", name: str = "m.xml") -> Loaded:
    (folder / name).write_bytes(content)
    mapping = None
    if zone:
        (folder / "map.toml").write_text(f'[time]\nzone = "{zone}"')
        mapping = SourceMap.from_toml(folder / "map.toml")
    store = RecordStore(folder / "store")
    return Loaded(store, kind, records.load(store, folder / name, kind, mapping))


# --- pacs.008 ---


@pytest.mark.parametrize("version", ["08", "13"])
def test_payments_become_transfers(tmp_path: Path, version: str) -> None:
    one = transfer(
        1, accepted="2026-03-01T12:00:00.5+00:00", ids=f"<EndToEndId>E</EndToEndId><TxId>T</TxId><UETR>{UETR}</UETR>"
    )
    message = pacs008(one, transfer(2), transfer(3, amount="0.07"), version=version)
    assert is_valid(message)
    rows = load(tmp_path, message).rows
    assert rows[0] | {"seq": 0, "batch": ""} == {
        "seq": 0,
        "id": UETR,
        "time": NOON + 500_000,
        "debtor": IBAN_DE,
        "debtor_bank": "DEUTDEFF",
        "debtor_country": "DE",
        "creditor": CARD_CN,
        "creditor_bank": "BKCHCNBJ",
        "creditor_country": "CN",
        "amount": 10_000,
        "currency": "EUR",
        "counter_amount": None,
        "counter_currency": None,
        "kind": "transfer",
        "batch": "",
    }
    assert [(row["id"], row["time"], row["amount"]) for row in rows[1:]] == [
        ("T-2", NOON - 3 * HOUR, 10_000),
        ("T-3", NOON - 3 * HOUR, 7),
    ]


def test_a_payment_in_another_currency_converts(tmp_path: Path) -> None:
    message = pacs008(transfer(1, amount="15600", currency="JPY", instructed='<InstdAmt Ccy="EUR">100.50</InstdAmt>'))
    assert is_valid(message)
    row = load(tmp_path, message).rows[0]
    assert (row["amount"], row["currency"], row["counter_amount"], row["counter_currency"]) == (10_050, "EUR", 15_600, "JPY")


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("<InstrId>I</InstrId><EndToEndId>E</EndToEndId>", "I"),
        ("<EndToEndId>E</EndToEndId>", "E"),
        ("<EndToEndId>NOTPROVIDED</EndToEndId>", None),
    ],
)
def test_what_names_a_payment(tmp_path: Path, ids: str, expected: str | None) -> None:
    loaded = load(tmp_path, pacs008(transfer(1, ids=ids)))
    assert loaded.rows[0]["id"] == (expected or f"{loaded.result.batch}:1")


def test_bad_payments_are_refused_one_by_one(tmp_path: Path) -> None:
    message = pacs008(
        transfer(1, amount="1.50", currency="JPY"),
        transfer(2),
        transfer(3, amount="1,234.50"),
        transfer(4, currency="ABC"),
        transfer(5, creditor=""),
        transfer(6, accepted="2026-03-01T12:00:00"),
        transfer(7, amount="-1"),
        transfer(8, amount="0.00"),
        transfer(9, accepted="2999-01-01T00:00:00Z"),
        transfer(2, amount="5"),
    )
    loaded = load(tmp_path, message)
    assert [row["id"] for row in loaded.rows] == ["T-2"]
    assert [(row, column) for row, column, _, _ in loaded.rejects] == [
        *(("1", "amount"), ("3", "amount"), ("4", "currency"), ("5", "creditor"), ("6", "time")),
        *(("7", "amount"), ("8", "amount"), ("9", "time"), ("10", "id")),
    ]
    assert loaded.rejects[0][3] == "has more decimals than JPY has (0)"
    assert loaded.rejects[1][3] == "is not an amount; write it like 1234.50"
    assert loaded.rejects[-1][3] == "id already loaded with other content"


def test_times_without_a_zone_are_read_in_the_zone_of_the_map(tmp_path: Path) -> None:
    message = pacs008(transfer(1), made_at="2026-03-01T20:00:00")
    assert 'has no zone; add one, or name it in a map: [time] zone = "Asia/Shanghai"' in load(tmp_path, message).rejects[0][3]
    assert load(tmp_path, message, zone="Asia/Shanghai").rows[0]["time"] == NOON


def test_a_map_may_name_nothing_but_the_zone(tmp_path: Path) -> None:
    (tmp_path / "m.xml").write_bytes(pacs008(transfer(1)))
    for text in ('[columns]\nid = "x"', '[time]\nformat = "%Y"', '[amount]\nunit = "minor"', '[constants]\nkind = "cash"'):
        (tmp_path / "map.toml").write_text(text)
        with pytest.raises(BadInput, match="a map may name a time zone only"):
            records.load(
                RecordStore(tmp_path / "s"),
                tmp_path / "m.xml",
                RecordKind.TRANSFERS,
                SourceMap.from_toml(tmp_path / "map.toml"),
            )


# --- camt.053 ---


@pytest.mark.parametrize("version", ["08", "14"])
def test_booked_entries_become_transfers(tmp_path: Path, version: str) -> None:
    message = camt053(
        statement(
            entry("30.00", details(amount="30.00", refs="<EndToEndId>E</EndToEndId><TxId>T-1</TxId>"), reference="R-1"),
            entry(
                "20.00",
                details(amount="20.00", debtor=IBAN_FR, creditor=IBAN_DE, direction="CRDT"),
                direction="CRDT",
                reference="R-2",
            ),
        ),
        version=version,
    )
    assert is_valid(message)
    out, inward = load(tmp_path, message).rows
    assert (out["id"], out["time"], out["amount"], out["kind"]) == ("T-1", NOON - 3 * HOUR, 3_000, "transfer")
    assert (out["debtor"], out["debtor_bank"], out["creditor"], out["creditor_country"]) == (IBAN_DE, "DEUTDEFF", IBAN_FR, "FR")
    assert (inward["id"], inward["debtor"], inward["creditor"], inward["amount"]) == ("DEUTDEFF:R-2", IBAN_FR, IBAN_DE, 2_000)


def test_a_collective_entry_gives_its_payments(tmp_path: Path) -> None:
    many = [details(amount=f"{number}.00", refs=f"<TxId>T-{number}</TxId>") for number in (1, 2, 3)]
    groups = many[0] + "</NtryDtls><NtryDtls>" + many[1] + many[2]
    assert [row["amount"] for row in load(tmp_path, camt053(statement(entry("6.00", groups)))).rows] == [100, 200, 300]
    loaded = load(tmp_path, camt053(statement(entry("6.00", *many))))
    assert [(row["id"], row["amount"]) for row in loaded.rows] == [("T-1", 100), ("T-2", 200), ("T-3", 300)]


def test_payments_of_a_collective_entry_are_told_apart_by_their_place(tmp_path: Path) -> None:
    """Wages share their end-to-end id; none of them is taken for another, in whatever file the entry comes again."""
    many = [details(amount="1.00", refs="<EndToEndId>WAGES</EndToEndId>") for _ in range(3)]
    names = ["DEUTDEFF:R-1/1", "DEUTDEFF:R-1/2", "DEUTDEFF:R-1/3"]
    assert [row["id"] for row in load(tmp_path, camt053(statement(entry("3.00", *many)))).rows] == names
    again = load(tmp_path, camt053(statement(entry("3.00", *many), entry("1.00", details(), reference="R-2"))))
    assert [row["id"] for row in again.rows] == [*names, "DEUTDEFF:R-2"]
    assert again.result.duplicates == 3


def test_amounts_within_a_collective_entry_are_never_guessed(tmp_path: Path) -> None:
    entries = [
        entry("6.00", details(refs="<TxId>T-1</TxId>"), details(refs="<TxId>T-2</TxId>", amount="2.00")),
        entry("5.00", details(refs="<TxId>T-3</TxId>"), reference="R-2"),
    ]
    loaded = load(tmp_path, camt053(statement(*entries)))
    assert [(row["id"], row["amount"]) for row in loaded.rows] == [("T-2", 200), ("T-3", 500)]
    assert "no amount in the currency of the account" in loaded.rejects[0][3]


@pytest.mark.parametrize(
    ("direction", "expected"), [("DBIT", (1_000, "EUR", 78_00, "CNY")), ("CRDT", (78_00, "CNY", 1_000, "EUR"))]
)
def test_an_entry_in_another_currency_converts(tmp_path: Path, direction: str, expected: tuple[int, str, int, str]) -> None:
    foreign = '<AmtDtls><InstdAmt><Amt Ccy="CNY">78.00</Amt></InstdAmt></AmtDtls>'
    sides = (IBAN_DE, IBAN_FR) if direction == "DBIT" else (IBAN_FR, IBAN_DE)
    one = details(amount="10.00", more_amounts=foreign, direction=direction, debtor=sides[0], creditor=sides[1])
    message = camt053(statement(entry("10.00", one, direction=direction)))
    assert is_valid(message)
    row = load(tmp_path, message).rows[0]
    assert tuple(row[name] for name in ("amount", "currency", "counter_amount", "counter_currency")) == expected


def test_entries_that_are_not_booked_or_name_nobody_are_refused_with_the_reason(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        camt053(
            statement(
                entry("1.00", details(), status="<Cd>PDNG</Cd>", reference="R-1"),
                entry("2.00", reference="R-2"),
                entry("3.00", details(creditor=""), reference="R-3"),
                entry("4.00", details(), reference="R-4", status="<Cd>BOOK</Cd>"),
            )
        ),
    )
    assert [row["id"] for row in loaded.rows] == ["DEUTDEFF:R-4"]
    assert loaded.rejects == [
        ("1", "", "R-1", "the entry is not booked (its status is PDNG)"),
        ("2", "", "R-2", "the entry names no account on the other side"),
        ("3", "", "R-3", "the entry names no account on the other side"),
    ]


def test_cash_and_purchases_are_told_by_what_the_bank_booked(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        camt053(
            statement(
                entry("1.00", code="CCRD/CWDL", reference="R-1"),
                entry("2.00", details(creditor=""), code="CCRD/POSD", reference="R-2"),
                entry("3.00", details(), code="ICDT/SALA", reference="R-3"),
            )
        ),
    )
    assert [(row["kind"], row["creditor"], row["creditor_bank"]) for row in loaded.rows] == [
        ("cash", "CASH", "DEUTDEFF"),
        ("merchant", "乙商店", None),
        ("transfer", IBAN_FR, None),
    ]


def test_a_payment_that_comes_back_runs_the_other_way_under_a_name_of_its_own(tmp_path: Path) -> None:
    refs = "<TxId>T-1</TxId>"
    loaded = load(
        tmp_path,
        camt053(
            statement(
                entry("9.00", details(amount="9.00", refs=refs)),
                entry(
                    "9.00",
                    details(amount="9.00", refs=refs, direction="CRDT", returned="<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"),
                    direction="CRDT",
                    reference="R-2",
                ),
            )
        ),
    )
    assert [(row["id"], row["debtor"], row["creditor"]) for row in loaded.rows] == [
        ("T-1", IBAN_DE, IBAN_FR),
        ("T-1:return", IBAN_FR, IBAN_DE),
    ]


def test_the_time_of_an_entry(tmp_path: Path) -> None:
    accepted = "<RltdDts><AccptncDtTm>2026-03-01T13:00:00Z</AccptncDtTm></RltdDts>"
    message = camt053(
        statement(
            entry("1.00", details(dates=accepted), reference="R-1"),
            entry("2.00", details(), booked="<Dt>2026-03-01</Dt>", reference="R-2"),
            entry("3.00", details(), booked="<Dt>2026-03-01Z</Dt>", reference="R-3"),
        )
    )
    rows = load(tmp_path, message, zone="Asia/Shanghai").rows
    assert [row["time"] - NOON for row in rows] == [HOUR, -20 * HOUR, -12 * HOUR]


def test_a_statement_in_gb18030(tmp_path: Path) -> None:
    message = camt053(statement(entry("2.00", details(creditor=""), code="CCRD/POSD"), name="李四"), encoding="GB18030")
    assert "乙商店".encode("gb18030") in message
    assert load(tmp_path, message).rows[0]["creditor"] == "乙商店"


def test_the_older_structure_of_statements_is_read(tmp_path: Path) -> None:
    text = camt053(statement(entry("1.00", details(refs="<TxId>T-1</TxId>"), status="BOOK")), version="02").decode()
    for new, old in (("BICFI", "BIC"), ("<Pty>", ""), ("</Pty>", "")):
        text = text.replace(new, old)
    row = load(tmp_path, text.encode()).rows[0]
    assert (row["id"], row["debtor_bank"], row["creditor"]) == ("T-1", "DEUTDEFF", IBAN_FR)


# --- balances ---


def test_opening_balances_of_the_earliest_statement(tmp_path: Path) -> None:
    message = camt053(
        statement(entry("1.00", details()), balances=balance("OPBD", "20.00", day="2026-03-02")),
        statement(balances=balance("OPBD", "10.00", day="2026-03-01") + balance("CLBD", "20.00")),
        statement(account=IBAN_FR, balances=balance("OPBD", "7.00", sub_type="INTM") + balance("PRCD", "5.00")),
    )
    assert is_valid(message)
    loaded = load(tmp_path, message, RecordKind.BALANCES)
    assert [(row["account"], row["bank"], row["currency"], row["amount"]) for row in loaded.rows] == [
        (IBAN_DE, "DEUTDEFF", "EUR", 1_000),
        (IBAN_FR, "DEUTDEFF", "EUR", 500),
    ]


def test_an_overdrawn_opening_balance_is_refused(tmp_path: Path) -> None:
    loaded = load(tmp_path, camt053(statement(balances=balance("OPBD", "3.00", sign="DBIT"))), RecordKind.BALANCES)
    assert [reject[1:] for reject in loaded.rejects] == [("amount", "-3.00", "is negative")]


# --- files ---


def test_the_same_file_again_changes_nothing_packed_or_not(tmp_path: Path) -> None:
    message = pacs008(transfer(1), transfer(2))
    first = load(tmp_path, message).result
    again = load(tmp_path, gzip.compress(message), name="m.xml.gz").result
    assert (again.batch, again.already_loaded, again.loaded) == (first.batch, True, 0)


def test_messages_in_an_envelope_and_several_in_a_file(tmp_path: Path) -> None:
    def inner(message: bytes) -> str:
        return message.decode().partition("?>")[2]

    envelope = f"<Batch><Header/>{inner(pacs008(transfer(1)))}{inner(camt053(statement(entry('1.00', details()))))}</Batch>"
    assert [row["id"] for row in load(tmp_path, envelope.encode()).rows] == ["T-1", "DEUTDEFF:R-1"]


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"<a/>", RecordKind.TRANSFERS, "give a file of camt.053 or pacs.008; it holds no Document of ISO 20022"),
        (b'<Document xmlns="urn:x"/>', RecordKind.TRANSFERS, "it holds {urn:x}Document"),
        (changed(pacs008(transfer(1)), "pacs.008", "pacs.009"), RecordKind.TRANSFERS, "it holds pacs.009.001.08"),
        (pacs008(transfer(1)), RecordKind.BALANCES, "for balances give a file of camt.053; it holds pacs.008.001.08"),
        (pacs008(transfer(1))[:-30], RecordKind.TRANSFERS, "line 13, column .*not well-formed"),
        (pacs008(transfer(1)).decode().encode("utf-16"), RecordKind.TRANSFERS, "UTF-16"),
        (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]>' + pacs008().partition(b"?>")[2],
            RecordKind.TRANSFERS,
            "DOCTYPE",
        ),
    ],
)
def test_what_is_no_source_of_records_leaves_nothing_behind(
    tmp_path: Path, content: bytes, kind: RecordKind, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        load(tmp_path, content, kind)
    assert RecordStore(tmp_path / "store").status()["batches"] == 0


def test_what_begins_as_xml_is_xml(tmp_path: Path) -> None:
    for content, expected in (
        (pacs008(transfer(1)), True),
        (gzip.compress(pacs008(transfer(1))), True),
        (b"\xef\xbb\xbf\n <a/>", True),
        ("<a/>".encode("utf-16"), True),
        (b"id,time\n", False),
    ):
        (tmp_path / "file").write_bytes(content)
        assert records.is_xml(tmp_path / "file") is expected


_LARGE = """
import sys
from pathlib import Path
from accord.adapters.iso20022.records import MessageReader
from accord.engine.records import RecordKind, SourceMap
from accord.engine.records.content import SourceFile

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

def rows(name):
    reader = MessageReader(SourceFile(Path(name)), SourceMap.default(RecordKind.TRANSFERS), RecordKind.TRANSFERS, 500)
    return sum(reader.parse(block).frame.height for block in reader.raw_blocks())

rows(sys.argv[1])
before = peak()
print(rows(sys.argv[2]), peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
@pytest.mark.parametrize("source", ["payments", "one entry", "one entry in groups"])
def test_a_large_file_is_read_in_bounded_memory(tmp_path: Path, source: str) -> None:
    if source == "payments":
        small, large = (pacs008(*([transfer(1)] * count)) for count in (1_000, 12_000))
    elif source == "one entry":
        small, large = (camt053(statement(entry("1.00", *([details(amount="1.00")] * count)))) for count in (1_000, 12_000))
    else:
        groups = details(amount="1.00") + "</NtryDtls><NtryDtls>"
        small, large = (camt053(statement(entry("1.00", groups * count + details(amount="1.00")))) for count in (999, 11_999))
    (tmp_path / "small.xml").write_bytes(small)
    (tmp_path / "large.xml").write_bytes(large)
    command = [sys.executable, "-c", _LARGE, tmp_path / "small.xml", tmp_path / "large.xml"]
    read, grown = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert read == 12_000
    assert grown < 15 << 10, f"{len(large) >> 20} MiB took {grown >> 10} MiB more than {len(small) >> 20} MiB"
