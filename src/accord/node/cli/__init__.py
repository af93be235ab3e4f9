"""The commands of a node. Parts that need numpy, Django or a data file are imported by the command that uses them."""

from __future__ import annotations

import sys

from accord.node.cli.app import run

__all__ = ["main", "run"]


def main() -> None:
    """Run a command of a node and end the process with its exit code; the program `accord` has the lab's as well."""
    sys.exit(run(sys.argv[1:]))
