"""Using a page as somebody does who has no mouse: Tab until the thing has the focus, then a key."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

_MOST_STOPS: Final = 250
_HERE: Final = """selector => {
    const here = document.activeElement;
    return {found: here !== document.body && here.matches(selector), words: here.outerHTML.slice(0, 120)};
}"""
_SHOWS_FOCUS: Final = """() => {
    const here = document.activeElement, style = getComputedStyle(here);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return ring || style.boxShadow !== "none";
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what `selector` names has the focus; it must be seen to have it."""
    stops: list[str] = []
    for _ in range(_MOST_STOPS):
        here = page.evaluate(_HERE, selector)
        if here["found"]:
            assert page.evaluate(_SHOWS_FOCUS), f"nothing shows that {here['words']} has the focus"
            return
        stops.append(here["words"])
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}; it went {stops[:60]}")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    tab_to(page, selector)
    page.keyboard.press(key)


def send(page: Page, selector: str) -> None:
    """Press a button that sends its form, and wait until the page that answers has taken this one's place."""
    tab_to(page, selector)
    go_on(page)


def go_on(page: Page) -> None:
    """Press Enter and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def write(page: Page, selector: str, text: str) -> None:
    """In place of what stands there."""
    tab_to(page, selector)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def choose(page: Page, selector: str, value: str) -> None:
    """Of a list or of a group of radio buttons, by arrow keys."""
    tab_to(page, selector)
    for key in ("ArrowDown", "ArrowUp"):
        for _ in range(40):
            kind, now, on = page.evaluate("(({type, value, checked}) => [type, value, checked])(document.activeElement)")
            if now == value and (kind != "radio" or on):
                return
            page.keyboard.press(key)
    raise AssertionError(f"arrow keys never reach {value!r} of {selector}")
