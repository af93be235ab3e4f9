"""All pages that links lead to, for people of every role, in both languages: accessible, answered, translated."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from levels import deep
from page_checks import faults_in_reach
from played_node import USERS, PlayedNode
from visits import Visit
from walks import approve_plan, chase

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
def worked(node: PlayedNode, desk_of: Callable[[str], Visit]) -> str:
    """A claim with holds in force; its path."""
    desk = desk_of("morgan")
    path = chase(desk, node.reports[0])
    approve_plan(desk.page)
    return path


@pytest.mark.parametrize(
    ("who", "language"),
    [
        ("vera", "en"),
        ("vera", "zh-hans"),
        deep("li", "zh-hans"),
        deep("root", "en"),
        ("root", "zh-hans"),
        ("audrey", "zh-hans"),
    ],
)
def test_every_page_that_links_lead_to(
    visit: Callable[..., Visit], node: PlayedNode, worked: str, who: str, language: str
) -> None:
    desk = visit()
    desk.sign_in(who)
    desk.speak(language)
    role = USERS[who][0]
    starts = ("/", worked) if role in ("officer", "supervisor") else ("/account/",)
    wrong = faults_in_reach(
        desk.page, node.address, starts, lambda shape: desk.picture(f"page-{role}-{language}{shape}", whole=True)
    )
    assert not wrong, json.dumps(wrong, ensure_ascii=False, indent=2)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_of_a_stranger(visit: Callable[..., Visit], node: PlayedNode, language: str) -> None:
    """The public's pages, and signing in."""
    public = visit()
    public.open("/public/")
    public.speak(language)
    starts = ("/public/", "/account/sign-in/")
    wrong = faults_in_reach(
        public.page, node.address, starts, lambda shape: public.picture(f"page-stranger-{language}{shape}", whole=True)
    )
    assert not wrong, json.dumps(wrong, ensure_ascii=False, indent=2)
