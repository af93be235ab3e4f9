"""What the exercise says of stolen money on accounts, on a small made-up world."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from accord.capabilities.supervision.truth import exercise_truth, stolen_in
from accord.core.clock import from_micros
from accord.core.errors import NotFound
from accord.engine.exercise import World, WorldPlan, make_world


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(WorldPlan(people=200, days=5, victims=4, gangs=1))


def test_a_victims_payment_stands_on_the_first_account_until_it_goes_on(world: World) -> None:
    stolen_on = stolen_in(world)
    transfers = {row["id"]: row for row in world.transfers.to_pylist()}
    paths = world.truth.paths.to_pylist()
    first = min((path for path in paths if path["hop"] == 0), key=lambda path: int(transfers[path["transfer"]]["time"]))
    payment = transfers[first["transfer"]]
    moment = from_micros(payment["time"])
    assert stolen_on(payment["creditor"], moment - timedelta(microseconds=1)) == 0
    assert stolen_on(payment["creditor"], moment) == first["counter_amount"]
    assert stolen_on(payment["debtor"], moment) == 0, "what a victim pays is not stolen before"


def test_no_account_ever_has_less_than_nothing_and_in_the_end_all_that_came_to_rest(world: World) -> None:
    stolen_on = stolen_in(world)
    end = from_micros(max(world.transfers["time"].to_pylist())) + timedelta(days=1)
    rests: dict[str, int] = {}
    for rest in world.truth.rests.to_pylist():
        rests[rest["account"]] = rests.get(rest["account"], 0) + rest["amount"]
    assert rests
    assert {account: stolen_on(account, end) for account in rests} == rests


def test_an_unknown_account_has_none_and_an_absent_world_is_told(world: World, tmp_path: Path) -> None:
    assert stolen_in(world)("nobody", from_micros(0)) == 0
    with pytest.raises(NotFound):
        exercise_truth(tmp_path / "nothing")
    world.save(tmp_path / "world")
    assert exercise_truth(tmp_path / "world")("nobody", from_micros(0)) == 0
