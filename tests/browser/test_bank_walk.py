"""A bank officer's way through the inbox, by keyboard, in both languages, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from keyboard import press, send, write
from levels import deep
from page_checks import faults_in_reach
from played_node import PASSWORD, PlayedNode, played_node, quick_world
from playwright.sync_api import Page, expect
from visits import NARROW, Visit
from walks import look, until_shown

pytestmark = [pytest.mark.browser, pytest.mark.database, pytest.mark.slow]

_SAID = (
    "line of CENTRE",
    "The centre explained it by telephone",
    "all of the claimed money has left the account",
    "Some of your money is kept",
)
"""What other systems and people wrote, in their own language."""
USERS = {"bao": ("bank_officer", "包行员", "zh-hans"), "bea": ("bank_supervisor", "Bea Bank", "en")}

_SEED = """
from datetime import timedelta
from uuid import uuid4
import pyarrow.parquet as parquet
from django.conf import settings
from accord.capabilities.claims.ports import Credit, EnquiryRequest
from accord.capabilities.controls import services
from accord.capabilities.controls.ports import Channel
from accord.capabilities.controls.services.rules import KINDS_FOR_BANKS, AgreementFacts
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import HolderNotice, OrderMessage
from accord.capabilities.people.models import User
from accord.core import clock
from accord.core.clock import to_micros
from accord.core.money import Money
from accord.engine.tracing.model import Rule

home, bank, now = Home.from_environment(), settings.ACCORD_AGENCY, clock.now()
head = User.objects.get(role="bank_supervisor")
services.agree(head, AgreementFacts("CENTRE", "Centre", [kind.value for kind in KINDS_FOR_BANKS], 720))
services.set_rule(head, "CENTRE", "stop_payment", Money(10**9, "CNY"))
holders = {(row["bank"], row["number"]): row for row in parquet.read_table(home.world / "accounts.parquet").to_pylist()}
transfers = parquet.read_table(home.world / "transfers.parquet").to_pylist()
spent = {row["debtor"]: row["time"] for row in sorted(transfers, key=lambda row: row["time"]) if row["debtor_bank"] == bank}
rows = [
    row for row in transfers
    if row["creditor_bank"] == bank and row["time"] < to_micros(now) and row["currency"] == "CNY"
    and holders.get((bank, row["creditor"]), {}).get("kind") == "personal"
    and spent.get(row["creditor"], 0) < row["time"]  # so that the money is still there whenever somebody decides
]
rows.sort(key=lambda row: -row["time"])
line = Channel("CENTRE", "https", "line of CENTRE")
for place, row in enumerate(rows[:4]):
    credit = Credit(row["id"], row["amount"], row["currency"])
    services.take_order(line, OrderMessage(
        uuid4(), f"O-WALK-{place}", OrderKind.STOP_PAYMENT, "Centre", bank, row["creditor"], row["amount"], row["currency"],
        Rule.FIFO, now + timedelta(hours=(240, 48, 96, 240)[place]), (credit,),
        holder_name=holders[bank, row["creditor"]]["holder"], legal_basis="a rule", verified=place in (0, 3),
        notice=HolderNotice(now, {"en": "Some of your money is kept.", "zh-Hans": "您的部分资金被保留。"}),
    ))
    services.take_enquiry(line, EnquiryRequest(uuid4(), "Centre", bank, (credit,), Rule.FIFO))
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedNode]:
    """A bank's node with four orders and enquiries; two of the orders wait for a person, and end after two and four days."""
    bank = next(bank.code for bank in quick_world().banks if bank.country == "CN")
    settings = {"ACCORD_AGENCY_KIND": "bank", "ACCORD_AGENCY": bank, "ACCORD_SECOND_FACTOR": "off"}
    with played_node(tmp_path_factory.mktemp("bank"), USERS, settings, _SEED) as played:
        yield played


def _sign_in(visit: Visit, name: str) -> Page:
    visit.open("/account/sign-in/")
    visit.page.locator("#id_username").fill(name)
    visit.page.locator("#id_password").fill(PASSWORD)
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/bank/")
    return visit.page


@pytest.mark.parametrize("name", ["bao", deep("bea")])
def test_an_order_from_its_arrival_to_its_end(visit: Callable[..., Visit], node: PlayedNode, name: str) -> None:
    """By keyboard alone: looked at, decided, in force, told to its holder, lifted by the bank itself when its time is over."""
    begun = visit()
    page = _sign_in(begun, name)
    assert page.locator("html").get_attribute("lang") == USERS[name][2].replace("hans", "Hans")
    press(page, "a[href*='show=for_decision']")
    page.wait_for_url("**show=for_decision**")
    reference = (page.locator("a[data-row]").first.text_content() or "").strip()
    look(begun, f"bank-waiting-{name}")
    press(page, "a[data-row]")
    page.wait_for_url("**/bank/orders/*/")
    order = urlsplit(page.url).path
    expect(page.locator("h1")).to_contain_text(reference)
    look(begun, f"bank-order-{name}")
    write(page, "#note", "The centre explained it by telephone.")
    send(page, "form[action$='/execute/'] button")
    until_shown(page, "h1 .state-executed")

    press(page, "a[href='/bank/in-force/']")
    page.wait_for_url("**/in-force/")
    look(begun, f"bank-in-force-{name}")
    press(page, f"a[href='{order}']")
    page.wait_for_url("**/bank/orders/*/")
    send(page, "form[action$='/told/'] button")
    expect(page.locator(".alert-success")).to_be_visible()
    look(begun, f"bank-told-{name}")
    press(page, "a[href$='/letter/']")
    page.wait_for_url("**/letter/")
    expect(page.locator(".letter")).to_contain_text("您的部分资金被保留。")
    look(begun, f"bank-letter-{name}")

    node.set_clock(node.now() + timedelta(hours=49))
    begun.open(order)
    until_shown(page, "h1 .state-lifted")
    look(begun, f"bank-lifted-{name}")
    press(page, "a[href='/bank/in-force/']")
    page.wait_for_url("**/in-force/")
    expect(page.locator(f"a[href='{order}']")).to_have_count(0)


@pytest.mark.parametrize(("name", "language"), [("bao", "zh-hans"), ("bea", "en"), deep("bea", "zh-hans")])
def test_every_page_that_links_lead_to_is_sound(
    visit: Callable[..., Visit], node: PlayedNode, name: str, language: str
) -> None:
    begun = visit()
    page = _sign_in(begun, name)
    begun.speak(language)
    starts = ("/bank/", "/bank/?show=all", "/bank/in-force/?show=ended")
    wrong = faults_in_reach(
        page, node.address, starts, lambda shape: begun.picture(f"page-{name}-{language}{shape}", whole=True), _SAID
    )
    assert not wrong, json.dumps(wrong, ensure_ascii=False, indent=2)


def test_the_inbox_fits_a_telephone(visit: Callable[..., Visit]) -> None:
    begun = visit(NARROW)
    _sign_in(begun, "bao")
    for path in ("?show=all", "enquiries/", "rules/"):
        begun.open(f"/bank/{path}")
        assert begun.fits(), path
