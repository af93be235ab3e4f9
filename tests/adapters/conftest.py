"""A day for the sandbox banks, on a clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_town import at

from accord.core.clock import SteppedClock, using


@pytest.fixture
def day() -> Iterator[SteppedClock]:
    """The clock, at the beginning of the day."""
    clock = SteppedClock(at(0))
    with using(clock):
        yield clock
