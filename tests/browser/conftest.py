"""A browser that sees one node: every message of its console and every host that it asks is kept."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from page_checks import sound
from played_node import PASSWORD, PlayedNode, played_node
from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE_MILLISECONDS = 45_000
"""A loaded machine is slow, not wrong."""
expect.set_options(timeout=PATIENCE_MILLISECONDS)

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Visit:
    """One officer in one browser window."""

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


@pytest.fixture(scope="session", autouse=True)
def level_of_axe(request: pytest.FixtureRequest) -> None:
    """At the deep level axe looks at every page, not once at those of a shape."""
    sound.every_page = request.config.getoption("--level") == "deep"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedNode]:
    with played_node(tmp_path_factory.mktemp("played")) as played:
        yield played


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. It ends with the module: its event loop would be in the way of other tests' database calls."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine: install the package chromium to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def desk_of(node: PlayedNode, chromium: Browser) -> Iterator[Callable[[str], Visit]]:
    """Opens windows in which somebody is signed in, for what a module's tests start from."""
    with _contexts(chromium) as new_page:

        def begin(name: str) -> Visit:
            begun = Visit(new_page(WIDE), node)
            begun.sign_in(name)
            return begun

        yield begin


@pytest.fixture
def visit(node: PlayedNode, chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens windows. At the end none may have logged an error or asked another host than the node."""
    visits: list[Visit] = []
    with _contexts(chromium) as new_page:

        def begin(size: dict[str, int] = WIDE) -> Visit:
            begun = Visit(new_page(size), node)
            begun.page.on("console", lambda message: _note(begun, message.type, message.text))
            begun.page.on("pageerror", lambda error: begun.complaints.append(f"script: {error}"))
            begun.page.on("request", lambda request: begun.hosts.add(urlsplit(request.url).netloc))
            visits.append(begun)
            return begun

        yield begin
    for ended in visits:
        assert ended.complaints == [], "\n".join(ended.complaints)
        assert ended.hosts <= {urlsplit(node.address).netloc, ""}  # data: and blob: pictures have no host


@contextmanager
def _contexts(chromium: Browser) -> Iterator[Callable[[dict[str, int]], Page]]:
    opened = []

    def new_page(size: dict[str, int]) -> Page:
        context = chromium.new_context(viewport=size, accept_downloads=True)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        opened.append(context)
        return context.new_page()

    try:
        yield new_page
    finally:
        for context in opened:
            context.close()


def _note(visit: Visit, kind: str, text: str) -> None:
    refused_on_purpose = re.search(r"status of 4\d\d", text)
    if kind in ("error", "warning") and not refused_on_purpose:
        visit.complaints.append(f"{kind}: {text}")
