"""A worker killed at any moment, and two workers at once: no order is lost, none is carried out twice."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_environment import fault_environment
from federation_kit import loaded
from own_store import own_store

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.both_stores]

PROGRAM = Path(__file__).with_name("node_under_fire.py")
TOTAL = 6_000


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A home and a store of the test's own."""
    with own_store() as store:
        yield fault_environment(tmp_path / "home", store)


def start(environment: dict[str, str], *arguments: str) -> loaded.Process:
    return loaded.start(
        ("file", str(PROGRAM)), *arguments, environment=environment, stdout=loaded.PIPE, stderr=loaded.PIPE, text=True
    )


def finish(worker: loaded.Process) -> dict[str, Any]:
    told, complained = worker.communicate(timeout=120)
    assert worker.returncode == 0, complained
    answer: dict[str, Any] = json.loads(told) if told else {}
    return answer


def assert_sound(result: dict[str, Any]) -> None:
    held = {order: amount for order, amount in result["orders"].items() if amount}
    assert result["holds"] == held == result["booked"], "the node and the banks agree on every order"
    assert sum(held.values()) == TOTAL, "all of it is held, once"
    assert not {"approved", "sent", "acknowledged"} & set(result["states"])
    assert result["broken"] is None


@pytest.mark.parametrize(
    "kills",
    [
        [("before", 2), ("after", 3), ("after", 1)],
        [("statement", 7), ("statement", 60), ("statement", 150)],
    ],
    ids=["around a bank's act", "in the middle of a change"],
)
def test_killed_again_and_again(environment: dict[str, str], kills: list[tuple[str, int]]) -> None:
    finish(start(environment, "prepare"))
    ends = []
    for turn, (point, number) in enumerate(kills):
        worker = start(environment, "work", str(10 + 2 * turn), point, str(number))
        _, complained = worker.communicate(timeout=120)
        assert worker.returncode in (-signal.SIGKILL, 0), complained
        ends.append(worker.returncode)
    assert ends.count(-signal.SIGKILL) >= 2, "it got to the point at which it dies, unless little was left to do"
    assert_sound(finish(start(environment, "work", "40")))


def test_two_workers_send_each_order_once(environment: dict[str, str]) -> None:
    finish(start(environment, "prepare"))
    workers = [start(environment, "work") for _ in range(2)]
    for worker in workers:
        finish(worker)
    sent = Counter((Path(environment["ACCORD_HOME"]) / "sent.log").read_text().split())
    assert_sound(finish(start(environment, "work", "40")))
    assert set(sent.values()) == {1}
    assert len(sent) >= 6
