"""What every page must be: accessible, whole, in one language. And a walk over all pages that links lead to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final
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

_LOOK: Final = """() => {
    const states = ["type", "role", "tabindex", "scope", "open", "disabled", "checked", "hidden", "selected",
        "readonly", "aria-hidden", "aria-expanded", "aria-current", "aria-pressed", "aria-selected", "aria-sort", "aria-live",
        "aria-invalid"];
    const named = ["lang", "id", "for", "name", "alt", "title", "href", "placeholder", "style", "aria-label", "aria-labelledby",
        "aria-describedby", "aria-controls", "aria-owns"];
    const shapeOf = element => {
        const text = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        const state = states.map(name => element.getAttribute(name));
        const names = named.filter(name => element.hasAttribute(name)).map(name => name + (element.getAttribute(name) && "+"));
        const parts = [...new Set([...element.children].map(shapeOf))].sort();
        return `${element.localName}.${[...element.classList].sort()};${text};${state};${names}(${parts})`;
    };
    const skipped = "script, style, noscript, template, code, pre, textarea, [lang='en']";
    const textsOf = () => {
        const shown = element => element.checkVisibility({visibilityProperty: true});
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
    };
    const language = document.documentElement.lang;
    return {
        shape: `${innerWidth}:${shapeOf(document.documentElement)}`,
        headings: document.querySelectorAll("h1").length,
        title: document.title,
        language,
        has_main: document.querySelector("main") !== null,
        fits: document.documentElement.scrollWidth <= window.innerWidth,
        texts: language === "zh-Hans" ? textsOf() : [],
        links: [...document.querySelectorAll("a[href]:not([download])")].map(link => link.href),
        has_axe: typeof axe === "object",
    };
}"""
"""All that is asked of a page, in one question.

Its shape is what accessibility depends on, whatever the texts say: elements, their classes and states, what is named and has a
text. Any number of equal neighbours counts as one, so that two tables of other rows have the same shape. Texts are those that a
reader of Chinese meets.
"""
_ENGLISH: Final = re.compile(r"\b[A-Za-z][A-Za-z'’]*(?:[ ,;:]+[A-Za-z][A-Za-z'’]*){2,}")

LANGUAGES: Final = ("en", "zh-Hans")
_VARIABLE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/)")
_FILE: Final = re.compile(r"\.(csv|json|xml|pdf|zip)$")


@dataclass(frozen=True)
class Seen:
    """What `_LOOK` found on a page."""

    shape: str
    headings: int
    title: str
    language: str
    has_main: bool
    fits: bool
    texts: list[str]
    links: list[str]
    has_axe: bool

    def faults(self) -> Iterator[str]:
        """Everything but what axe finds, in words."""
        if self.headings != 1:
            yield f"{self.headings} main headings"
        if not self.title.strip(" ·"):
            yield "no title"
        if self.language not in LANGUAGES:
            yield "its language is not named"
        if not self.has_main:
            yield "no main part"
        if not self.fits:
            yield "wider than the window"

    def english_in_chinese(self, data: tuple[str, ...]) -> list[str]:
        """Runs of three and more English words on a Chinese page: texts that nobody translated.

        What a browser calls itself may stand there, and `data`: what people and other systems wrote.
        """
        found = set()
        for text in self.texts:
            rest = text
            for said in data:
                rest = rest.replace(said, "…")
            if _ENGLISH.search(rest) and not text.startswith("Mozilla/"):
                found.add(text)
        return sorted(found)


class Axe:
    """Axe, which looks once at pages of one shape, as it costs more than all else; `every_page`: at each."""

    def __init__(self) -> None:
        self.every_page = False
        self._sound: set[bytes] = set()

    def faults(self, page: Page, seen: Seen) -> list[str]:
        """What it finds serious or critical, in words."""
        shape = sha256(seen.shape.encode()).digest()
        if shape in self._sound and not self.every_page:
            return []
        if not seen.has_axe:  # its script goes in past the page's rules about scripts, which stay in force
            page.evaluate(_AXE + "; undefined")
        found = page.evaluate(_RUN_AXE)
        if not found:
            self._sound.add(shape)
        return [f"axe {finding['rule']}: {finding['help']}: {finding['places']}" for finding in found]


axe: Final = Axe()


def see(page: Page) -> Seen:
    return Seen(**page.evaluate(_LOOK))


def check_page(page: Page) -> list[str]:
    """Everything that is wrong with the page, in words."""
    seen = see(page)
    return [*axe.faults(page, seen), *seen.faults()]


def faults_in_reach(
    page: Page, address: str, starts: tuple[str, ...], opened: Callable[[str], None], data: tuple[str, ...] = ()
) -> dict[str, list[str]]:
    """What is wrong with the pages that links lead to, by path. `opened` is told the shape of each path, while the page stands
    open.

    One page of each kind is opened, at the deep level two. Files and other sites are left alone; so is what only changes the
    query.
    """
    waiting, known, counts = list(starts), set(starts), Counter[str]()
    wrong: dict[str, list[str]] = {}
    while waiting:
        path = waiting.pop(0)
        shape = _VARIABLE.sub("…", path)
        if counts[shape] >= (2 if axe.every_page else 1):
            continue
        counts[shape] += 1
        response = page.goto(address + path)
        seen = see(page)
        opened(re.sub("[^a-z0-9]+", "-", shape))
        if response is None or response.status != 200:
            found = [f"status {response.status if response else 0}"]
        else:
            found = [*axe.faults(page, seen), *seen.faults(), *seen.english_in_chinese(data)]
        if found:
            wrong[path] = found
        for link in seen.links:
            target = urlsplit(link)
            if f"{target.scheme}://{target.netloc}" == address and target.path not in known and not _FILE.search(target.path):
                known.add(target.path)
                waiting.append(target.path)
    return wrong
