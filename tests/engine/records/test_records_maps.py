"""Maps: every key that is wrong is named, and statements of one account become transfers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accord.core.errors import BadInput, NotFound
from accord.engine.records import RecordKind, RecordStore, SourceMap


def write_map(folder: Path, toml: str) -> SourceMap:
    path = folder / "map.toml"
    path.write_text(toml, encoding="utf-8")
    return SourceMap.from_toml(path)


def load(folder: Path, toml: str, text: str) -> tuple[list[dict[str, Any]], str]:
    """The rows loaded and the text of the rejects."""
    path = folder / "statement.csv"
    path.write_text(text, encoding="utf-8")
    store = RecordStore(folder / "store")
    result = store.load(path, RecordKind.TRANSFERS, write_map(folder, toml))
    rejects = result.rejects_file.read_text(encoding="utf-8") if result.rejects_file else ""
    return [row for table in store.transfers_after() for row in table.to_pylist()], rejects


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[colums]\nid = 'x'", "unknown key 'colums'"),
        ("columns = 3", "must be a section"),
        ("[columns]\npayer = 'x'", "unknown key columns.payer"),
        ("[columns]\nid = 3", "columns.id must be a column name"),
        ("[columns]\nid = ['a', '']", "columns.id must be a column name"),
        ("[columns]\nid = 'x'\n[constants]\nid = 'y'", "both a column and a constant"),
        ("[constants]\ncurrency = 5", "constants.currency must be text"),
        ("[text]\nencoding = 'klingon'", "text.encoding 'klingon' is not known"),
        ("[text]\ndelimiter = ';;'", "text.delimiter must be one character"),
        ("[text]\nthousands = '.'", "same character"),
        ("[text]\nskip_lines = -1", "text.skip_lines"),
        ("[time]\nzone = 'Mars/Olympus'", "time.zone 'Mars/Olympus' is not known"),
        ("[time]\nzone = '../etc/passwd'", "time.zone"),
        ("[time]\nunit = 'weeks'", "time.unit 'weeks' is not known"),
        ("[time]\nunit = 'steps'", "needs time.epoch and time.step_seconds"),
        ("[time]\nunit = 'seconds'\nformat = '%Y'", "exclude each other"),
        ("[time]\nepoch = '2017-01-01T00:00:00'", "time.epoch needs a zone"),
        ("[time]\nepoch = 'long ago'", "time.epoch 'long ago' is not a time"),
        ("[time]\nstep_seconds = true", "time.step_seconds"),
        ("[amount]\nsign = 'plus'", "amount.sign 'plus' is not known"),
        ("[amount]\nunit = 'cents'", "amount.unit 'cents' is not known"),
        ("[amount]\nsign = 'direction'", "needs the words of both ways"),
        ("[direction]\nin = 'C'", "direction.in must be a list"),
        ("[columns", "not valid TOML"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, toml: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as refusal:
        write_map(tmp_path, toml)
    assert "map.toml" in str(refusal.value)


def test_a_missing_map_file_and_an_unknown_shipped_map(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such map file"):
        SourceMap.from_toml(tmp_path / "none.toml")
    with pytest.raises(NotFound, match="there are: amlsim, bank-statement"):
        SourceMap.shipped("none")


def test_a_column_that_the_map_names_must_be_there_even_where_it_is_optional(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no column 'Bank'.*'debtor_bank'"):
        load(tmp_path, "[columns]\ndebtor_bank = 'Bank'", "time,debtor,creditor,amount,currency\n")


def test_an_optional_column_can_be_left_out(tmp_path: Path) -> None:
    rows, _ = load(tmp_path, "[columns]\nid = ''", "id,time,debtor,creditor,amount,currency\nx,1,A,B,1,CNY\nx,1,A,B,2,CNY\n")
    assert [row["amount"] for row in rows] == [100, 200]


STATEMENT = (
    "[columns]\ntime = 'date'\ncounterparty = 'other'\n[constants]\naccount = 'ME'\naccount_bank = 'HOME'\ncurrency = 'CNY'\n"
)


def sides(rows: list[dict[str, Any]]) -> list[tuple[str, str | None, str, str | None, int]]:
    return [(row["debtor"], row["debtor_bank"], row["creditor"], row["creditor_bank"], row["amount"]) for row in rows]


@pytest.mark.parametrize(("sign", "out"), [("negative_is_out", "-"), ("positive_is_out", "")])
def test_signed_amounts(tmp_path: Path, sign: str, out: str) -> None:
    into = "" if out else "-"
    text = f'date,other,counterparty_bank,amount\n1,SHOP,B1,"{out}1,000.50"\n2,BOSS,B2,{into}3\n3,X,B3,0\n'
    rows, rejects = load(tmp_path, STATEMENT + f"[amount]\nsign = '{sign}'", text)
    assert sides(rows) == [("ME", "HOME", "SHOP", "B1", 100050), ("BOSS", "B2", "ME", "HOME", 300)]
    assert "3,amount,0,is zero" in rejects


def test_a_direction_column(tmp_path: Path) -> None:
    text = "date,other,amount,flag\n1,SHOP,5,借\n2,BOSS,3,贷\n3,X,3,?\n4,X,3,\n5,X,-3,贷\n"
    toml = STATEMENT.replace("[constants]", "direction = 'flag'\n[constants]")
    rows, rejects = load(
        tmp_path, toml + "[amount]\nsign = 'direction'\n[direction]\nin = ['贷', 'C']\nout = ['借', 'D']", text
    )
    assert [side[0] for side in sides(rows)] == ["ME", "BOSS"]
    assert "3,direction,?,is not a word" in rejects
    assert "4,direction,,is not a word" in rejects
    assert "5,amount,-3,is negative" in rejects


def test_two_amount_columns(tmp_path: Path) -> None:
    text = "date,other,支出,收入\n1,SHOP,5.00,\n2,BOSS,0.00,3\n3,X,1,1\n4,X,,\n"
    toml = STATEMENT.replace("[constants]", "amount_out = '支出'\namount_in = '收入'\n[constants]")
    rows, rejects = load(tmp_path, toml + "[amount]\nsign = 'columns'", text)
    assert sides(rows) == [("ME", "HOME", "SHOP", None, 500), ("BOSS", None, "ME", "HOME", 300)]
    assert "3,amount_in,1,is given beside an amount_out" in rejects
    assert "4,amount,,is missing" in rejects


def test_the_shipped_statement_map(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(
        "reference,date,account,counterparty,counterparty_bank,amount,currency\n"
        "r1,2024-05-01 13:30:00,ME,SHOP,B1,-12.50,CNY\nr2,2024-05-01 13:31:00,ME,BOSS,B2,100.00,CNY\n"
    )
    store = RecordStore(tmp_path / "store")
    store.load(path, RecordKind.TRANSFERS, SourceMap.shipped("bank-statement"))
    (first, second) = next(store.transfers_after()).to_pylist()
    assert (first["id"], first["time"], first["debtor"], first["amount"]) == ("r1", 1714541400_000000, "ME", 1250)
    assert (second["debtor"], second["debtor_bank"], second["creditor"]) == ("BOSS", "B2", "ME")
