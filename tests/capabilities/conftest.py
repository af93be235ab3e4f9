"""What tests of the capabilities start from: people of every role, and a clock that stands until it is moved.

Django is not set up when this file is read, so models are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from accord.core.clock import SteppedClock, using

if TYPE_CHECKING:
    from accord.capabilities.people.models import User


@pytest.fixture
def day() -> Iterator[SteppedClock]:
    """The clock, at noon."""
    from small_world import NOON

    clock = SteppedClock(NOON)
    with using(clock):
        yield clock


def _user(name: str, role: str) -> User:
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    return people.create_user(name, "a-long-password", Role(role))


@pytest.fixture
def officer(db: None) -> User:
    return _user("officer", "officer")


@pytest.fixture
def colleague(db: None) -> User:
    return _user("colleague", "officer")


@pytest.fixture
def supervisor(db: None) -> User:
    return _user("supervisor", "supervisor")


@pytest.fixture
def administrator(db: None) -> User:
    return _user("administrator", "administrator")
