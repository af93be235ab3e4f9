"""The command line `accord`. Parts that need numpy, Django or a data file are imported by the command that uses them."""

from __future__ import annotations

import sys

from accord.node.cli.app import run

__all__ = ["main", "run"]


def main() -> None:
    """The program `accord`: runs the command line and ends the process with its exit code."""
    sys.exit(run(sys.argv[1:]))
