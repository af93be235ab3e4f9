"""The bank's inbox as its people use it, and that nobody else sees anything of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from desk_at_work import PASSWORD, SignedIn

from accord.core.clock import SteppedClock, using

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accord.capabilities.people.models import User

pytestmark = pytest.mark.django_db

People = Callable[[str], "User"]


@pytest.fixture(autouse=True)
def bank_node(settings: SettingsWrapper) -> None:
    settings.ACCORD_AGENCY, settings.ACCORD_AGENCY_KIND = "BANKA", "bank"
    settings.ROOT_URLCONF, settings.LOGIN_REDIRECT_URL = "accord.node.bank_urls", "bank:inbox"


@pytest.fixture
def person() -> People:
    from accord.capabilities.people.models import Role
    from accord.capabilities.people.services import create_user

    def made(role: str) -> User:
        return create_user(f"somebody-{role}", PASSWORD, Role(role), role.title())

    return made


@pytest.fixture
def waiting(tmp_path: Path, person: People) -> Iterator[str]:
    """The address of an order that waits for a decision: no rule lets it act alone."""
    from bank_at_work import AUTHORITY, BANK, CENTRE, channel, hold, town
    from small_world import at

    from accord.adapters.sandbox_core import SandboxCore
    from accord.capabilities.controls import core_line, services
    from accord.capabilities.controls.services.rules import KINDS_FOR_BANKS, AgreementFacts

    clock = SteppedClock(at(15))
    banks = town().banks(tmp_path / "sandbox", overdraft=False)
    with using(clock), core_line.using(SandboxCore(banks, BANK)):
        services.agree(
            person("bank_supervisor"),
            AgreementFacts(CENTRE, "Centre", [kind.value for kind in KINDS_FOR_BANKS], 4_416, [AUTHORITY]),
        )
        order = hold()
        services.take_order(channel(), order)
        yield f"/bank/orders/{order.order_id}/"
    banks.close()


def test_an_officer_reads_the_order_with_its_checks_and_carries_it_out_in_part(
    waiting: str, person: People, signed_in: SignedIn
) -> None:
    from accord.capabilities.controls import tasks
    from accord.core import clock

    browser = signed_in(person("bank_officer"))
    page = browser.get("/bank/").content.decode()
    assert "O-TEST-0001" in page
    page = browser.get(waiting).content.decode()
    assert "Every claimed credit reached this bank" in page
    assert "The account is in the name of A. Nobody." in page
    assert browser.post(waiting + "execute/", {"note": "", "amount": "2.00"}).status_code == 400
    assert browser.post(waiting + "execute/", {"note": "checked by telephone", "amount": "2.00"}).status_code == 302
    tasks.run_due(clock.now())
    page = browser.get(waiting).content.decode()
    assert "Carried out in part" in page
    assert "checked by telephone" in page
    assert browser.get("/bank/in-force/").content.decode().count("O-TEST-0001") == 1


def test_an_officer_refuses_with_a_reason_and_words(waiting: str, person: People, signed_in: SignedIn) -> None:
    browser = signed_in(person("bank_officer"))
    assert browser.post(waiting + "refuse/", {"refusal": "", "reason": "no"}).status_code == 400
    assert browser.post(waiting + "refuse/", {"refusal": "legal_review", "reason": " "}).status_code == 400
    assert browser.post(waiting + "refuse/", {"refusal": "legal_review", "reason": "to the lawyers"}).status_code == 302
    assert "to the lawyers" in browser.get(waiting).content.decode()
    assert browser.post(waiting + "execute/", {"note": "after all"}).status_code == 409


PAGES = ["", "rows/", "orders.csv", "enquiries/", "in-force/", "in-force.csv", "rules/", "help/"]
ACTS = ["execute/", "refuse/", "try-again/", "told/", "appeal/"]


@pytest.mark.parametrize("role", ["officer", "supervisor", "administrator", "auditor"])
def test_other_roles_see_nothing_of_the_inbox(role: str, waiting: str, person: People, signed_in: SignedIn) -> None:
    browser = signed_in(person(role))
    for page in PAGES:
        assert browser.get(f"/bank/{page}").status_code == 403, page
    assert browser.get(waiting).status_code in (403, 404)
    assert browser.get(waiting + "message.json").status_code in (403, 404)
    assert browser.get(waiting + "letter/").status_code in (403, 404)
    for act in ACTS:
        assert browser.post(waiting + act).status_code in (403, 404), act
    assert browser.post("/bank/rules/agree/").status_code == 403


def test_a_stranger_is_sent_to_sign_in(waiting: str) -> None:
    from django.test import Client

    browser = Client()
    for page in (*PAGES, "audit/"):
        answer = browser.get(f"/bank/{page}")
        assert answer.status_code == 302, page
        assert answer["Location"].startswith("/account/sign-in/")
    assert browser.get(waiting).status_code == 302


def test_only_a_supervisor_sets_rules_and_reads_the_audit(waiting: str, person: People, signed_in: SignedIn) -> None:
    from accord.capabilities.people.models import User

    officer = signed_in(person("bank_officer"))
    assert officer.get("/bank/rules/").status_code == 200
    assert officer.post("/bank/rules/set/", {"sender": "CN-CENTRE", "kind": "enquiry"}).status_code == 403
    assert officer.get("/bank/audit/").status_code == 403
    head = signed_in(User.objects.get(role="bank_supervisor"))
    rule = {"sender": "CN-CENTRE", "kind": "hold", "ceiling": "100.00", "currency": "cny"}
    assert head.post("/bank/rules/set/", rule).status_code == 302
    assert "100.00" in head.get("/bank/rules/").content.decode()
    assert head.get("/bank/audit/?verify=1").status_code == 200
    assert b"inbox order received" in head.get("/bank/audit.csv").content


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_opens(language: str, waiting: str, person: People, signed_in: SignedIn) -> None:
    from accord.capabilities.people.models import User

    browser = signed_in(User.objects.get(role="bank_supervisor"))
    browser.cookies["django_language"] = language
    for page in (*PAGES, "audit/", "in-force/?show=ended", "?show=all&q=a-1&kind=hold", "?show=overdue", "?show=stuck"):
        assert browser.get(f"/bank/{page}").status_code == 200, page
    assert browser.get(waiting).status_code == 200
    assert browser.get(f"/bank/orders/{uuid4()}/").status_code == 404
    assert browser.get("/").headers["Location"] == "/bank/"


def test_a_bank_serves_no_desk_and_a_centre_no_inbox(person: People, signed_in: SignedIn, settings: SettingsWrapper) -> None:
    browser = signed_in(person("bank_supervisor"))
    assert browser.get("/reports/").status_code == 404
    assert browser.get("/orders/").status_code == 404
    settings.ROOT_URLCONF, settings.LOGIN_REDIRECT_URL = "accord.node.urls", "desk:queue"
    settings.ACCORD_AGENCY_KIND = "centre"
    assert browser.get("/bank/").status_code == 404
