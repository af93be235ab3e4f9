"""A reporter, the holder of an account and a supervisor on their pages: by keyboard, in both languages, with axe looking on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import NARROW
from playwright.sync_api import Page, expect
from test_desk_walk import SINCE_PAYMENT, _approve_all, _take_call, _to_claim

if TYPE_CHECKING:
    from conftest import Visit
    from played_node import PlayedNode

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]

OPEN_PAGES = tuple(f"/public/{name}" for name in ("", "help/", "accessibility/", "report/", "appeal/", "appeal/follow/"))


def serious(page: Page) -> list[str]:
    """What axe finds serious or worse."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def press_tab_until(page: Page, selector: str) -> None:
    """Move the focus on by keyboard, as someone without a mouse does."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def go_on(page: Page) -> None:
    """Press Enter and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def speak(visit: Visit, language: str) -> None:
    visit.open("/public/")
    press_tab_until(visit.page, f"button[name=language][value='{language}']")
    go_on(visit.page)
    expect(visit.page.locator(f"button[value='{language}'][aria-current]")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_open_pages_have_no_serious_fault_and_fit_a_telephone(visit: Callable[..., Visit], language: str) -> None:
    public = visit(NARROW)
    speak(public, language)
    for path in OPEN_PAGES:
        public.open(path)
        assert serious(public.page) == [], path
        assert public.fits(), path
        assert public.page.evaluate("document.scripts.length") == 0


@pytest.fixture(scope="module")
def read_out(node: PlayedNode) -> list[str]:
    """Reference and code, once an officer has taken a call."""
    return []


def take_call(desk: Visit, node: PlayedNode) -> list[str]:
    """A call with money on hold, a day ago: the reference and the code that the officer reads out."""
    report = min(node.reports[:2], key=lambda report: report.about_when)
    node.set_clock(max(node.now(), report.about_when + SINCE_PAYMENT))
    desk.sign_in("morgan")
    _take_call(desk, report)
    told = [words.inner_text() for words in desk.page.locator("#for-the-caller dd").all()]
    answered = ".first-order .badge.state-held, .first-order .badge.state-held_partly, .first-order .badge.state-refused"
    expect(desk.page.locator(answered)).to_be_visible()
    _to_claim(desk.page)
    _approve_all(desk.page)
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#live-orders .badge.state-held").first).to_be_visible()
    node.set_clock(node.now() + timedelta(days=1))
    return told


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_report_is_followed_from_the_code_that_the_officer_read_out(
    visit: Callable[..., Visit], node: PlayedNode, read_out: list[str], language: str
) -> None:
    if not read_out:
        read_out += take_call(visit(), node)
    public = visit()
    speak(public, language)
    page, keys = public.page, public.page.keyboard
    press_tab_until(page, "a[href='/public/report/']")
    go_on(page)
    press_tab_until(page, "#id_reference")
    keys.type(read_out[0].lower())
    keys.press("Tab")
    keys.type("0000-0000")
    go_on(page)
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert serious(page) == []
    press_tab_until(page, "#id_code")
    keys.type(read_out[1])
    go_on(page)
    page.wait_for_url("**/public/report/status/")
    assert page.locator(".steps .is-reached").count() == 4
    assert serious(page) == []
    public.picture(f"public-report-{language}", whole=True)
    press_tab_until(page, "form[action='/public/leave/'] button")
    go_on(page)
    page.wait_for_url("**/public/")
    public.open("/public/report/status/")
    page.wait_for_url("**/public/report/")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_figures_are_read_by_keyboard(visit: Callable[..., Visit], language: str) -> None:
    office = visit()
    office.sign_in("vera")
    press_tab_until(office.page, f"button[name=language][value='{language}']")
    go_on(office.page)
    press_tab_until(office.page, "a[href='/oversight/']")
    go_on(office.page)
    office.page.wait_for_url("**/oversight/")
    assert office.page.locator(".definition").count() >= 10
    assert serious(office.page) == []
    office.picture(f"figures-{language}", whole=True)
