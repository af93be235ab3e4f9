"""The desk's process killed in the middle of a POST: a call is there whole or not at all."""

from __future__ import annotations

import http.client
import itertools
import threading
from pathlib import Path

import pytest
from desk_process import Desk, Officer, prepare, whole_reports
from fault_environment import fault_environment
from own_store import own_store

pytestmark = [pytest.mark.database, pytest.mark.slow, pytest.mark.both_stores]

HANDS = 3
KILLS = 3
ANSWERED_WITHIN_SECONDS = 60


def test_killed_in_the_middle_of_posts(tmp_path: Path) -> None:
    """Three officers hand in calls without pause while the desk is killed; each call that was answered is on record."""
    numbers, cut_off = itertools.count(1), []
    answered = threading.Semaphore(0)
    total = 0
    with own_store() as store:
        environment = fault_environment(tmp_path / "home", store)
        prepare(environment)
        for kill in range(KILLS):
            with Desk(environment, tmp_path / "desk.log") as desk:
                officers = [Officer(desk) for _ in range(HANDS)]
                stop = threading.Event()

                def hand_in(officer: Officer, stop: threading.Event = stop) -> None:
                    while not stop.is_set():
                        try:
                            status, _ = officer.call(next(numbers))
                        except (OSError, http.client.HTTPException):
                            cut_off.append(1)
                            return
                        assert status == 200
                        answered.release()

                hands = [threading.Thread(target=hand_in, args=(officer,)) for officer in officers]
                for hand in hands:
                    hand.start()
                for _ in range(HANDS + kill):  # then all of them are in the middle of another, each time somewhere else
                    assert answered.acquire(timeout=ANSWERED_WITHIN_SECONDS)
                    total += 1
                desk.kill()
                stop.set()
                for hand in hands:
                    hand.join()
        reports = whole_reports(environment)
    while answered.acquire(blocking=False):
        total += 1
    assert cut_off, "at least one was in the middle"
    assert total <= len(reports) <= total + len(cut_off)
