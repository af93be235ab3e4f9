"""accord regimes: what is in force, and every mistake of a file at once."""

from __future__ import annotations

from pathlib import Path

from federation_kit.commands import Accord


def test_the_shipped_files_are_good_and_unverified_rules_are_listed(accord: Accord) -> None:
    answer = accord("regimes", "check", "--json")
    assert answer.code == 0
    files = {found["file"]: found for found in answer.json}
    assert {"default.toml", "cn.toml", "th.toml"} <= files.keys()
    assert all(found["problems"] == [] for found in files.values())
    assert files["sg.toml"]["unverified"] == ["hold"]
    assert "execute_minutes" in files["cn.toml"]["choices_of_the_node"]["stop_payment"]


def test_every_mistake_of_given_files_is_told_with_its_line(accord: Accord, tmp_path: Path) -> None:
    first, second = tmp_path / "one.toml", tmp_path / "two.toml"
    first.write_text('name = "x"\n[kinds.hold]\nhours = 0\nday = 1\n')
    second.write_text("name = \n")
    answer = accord("regimes", "check", first, second)
    assert answer.code == 2
    told = "".join(answer.err.split("\n"))
    for text in (
        f"{first}:3: kinds.hold.hours expected `int` >= 1",
        f"{first}:4: kinds.hold.day is not a key of a regime file",
        f"{first}: authority is missing",
        f"{second}:1: not TOML",
    ):
        assert text in told, text


def test_a_file_that_is_not_there(accord: Accord, tmp_path: Path) -> None:
    answer = accord("regimes", "check", tmp_path / "none.toml", "--json")
    assert answer.code == 2
    assert answer.error["where"].endswith("none.toml")


def test_the_list_says_what_is_in_force(accord: Accord) -> None:
    rows = {row["code"]: row for row in accord("regimes", "list", "--json").json}
    assert {"CN", "SG", "TH", "IN", "BR", "KR", "US", "GB"} <= rows.keys()
    assert [row["code"] for row in rows.values() if row["in_force"]] == ["CN"]
    assert (rows["GB"]["verified"], rows["CN"]["verified"]) == (0, 3)
    assert "CN (here)" in accord("regimes", "list").out


def test_one_regime_in_full(accord: Accord) -> None:
    document = accord("regimes", "show", "uk", "--json").json
    assert document["code"] == "GB"
    assert document["kinds"]["hold"]["asks_for_two"] is True
    assert len(document["kinds"]) == 13
    assert "Thailand: temporary hold" in accord("regimes", "show", "TH").out


def test_what_is_no_jurisdiction(accord: Accord) -> None:
    assert accord("regimes", "show", "Thailand").code == 2
