"""News of a change reaches its listeners once, before the change ends, and only where what it tells of stays."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import pytest

from accord.capabilities import unit_of_work
from accord.capabilities.errors import Msg
from accord.capabilities.news import Changed
from accord.core.errors import AccordError, Unavailable
from accord.core.object_ids import new_id

pytestmark = [pytest.mark.database, pytest.mark.django_db]

FIRST, SECOND, THIRD = new_id(), new_id(), new_id()


@pytest.fixture
def heard() -> list[set[UUID]]:
    return []


@pytest.fixture
def changed(heard: list[set[UUID]]) -> Changed:
    news = Changed()

    @news.connect
    def listen(ids: Collection[UUID]) -> None:
        heard.append(set(ids))

    return news


def fails(changed: Changed) -> None:
    changed.send([THIRD])
    raise Unavailable(Msg.LINE_FAILED, institution="BANKA", kind="a test")


def test_once_a_change_with_all_that_it_tells_of(changed: Changed, heard: list[set[UUID]]) -> None:
    @unit_of_work.change
    def several() -> None:
        changed.send([FIRST])
        changed.send([SECOND, FIRST])
        changed.send([])
        assert heard == []

    several()
    assert heard == [{FIRST, SECOND}]


def test_nothing_of_a_part_that_was_taken_back(changed: Changed, heard: list[set[UUID]]) -> None:
    @unit_of_work.change
    def several() -> None:
        changed.send([FIRST])
        with pytest.raises(AccordError), unit_of_work.part():
            fails(changed)

    several()
    assert heard == [{FIRST}]


def test_nothing_of_a_change_that_failed(changed: Changed, heard: list[set[UUID]]) -> None:
    with pytest.raises(AccordError):
        unit_of_work.change(fails)(changed)
    assert heard == []


def test_what_listeners_tell_in_turn_is_heard_too(changed: Changed, heard: list[set[UUID]]) -> None:
    later = Changed()
    told: list[set[UUID]] = []
    later.connect(lambda ids: told.append(set(ids)))
    changed.connect(lambda ids: later.send(list(ids)))

    @unit_of_work.change
    def one() -> None:
        changed.send([FIRST])

    one()
    assert (heard, told) == ([{FIRST}], [{FIRST}])


def test_many_things_done_apart_in_one_change(changed: Changed, heard: list[set[UUID]]) -> None:
    """One that fails leaves its error in its place, and nothing else."""
    results = unit_of_work.each_apart([lambda: changed.send([FIRST]), lambda: fails(changed), lambda: changed.send([SECOND])])
    assert [isinstance(result, AccordError) for result in results] == [False, True, False]
    assert heard == [{FIRST, SECOND}]


def test_a_listener_that_fails_spoils_only_the_part_whose_news_it_hears(changed: Changed, heard: list[set[UUID]]) -> None:
    @changed.connect
    def refuse(ids: Collection[UUID]) -> None:
        if THIRD in ids:
            raise Unavailable(Msg.LINE_FAILED, institution="BANKA", kind="a test")

    @unit_of_work.change
    def several() -> None:
        changed.send([FIRST])
        with pytest.raises(AccordError), unit_of_work.part(announcing=True):
            changed.send([THIRD])
        with unit_of_work.part(announcing=True):
            changed.send([SECOND])
        assert heard == [{THIRD}, {SECOND}], "the news of each part by itself, that of the change not yet"

    several()
    assert heard == [{THIRD}, {SECOND}, {FIRST}]
