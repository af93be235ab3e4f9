"""Folders of several centres: one world for all, a home for each, real nodes left alone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from federation_kit.commands import program
from federation_kit.crossing_world import BANKS, NOON, crossing_world
from federation_kit.stores import with_store
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import BadInput, Conflict
from accord.lab.federation import layout
from accord.lab.federation.plan import DIFFERENT, Pact, free_ports, one_for_all, plan_centres
from accord.node import exercise_clock
from accord.node.home import Home

_WHAT_A_NODE_SEES = """
import json
from accord.node.home import Home
home = Home.from_environment()
from accord.node import serve
serve.prepare(home)
from accord.node.wiring import banks_reached
from accord.engine.exercise import World
from accord.core import clock
print(json.dumps([sorted(banks_reached(home, World.load(home.world)) or ()), str(home.sandbox), clock.now().isoformat()]))
"""


def test_each_home_points_to_the_common_exercise(tmp_path: Path) -> None:
    plan = plan_centres(tmp_path / "all", ("CN", "SG"), (1, 2))
    layout.lay_out(plan, crossing_world(), NOON)
    for centre in plan.centres:
        with_store(centre.folder)
        environment = layout.environment(plan, centre)
        reached, sandbox, now = json.loads(program(_WHAT_A_NODE_SEES, environment=environment))
        assert reached == sorted(code for code in BANKS if code[4:6] == centre.country)
        assert sandbox == str(tmp_path / "all" / "sandbox")
        assert now == NOON.isoformat()


def test_a_home_of_its_own_has_an_exercise_of_its_own(tmp_path: Path) -> None:
    assert Home(tmp_path).world == tmp_path / "exercise" / "world"
    assert Home(tmp_path).sandbox == tmp_path / "sandbox"
    shared = Home(tmp_path, tmp_path / "all" / "exercise")
    assert shared.world == tmp_path / "all" / "exercise" / "world"
    assert shared.sandbox == tmp_path / "all" / "sandbox"


@pytest.mark.parametrize("folder", [".", "cn"])
def test_real_nodes_are_left_alone(tmp_path: Path, folder: str) -> None:
    store = Home(tmp_path / folder).database
    store.parent.mkdir(exist_ok=True)
    store.touch()
    with pytest.raises(Conflict, match="no exercise"):
        layout.lay_out(plan_centres(tmp_path, ("CN",), (1,)), crossing_world(), NOON)
    assert store.exists()
    assert not (tmp_path / "exercise").exists()


def test_an_earlier_exercise_makes_room(tmp_path: Path) -> None:
    plan = plan_centres(tmp_path, ("CN", "SG"), (1, 2))
    for _ in range(2):
        layout.lay_out(plan, crossing_world(), NOON)
        Home(tmp_path / "cn").database.touch()
    assert not Home(tmp_path / "sg").database.exists()
    layout.lay_out(plan_centres(tmp_path, ("TH",), (1,)), crossing_world(), NOON)
    assert not (tmp_path / "cn").exists()


def test_every_pair_has_a_pact() -> None:
    plan = plan_centres(Path(), ("CN", "SG", "TH", "MY"), (1, 2, 3, 4))
    assert len({frozenset(pact.countries) for pact in plan.pacts}) == len(plan.pacts) == 6
    assert set(DIFFERENT) <= set(plan.pacts)
    assert Pact(("CN", "MY")) in plan.pacts


def test_one_centre_for_all_has_no_partners() -> None:
    plan = one_for_all(Path(), ("CN", "SG"), 1)
    assert [centre.covers for centre in plan.centres] == [("CN", "SG")]
    assert not plan.pacts


def test_more_centres_than_ports_or_an_unknown_country() -> None:
    with pytest.raises(BadInput, match="as many ports"):
        plan_centres(Path(), ("CN", "SG"), (1,))
    with pytest.raises(BadInput, match="XX"):
        plan_centres(Path(), ("XX",), (1,))


def test_free_ports_are_all_different() -> None:
    assert len(set(free_ports(5))) == 5


@given(st.lists(st.integers(0, 10_000_000), min_size=2, max_size=30))
def test_no_step_of_the_clock_is_missed(tmp_path_factory: pytest.TempPathFactory, steps: list[int]) -> None:
    """Steps within one tick of the file system's clock look different to whoever compares time stamps."""
    home = Home(tmp_path_factory.mktemp("clock"))
    moment = NOON
    exercise_clock.stand_at(home, moment)
    seen = exercise_clock._FileClock(exercise_clock.path(home))
    for step in steps:
        moment += timedelta(microseconds=step)
        exercise_clock.stand_at(home, moment)
        assert seen.now() == moment
