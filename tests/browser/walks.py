"""Steps that several walks share."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from keyboard import choose, go_on, press
from page_checks import check_page
from playwright.sync_api import Page, expect

from accord.core.money import Money
from accord.engine.exercise import VictimReport

if TYPE_CHECKING:
    from visits import Visit

SINCE_PAYMENT: Final = timedelta(hours=1)
"""The victims call so long after paying; the form has a choice for it."""


def chase(desk: Visit, report: VictimReport) -> str:
    """A claim with a plan, opened as quickly as a test can; its path."""
    quick_call(desk, report, SINCE_PAYMENT)
    to_claim(desk.page)
    expect(desk.page.locator("[data-plan-tick]").first).to_be_visible()
    return urlsplit(desk.page.url).path


def quick_call(desk: Visit, report: VictimReport, since: timedelta) -> None:
    """The call, so long after the payment, as quickly as a test can; the report page opens. The payment's time is exact."""
    desk.node.set_clock(max(desk.node.now(), report.about_when + since))
    desk.open("/calls/new/")
    page = desk.page
    facts = {
        "callback_number": report.call_back or "110",
        "payer_bank": report.payer_bank,
        "payee_account": report.payee_account or "",
        "payee_bank": report.payee_bank or "",
        "amount": str(Money(report.amount_minor, report.currency).decimal()),
        "currency": report.currency,
        "about_exact": f"{report.about_when.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%dT%H:%M}",
    }
    for name, value in facts.items():
        page.locator(f"#id_{name}").fill(value)
    page.locator("#id_about_exact_choice").check()
    page.locator("#id_still_pending_no").check()
    page.locator("#send-call").click()
    page.wait_for_url("**/reports/*/")


def take_call(visit: Visit, report: VictimReport) -> None:
    """Six facts by keyboard alone; the report page opens."""
    page, keys = visit.page, visit.page.keyboard
    visit.open("/calls/new/")
    expect(page.locator("#id_callback_number")).to_be_focused()
    for text in (report.call_back or "110", report.payer_bank, report.payee_account or ""):
        keys.type(text)
        keys.press("Enter")
    keys.type(str(Money(report.amount_minor, report.currency).decimal()))
    keys.press("Tab")
    keys.press("Control+A")
    keys.type(report.currency)
    keys.press("Tab")
    choose(page, "[name=about]", "60")
    keys.press("Enter")
    keys.press("n")
    keys.press("Enter")
    keys.type(report.payee_bank or "")
    keys.press("Control+Enter")
    page.wait_for_url("**/reports/*/")


def until_shown(page: Page, selector: str, *, seconds: float = 60) -> None:
    """Load the page anew until the banks have answered and it shows so. No form may be under way: it would be cut off."""
    deadline = time.monotonic() + seconds
    while not page.locator(selector).count():
        assert time.monotonic() < deadline, f"{page.url} never shows {selector}"
        page.wait_for_timeout(400)
        page.reload()


def to_claim(page: Page) -> None:
    page.locator("main a[href^='/claims/']").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/claims/*/")


def approve_plan(page: Page) -> None:
    """Order every hold of the plan that is open, and wait for the banks."""
    page.locator("#plan-all").check()
    page.locator("#plan-approve-button").click()
    page.locator("#plan-confirm-button").click()
    expect(page.locator(".alert-success")).to_be_visible()
    expect(page.locator("#live-orders .badge.state-held").first).to_be_visible()
    expect(page.locator("#live-orders .badge.state-approved, #live-orders .badge.state-sent")).to_have_count(0)


def look(desk: Visit, name: str) -> None:
    """Nothing on the page keeps anybody from using it; and a picture of it."""
    desk.picture(name, whole=True)
    assert check_page(desk.page) == [], name


def confirm(desk: Visit) -> None:
    """The question stands open with the focus on its button."""
    expect(desk.page.locator("#order-confirm-button, #plan-confirm-button")).to_be_focused()
    go_on(desk.page)


def approve_what_waits(chief: Visit, picture: str) -> None:
    """Everything that waits for a second person, by keyboard."""
    chief.open("/orders/to-approve/")
    look(chief, picture)
    press(chief.page, "[data-plan-all]", "Space")
    press(chief.page, "[data-plan-approve]")
    confirm(chief)
    expect(chief.page.locator(".alert-success")).to_be_visible()
