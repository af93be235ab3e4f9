"""What the programs of these tests need around them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from federation_kit.stores import with_store


def fault_environment(home: Path, store: dict[str, str]) -> dict[str, str]:
    """This process's environment, with a home and a store, and the folders of tests to import from.

    The store has the tables of a new node and nothing else; one of a database server makes them by itself.
    """
    if not store:
        with_store(home)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACCORD_", "DJANGO_"))}
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1]), *sys.path]
    return {**kept, **store, "ACCORD_HOME": str(home), "PYTHONPATH": os.pathsep.join(paths)}
