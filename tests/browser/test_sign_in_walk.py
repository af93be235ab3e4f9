"""Signing in with a second factor in a real browser, by keyboard: enrolling an app, its code, a recovery code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from keyboard import press, write
from levels import deep
from page_checks import check_page
from played_node import PASSWORD, PlayedNode, played_node
from playwright.sync_api import Page, expect
from visits import Visit

from accord.capabilities.people import totp

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedNode]:
    """A node on which, as outside exercises, a password alone is not enough."""
    with played_node(tmp_path_factory.mktemp("guarded"), settings={"ACCORD_SECOND_FACTOR": "required"}) as played:
        yield played


def _password(desk: Visit, name: str) -> None:
    desk.open("/account/sign-in/")
    expect(desk.page.locator("#id_username")).to_be_focused()
    desk.page.keyboard.type(name)
    write(desk.page, "#id_password", PASSWORD)
    desk.page.keyboard.press("Enter")


def _sound(page: Page) -> None:
    assert check_page(page) == []


def _code(secret: str, used: int = 0) -> tuple[str, int]:
    """The app's code, and its step: the one of now, or the next where that one was used up."""
    step = max(totp.step_of(datetime.now(UTC)), used + 1)
    return totp.code_at(secret, step), step


@pytest.mark.parametrize(("officer", "language"), [deep("vera", "en"), ("li", "zh-Hans")])
def test_an_app_is_enrolled_and_asked_for_ever_after(visit: Callable[..., Visit], officer: str, language: str) -> None:
    desk = visit()
    page = desk.page
    _password(desk, officer)
    page.wait_for_url("**/second-factor/")
    assert page.locator("html").get_attribute("lang") == language
    _sound(page)
    desk.picture(f"second-factor-{language}")
    press(page, "a[href$='/second-factor/app/']")
    page.wait_for_url("**/app/")
    _sound(page)
    desk.picture(f"second-factor-app-{language}")
    secret = (page.locator("code.secret").text_content() or "").replace(" ", "")
    write(page, "#code", "000000")
    page.keyboard.press("Enter")
    expect(page.locator("#code-error")).to_be_visible()
    _sound(page)
    shown, used = _code(secret)
    write(page, "#code", shown)
    page.keyboard.press("Enter")
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    _sound(page)
    desk.picture(f"recovery-codes-{language}")
    recovery = page.locator(".recovery-codes code").first.text_content() or ""
    press(page, "main a.btn-primary")
    expect(page.locator("#queue")).to_be_visible()
    press(page, "form[action$='/sign-out/'] button")
    page.wait_for_url("**/sign-in/**")

    _password(desk, officer)
    page.wait_for_url("**/second-step/")
    _sound(page)
    desk.picture(f"second-step-{language}")
    write(page, "#code", shown)  # each code works once
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_be_visible()
    _sound(page)
    write(page, "#code", _code(secret, used)[0])
    page.keyboard.press("Enter")
    expect(page.locator("#queue")).to_be_visible()
    press(page, "form[action$='/sign-out/'] button")
    page.wait_for_url("**/sign-in/**")

    _password(desk, officer)
    page.wait_for_url("**/second-step/")
    write(page, "#code", recovery)
    page.keyboard.press("Enter")
    expect(page.locator("#queue")).to_be_visible()
