"""Where the rules ask for two people: from the call to the release, by keyboard alone, in both languages.

An officer drafts, a supervisor approves; the bank holds; the money is given back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from keyboard import press, tab_to, write
from levels import deep
from played_node import PlayedNode, played_node
from playwright.sync_api import expect
from visits import Visit
from walks import SINCE_PAYMENT, approve_what_waits, confirm, look, take_call, to_claim, until_shown

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedNode]:
    """A desk in Singapore, where nobody has checked the rule for holds, so that a second person must agree."""
    with played_node(tmp_path_factory.mktemp("two"), settings={"ACCORD_JURISDICTION": "SG"}) as played:
        yield played


@pytest.mark.parametrize(("number", "officer", "language"), [(0, "morgan", "en"), deep(1, "li", "zh-hans")])
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
    look(desk, f"two-report-{language}")
    approve_what_waits(chief, f"two-first-{language}")
    answered = ", ".join(f".first-order .badge.state-{state}" for state in ("held", "held_partly", "refused"))
    expect(desk.page.locator(answered)).to_be_visible()  # the money may have left that account before anybody asked

    to_claim(desk.page)
    expect(desk.page.locator("[data-plan-tick]").first).to_be_visible()
    press(desk.page, "#plan-all", "Space")
    press(desk.page, "[data-plan-approve]")
    confirm(desk)
    expect(desk.page.locator("#live-orders .badge.state-draft").first).to_be_visible()
    look(desk, f"two-claim-{language}")
    approve_what_waits(chief, f"two-plan-{language}")
    expect(desk.page.locator("#live-orders .badge.state-held").first).to_be_visible()

    held = desk.page.locator("#live-orders tr:has(.badge.state-held) a[href^='/orders/']").first.get_attribute("href") or ""
    press(desk.page, f"#live-orders a[href='{held}']")
    desk.page.wait_for_url("**/orders/*/")
    look(desk, f"two-order-{language}")
    chief.open(held)
    write(chief.page, "#reason", "The holder is innocent.")
    press(chief.page, "form[action$='/release/'] button")
    confirm(chief)
    look(chief, f"two-releasing-{language}")
    until_shown(chief.page, "h1 .state-released")
    look(chief, f"two-released-{language}")


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
