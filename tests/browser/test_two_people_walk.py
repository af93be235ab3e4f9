"""Where the rules ask for two people: from the call to the release, by keyboard alone, in both languages.

An officer drafts, a supervisor approves; the bank holds; the hold is renewed and then given back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from conftest import Visit
from keyboard import press, tab_to, write
from page_checks import check_page
from played_node import PlayedNode, played_node
from playwright.sync_api import expect
from walks import SINCE_PAYMENT, take_call, to_claim, until_shown

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedNode]:
    """A desk in Singapore, where nobody has checked the rule for holds, so that a second person must agree."""
    with played_node(tmp_path_factory.mktemp("two"), settings={"ACCORD_JURISDICTION": "SG"}) as played:
        yield played


def _look(desk: Visit, name: str) -> None:
    desk.picture(name, whole=True)
    assert check_page(desk.page) == [], name


def _confirm(desk: Visit) -> None:
    """The question stands open with the focus on its button."""
    expect(desk.page.locator("#order-confirm-button, #plan-confirm-button")).to_be_focused()
    with desk.page.expect_navigation():
        desk.page.keyboard.press("Enter")


def _approve_what_waits(chief: Visit, picture: str) -> None:
    chief.open("/orders/to-approve/")
    _look(chief, picture)
    press(chief.page, "[data-plan-all]", "Space")
    press(chief.page, "[data-plan-approve]")
    _confirm(chief)
    expect(chief.page.locator(".alert-success")).to_be_visible()


@pytest.mark.parametrize(("number", "officer", "language"), [(0, "morgan", "en"), (1, "li", "zh-hans")])
def test_from_the_call_to_the_release(
    visit: Callable[..., Visit], node: PlayedNode, number: int, officer: str, language: str
) -> None:
    report = sorted(node.reports[:2], key=lambda report: report.about_when)[number]
    node.set_clock(max(node.now(), report.about_when + SINCE_PAYMENT))
    desk, chief = visit(), visit()
    desk.sign_in(officer)
    chief.sign_in("vera")
    chief.speak(language)
    take_call(desk, report)
    expect(desk.page.locator(".first-order .badge.state-draft")).to_be_visible()
    _look(desk, f"two-report-{language}")
    _approve_what_waits(chief, f"two-first-{language}")
    expect(desk.page.locator(".first-order .badge.state-held, .first-order .badge.state-held_partly")).to_be_visible()

    to_claim(desk.page)
    expect(desk.page.locator("[data-plan-tick]").first).to_be_visible()
    press(desk.page, "#plan-all", "Space")
    press(desk.page, "[data-plan-approve]")
    _confirm(desk)
    expect(desk.page.locator("#live-orders .badge.state-draft").first).to_be_visible()
    _look(desk, f"two-claim-{language}")
    _approve_what_waits(chief, f"two-plan-{language}")
    expect(desk.page.locator("#live-orders .badge.state-held").first).to_be_visible()

    held = desk.page.locator("#live-orders tr:has(.badge.state-held) a[href^='/orders/']").first.get_attribute("href") or ""
    press(desk.page, f"#live-orders a[href='{held}']")
    desk.page.wait_for_url("**/orders/*/")
    _look(desk, f"two-order-{language}")
    write(desk.page, "#renew-reason", "The trace is not at its end.")
    press(desk.page, "form[action$='/renew/'] button")
    _confirm(desk)
    _approve_what_waits(chief, f"two-renewal-{language}")
    chief.open(held)
    until_shown(chief.page, "#actions, .state-released")
    _look(chief, f"two-renewed-{language}")

    write(chief.page, "#reason", "The holder is innocent.")
    press(chief.page, "form[action$='/release/'] button")
    _confirm(chief)
    _look(chief, f"two-releasing-{language}")
    until_shown(chief.page, "h1 .state-released")
    _look(chief, f"two-released-{language}")


def test_nobody_approves_their_own_draft(visit: Callable[..., Visit], node: PlayedNode) -> None:
    report = sorted(node.reports[:4], key=lambda report: report.about_when)[3]
    node.set_clock(max(node.now(), report.about_when + SINCE_PAYMENT))
    desk = visit()
    desk.sign_in("morgan")
    take_call(desk, report)
    press(desk.page, ".first-order a[href^='/orders/']")
    desk.page.wait_for_url("**/orders/*/")
    assert desk.page.locator("form[action$='/orders/approve/']").count() == 0
    desk.open("/orders/to-approve/")
    assert desk.page.locator("[data-plan-tick]").count() == 0
    tab_to(desk.page, "ul.panel-list a[href^='/orders/']")
