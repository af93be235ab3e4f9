"""A world on disk is the world, or is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from accord.core.errors import Conflict, Corrupt, NotFound
from accord.engine.exercise import World, WorldPlan, make_world

PLAN = WorldPlan(people=120, days=2, victims=6, central_switch=frozenset({"TH"}))


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(PLAN)


@pytest.fixture
def saved(world: World, tmp_path: Path) -> Path:
    folder = tmp_path / "deep" / "world"
    world.save(folder)
    return folder


def test_a_loaded_world_is_the_saved_one(world: World, saved: Path) -> None:
    loaded = World.load(saved)
    for field in dataclasses.fields(World):
        mine, its = getattr(world, field.name), getattr(loaded, field.name)
        assert mine.equals(its) if field.name in ("accounts", "transfers") else True
    assert (loaded.plan, loaded.banks, loaded.reports) == (world.plan, world.banks, world.reports)
    assert loaded.truth.gangs == world.truth.gangs
    assert loaded.truth.paths.equals(world.truth.paths)
    assert loaded.truth.rests.equals(world.truth.rests)
    assert loaded.truth.mentions.equals(world.truth.mentions)


def test_saving_twice_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    make_world(PLAN).save(tmp_path / "again")
    first = {path.relative_to(saved): path.read_bytes() for path in saved.rglob("*") if path.is_file()}
    again = {
        path.relative_to(tmp_path / "again"): path.read_bytes() for path in (tmp_path / "again").rglob("*") if path.is_file()
    }
    assert first == again
    assert len(first) == 8


def test_nothing_is_left_beside_a_saved_world(saved: Path) -> None:
    assert [path.name for path in saved.parent.iterdir()] == ["world"]


def test_an_empty_folder_is_good_and_a_full_one_is_not(world: World, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    world.save(tmp_path / "empty")
    with pytest.raises(Conflict, match="new folder"):
        world.save(tmp_path / "empty")
    (tmp_path / "file").write_text("x")
    with pytest.raises(Conflict):
        world.save(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "x"


def test_no_world_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no saved world"):
        World.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["transfers.parquet", "reports.json", "truth/paths.parquet", "truth/gangs.json"])
def test_a_changed_or_missing_file_is_corrupt(saved: Path, name: str) -> None:
    whole = (saved / name).read_bytes()
    (saved / name).write_bytes(whole[:-1] + b"?")
    with pytest.raises(Corrupt, match="not what was saved"):
        World.load(saved)
    (saved / name).unlink()
    with pytest.raises(Corrupt, match="missing"):
        World.load(saved)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "files": {}}', "\x00"])
def test_a_damaged_index_is_corrupt(saved: Path, text: str) -> None:
    (saved / "world.json").write_text(text)
    with pytest.raises(Corrupt):
        World.load(saved)


def test_a_world_of_another_format_is_refused(saved: Path) -> None:
    head = json.loads((saved / "world.json").read_text())
    (saved / "world.json").write_text(json.dumps({**head, "format": 99}))
    with pytest.raises(Corrupt, match="format 99"):
        World.load(saved)
