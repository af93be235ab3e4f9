"""One person in one browser window."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from played_node import PASSWORD, PlayedNode
from playwright.sync_api import Page

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@dataclass
class Visit:
    """A window, the node that it shows, and what the browser complained about while it did."""

    page: Page
    node: PlayedNode
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def open(self, path: str) -> None:
        self.page.goto(self.node.address + path)

    def sign_in(self, name: str) -> None:
        """By name and password once for each person of a node; later windows begin with what the first was given."""
        if known := self.node.signed_in.get(name):
            landing, cookies = known
            self.page.context.add_cookies(cookies)  # type: ignore[arg-type] # as this browser gave them
            self.page.goto(landing)
            if "/sign-in/" not in self.page.url:  # a session ends when the clock has gone on for long
                return
            self.page.context.clear_cookies()
        self.open("/account/sign-in/")
        self.page.locator("#id_username").fill(name)
        self.page.locator("#id_password").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda address: "/sign-in/" not in address)
        self.node.signed_in[name] = (self.page.url, list(self.page.context.cookies()))

    def speak(self, language: str) -> None:
        """Change the language of the pages, as the switch in every header does."""
        with self.page.expect_navigation():
            self.page.locator(f"button[name=language][value='{language}']").click()

    def picture(self, name: str, *, whole: bool = False) -> None:
        """A screenshot into the folder that ACCORD_SCREENSHOTS names, if it names one."""
        if folder := os.environ.get("ACCORD_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            before = len(self.complaints)
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)
            del self.complaints[before:]  # the camera hides the caret by a style of its own, which the page's rules refuse

    def fits(self) -> bool:
        """Whether nothing makes the page wider than its window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
