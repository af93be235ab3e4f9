"""An appeal and a return by keyboard alone, in both languages, in a real browser, with the banks behind them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from keyboard import press, tab_to
from levels import deep
from played_node import PlayedNode
from playwright.sync_api import expect
from visits import NARROW, Visit
from walks import look, quick_call, until_shown

from accord.engine.exercise import VictimReport

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
def calls(node: PlayedNode) -> list[VictimReport]:
    """Calls worth a chase, in the order of their payments."""
    return sorted(node.reports[:4], key=lambda report: report.about_when)


def _held_order(desk: Visit, report: VictimReport) -> str:
    """The path of a first order under which the bank holds money."""
    quick_call(desk, report, timedelta(minutes=5))
    page = desk.page
    expect(page.locator(".first-order .badge.state-held, .first-order .badge.state-held_partly")).to_be_visible()
    page.locator(".first-order a[href^='/orders/']").first.click()
    page.wait_for_url("**/orders/*/")
    return page.url.removeprefix(desk.node.address)


@pytest.mark.parametrize(("number", "officer"), [deep(0, "morgan"), (1, "li")])
def test_an_appeal_is_written_down_decided_and_released(
    visit: Callable[..., Visit], calls: list[VictimReport], number: int, officer: str
) -> None:
    desk = visit()
    desk.sign_in(officer)
    order = _held_order(desk, calls[number])
    page, keys = desk.page, desk.page.keyboard
    press(page, "a[href$='/appeal/']")
    page.wait_for_url("**/appeal/")
    expect(page.locator("#appellant")).to_be_focused()
    look(desk, f"appeal-new-{officer}")
    keys.type("Zhao Wei")
    keys.press("Tab")
    keys.type("This is my salary.")
    press(page, "main form button.btn-primary")
    page.wait_for_url("**/appeals/*/")
    look(desk, f"appeal-{officer}")
    desk.open("/appeals/")
    look(desk, f"appeals-{officer}")
    judge = visit()
    judge.sign_in("vera")
    judge.open("/appeals/")
    page, keys = judge.page, judge.page.keyboard
    press(page, "main a.row-link")
    page.wait_for_url("**/appeals/*/")
    tab_to(page, "[name=decision]")
    keys.press("Space")
    tab_to(page, "#reasons")
    keys.type("The bank's papers show that it is wages.")
    press(page, "#decide .release-form button")
    page.wait_for_url("**/decide/")
    look(judge, f"appeal-confirm-{officer}")
    keys.press("Enter")
    page.wait_for_url("**/appeals/*/")
    until_shown(page, "h1 .state-closed")
    judge.open(order)
    expect(page.locator("h1 .state-released")).to_be_visible()


@pytest.mark.parametrize(("number", "officer"), [(2, "morgan"), deep(3, "li")])
def test_a_return_is_prepared_announced_and_waits_for_objections(
    visit: Callable[..., Visit], calls: list[VictimReport], number: int, officer: str
) -> None:
    desk = visit()
    desk.sign_in(officer)
    _held_order(desk, calls[number])
    page, keys = desk.page, desk.page.keyboard
    press(page, "a[href*='/returns/new/']")
    page.wait_for_url("**/returns/new/**")
    look(desk, f"return-new-{officer}")
    press(page, "main form button.btn-primary")
    page.wait_for_url("**/returns/*-*/")
    look(desk, f"return-prepared-{officer}")
    tab_to(page, "#name")
    keys.type("Li Hua")
    tab_to(page, "#pay_account")
    keys.press("Control+A")
    keys.type("6298000000000001")
    press(page, "form[action$='/claimants/'] button")
    page.wait_for_load_state()
    expect(page.locator(".alert-success")).to_be_visible()
    tab_to(page, "#text")
    keys.type("The money goes back to whom it was taken from.")
    press(page, "form[action$='/notice/'] button")
    expect(page.locator("h1 .state-noticed")).to_be_visible()
    look(desk, f"return-noticed-{officer}")
    desk.open("/returns/")
    look(desk, f"returns-{officer}")
    narrow = visit(NARROW)
    narrow.sign_in(officer)
    one = page.locator("main a.row-link").first.get_attribute("href")
    for path in ("/appeals/?show=all", "/returns/", "/returns/new/", one):
        narrow.open(str(path))
        expect(narrow.page.locator("h1")).to_be_visible()
        assert narrow.fits(), f"{path} is wider than the window"
