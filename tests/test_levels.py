"""docs/tests.md names everything that only the deep level takes, and property tests leave their number of examples to it."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
_DOCUMENT = (TESTS.parent / "docs/tests.md").read_text(encoding="utf-8")
_DEEP = re.compile(r"\bmark\.deep\b|(?<!def )\bdeep\(")
_BOTH_STORES = re.compile(r"\bmark\.both_stores\b")


def _files() -> list[Path]:
    return sorted(TESTS.glob("**/*.py"))


def test_the_table_names_what_only_the_deep_level_takes() -> None:
    deep = {file.relative_to(TESTS.parent).as_posix() for file in _files() if _DEEP.search(file.read_text(encoding="utf-8"))}
    missing = {name for name in deep if f"`{name}`" not in _DOCUMENT}
    assert missing == set(), "tests marked deep: say in docs/tests.md what they catch, and what catches it daily"


def test_the_table_names_what_runs_on_both_stores() -> None:
    both = {
        file.relative_to(TESTS.parent).as_posix() for file in _files() if _BOTH_STORES.search(file.read_text(encoding="utf-8"))
    }
    assert {name for name in both if f"`{name}`" not in _DOCUMENT} == set(), "say in docs/tests.md what differs there"


def test_the_table_names_no_test_file_that_is_gone() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", _DOCUMENT))
    assert {name for name in named if not (TESTS.parent / name).exists()} == set()


def test_no_test_defeats_the_level_with_a_number_of_examples_of_its_own() -> None:
    """`levels.examples` scales the number with the level; Schemathesis is given a scaled one."""
    fixed = re.compile(r"max_examples\s*=\s*\d")
    assert [file.name for file in _files() if fixed.search(file.read_text(encoding="utf-8"))] == []
