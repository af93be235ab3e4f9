"""Passkeys, the administrator's pages and purposes as people use them, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from levels import deep
from page_checks import check_page
from played_node import PASSWORD
from playwright.sync_api import expect

if TYPE_CHECKING:
    from visits import Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_passkey_is_made_and_signs_in(visit: Callable[..., Visit]) -> None:
    desk = visit()
    page = desk.page
    address = desk.node.address.replace("127.0.0.1", "localhost")  # a passkey belongs to a name
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = device | {"isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def password() -> None:
        page.goto(address + "/account/sign-in/")
        page.fill("#id_username", "li")
        page.fill("#id_password", PASSWORD)
        page.keyboard.press("Enter")

    password()
    page.wait_for_url(address + "/")
    page.goto(address + "/account/second-factor/passkey/")
    page.fill("#name", "指纹")
    page.keyboard.press("Enter")
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.goto(address + "/account/")
    expect(page.locator("td", has_text="指纹")).to_be_visible()
    desk.picture("account-own-zh", whole=True)
    assert check_page(page) == []
    page.locator("form[action$='sign-out/'] button").click()
    page.wait_for_url("**/account/sign-in/")
    password()
    page.wait_for_url("**/second-step/")
    expect(page.locator("form[data-passkey] button")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(address + "/")
    page.goto("about:blank")  # it asks nothing any more
    desk.hosts.discard(address.removeprefix("http://"))


@pytest.mark.parametrize("language", ["en", deep("zh-hans")])
def test_the_administrators_pages_have_no_serious_fault(visit: Callable[..., Visit], language: str) -> None:
    desk = visit()
    desk.open("/account/sign-in/")
    desk.page.locator(f"button[value='{language}']").click()
    desk.page.fill("#id_username", "root")
    desk.page.fill("#id_password", PASSWORD)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url("**/account/users/")
    desk.page.locator(f"button[value='{language}']").click()
    for path in (
        "users/",
        "users/add/",
        "teams/",
        "service-accounts/",
        "password/",
        "second-factor/",
        "second-factor/app/",
        "",
    ):
        desk.open("/account/" + path)
        assert check_page(desk.page) == [], path
        assert desk.fits(), path
        desk.picture(f"account-{path.replace('/', '-')}{language}", whole=True)
    desk.open("/account/users/")
    desk.page.locator("a.row-link", has_text="morgan").click()
    assert check_page(desk.page) == []


def test_a_changed_purpose_is_sent_at_once_and_stands_in_the_audit(visit: Callable[..., Visit]) -> None:
    desk = visit()
    desk.sign_in("morgan")
    desk.page.select_option("#purpose", "training")
    desk.page.wait_for_load_state()
    expect(desk.page.locator("#purpose")).to_have_value("training")
    desk.open("/orders/")
    expect(desk.page.locator("#purpose")).to_have_value("training")
    assert desk.fits()
