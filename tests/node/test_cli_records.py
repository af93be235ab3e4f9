"""accord records load and status, on good and on bad files."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest
from federation_kit.commands import Accord

HEADER = "id,time,debtor,creditor,amount,currency"
GOOD = [
    "t1,2026-01-01T00:00:00Z,alice,bob,100.00,CNY",
    "t2,2026-01-02T08:00:00+08:00,bob,carol,60.5,CNY",
    "t3,1767312000,bob,dave,7,JPY",
]


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_load_and_status_as_json(accord: Accord, tmp_path: Path) -> None:
    answer = accord("records", "load", write(tmp_path / "t.csv", *GOOD), "--kind", "transfers", "--json")
    assert answer.code == 0
    assert set(answer.json) == {"batch", "loaded", "duplicates", "rejected", "rejects_file"}
    assert answer.json | {"batch": ""} == {"batch": "", "loaded": 3, "duplicates": 0, "rejected": 0, "rejects_file": None}
    status = accord("records", "status", "--json").json
    assert (status["transfers"], status["batches"], status["balances"]) == (3, 1, 0)


def test_the_same_file_again_changes_nothing(accord: Accord, tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", *GOOD)
    first = accord("records", "load", file, "--kind", "transfers", "--json").json
    again = accord("records", "load", file, "--kind", "transfers", "--json").json
    assert again == {"batch": first["batch"], "loaded": 0, "duplicates": 3, "rejected": 0, "rejects_file": None}
    assert "nothing to do" in accord("records", "load", file, "--kind", "transfers").out
    assert accord("records", "status", "--json").json["transfers"] == 3


def test_bad_rows_go_to_the_rejects_file_and_good_rows_stay(accord: Accord, tmp_path: Path) -> None:
    rows = [GOOD[0], "t4,2026-01-01T00:00:00,alice,bob,1,CNY", "t5,2026-01-01T00:00:00Z,alice,bob,-1,CNY"]
    answer = accord("records", "load", write(tmp_path / "t.csv", *rows), "--kind", "transfers", "--json")
    assert answer.code == 0
    assert (answer.json["loaded"], answer.json["rejected"]) == (1, 2)
    with Path(answer.json["rejects_file"]).open(encoding="utf-8", newline="") as file:
        rejects = list(csv.DictReader(file))
    assert [(row["row"], row["column"]) for row in rejects] == [("2", "time"), ("3", "amount")]
    assert all(row["reason"] for row in rejects)


def test_a_person_reads_how_many_rows_were_rejected_and_where(accord: Accord, tmp_path: Path) -> None:
    rows = [GOOD[0], "t4,yesterday,alice,bob,1,CNY"]
    answer = accord("records", "load", write(tmp_path / "t.csv", *rows), "--kind", "transfers")
    assert answer.code == 0
    assert "1 rows were rejected" in answer.out
    assert "rejects" in answer.out


def test_balances(accord: Accord, tmp_path: Path) -> None:
    file = write(tmp_path / "b.csv", "alice,CNY,500.00", "bob,JPY,0", header="account,currency,amount")
    assert accord("records", "load", file, "--kind", "balances", "--json").json["loaded"] == 2
    assert accord("records", "status", "--json").json["balances"] == 2


def test_a_map_file_and_a_shipped_map(accord: Accord, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.csv.gz"
    with gzip.open(theirs, "wt", encoding="gb18030") as file:
        file.write('付款,收款,金额,时间\n张三,李四,"1,234.50",2026-01-01 08:00:00\n')
    source_map = tmp_path / "theirs.toml"
    source_map.write_text(
        '[columns]\ndebtor = "付款"\ncreditor = "收款"\namount = "金额"\ntime = "时间"\n'
        '[constants]\ncurrency = "CNY"\n[time]\nzone = "Asia/Shanghai"\n',
        encoding="utf-8",
    )
    assert accord("records", "load", theirs, "--kind", "transfers", "--map", source_map, "--json").json["loaded"] == 1
    steps = write(tmp_path / "steps.csv", "1,2,3.25,0", "1,2,3.25,0", header="sourceNodeId,targetNodeId,value,time")
    assert accord("records", "load", steps, "--kind", "transfers", "--map", "amlsim", "--json").json["loaded"] == 2


@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        (b"", (), "empty"),
        (b"id,when,debtor,creditor,amount,currency\na,1,x,y,1,CNY\n", (), "'time'"),
        (HEADER.encode() + b"\na,1,\xff\xfe\xfdx,y,1,CNY\n", (), "byte"),
        (HEADER.encode(), ("--map", "nowhere"), "bank-statement"),
        (HEADER.encode(), ("--map", "nowhere.toml"), "nowhere.toml"),
        (b"\x1f\x8bnot a gzip file", (), "gz"),
    ],
)
def test_a_bad_file_is_refused_with_a_reason(
    accord: Accord, tmp_path: Path, content: bytes, arguments: tuple[str, ...], says: str
) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    answer = accord("records", "load", file, "--kind", "transfers", "--json", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.error["message"] + answer.error["where"]
    assert accord("records", "status", "--json").json["transfers"] == 0


def test_a_missing_file_and_a_folder_are_refused(accord: Accord, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        answer = accord("records", "load", path, "--kind", "transfers")
        assert answer.code == 2
        assert str(path) in answer.err


def test_real_records_load_whole(accord: Accord, test_data: Path) -> None:
    file = test_data / "amlsim" / "cycle200-transactions.csv.gz"
    answer = accord("records", "load", file, "--kind", "transfers", "--map", "amlsim", "--json")
    assert answer.code == 0
    assert (answer.json["loaded"], answer.json["rejected"], answer.json["duplicates"]) == (117_805, 0, 0)


def test_messages_of_iso_20022_are_known_by_their_content(accord: Accord, tmp_path: Path) -> None:
    message = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf>
      <GrpHdr><CreDtTm>2026-01-01T00:00:00Z</CreDtTm></GrpHdr>
      <CdtTrfTxInf><PmtId><TxId>T-1</TxId></PmtId><IntrBkSttlmAmt Ccy="JPY">100</IntrBkSttlmAmt>
        <DbtrAcct><Id><Othr><Id>1</Id></Othr></Id></DbtrAcct><CdtrAcct><Id><Othr><Id>2</Id></Othr></Id></CdtrAcct></CdtTrfTxInf>
      <CdtTrfTxInf><PmtId><TxId>T-2</TxId></PmtId><IntrBkSttlmAmt Ccy="JPY">1.50</IntrBkSttlmAmt>
        <DbtrAcct><Id><Othr><Id>1</Id></Othr></Id></DbtrAcct><CdtrAcct><Id><Othr><Id>2</Id></Othr></Id></CdtrAcct></CdtTrfTxInf>
      </FIToFICstmrCdtTrf></Document>"""
    file = tmp_path / "payments"
    file.write_text(message, encoding="utf-8")
    first = accord("records", "load", file, "--kind", "transfers", "--json").json
    assert (first["loaded"], first["rejected"]) == (1, 1)
    assert "has more decimals than JPY has (0)" in Path(first["rejects_file"]).read_text(encoding="utf-8")
    assert "nothing to do" in accord("records", "load", file, "--kind", "transfers").out
    refused = accord("records", "load", file, "--kind", "balances")
    assert (refused.code, "give a file of camt.053; it holds pacs.008.001.08" in refused.err) == (2, True)
