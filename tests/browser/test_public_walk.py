"""A reporter, the holder of an account and a supervisor on their pages: by keyboard, in both languages, with axe looking on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from keyboard import go_on, tab_to, write
from levels import deep
from page_checks import check_page
from played_node import PlayedNode
from playwright.sync_api import expect
from visits import NARROW, Visit
from walks import approve_plan, chase

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]

OPEN_PAGES = tuple(f"/public/{name}" for name in ("", "help/", "accessibility/", "report/", "appeal/", "appeal/follow/"))


def choose_language(public: Visit, language: str) -> None:
    public.open("/public/")
    tab_to(public.page, f"button[name=language][value='{language}']")
    go_on(public.page)
    expect(public.page.locator(f"button[value='{language}'][aria-current]")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_open_pages_have_no_serious_fault_and_fit_a_telephone(visit: Callable[..., Visit], language: str) -> None:
    public = visit(NARROW)
    choose_language(public, language)
    for path in OPEN_PAGES:
        public.open(path)
        assert check_page(public.page) == [], path
        assert public.fits(), path
        assert public.page.evaluate("document.scripts.length") == 0


@pytest.fixture(scope="module")
def read_out(node: PlayedNode, desk_of: Callable[[str], Visit]) -> tuple[str, str]:
    """What the officer reads out at the end of a call whose money is on hold since yesterday: reference and code."""
    desk = desk_of("morgan")
    chase(desk, node.reports[0])
    approve_plan(desk.page)
    desk.open("/reports/")
    desk.page.locator("main table a[href^='/reports/']").first.click()
    reference, code = (words.inner_text() for words in desk.page.locator("#for-the-caller dd").all())
    node.set_clock(node.now() + timedelta(days=1))
    return reference, code


@pytest.mark.parametrize("language", ["en", deep("zh-hans")])
def test_a_report_is_followed_from_the_code_that_the_officer_read_out(
    visit: Callable[..., Visit], read_out: tuple[str, str], language: str
) -> None:
    reference, code = read_out
    public = visit()
    choose_language(public, language)
    page = public.page
    tab_to(page, "a[href='/public/report/']")
    go_on(page)
    write(page, "#id_reference", reference.lower())
    write(page, "#id_code", "0000-0000")
    go_on(page)
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert check_page(page) == []
    write(page, "#id_code", code)
    go_on(page)
    page.wait_for_url("**/public/report/status/")
    assert page.locator(".steps .is-reached").count() == 4
    assert check_page(page) == []
    public.picture(f"public-report-{language}", whole=True)
    tab_to(page, "form[action='/public/leave/'] button")
    go_on(page)
    page.wait_for_url("**/public/")
    public.open("/public/report/status/")
    page.wait_for_url("**/public/report/")


@pytest.mark.parametrize("language", [deep("en"), "zh-hans"])
def test_figures_are_read_by_keyboard(visit: Callable[..., Visit], language: str) -> None:
    office = visit()
    office.sign_in("vera")
    office.speak(language)
    tab_to(office.page, "a[href='/oversight/']")
    go_on(office.page)
    office.page.wait_for_url("**/oversight/")
    assert office.page.locator(".definition").count() >= 10
    assert check_page(office.page) == []
    office.picture(f"figures-{language}", whole=True)
