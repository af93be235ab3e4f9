"""accord trace: one claim as JSON and as tables, many claims into a file, and every way to ask wrongly."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest
from federation_kit.commands import Accord

from accord.engine.tracing import Rule
from accord.node.cli.trace import RuleName

ROWS = [
    # the victim pays 1,000; the mule has 100 of her own, passes 600 on, takes 200 in cash; an id may hold a "="
    "salary,2026-01-01T00:00:00Z,employer,mule,100.00,CNY,transfer",
    "claim,2026-01-02T00:00:00Z,victim,mule,1000.00,CNY,transfer",
    "hop1,2026-01-02T00:10:00Z,mule,second,600.00,CNY,transfer",
    "atm,2026-01-02T00:20:00Z,mule,atm-7,200.00,CNY,cash",
    "hop2,2026-01-02T01:00:00Z,second,third,450.00,CNY,transfer",
    "claim=5,2026-01-03T00:00:00Z,other,mule,70.00,CNY,transfer",
    "yen,2026-01-03T00:00:00Z,yen-victim,yen-mule,7000,JPY,transfer",
]
SHAPE = {"rule", "until", "currency", "claimed", "flows", "standing", "exits", "conserved"}


@pytest.fixture
def loaded(accord: Accord, tmp_path: Path) -> Accord:
    file = tmp_path / "t.csv"
    file.write_text("\n".join(["id,time,debtor,creditor,amount,currency,kind", *ROWS]) + "\n")
    assert accord("records", "load", file, "--kind", "transfers").code == 0
    return accord


def standing(document: dict[str, Any]) -> dict[str, int]:
    return {item["account"]: item["amount"] for item in document["standing"]}


def exits(document: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(item["kind"], item["transfer"], item["amount"]) for item in document["exits"]]


def test_one_claim_by_fifo(loaded: Accord) -> None:
    answer = loaded("trace", "--transfer", "claim", "--rule", "fifo", "--json")
    assert answer.code == 0, answer.err
    document = answer.json
    assert set(document) >= SHAPE
    assert (document["rule"], document["until"], document["currency"]) == ("fifo", None, "CNY")
    assert (document["claimed"], document["conserved"]) == (100_000, True)
    # the mule's own 100 leave first: 500 of the 600 are stolen, and 350 of the 450, since second had nothing else
    assert [(flow["transfer"], flow["amount"], flow["hop"]) for flow in document["flows"]] == [
        ("claim", 100_000, 0),
        ("hop1", 50_000, 1),
        ("atm", 20_000, 1),
        ("hop2", 35_000, 2),
    ]
    assert (
        document["flows"][1] | {"debtor": "mule", "creditor": "second", "time": "2026-01-02T00:10:00Z"} == document["flows"][1]
    )
    assert standing(document) == {"mule": 30_000, "second": 15_000, "third": 35_000}
    assert exits(document) == [("cash", "atm", 20_000)]


@pytest.mark.parametrize("rule", get_args(RuleName))
def test_every_rule_can_be_named(loaded: Accord, rule: str) -> None:
    document = loaded("trace", "--transfer", "claim", "--rule", rule, "--json").json
    assert document["rule"] == rule
    total = sum(standing(document).values()) + sum(amount for *_, amount in exits(document))
    assert document["conserved"] is (None if rule == "poison" else True)
    assert rule == "poison" or total == document["claimed"]


def test_the_rules_of_the_command_are_those_of_the_engine() -> None:
    assert set(get_args(RuleName)) == {rule.value for rule in Rule}


def test_a_part_of_a_transfer(loaded: Accord) -> None:
    document = loaded("trace", "--transfer", "claim=250.50", "--json").json
    assert document["claimed"] == 25_050
    assert [flow["amount"] for flow in document["flows"] if flow["hop"] == 0] == [25_050]


def test_an_id_with_an_equals_sign_is_an_id_first(loaded: Accord) -> None:
    whole = loaded("trace", "--transfer", "claim=5", "--json").json
    assert (whole["flows"][0]["transfer"], whole["claimed"]) == ("claim=5", 7_000)
    part = loaded("trace", "--transfer", "claim=5=30", "--json").json
    assert (part["flows"][0]["transfer"], part["claimed"]) == ("claim=5", 3_000)


def test_several_claim_transfers_are_one_claim(loaded: Accord) -> None:
    assert loaded("trace", "--transfer", "claim", "--transfer", "claim=5", "--json").json["claimed"] == 107_000


@pytest.mark.parametrize("until", ["2026-01-02T00:10:00Z", "2026-01-02T08:10:00+08:00", "1767312600"])
def test_until_is_inclusive_and_may_be_written_as_records_are(loaded: Accord, until: str) -> None:
    document = loaded("trace", "--transfer", "claim", "--until", until, "--json").json
    assert document["until"] == "2026-01-02T00:10:00Z"
    assert [flow["transfer"] for flow in document["flows"]] == ["claim", "hop1"]


def test_where_a_trace_stops(loaded: Accord) -> None:
    small = loaded("trace", "--transfer", "claim", "--min-parcel", "400", "--json").json
    assert ("below_minimum", "hop2", 35_000) in exits(small)
    hub = loaded("trace", "--transfer", "claim", "--hub", "second", "--json").json
    assert ("hub", "hop1", 50_000) in exits(hub)
    outside = loaded("trace", "--transfer", "claim", "--covered", "SOMEBANK", "--json").json
    assert exits(outside) == [("outside", "claim", 100_000)]


def test_the_minimum_is_a_decimal_in_the_claims_currency(loaded: Accord) -> None:
    assert loaded("trace", "--transfer", "yen", "--min-parcel", "7000", "--json").code == 0
    answer = loaded("trace", "--transfer", "yen", "--min-parcel", "0.5", "--json")
    assert answer.code == 2
    assert "JPY" in answer.error["message"]


def test_a_transfer_loaded_later_is_traced_at_once(loaded: Accord, tmp_path: Path) -> None:
    assert "fourth" not in standing(loaded("trace", "--transfer", "claim", "--json").json)
    file = tmp_path / "later.csv"
    file.write_text("id,time,debtor,creditor,amount,currency\nhop3,2026-01-04T00:00:00Z,third,fourth,450,CNY\n")
    loaded("records", "load", file, "--kind", "transfers")
    assert standing(loaded("trace", "--transfer", "claim", "--json").json)["fourth"] == 35_000


def test_opening_balances_loaded_later_count(loaded: Accord, tmp_path: Path) -> None:
    """What an account had before the stolen money came leaves first."""
    assert standing(loaded("trace", "--transfer", "claim", "--json").json)["third"] == 35_000
    file = tmp_path / "b.csv"
    file.write_text("account,currency,amount\nsecond,CNY,450\n")
    loaded("records", "load", file, "--kind", "balances")
    assert standing(loaded("trace", "--transfer", "claim", "--json").json)["second"] == 50_000


def test_a_person_sees_what_stands_what_left_and_the_flows(loaded: Accord) -> None:
    answer = loaded("trace", "--transfer", "claim")
    assert answer.code == 0
    for text in ("Claimed 1,000.00 CNY", "Standing: 800.00 CNY", "Left the ledger: 200.00 CNY", "atm-7", "hop2", "Conserved"):
        assert text in answer.out
    assert "Upper bound" in loaded("trace", "--transfer", "claim", "--rule", "poison").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--transfer", "nowhere"), "nowhere"),
        (("--transfer", "nowhere=5"), "nowhere=5"),
        (("--transfer", "claim=1000.01"), "claim"),
        (("--transfer", "claim=0"), "more than 0"),
        (("--transfer", "claim=-3"), "more than 0"),
        (("--transfer", "claim=1.001"), "decimals"),
        (("--transfer", "claim=much"), "amount"),
        (("--transfer", "claim", "--until", "2026-01-02T00:10:00"), "zone"),
        (("--transfer", "claim", "--until", "tomorrow"), "time"),
        (("--transfer", "claim", "--until", "2026-01-01T00:00:00Z"), "claim"),
        (("--transfer", "claim", "--min-parcel", "-1"), "less than 0"),
        (("--transfer", "claim", "--rule", "magic"), "magic"),
    ],
)
def test_a_wrong_question_is_refused_with_a_reason(loaded: Accord, arguments: tuple[str, ...], says: str) -> None:
    answer = loaded("trace", *arguments, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.error["message"] + answer.error["where"]


def test_without_records_there_is_nothing_to_trace(accord: Accord, home: Path) -> None:
    answer = accord("trace", "--transfer", "claim")
    assert answer.code == 2
    assert "accord records load" in answer.err
    assert not home.exists()


def test_many_claims_into_a_file(loaded: Accord, tmp_path: Path) -> None:
    claims = tmp_path / "claims.csv"
    claims.write_text("claim,transfer\nA,claim\nB,claim=5\nC,yen\nA,claim=5\n")
    out = tmp_path / "result.parquet"
    answer = loaded("trace", "--claims", claims, "--rule", "fifo", "--out", out, "--json")
    assert answer.code == 0, answer.err
    table = pq.read_table(out)
    assert answer.json == {"claims": 3, "rows": table.num_rows, "rule": "fifo", "out": str(out)}
    rows = table.to_pylist()
    assert {row["claim"] for row in rows} == {"A", "B", "C"}
    single = loaded("trace", "--transfer", "claim", "--transfer", "claim=5", "--json").json
    stands = {row["account"]: row["amount"] for row in rows if row["claim"] == "A" and row["kind"] == "standing"}
    assert stands == standing(single)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["claims.csv", "home", "result.parquet", "t.csv"]


def test_many_claims_of_several_currencies_have_each_their_own_minimum(loaded: Accord, tmp_path: Path) -> None:
    claims, out = tmp_path / "claims.csv", tmp_path / "result.parquet"
    claims.write_text("claim,transfer\nA,claim\nC,yen\n")
    assert loaded("trace", "--claims", claims, "--out", out, "--min-parcel", "400").code == 0
    rows = pq.read_table(out).to_pylist()
    assert [(row["claim"], row["transfer"]) for row in rows if row["kind"] == "exit" and row["transfer"] != "atm"] == [
        ("A", "hop2")
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "claim"),
        ("claim,transfer\n", "no claims"),
        ("claim,payment\nA,claim\n", "transfer"),
        ("claim,transfer\nA,\n", "row 1"),
        ("claim,transfer\nA,claim\nB,nowhere\n", "nowhere (claim B)"),
    ],
)
def test_a_wrong_claims_file_is_refused_and_an_older_result_stays(
    loaded: Accord, tmp_path: Path, content: str, says: str
) -> None:
    claims, out = tmp_path / "claims.csv", tmp_path / "result.parquet"
    claims.write_text(content)
    out.write_text("older")
    answer = loaded("trace", "--claims", claims, "--out", out, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.error["message"]
    assert out.read_text() == "older"


def test_a_result_that_cannot_be_written_is_a_failure(loaded: Accord, tmp_path: Path) -> None:
    claims = tmp_path / "claims.csv"
    claims.write_text("claim,transfer\nA,claim\n")
    answer = loaded("trace", "--claims", claims, "--out", tmp_path / "nowhere" / "result.parquet", "--json")
    assert answer.code == 1
    assert "cannot be written" in answer.error["message"]


def test_real_records_can_be_traced_from_marked_accounts(accord: Accord, test_data: Path, tmp_path: Path) -> None:
    """Every transfer that leaves an account marked as fraud in the simulator's data, traced at once and one by one."""
    folder = test_data / "amlsim"
    loaded = accord(
        "records", "load", folder / "cycle200-transactions.csv.gz", "--kind", "transfers", "--map", "amlsim", "--json"
    )
    assert loaded.json["loaded"] == 117_805
    batch = loaded.json["batch"]
    marked = _marked_accounts(folder)
    assert marked
    starts = [f"{batch}:{row}" for row, debtor in _debtors(folder) if debtor in marked][:200]
    claims, out = tmp_path / "claims.csv", tmp_path / "result.parquet"
    claims.write_text("claim,transfer\n" + "".join(f"{number},{start}\n" for number, start in enumerate(starts)))
    assert accord("trace", "--claims", claims, "--out", out).code == 0
    rows = pq.read_table(out, columns=["claim", "kind", "amount"]).to_pylist()
    for number in (0, len(starts) // 2, len(starts) - 1):
        document = json.loads(accord("trace", "--transfer", starts[number], "--json").out)
        assert document["conserved"] is True
        ends = sum(row["amount"] for row in rows if row["claim"] == str(number) and row["kind"] != "flow")
        assert ends == document["claimed"]


def _marked_accounts(folder: Path) -> set[str]:
    with gzip.open(folder / "cycle200-nodes.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return {row["nodeid"] for row in csv.DictReader(file) if row["isFraud"].strip().lower() in ("1", "true")}


def _debtors(folder: Path) -> list[tuple[int, str]]:
    with gzip.open(folder / "cycle200-transactions.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return [(number, row["sourceNodeId"]) for number, row in enumerate(csv.DictReader(file), start=1)]
