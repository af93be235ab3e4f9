"""Which core system this process is connected to. The node wires it; a process without one leaves the work to the worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from accord.capabilities.controls.ports import CoreSystem

_connected: CoreSystem | None = None


def connect(core: CoreSystem | None) -> None:
    """Make `core` the bank's core system for this process; None disconnects."""
    global _connected
    _connected = core


def connected() -> CoreSystem | None:
    """The core system, or None where this process has no line to it."""
    return _connected


@contextmanager
def using(core: CoreSystem | None) -> Iterator[None]:
    """Use `core` for the length of a with block."""
    previous = _connected
    connect(core)
    try:
        yield
    finally:
        connect(previous)
