"""Levels of the tests, as a plugin: what runs daily, what only at the deep level, and how many examples property tests try.

Daily (`make test`) is everything that decides. Deep (`make test-deep`) is every combination: tests marked `deep`, ten times
the examples, both stores in full. docs/tests.md names each class of faults with the level that catches it.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import settings as hypothesis_settings

DEFAULT_EXAMPLES: Final = 100
"""What Hypothesis tries where a test names no number."""

_FACTORS: Final = {"daily": 1, "deep": 10}
_SLOW_FIRST: Final = (
    "faults/test_faults_federation.py", "node/test_demo.py", "node/test_lines_contract.py", "browser/test_liaison_walk.py",
    "browser/test_every_page.py", "faults", "browser", "releases", "protocol", "node", "thread", "sites",
)  # fmt: skip
"""Files that take long, and folders of such: begun first, so that no worker waits at the end for the last of them."""

_factor = 1

# A shared machine must not fail a test by being slow.
for _level, _times in _FACTORS.items():
    hypothesis_settings.register_profile(_level, deadline=None, max_examples=DEFAULT_EXAMPLES * _times)
hypothesis_settings.load_profile("daily")


def examples(daily: int, *, deep: int | None = None, **others: Any) -> hypothesis_settings:
    """Hypothesis settings with this number of examples daily and ten times as many, or `deep`, at the deep level."""
    return hypothesis_settings(max_examples=deep if deep is not None and _factor > 1 else scaled(daily), **others)


def scaled(daily: int) -> int:
    """A number of examples, rounds or seeds at the level of this run."""
    return daily * _factor


def deep(*values: Any) -> Any:
    """One set of a test's parameters that only the deep level takes."""
    return pytest.param(*values, marks=pytest.mark.deep)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--level",
        choices=sorted(_FACTORS),
        default="daily",
        help="daily: everything that decides; deep: also the tests marked deep, and ten times the examples",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the profile before a test module is imported, whose decorators ask for examples."""
    global _factor
    level = config.getoption("--level")
    _factor = _FACTORS[level]
    hypothesis_settings.load_profile(level)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave deep tests out of a daily run, and begin with the files that take longest."""
    if config.getoption("--level") != "deep":
        left_out = [item for item in items if item.get_closest_marker("deep")]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if not item.get_closest_marker("deep")]
    if config.getoption("--dist", "no") != "no":
        items.sort(key=_place)  # stable: within a folder the order stays


def _place(item: pytest.Item) -> int:
    path = item.path.relative_to(item.config.rootpath / "tests").as_posix()
    return next((place for place, start in enumerate(_SLOW_FIRST) if path.startswith(start)), len(_SLOW_FIRST))
