"""Where a run spends its time, as a plugin: `--times FILE` writes the seconds of each test file.

Run as a program on such files it prints the ten slowest test files and the time by kind, over all of them.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

_SLOWEST = 10
_UNIT = ("core", "engine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--times", metavar="FILE", default=None, help="write the seconds of each test file as JSON")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--times")
    if path and not hasattr(config, "workerinput"):  # reports of all workers arrive in the process that starts them
        config.pluginmanager.register(_Times(Path(path), config), "accord-times")


class _Times:
    """Sums what tests and their set-up take. One `seconds` is one second of one worker."""

    def __init__(self, path: Path, config: pytest.Config) -> None:
        self._path = path
        self._workers = max(1, len(config.getoption("tx", None) or ()))
        self._store = config.getoption("--store")
        self._began = time.monotonic()
        self._seconds: Counter[str] = Counter()
        self._tests: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = report.nodeid.partition("::")[0]
        self._seconds[file] += report.duration
        self._tests[file] += report.when == "call"

    def pytest_sessionfinish(self) -> None:
        wall = time.monotonic() - self._began
        files = {file: [round(seconds, 3), self._tests[file]] for file, seconds in self._seconds.items()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        run = {"store": self._store, "wall": round(wall, 3), "workers": self._workers, "files": files}
        self._path.write_text(json.dumps(run, indent=1), encoding="utf-8")


def kind_of(file: str) -> str:
    """The kind of a test file: its folder, with what needs neither store nor process as one."""
    parts = PurePosixPath(file).parts
    if len(parts) < 3:
        return "house rules"
    return "unit" if parts[1] in _UNIT else "pages" if parts[1] in ("sites", "web") else parts[1]


def summary(runs: list[dict[str, Any]]) -> str:
    """The slowest files and the time by kind, over several runs."""
    files: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for run in runs:
        for file, (seconds, count) in run["files"].items():
            files[f"{file} ({run['store']})"] += seconds
            kinds[kind_of(file)] += seconds
            tests[kind_of(file)] += count
    available = sum(run["wall"] * run["workers"] for run in runs)
    lines = ["", "Slowest test files, in seconds of one worker:"]
    lines += [f"  {seconds:8.1f}  {file}" for file, seconds in files.most_common(_SLOWEST)]
    lines += ["Time by kind, in seconds of one worker, and tests:"]
    lines += [f"  {seconds:8.1f}  {tests[kind]:5}  {kind}" for kind, seconds in kinds.most_common()]
    lines += [f"  {max(0.0, available - kinds.total()):8.1f}         starting, collecting and waiting for the last file"]
    lines += [f"  {available:8.1f}  {tests.total():5}  in all; by the clock {sum(run['wall'] for run in runs):.0f} s"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(summary([json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]) + "\n")
