"""accord exercise make: whole worlds, the same from the same seed, never over something else."""

from __future__ import annotations

from pathlib import Path

from federation_kit.commands import Accord

SMALL = ("--people", "200", "--days", "5", "--gangs", "1", "--victims", "3", "--countries", "CN,SG", "--banks", "2")


def test_make_says_what_it_made(accord: Accord, tmp_path: Path) -> None:
    answer = accord("exercise", "make", "--out", tmp_path / "world", *SMALL, "--json")
    assert answer.code == 0
    made = answer.json
    assert set(made) == {"folder", "seed", "banks", "accounts", "transfers", "reports"}
    assert (made["banks"], made["reports"], made["seed"]) == (4, 3, 7)
    assert made["transfers"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["world"], "nothing but the whole world is left"


def test_the_same_seed_makes_the_same_bytes(accord: Accord, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert accord("exercise", "make", "--out", tmp_path / name, "--seed", "5", *SMALL).code == 0
    files = {path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()}
    assert files
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_a_world_can_be_loaded_whole(accord: Accord, tmp_path: Path) -> None:
    made = accord("exercise", "make", "--out", tmp_path / "world", *SMALL, "--json").json
    for file, kind, source_map, rows in (
        ("transfers.parquet", "transfers", "exercise", made["transfers"]),
        ("accounts.parquet", "balances", "exercise-balances", made["accounts"]),
    ):
        loaded = accord("records", "load", tmp_path / "world" / file, "--kind", kind, "--map", source_map, "--json").json
        assert (loaded["loaded"], loaded["rejected"]) == (rows, 0)


def test_a_folder_with_something_in_it_is_refused(accord: Accord, tmp_path: Path) -> None:
    kept = tmp_path / "world" / "mine.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    answer = accord("exercise", "make", "--out", kept.parent, *SMALL, "--json")
    assert answer.code == 2
    assert answer.error["where"] == str(kept.parent)
    assert kept.read_text() == "mine"


def test_an_unknown_country_is_refused_by_name(accord: Accord, tmp_path: Path) -> None:
    answer = accord("exercise", "make", "--out", tmp_path / "world", "--countries", "CN,XX", "--json")
    assert answer.code == 2
    assert "XX" in answer.error["message"]
    assert list(tmp_path.iterdir()) == []
