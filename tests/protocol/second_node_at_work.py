"""A real node for a second implementation to talk to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

from centres import Centre, Clerk, make_home

from accord.node.home import Home


@contextmanager
def running_node(root: Path) -> Iterator[tuple[Centre, Clerk]]:
    """A real centre with its banks behind it, at noon."""
    with create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    centre = Centre("SG", Home(root / "SG"), "127.0.0.1", port)
    make_home(centre)
    clerk = Clerk(centre.environment, centre.log)
    try:
        clerk("open_centre")
        centre.start(None)
        centre.wait()
        yield centre, clerk
    finally:
        if centre.machine is not None:
            centre.machine.stop()
        clerk.close()
