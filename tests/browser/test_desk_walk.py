"""An officer's way from the call to the confirmed hold, by keyboard, in both languages, in a real browser."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from keyboard import press, write
from levels import deep
from played_node import PlayedNode
from playwright.sync_api import Page, expect
from visits import NARROW, Visit
from walks import SINCE_PAYMENT, approve_plan, chase, confirm, look, take_call, to_claim, until_shown

from accord.engine.exercise import VictimReport

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
def calls(node: PlayedNode) -> list[VictimReport]:
    """Calls worth a chase, in the order of their payments."""
    return sorted(node.reports[:6], key=lambda report: report.about_when)


def _approve_all(page: Page) -> None:
    """Select all with one key, confirm with Enter."""
    expect(page.locator("[data-plan-tick]").first).to_be_visible()
    page.locator("main").focus()
    page.keyboard.press("a")
    assert all(tick.is_checked() for tick in page.locator("[data-plan-tick]").all())
    expect(page.locator("[data-plan-approve]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("dialog#plan-confirm")).to_be_visible()
    expect(page.locator("#plan-confirm-button")).to_be_focused()


@pytest.mark.parametrize(("number", "officer", "language"), [deep(0, "morgan", "en"), (1, "li", "zh-Hans")])
def test_from_the_call_to_the_confirmed_hold(
    visit: Callable[..., Visit], node: PlayedNode, calls: list[VictimReport], number: int, officer: str, language: str
) -> None:
    report = calls[number]
    node.set_clock(max(node.now(), report.about_when + SINCE_PAYMENT))
    desk = visit()
    page = desk.page
    desk.sign_in(officer)
    assert page.locator("html").get_attribute("lang") == language
    desk.picture(f"queue-{language}")
    take_call(desk, report)
    expect(
        page.locator(".first-order .badge.state-held, .first-order .badge.state-held_partly, .first-order .badge.state-refused")
    ).to_be_visible()
    desk.picture(f"report-{language}", whole=True)
    to_claim(page)
    expect(page.locator("#trace-graph canvas").first).to_be_visible()
    _approve_all(page)
    desk.picture(f"confirm-{language}")
    page.keyboard.press("Enter")
    page.wait_for_url("**/claims/*/")
    expect(page.locator(".alert-success")).to_be_visible()
    expect(page.locator("#live-orders .badge.state-held").first).to_be_visible()
    expect(page.locator("#live-orders .badge.state-approved, #live-orders .badge.state-sent")).to_have_count(0)
    if os.environ.get("ACCORD_SCREENSHOTS"):
        page.wait_for_timeout(500)  # for the picture's sake: the graph draws on the next frames
    desk.picture(f"claim-{language}")
    desk.picture(f"claim-whole-{language}", whole=True)
    for tab in ("timeline", "table"):
        page.locator(f"#tab-{tab}").click()
        expect(page.locator(f"#panel-{tab}")).to_be_visible()
        desk.picture(f"claim-{tab}-{language}")
    page.locator("#live-orders a[href^='/orders/']").first.click()
    expect(page.locator(".life-cycle svg")).to_be_visible()
    desk.picture(f"order-{language}", whole=True)
    for name in ("orders", "shift", "help", "reports"):
        desk.open(f"/{name}/")
        expect(page.locator("h1")).to_be_visible()
        desk.picture(f"{name}-{language}")


@pytest.fixture(scope="module")
def claim(desk_of: Callable[[str], Visit], calls: list[VictimReport]) -> str:
    """The path of a claim that a bank has told of."""
    return chase(desk_of("morgan"), calls[5])


@pytest.mark.parametrize(("number", "officer", "language"), [(2, "morgan", "en"), deep(3, "li", "zh-Hans")])
def test_a_hold_is_renewed_by_keyboard(
    visit: Callable[..., Visit], calls: list[VictimReport], number: int, officer: str, language: str
) -> None:
    desk = visit()
    desk.sign_in(officer)
    assert desk.page.locator("html").get_attribute("lang") == language
    chase(desk, calls[number])
    approve_plan(desk.page)
    held = desk.page.locator("#live-orders tr:has(.badge.state-held) a[href^='/orders/']").first.get_attribute("href") or ""
    press(desk.page, f"#live-orders a[href='{held}']")
    desk.page.wait_for_url("**/orders/*/")
    write(desk.page, "#renew-reason", "The trace is not at its end.")
    press(desk.page, "form[action$='/renew/'] button.btn-primary")
    confirm(desk)
    look(desk, f"renewing-{language}")
    until_shown(desk.page, "body:not(:has(#renew-reason)) #actions")  # it may be renewed once, and now was
    look(desk, f"renewed-{language}")


def test_what_an_officer_types_outlives_the_news(
    visit: Callable[..., Visit], node: PlayedNode, calls: list[VictimReport]
) -> None:
    """While banks answer, the plan is replaced around a half-written reason and a ticked line; both stay."""
    desk = visit()
    desk.sign_in("morgan")
    chase(desk, calls[4])
    line = desk.page.locator(".plan-line:has([data-plan-tick])").first
    line.locator("[data-plan-tick]").check()
    line.locator("summary").click()
    reason = line.locator("input[name=reason]")
    reason.type("call the branch fi")
    identity = reason.get_attribute("id")
    seen = desk.page.locator("input[name=seen-history]").get_attribute("value")
    other = visit()
    other.sign_in("vera")
    other.page.goto(desk.page.url)
    other.page.locator("form[action$='/trace-again/'] button").first.click()
    expect(desk.page.locator("input[name=seen-history]")).not_to_have_value(seen or "")
    with desk.page.expect_response(lambda response: "hx-request" in response.request.headers):
        pass  # one more poll
    reason = desk.page.locator(f"#{identity}")
    expect(reason).to_be_visible()
    expect(reason).to_be_focused()
    reason.press("End")
    desk.page.keyboard.type("rst")
    expect(reason).to_have_value("call the branch first")
    assert desk.page.locator(f"#{(identity or '').replace('reason', 'tick')}").is_checked()


def test_the_trace_can_be_taken_along(visit: Callable[..., Visit], claim: str, tmp_path: Path) -> None:
    desk = visit()
    desk.sign_in("morgan")
    desk.open(claim)
    expect(desk.page.locator("#trace-graph canvas").first).to_be_visible()
    with desk.page.expect_download() as picture:
        desk.page.locator("[data-graph=png]").click()
    picture.value.save_as(tmp_path / "trace.png")
    assert (tmp_path / "trace.png").read_bytes().startswith(b"\x89PNG")
    with desk.page.expect_download() as document:
        desk.page.locator("a[href*='trace.json'][href*='download']").click()
    document.value.save_as(tmp_path / "trace.json")
    assert json.loads((tmp_path / "trace.json").read_text())["conserved"] is True


def test_the_table_sorts_and_filters_by_keyboard(visit: Callable[..., Visit], claim: str) -> None:
    desk = visit()
    page = desk.page
    desk.sign_in("morgan")
    desk.open(claim)
    page.locator("#tab-graph").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#panel-table")).to_be_visible()
    page.locator("button[data-sort='4']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    values = page.locator(".trace-table tbody tr td:nth-child(5)").evaluate_all("cells => cells.map(c => c.dataset.value)")
    assert values == sorted(values)
    page.locator("#trace-part").select_option("standing")
    rows = page.locator(".trace-table tbody tr:visible")
    assert rows.count() > 0
    assert {row.get_attribute("data-part") for row in rows.all()} == {"standing"}


@pytest.mark.parametrize("officer", ["morgan", "li"])
def test_the_pages_fit_a_telephone(visit: Callable[..., Visit], claim: str, officer: str) -> None:
    desk = visit(NARROW)
    desk.sign_in(officer)
    for name, path in {"queue": "/", "call": "/calls/new/", "orders": "/orders/", "claim": claim}.items():
        desk.open(path)
        expect(desk.page.locator("h1")).to_be_visible()
        desk.picture(f"narrow-{name}-{officer}", whole=True)
        assert desk.fits(), f"{path} is wider than the window"
