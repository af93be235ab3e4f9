"""A capability plugs in by its name in the list of installed apps: its page, clock, permission, words and checks are there.

The proof of docs/extending.md: no file of the house knows the example in `watch/`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from accord.web.catalogues.compile import compile_catalogue

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program in `extended_node` saw."""
    assert compile_catalogue(HERE / "watch" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po") == []
    environment = {name: value for name, value in os.environ.items() if name != "ACCORD_DATABASE_URL"} | {
        "ACCORD_HOME": str(tmp_path_factory.mktemp("extended")),
        "DJANGO_SETTINGS_MODULE": "extended_settings",
        "PYTHONPATH": str(HERE),
        "PYTHONUTF8": "1",
    }
    program = [sys.executable, str(HERE / "extended_node.py")]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return document


def test_its_page_is_served_and_linked_to_those_who_may_see_it(found: dict[str, Any]) -> None:
    assert found["officer"] == [200, True, True]
    assert found["auditor"] == [403, False, False]


def test_its_permission_is_asked_for_and_documented(found: dict[str, Any]) -> None:
    assert "watches:begin" in found["refused"]
    assert found["permission"] == [True, True]
    assert found["docs"] == ["| watches:read | yes | yes | | | | | | | |", "| watches:begin | | yes | | | | | | | |"]


def test_its_clock_is_watched(found: dict[str, Any]) -> None:
    assert found["clock"] == [1, "ended", 1]


def test_what_happened_is_on_record_with_chinese_words(found: dict[str, Any]) -> None:
    assert found["audit"] == [["watch begun", "watch begun", "watch ended"], None]
    assert found["chinese"] == ["监看期满结束", "已结束"]


def test_its_check_is_made_by_the_doctor(found: dict[str, Any]) -> None:
    assert found["doctor"] == [["Watches", "ok", "2 kept"]]


def test_the_house_does_not_know_the_example() -> None:
    command = ["git", "grep", "-lwE", "WatchConfig|extended_settings|watches:read"]
    names = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False).stdout.split()
    assert [name for name in names if not name.startswith(("tests/extending/", "docs/extending.md"))] == []
