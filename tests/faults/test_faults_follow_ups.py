"""A worker killed while releases, a renewal and a freeze are on their way: nothing is lost, doubled or kept too long."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fault_environment import fault_environment
from federation_kit import commands
from own_store import own_store

pytestmark = [pytest.mark.database, pytest.mark.slow]

PROGRAM = Path(__file__).with_name("follow_ups_under_fire.py")
CALLS = [(point, number) for point in ("before", "after") for number in range(1, 5)]
STATEMENTS = [("statement", number) for number in range(12, 240, 40)]
OLD_END = 2_890 - 21
"""Minutes from the kill to the end of the stop payments."""

IN_THE_END = [
    ["a-1", "release", "done", 1_000, 0],
    ["a-1", "stop_payment", "released", 1_000, 0],
    ["b-1", "release", "done", 400, 0],
    ["b-1", "stop_payment", "held_partly", 600, 0],
    ["c-1", "renewal", "done", 0, 0],
    ["c-1", "stop_payment", "held", 1_000, 1],
    ["d-1", "freeze", "held", 1_000, 0],
    ["d-1", "stop_payment", "replaced", 1_000, 0],
]


def killed_at(tmp_path: Path, later: int, points: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """What there is in the end after a kill at each of the points, when work went on so many minutes later."""
    arguments = [str(part) for point in points for part in point]
    with own_store() as store:
        environment = fault_environment(tmp_path / "home", store)
        done = commands.to_its_end(("file", str(PROGRAM)), later, *arguments, environment=environment, seconds=280)
    assert done.code == 0, done.err
    results = [json.loads(line) for line in done.out.splitlines()]
    assert len(results) == len(points)
    return results


def assert_sound(result: dict[str, Any], point: tuple[str, int]) -> None:
    """The node, the banks and the shares of accounts say the same, and nothing is kept beyond its end."""
    assert result["kept"] == result["banks"], point
    assert result["booked"] == {order: amount for order, (amount, _) in result["kept"].items()}, point
    assert all(until > result["now"] for _, until in result["kept"].values()), point
    assert result["waiting"] == 0, point
    assert result["broken"] is None, point


def test_back_after_two_minutes_all_four_are_done_once(tmp_path: Path) -> None:
    points = [*CALLS, *STATEMENTS]
    for point, result in zip(points, killed_at(tmp_path, 2, points), strict=True):
        assert_sound(result, point)
        assert result["orders"] == IN_THE_END, point


@pytest.mark.parametrize(
    "minutes",
    [
        pytest.param(OLD_END + 30, id="half an hour"),
        pytest.param(OLD_END + 3 * 24 * 60, id="three days", marks=pytest.mark.deep),
    ],
)
def test_back_after_the_old_end_node_and_banks_still_agree(tmp_path: Path, minutes: int) -> None:
    """What the bank had done before the kill stands; what it had not is over, for a renewal or a release came too late."""
    points = [*CALLS[4:], ("before", 1), *STATEMENTS[::3]]
    results = killed_at(tmp_path, minutes, points)
    assert sum(result["killed"] for result in results) >= 5, "how many statements it takes depends on how answers come together"
    for point, result in zip(points, results, strict=True):
        assert_sound(result, point)
        if not result["killed"]:
            continue
        states = {(account, kind): state for account, kind, state, _, _ in result["orders"]}
        assert states["b-1", "stop_payment"] in ("expired", "released"), point
        assert states["d-1", "freeze"] in ("held", "refused"), point
