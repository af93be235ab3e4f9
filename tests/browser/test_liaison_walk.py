"""A liaison officer's work by keyboard alone, in both languages: trust a partner, sign, answer, confirm a hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from keyboard import choose, go_on, press, send, tab_to, write
from levels import deep
from page_checks import faults_in_reach
from played_node import PlayedNode, played_node
from playwright.sync_api import expect
from visits import NARROW, Visit
from walks import confirm, look

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]

USERS = {
    "liang": ("liaison", "梁联络官", "zh-hans"),
    "liam": ("liaison", "Liam Ong", "en"),
    "vera": ("supervisor", "Vera Lim", "en"),
    "wei": ("supervisor", "魏主管", "zh-hans"),
    "root": ("administrator", "Root", "en"),
    "guan": ("administrator", "管理员", "zh-hans"),
}
SETTINGS = {
    "ACCORD_AGENCY": "CN-ASC",
    "ACCORD_AGENCY_NAME": "The centre of CN",
    "ACCORD_AGENCY_NAME_ZH": "中国反诈中心",
    "ACCORD_JURISDICTION": "CN",
    "ACCORD_CONTACT": "+86 10 6000 0000",
    "ACCORD_COVERS_COUNTRIES": "CN",
    "ACCORD_SECOND_FACTOR": "off",
}
_TESTS = Path(__file__).parent.parent
_SEED = f"""
sys.path[:0] = {[str(_TESTS), str(_TESTS / "sites")]!r}
from liaison_world import PENDING, liaison_world, pending_partner
from accord.capabilities.claims.models import Claim
from accord.capabilities.exchange.models import Partner
from accord.capabilities.exchange.partners.services.partners import fingerprint_of
from accord.capabilities.exchange.partners import cards
from accord.capabilities.people.models import User
from accord.core import clock

claim = Claim.objects.create(amount=500_000, currency="CNY", rule="fifo", opened_at=clock.now())
officer = User.objects.get(username="liam")
world = liaison_world(officer, claim)
pending_partner("MY-ASC")
words = {{
    code: {{language: cards.words(fingerprint_of(Partner.objects.get(code=code)), language) for language in ("en", "zh-hans")}}
    for code in (PENDING, "MY-ASC")
}}
things = {{name: str(value) for name, value in world.things.items()}} | {{"words": words}}
(Home.from_environment().root / "world.json").write_text(json.dumps(things, ensure_ascii=False), encoding="utf-8")
"""


_SAID = (
    *(f"The centre of {code}" for code in ("CN", "SG-ASC", "TH-AOC", "MY-ASC")),
    "About the account of Madam Secret, soon please.",
    "Who uses the account of Madam Secret?",
    "Who opened the account of Madam Secret?",
    "It came from the account of Madam Secret.",
    "The money came from the partner's banks. 资金来自对方银行。",
    "We look at it. 我们正在核查。",
    "Adequacy decision of 2025",
    "Agreement between CN-ASC and SG-ASC",
    "Each side answers for its own orders.",
    "Penal Code, s. 415; SG-ASC: Criminal Law, art. 266",
    "Order 7 of the Commissioner",
    "Police Act, s. 12",
    "The next one",
    "A draft",
    "The requester makes good what a wrong request costs.",
    "Treaty on mutual assistance, article 9",
)
"""What people and other centres wrote, in their own language."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedNode]:
    """A centre with partners, agreements and requests of `liaison_world`."""
    with played_node(tmp_path_factory.mktemp("liaison"), USERS, SETTINGS, _SEED) as played:
        yield played


@pytest.fixture(scope="module")
def things(node: PlayedNode) -> dict[str, str]:
    found: dict[str, str] = json.loads((node.home.root / "world.json").read_text(encoding="utf-8"))
    return found


def _begin(visit: Callable[..., Visit], name: str) -> Visit:
    begun = visit()
    begun.sign_in(name)
    assert begun.page.locator("html").get_attribute("lang") == USERS[name][2].replace("hans", "Hans")
    return begun


@pytest.mark.parametrize(("name", "code", "language"), [("root", "TH-AOC", "en"), deep("guan", "MY-ASC", "zh-hans")])
def test_a_partner_is_confirmed_by_the_words_it_reads_out(
    visit: Callable[..., Visit], things: dict[str, dict[str, dict[str, list[str]]]], name: str, code: str, language: str
) -> None:
    begun = _begin(visit, name)
    page = begun.page
    press(page, "nav a[href='/partners/']")
    page.wait_for_url("**/partners/")
    look(begun, f"liaison-overview-{name}")
    press(page, f"#partner-{code}")
    page.wait_for_url(f"**/at/{code}/")
    look(begun, f"liaison-pending-{name}")
    fields = page.locator("input[name^='word-']")
    for place in [int((field.get_attribute("name") or "").removeprefix("word-")) for field in fields.all()]:
        write(page, f"#word-{place}", things["words"][code][language][place - 1])
    send(page, "#confirm-partner")
    expect(page.locator("h1 .state-confirmed")).to_be_visible()
    look(begun, f"liaison-confirmed-{name}")


@pytest.mark.parametrize(("name", "thing"), [deep("vera", "received agreement"), ("wei", "draft agreement")])
def test_an_agreement_is_signed_after_a_second_look(
    visit: Callable[..., Visit], things: dict[str, str], name: str, thing: str
) -> None:
    begun = _begin(visit, name)
    page = begun.page
    begun.open("/partners/")
    press(page, ".site-tabs a[href='/partners/agreements/']")
    page.wait_for_url("**/agreements/")
    look(begun, f"liaison-agreements-{name}")
    press(page, f"a[href='/partners/agreements/{things[thing]}/']")
    page.wait_for_url(f"**/{things[thing]}/")
    look(begun, f"liaison-agreement-{name}")
    send(page, "#sign, #offer")
    look(begun, f"liaison-sign-{name}")
    confirm(begun)
    expect(page.locator("h1 .state-signed, h1 .state-offered")).to_be_visible()
    look(begun, f"liaison-signed-{name}")


@pytest.mark.parametrize("name", ["liam", deep("liang")])
def test_a_request_is_read_noted_and_answered(visit: Callable[..., Visit], things: dict[str, str], name: str) -> None:
    begun = _begin(visit, name)
    page = begun.page
    page.wait_for_url("**/partners/")
    press(page, "a[href='/partners/requests/?show=to_answer']")
    page.wait_for_url("**show=to_answer")
    look(begun, f"liaison-requests-{name}")
    request = things["received request" if name == "liam" else "other received request"]
    press(page, f"#request-{request}")
    page.wait_for_url(f"**/requests/{request}/")
    tab_to(page, ".label-chip summary")
    page.keyboard.press("Enter")
    expect(page.locator(".label-chip[open] dl")).to_be_visible()
    look(begun, f"liaison-request-{name}")
    write(page, "#note-text", "We look at it. 我们正在核查。")
    page.keyboard.press("Tab")
    go_on(page)
    expect(page.locator(".alert-success")).to_be_visible()
    choose(page, "[name=outcome]", "partly")
    write(page, "#answer-text", "A shop. 一家商店。")
    send(page, "#send-answer")
    expect(page.locator("h1 .state-partly")).to_be_visible()
    look(begun, f"liaison-answered-{name}")


@pytest.mark.parametrize(("name", "thing"), [deep("vera", "automatic order"), ("wei", "other automatic order")])
def test_an_automatic_hold_is_confirmed_before_it_lapses(
    visit: Callable[..., Visit], things: dict[str, str], name: str, thing: str
) -> None:
    begun = _begin(visit, name)
    page = begun.page
    begun.open("/partners/waiting/")
    look(begun, f"liaison-waiting-{name}")
    press(page, f"#confirm-order-{things[thing]}")
    page.wait_for_url(f"**/orders/{things[thing]}/")
    look(begun, f"liaison-order-{name}")
    send(page, "#confirm")
    look(begun, f"liaison-confirm-{name}")
    confirm(begun)
    expect(page.locator(".alert-success")).to_be_visible()
    expect(page.locator("#confirm")).to_have_count(0)
    look(begun, f"liaison-order-confirmed-{name}")


@pytest.mark.parametrize(("name", "choice"), [("liam", "accept"), ("liang", "refuse")])
def test_an_enquiry_that_waits_is_decided(visit: Callable[..., Visit], things: dict[str, str], name: str, choice: str) -> None:
    begun = _begin(visit, name)
    page = begun.page
    begun.open("/partners/waiting/")
    thing = things["foreign enquiry" if name == "liam" else "other foreign enquiry"]
    press(page, f"section[aria-labelledby=enquiries-heading] a[href='/partners/enquiries/{thing}/']")
    page.wait_for_url(f"**/enquiries/{thing}/")
    look(begun, f"liaison-enquiry-{name}")
    choose(page, "[name=decision]", choice)
    write(page, "#decide-reason", "The money came from the partner's banks. 资金来自对方银行。")
    send(page, "#decide")
    expect(page.locator(".alert-success")).to_be_visible()
    expect(page.locator("#decide")).to_have_count(0)
    look(begun, f"liaison-enquiry-decided-{name}")


@pytest.mark.parametrize("name", ["vera", "wei"])
def test_the_header_stands_in_one_row_with_every_page_in_reach(visit: Callable[..., Visit], name: str) -> None:
    begun = _begin(visit, name)
    begun.open("/partners/")
    tops, seen = begun.page.evaluate(
        "() => { const bar = document.querySelector('.desk-bar'), nav = document.querySelector('.desk-nav');"
        "return [[...bar.children].map(e => Math.abs(2 * e.offsetTop + e.offsetHeight - bar.offsetHeight)),"
        "nav.scrollWidth <= nav.clientWidth]; }"
    )
    assert max(tops) < 8, "a part of the header stands in a row of its own"
    assert seen, "a page's name is cut off"


@pytest.mark.parametrize(
    ("name", "language"), [("liam", "en"), deep("liang", "zh-hans"), ("guan", "zh-hans"), ("wei", "zh-hans")]
)
def test_every_page_that_links_lead_to_is_sound_for_partners(
    visit: Callable[..., Visit], node: PlayedNode, name: str, language: str
) -> None:
    begun = _begin(visit, name)
    wrong = faults_in_reach(
        begun.page,
        node.address,
        ("/partners/",),
        lambda shape: begun.picture(f"page-partners-{name}-{language}{shape}", whole=True),
        _SAID,
    )
    assert not wrong, json.dumps(wrong, ensure_ascii=False, indent=2)


def test_the_pages_fit_a_telephone(visit: Callable[..., Visit], things: dict[str, str]) -> None:
    begun = visit(NARROW)
    begun.sign_in("liang")
    assert urlsplit(begun.page.url).path == "/partners/"
    chief = visit(NARROW)
    chief.sign_in("vera")
    for path in ("", "parity/", "envelopes/"):
        chief.open(f"/partners/{path}")
        assert chief.fits(), f"{path} of a supervisor"
    paths = (
        "",
        f"requests/{things['received request']}/",
        "waiting/",
        f"agreements/{things['signed agreement']}/",
        "envelopes/",
    )
    for path in paths:
        begun.open(f"/partners/{path}")
        assert begun.fits(), path
