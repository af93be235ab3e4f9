"""All pages that links lead to, for people of every role, in both languages: accessible, answered, translated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from conftest import Visit
from page_checks import check_page, english_in_chinese, pages_in_reach
from played_node import USERS, PlayedNode
from walks import approve_plan, chase

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]


def _is_data(text: str) -> bool:
    """What people, browsers and banks are called, which nobody translates."""
    return text.startswith("Mozilla/")


@pytest.fixture(scope="module")
def worked(node: PlayedNode, desk_of: Callable[[str], Visit]) -> str:
    """A claim with holds in force; its path."""
    desk = desk_of("morgan")
    path = chase(desk, node.reports[0])
    approve_plan(desk.page)
    return path


@pytest.mark.parametrize(
    ("who", "language"),
    [("vera", "en"), ("vera", "zh-hans"), ("li", "zh-hans"), ("root", "en"), ("root", "zh-hans"), ("audrey", "zh-hans")],
)
def test_every_page_that_links_lead_to(
    visit: Callable[..., Visit], node: PlayedNode, worked: str, who: str, language: str
) -> None:
    desk = visit()
    desk.sign_in(who)
    desk.speak(language)
    role = USERS[who][0]
    starts = ("/", worked) if role in ("officer", "supervisor") else ("/account/",)
    wrong: dict[str, list[str]] = {}
    for opened in pages_in_reach(desk.page, node.address, starts):
        desk.picture(f"page-{role}-{language}{re.sub('[^a-z0-9]+', '-', opened.shape)}", whole=True)
        found = [f"status {opened.status}"] if opened.status != 200 else check_page(desk.page)
        if language == "zh-hans":
            found += english_in_chinese(desk.page, _is_data)
        if found:
            wrong[opened.path] = found
    assert not wrong, json.dumps(wrong, ensure_ascii=False, indent=2)
