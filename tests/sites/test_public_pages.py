"""The public site: following a report and an appeal, without signing in, without scripts, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from desk_at_work import NOON, SignedIn, TakeCall
from django.test import Client

from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.models import Appeal, Order
from accord.capabilities.orders.remedies.services import appeals
from accord.capabilities.orders.services.decide import FirstResponse
from accord.capabilities.people.models import User
from accord.capabilities.reports.guessing import MOST_WRONG, WITHIN
from accord.core.clock import SteppedClock, using_machine
from accord.core.object_ids import new_reference

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.database

PAGES = ("/public/", "/public/help/", "/public/accessibility/", "/public/report/", "/public/appeal/", "/public/appeal/follow/")
SCRIPT = re.compile(r"<script|\son\w+=|style=|javascript:", re.IGNORECASE)


@pytest.fixture
def called(duty_officer: User, take_call: TakeCall) -> FirstResponse:
    return take_call(duty_officer, payer_account="6298-VICTIM")


@pytest.fixture
def machine_clock() -> Iterator[SteppedClock]:
    """The machine's own clock."""
    stepped = SteppedClock(NOON)
    with using_machine(stepped):
        yield stepped


@pytest.fixture
def visitor(db: None) -> Client:
    return Client(enforce_csrf_checks=False)


def follow(client: Client, reference: str, code: str, **more: object) -> tuple[int, str]:
    answer = client.post("/public/report/", {"reference": reference, "code": code}, follow=True, **more)  # type: ignore[arg-type]
    return answer.status_code, answer.content.decode()


def hold(response: FirstResponse, amount: int) -> Order:
    """The bank has held `amount` under the first order."""
    Order.objects.filter(pk=response.order.pk).update(
        state=State.HELD, held=amount, sent_at=NOON, answered_at=NOON + timedelta(minutes=3)
    )
    return Order.objects.get(pk=response.order.pk)


class TestEveryPage:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize("path", PAGES)
    def test_it_is_open_to_everyone_and_runs_no_script(self, visitor: Client, path: str, language: str) -> None:
        visitor.cookies["django_language"] = language
        answer = visitor.get(path)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert not SCRIPT.search(page)
        assert f'lang="{"zh-Hans" if language == "zh-hans" else "en"}"' in page
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert page.count("<h1") == 1
        for field in re.findall(r'<(?:input|textarea)[^>]*\bid="(id_\w+)"', page):
            assert f'for="{field}"' in page, f"{field} has no label"

    @pytest.mark.parametrize("path", ["/public/report/", "/public/appeal/", "/public/appeal/follow/", "/public/leave/"])
    def test_a_form_from_elsewhere_is_refused(self, db: None, path: str) -> None:
        assert Client(enforce_csrf_checks=True).post(path, {"reference": "x", "code": "y"}).status_code == 403

    @pytest.mark.parametrize("path", ["/public/report/status/", "/public/appeal/status/", "/public/appeal/received/"])
    def test_what_was_not_opened_asks_for_the_code(self, visitor: Client, path: str) -> None:
        answer = visitor.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"] in ("/public/report/", "/public/appeal/follow/")


class TestFollowing:
    def test_the_reporter_reads_what_happened(self, visitor: Client, called: FirstResponse, desk_clock: SteppedClock) -> None:
        hold(called, 3_000_000)
        desk_clock.advance_to(NOON + timedelta(days=1))
        status, page = follow(visitor, called.report.reference.lower(), called.report.code.replace("-", " "))
        assert status == 200
        assert "50,000.00 CNY" in page
        assert "30,000.00 CNY of the money you reported is on hold" in page
        assert page.count("is-reached") == 3, "received, asked, held; nothing was traced, nothing returned"

    def test_it_names_no_bank_but_the_reporters_no_account_and_no_order(
        self, visitor: Client, called: FirstResponse, desk_clock: SteppedClock
    ) -> None:
        order = hold(called, 3_000_000)
        desk_clock.advance_to(NOON + timedelta(days=1))
        _, page = follow(visitor, called.report.reference, called.report.code)
        assert "ACMECNBJ" in page, "the reporter's own bank"
        secrets = (order.institution, order.account, order.reference, order.holder_code, called.claim.reference)
        for secret in (*secrets, "6298-VICTIM", called.report.callback_number, called.report.code, "12:0"):
            assert secret not in page

    def test_another_victims_code_opens_nothing_here(
        self, visitor: Client, called: FirstResponse, second_officer: User, take_call: TakeCall
    ) -> None:
        other = take_call(second_officer, callback_number="13900000002").report
        status, page = follow(visitor, called.report.reference, other.code)
        assert (status, "No report fits" in page) == (404, True)

    def test_unknown_reference_and_wrong_code_get_the_same_page(self, called: FirstResponse) -> None:
        pages = []
        for reference, code in ((called.report.reference, "0000-0000"), (new_reference("R"), called.report.code)):
            status, page = follow(Client(), reference, code)
            assert status == 404
            plain = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
            pages.append(plain.replace(reference, "").replace(code, ""))
        assert pages[0] == pages[1]

    def test_a_slip_of_the_pen_is_told_by_the_check_character(self, visitor: Client, called: FirstResponse) -> None:
        reference = called.report.reference
        slip = reference[:-1] + ("A" if reference[-1] != "A" else "B")
        status, page = follow(visitor, slip, called.report.code)
        assert (status, "Compare each letter and digit" in page) == (400, True)
        assert 'aria-describedby="reference-hint reference-error"' in page
        assert "<title>Error:" in page

    def test_guessing_is_slowed_down(self, called: FirstResponse, machine_clock: SteppedClock) -> None:
        reference, code = called.report.reference, called.report.code
        for number in range(MOST_WRONG):
            assert follow(Client(REMOTE_ADDR=f"192.0.2.{number}"), reference, "0000-0000")[0] == 404
        assert follow(Client(), reference, code)[0] == 429
        machine_clock.advance_to(NOON + WITHIN)
        assert follow(Client(), reference, code)[0] == 200

    def test_a_forged_header_is_no_new_address(self, called: FirstResponse) -> None:
        for number in range(MOST_WRONG):
            forged = {"X-Forwarded-For": f"198.51.100.{number}"}
            assert follow(Client(), new_reference("R"), "0000-0000", headers=forged)[0] == 404
        last = follow(Client(), called.report.reference, called.report.code, headers={"X-Forwarded-For": "203.0.113.1"})
        assert last[0] == 429

    def test_behind_the_proxy_each_visitor_has_an_address(self, called: FirstResponse, settings: SettingsWrapper) -> None:
        settings.ACCORD_BEHIND_TLS = True
        for _ in range(MOST_WRONG):
            told = {"X-Forwarded-For": "203.0.113.1, 198.51.100.1"}  # what the visitor claims, what the proxy saw
            follow(Client(), new_reference("R"), "0000-0000", headers=told)
        given = (called.report.reference, called.report.code)
        assert follow(Client(), *given, headers={"X-Forwarded-For": "9.9.9.9, 198.51.100.1"})[0] == 429
        assert follow(Client(), *given, headers={"X-Forwarded-For": "198.51.100.1, 198.51.100.2"})[0] == 200

    def test_the_code_stands_in_no_address_and_nothing_is_kept_by_the_browser(
        self, visitor: Client, called: FirstResponse
    ) -> None:
        answer = visitor.post("/public/report/", {"reference": called.report.reference, "code": called.report.code})
        assert answer.headers["Location"] == "/public/report/status/"
        assert "no-store" in visitor.get("/public/report/status/").headers["Cache-Control"]
        assert "no-store" in visitor.get("/public/report/").headers["Cache-Control"]
        assert called.report.code not in str(visitor.cookies)
        assert visitor.get("/public/report/status/").headers["Refresh"] == "600; url=/public/report/", "it does not lie open"

    def test_it_closes_after_ten_minutes_and_on_leaving(
        self, visitor: Client, called: FirstResponse, machine_clock: SteppedClock
    ) -> None:
        follow(visitor, called.report.reference, called.report.code)
        assert visitor.get("/public/report/status/").status_code == 200
        visitor.post("/public/leave/")
        assert visitor.get("/public/report/status/").status_code == 302
        follow(visitor, called.report.reference, called.report.code)
        machine_clock.advance_to(NOON + timedelta(minutes=10))
        assert visitor.get("/public/report/status/").status_code == 302

    def test_leaving_signs_no_officer_out(self, duty_officer: User, signed_in: SignedIn, called: FirstResponse) -> None:
        client = signed_in(duty_officer)
        follow(client, called.report.reference, called.report.code)
        client.post("/public/leave/")
        assert client.get("/public/report/status/").status_code == 302
        assert client.get(f"/reports/{called.report.pk}/").status_code == 200

    def test_whoever_still_talks_to_the_offender_is_told_to_stop(
        self, visitor: Client, duty_officer: User, take_call: TakeCall
    ) -> None:
        report = take_call(duty_officer, still_talking=True).report
        assert "End every call and chat" in follow(visitor, report.reference, report.code)[1]


class TestDesk:
    def test_the_officer_reads_reference_and_code_out(
        self, duty_officer: User, signed_in: SignedIn, called: FirstResponse
    ) -> None:
        page = signed_in(duty_officer).get(f"/reports/{called.report.pk}/").content.decode()
        assert called.report.code in page

    def test_no_one_else_sees_the_code(self, node_administrator: User, signed_in: SignedIn, called: FirstResponse) -> None:
        assert called.report.code not in signed_in(node_administrator).get(f"/reports/{called.report.pk}/").content.decode()


class TestAppeals:
    @pytest.fixture
    def order(self, called: FirstResponse) -> Order:
        return hold(called, 3_000_000)

    def appeal(self, client: Client, order: Order, **changed: str) -> tuple[int, str]:
        told = {
            "reference": order.reference,
            "code": order.holder_code,
            "appellant": "Zhao Min",
            "reach": "13700000001",
            "care": "",
            "statement": "It is my wages. 是我的工资。",
        } | changed
        answer = client.post("/public/appeal/", told, follow=True)
        return answer.status_code, answer.content.decode()

    def test_it_is_taken_and_gets_a_reference_and_code_of_its_own(self, visitor: Client, order: Order) -> None:
        status, page = self.appeal(visitor, order, care="deceived_mule")
        taken = Appeal.objects.get()
        assert status == 200
        assert taken.reference in page
        assert taken.code in page
        assert (taken.order, taken.appellant, taken.care, taken.channel, taken.state) == (
            order, "Zhao Min", "deceived_mule", "public", "received",
        )  # fmt: skip
        assert (taken.statement, taken.language) == ("It is my wages. 是我的工资。", "en")

    @pytest.mark.parametrize(
        ("changed", "status", "told"),
        [
            ({"code": "0000-0000"}, 404, "No order fits"),
            ({"reference": new_reference("O")}, 404, "No order fits"),
            ({"reference": "nonsense"}, 400, "Compare each letter"),
            ({"appellant": " "}, 400, "Enter your name."),
            ({"reach": ""}, 400, "where we reach you"),
            ({"statement": ""}, 400, "Say why the order is wrong."),
            ({"statement": "x" * 5_001}, 400, "5,000"),
            ({"care": "royalty"}, 400, "royalty"),
            ({"statement": "a\x00b"}, 400, "Null characters"),
        ],
    )
    def test_what_cannot_be_taken_is_told_and_nothing_is_lost(
        self, visitor: Client, order: Order, changed: dict[str, str], status: int, told: str
    ) -> None:
        answered, page = self.appeal(visitor, order, **changed)
        assert (answered, told in page) == (status, True)
        assert "Zhao Min" in page or "appellant" in changed, "what was written stays in the form"
        assert not Appeal.objects.exists()

    def test_one_person_appeals_once_at_a_time(self, visitor: Client, order: Order) -> None:
        self.appeal(visitor, order)
        assert self.appeal(visitor, order)[0] == 409
        assert Appeal.objects.count() == 1

    def test_guessing_an_orders_code_is_slowed_down(self, order: Order) -> None:
        for number in range(MOST_WRONG):
            assert self.appeal(Client(REMOTE_ADDR=f"192.0.2.{number}"), order, code="0000-0000")[0] == 404
        assert self.appeal(Client(), order)[0] == 429

    def test_its_way_is_followed_to_the_decision_with_reasons(
        self, visitor: Client, order: Order, desk_supervisor: User
    ) -> None:
        self.appeal(visitor, order)
        taken = Appeal.objects.get()
        given = {"reference": taken.reference, "code": taken.code}
        page = Client().post("/public/appeal/follow/", given, follow=True).content.decode()
        assert page.count("is-reached") == 1
        reasons = "One wage slip of two fits.\nThe other does not."
        appeals.begin_review(desk_supervisor, taken.pk)
        appeals.decide(desk_supervisor, taken.pk, "release_partly", 1_000_000, reasons)
        page = Client().post("/public/appeal/follow/", given, follow=True).content.decode()
        assert page.count("is-reached") == 3
        assert reasons in page
        assert "10,000.00 CNY is released" in page
        for secret in (order.institution, order.account, order.reference, str(desk_supervisor), "Lin Mei"):
            assert secret not in page

    def test_nobody_follows_it_with_the_orders_code(self, visitor: Client, order: Order) -> None:
        self.appeal(visitor, order)
        taken = Appeal.objects.get()
        wrong = {"reference": taken.reference, "code": order.holder_code}
        assert Client().post("/public/appeal/follow/", wrong).status_code == 404

    def test_a_reporters_code_appeals_against_nothing(self, visitor: Client, order: Order, called: FirstResponse) -> None:
        assert self.appeal(visitor, order, code=called.report.code)[0] == 404
        assert self.appeal(visitor, order, reference=called.report.reference)[0] == 404
