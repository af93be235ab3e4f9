"""A browser that sees one node: every message of its console and every host that it asks is kept."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from page_checks import axe
from played_node import PlayedNode, played_node
from playwright.sync_api import Browser, Page, expect, sync_playwright
from visits import WIDE, Visit

PATIENCE_MILLISECONDS = 45_000
"""A loaded machine is slow, not wrong."""
expect.set_options(timeout=PATIENCE_MILLISECONDS)

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session", autouse=True)
def level_of_axe(request: pytest.FixtureRequest) -> None:
    """At the deep level axe looks at every page, not once at those of a shape."""
    axe.every_page = request.config.getoption("--level") == "deep"


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
