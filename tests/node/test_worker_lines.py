"""Lines that wait for what they answer from."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from accord.core.errors import Unavailable

pytestmark = pytest.mark.django_db  # whose an institution is, stands in a row


def lines_after(tried: threading.Event, patience: float) -> Any:
    from accord.node.wired import Lines
    from accord.node.worker import after

    def own(institution: str) -> Any:
        return f"line to {institution}"

    return after(tried, Lines(own, own, "authority"), patience)


@pytest.mark.parametrize("port", ["holder_of", "taker_of"])
def test_a_first_round_that_never_ends_holds_no_thread(port: str) -> None:
    lines = lines_after(threading.Event(), 0.05)
    with pytest.raises(Unavailable, match="what BANKA answers from is still being made ready"):
        getattr(lines, port)("BANKA")


@pytest.mark.parametrize("port", ["holder_of", "taker_of"])
def test_a_call_goes_on_as_soon_as_the_first_round_is_over(port: str) -> None:
    tried = threading.Event()
    threading.Timer(0.05, tried.set).start()
    began = time.monotonic()
    assert getattr(lines_after(tried, 30), port)("BANKA") == "line to BANKA"
    assert time.monotonic() - began < 20
