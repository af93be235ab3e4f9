"""accord doctor, and the operational store that accord node migrate makes; in processes of their own, as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

from federation_kit.commands import Accord, Answer, separately


def findings(answer: Answer) -> dict[str, dict[str, str]]:
    return {finding["name"]: finding for finding in answer.json["findings"]}


def test_a_healthy_machine_without_a_home_yet(accord: Accord, home: Path) -> None:
    answer = accord("doctor", "--json")
    assert answer.code == 0
    assert answer.json["healthy"] is True
    assert {"Python", "Packages", "Home folder", "Disk"} <= findings(answer).keys()
    assert not home.exists(), "a doctor changes nothing"


def test_a_person_reads_a_table(accord: Accord) -> None:
    answer = accord("doctor")
    assert answer.code == 0
    assert "What a node needs" in answer.out
    assert "CPython" in answer.out


def test_the_store_before_and_after_its_tables_are_made(home: Path) -> None:
    home.mkdir()
    before = findings(separately(home, "doctor", "--json"))["Operational store"]
    assert (before["state"], before["remedy"]) == ("warning", "accord node migrate")
    assert separately(home, "node", "migrate").code == 0
    after = findings(separately(home, "doctor", "--json"))["Operational store"]
    assert (after["state"], after["remedy"]) == ("ok", "")
    assert "sqlite" in after["found"]


def test_a_database_that_does_not_answer_is_a_failure(home: Path) -> None:
    home.mkdir()
    answer = separately(home, "doctor", "--json", ACCORD_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert answer.code == 1
    assert answer.json["healthy"] is False
    assert findings(answer)["Operational store"]["state"] == "failed"


def test_a_damaged_index_is_a_failure_with_a_remedy(accord: Accord, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,time,debtor,creditor,amount,currency\na,2026-01-01T00:00:00Z,x,y,10,CNY\n")
    accord("records", "load", file, "--kind", "transfers")
    assert accord("trace", "--transfer", "a").code == 0
    assert findings(accord("doctor", "--json"))["Tracing index"]["found"].startswith("1 transfer")
    for part in (home / "index").rglob("*"):
        if part.is_file() and part.name != "lock":
            part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
    answer = accord("doctor", "--json")
    assert answer.code == 1
    index = findings(answer)["Tracing index"]
    assert index["state"] == "failed"
    assert str(home / "index") in index["remedy"]
    refused = accord("trace", "--transfer", "a", "--json")
    assert (refused.code, refused.error["type"]) == (1, "Corrupt")


def test_a_wrong_settings_file_is_told_as_json_too(home: Path) -> None:
    home.mkdir()
    (home / "accord.toml").write_text("colour = 'red'")
    answer = separately(home, "doctor", "--json")
    assert answer.code == 2
    assert json.loads(answer.err)["error"]["where"] == str(home / "accord.toml")
