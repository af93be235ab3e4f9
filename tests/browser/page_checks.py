"""What every page must be: accessible, whole, in one language. And a walk over all pages that links lead to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Page

_AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_RUN_AXE: Final = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations"]});
    return found.violations.filter(one => ["serious", "critical"].includes(one.impact)).map(one => ({
        rule: one.id,
        help: one.help,
        places: one.nodes.slice(0, 5).map(node => `${node.html.slice(0, 200)} | ${(node.failureSummary || "").slice(0, 300)}`),
    }));
}"""

_SHAPE: Final = """() => {
    const states = ["type", "role", "tabindex", "scope", "open", "disabled", "checked", "hidden", "selected",
        "readonly", "aria-hidden", "aria-expanded", "aria-current", "aria-pressed", "aria-selected", "aria-sort", "aria-live",
        "aria-invalid"];
    const named = ["lang", "id", "for", "name", "alt", "title", "href", "placeholder", "style", "aria-label", "aria-labelledby",
        "aria-describedby", "aria-controls", "aria-owns"];
    const of = element => {
        const text = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        const state = states.map(name => element.getAttribute(name));
        const names = named.filter(name => element.hasAttribute(name)).map(name => name + (element.getAttribute(name) && "+"));
        const parts = [...new Set([...element.children].map(of))].sort();
        return `${element.localName}.${[...element.classList].sort()};${text};${state};${names}(${parts})`;
    };
    return `${innerWidth}:${of(document.documentElement)}`;
}"""
"""What a page's accessibility depends on, whatever its texts say: elements, their classes and states, what is named and has a
text. Any number of equal neighbours counts as one, so that two tables of other rows have the same shape."""

_TEXTS: Final = """() => {
    const shown = element => element.checkVisibility({visibilityProperty: true});
    const skipped = "script, style, noscript, template, code, pre, textarea, [lang='en']";
    const texts = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement;
        if (!parent.closest(skipped) && (shown(parent) || parent.closest("details, option, .visually-hidden")))
            texts.push(node.textContent);
    }
    for (const name of ["aria-label", "title", "alt", "placeholder", "aria-description"])
        for (const element of document.querySelectorAll(`[${name}]`))
            if (!element.closest(skipped)) texts.push(element.getAttribute(name));
    return texts.map(text => text.trim().replace(/\\s+/g, " ")).filter(Boolean);
}"""
_ENGLISH: Final = re.compile(r"\b[A-Za-z][A-Za-z'’]*(?:[ ,;:]+[A-Za-z][A-Za-z'’]*){2,}")

LANGUAGES: Final = ("en", "zh-Hans")
_LINKS: Final = "links => links.map(link => link.href)"
_VARIABLE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/)")
_FILE: Final = re.compile(r"\.(csv|json|xml|pdf|zip)$")


class Sound:
    """Shapes of pages in which axe has found nothing serious, so that it need not look again; `every_page`: it does."""

    def __init__(self) -> None:
        self.every_page = False
        self._shapes: set[bytes] = set()

    def findings(self, page: Page) -> list[dict[str, Any]]:
        shape = sha256(page.evaluate(_SHAPE).encode()).digest()
        if shape in self._shapes and not self.every_page:
            return []
        found = _axe(page)
        if not found:
            self._shapes.add(shape)
        return found


sound: Final = Sound()
serious_findings: Final = sound.findings
"""What axe finds serious or critical; it looks once at pages of one shape, at the deep level at each."""


def _axe(page: Page) -> list[dict[str, Any]]:
    """Axe's script goes in past the page's rules about scripts, which stay in force."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_AXE + "; undefined")
    found: list[dict[str, Any]] = page.evaluate(_RUN_AXE)
    return found


def english_in_chinese(page: Page, data: tuple[str, ...] = ()) -> list[str]:
    """Runs of three and more English words on a Chinese page: texts that nobody translated.

    What a browser calls itself may stand there, and `data`: what people and other systems wrote.
    """
    texts: list[str] = page.evaluate(_TEXTS)
    found = set()
    for text in texts:
        rest = text
        for said in data:
            rest = rest.replace(said, "…")
        if _ENGLISH.search(rest) and not text.startswith("Mozilla/"):
            found.add(text)
    return sorted(found)


def check_page(page: Page) -> list[str]:
    """Everything that is wrong with the page, in words."""
    wrong = [f"axe {finding['rule']}: {finding['help']}: {finding['places']}" for finding in serious_findings(page)]
    headings = page.locator("h1").count()
    if headings != 1:
        wrong.append(f"{headings} main headings")
    if not page.title().strip(" ·"):
        wrong.append("no title")
    if page.locator("html").get_attribute("lang") not in LANGUAGES:
        wrong.append("its language is not named")
    if not page.locator("main").count():
        wrong.append("no main part")
    if not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
        wrong.append("wider than the window")
    return wrong


def faults_in_reach(
    page: Page, address: str, starts: tuple[str, ...], seen: Callable[[str], None], data: tuple[str, ...] = ()
) -> dict[str, list[str]]:
    """What is wrong with the pages that links lead to, by path. `seen` is told the shape of each, while it stands open."""
    wrong: dict[str, list[str]] = {}
    for opened in pages_in_reach(page, address, starts):
        seen(re.sub("[^a-z0-9]+", "-", opened.shape))
        found = [f"status {opened.status}"] if opened.status != 200 else check_page(page)
        if page.locator("html").get_attribute("lang") == "zh-Hans":
            found += english_in_chinese(page, data)
        if found:
            wrong[opened.path] = found
    return wrong


@dataclass(frozen=True)
class Opened:
    """A page that was opened: its path, and its shape, in which all ids are alike."""

    path: str
    shape: str
    status: int


def pages_in_reach(page: Page, address: str, starts: tuple[str, ...]) -> Iterator[Opened]:
    """Open every page that links lead to from `starts`, one of each kind, at the deep level two; the page stands open while it
    is yielded.

    Files and other sites are left alone; so is what only changes the query.
    """
    waiting, seen, counts = list(starts), set(starts), {}
    while waiting:
        path = waiting.pop(0)
        shape = _VARIABLE.sub("…", path)
        if counts.get(shape, 0) >= (2 if sound.every_page else 1):
            continue
        counts[shape] = counts.get(shape, 0) + 1
        response = page.goto(address + path)
        yield Opened(path, shape, response.status if response else 0)
        for link in page.locator("a[href]:not([download])").evaluate_all(_LINKS):
            target = urlsplit(link)
            if f"{target.scheme}://{target.netloc}" == address and target.path not in seen and not _FILE.search(target.path):
                seen.add(target.path)
                waiting.append(target.path)
