"""Second factors at the door: enrolment, wrong and repeated codes, a lost device, lockout and its release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessAttempt
from desk_at_work import PASSWORD
from django.test import Client

from accord.capabilities.people import services as people
from accord.capabilities.people import totp
from accord.capabilities.people.models import AuditEntry, FactorKind, SecondFactor, User
from accord.capabilities.people.policy import OPERATOR
from accord.capabilities.people.services import second_factors
from accord.core.clock import SteppedClock, using_machine

pytestmark = [pytest.mark.database, pytest.mark.second_factors]

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def machine() -> Iterator[SteppedClock]:
    """The machine's clock, which one-time codes and sessions go by."""
    with using_machine(SteppedClock(datetime.now(UTC))) as stepped:
        assert isinstance(stepped, SteppedClock)
        yield stepped


@pytest.fixture
def codes(duty_officer: User, machine: SteppedClock) -> list[str]:
    """The officer's recovery codes; an app with SECRET is enrolled, its code of now used up."""
    made = second_factors.enrol_app(duty_officer, SECRET, code(machine))
    machine.advance_to(machine.now() + timedelta(seconds=60))
    return made


def code(machine: SteppedClock, steps: int = 0) -> str:
    return totp.code_at(SECRET, totp.step_of(machine.now()) + steps)


def password_given(name: str = "lin", onward: str = "") -> Client:
    """A browser in which the password was right."""
    client = Client()
    answer = client.post("/account/sign-in/", {"username": name, "password": PASSWORD, "next": onward})
    assert answer.status_code == 302
    return client


def test_without_a_factor_every_page_leads_to_enrolment(duty_officer: User, machine: SteppedClock) -> None:
    client = password_given()
    for address in ("/", "/reports/", "/orders/export.csv", "/account/", "/calls/new/"):
        assert client.get(address).headers["Location"] == "/account/second-factor/"
    assert client.get("/queue/rows/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/account/second-factor/"
    assert client.post("/calls/new/", {}).headers["Location"] == "/account/second-factor/"
    assert client.get("/account/second-factor/").status_code == 200


def test_enrolling_an_app_opens_the_desk_and_gives_recovery_codes_once(duty_officer: User, machine: SteppedClock) -> None:
    client = password_given()
    page = client.get("/account/second-factor/app/")
    secret = page.context["secret"].replace(" ", "")
    wrong = client.post("/account/second-factor/app/", {"code": "000000"})
    assert wrong.status_code == 400
    assert not SecondFactor.objects.exists()
    right = totp.code_at(secret, totp.step_of(machine.now()))
    done = client.post("/account/second-factor/app/", {"code": f"{right[:3]} {right[3:]}"})
    assert len(re.findall(r"<code>[a-z2-9]{5}-[a-z2-9]{5}<", done.content.decode())) == 10
    assert client.get("/").status_code == 200
    kept = str(list(SecondFactor.objects.values()))
    assert secret not in kept
    assert all(shown not in kept for shown in done.context["codes"])


def test_the_right_code_signs_in_and_leads_where_one_wanted(codes: list[str], machine: SteppedClock) -> None:
    client = password_given(onward="/help/")
    assert client.get("/").status_code == 302, "the password alone signs nobody in"
    answer = client.post("/account/sign-in/second-step/", {"code": code(machine)})
    assert answer.headers["Location"] == "/help/"
    assert client.get("/help/").status_code == 200


def test_a_wrong_code_does_not(codes: list[str], machine: SteppedClock) -> None:
    client = password_given()
    for wrong in (code(machine, 5), code(machine, -5), "", "abc", "00000000", "１２３４５６"):
        answer = client.post("/account/sign-in/second-step/", {"code": wrong})
        if answer.status_code == 429:
            break
        assert answer.status_code == 403
    assert client.get("/").status_code == 302


def test_a_code_counts_once_in_any_browser(codes: list[str], machine: SteppedClock) -> None:
    seen = code(machine)
    first, second = password_given(), password_given()
    assert first.post("/account/sign-in/second-step/", {"code": seen}).status_code == 302
    assert second.post("/account/sign-in/second-step/", {"code": seen}).status_code == 403
    assert second.post("/account/sign-in/second-step/", {"code": code(machine, -1)}).status_code == 403, "nor an earlier one"
    machine.advance_to(machine.now() + timedelta(seconds=30))
    assert second.post("/account/sign-in/second-step/", {"code": code(machine)}).status_code == 302


def test_a_lost_device_is_replaced_by_a_recovery_code_once(codes: list[str], machine: SteppedClock) -> None:
    client = password_given()
    assert client.post("/account/sign-in/second-step/", {"code": codes[3].upper().replace("-", " ")}).status_code == 302
    assert client.get("/").status_code == 200
    again = password_given()
    assert again.post("/account/sign-in/second-step/", {"code": codes[3]}).status_code == 403
    assert AuditEntry.objects.filter(action="recovery code used", details__left=9).exists()


def test_the_second_step_must_follow_soon_and_after_the_password(codes: list[str], machine: SteppedClock) -> None:
    assert Client().get("/account/sign-in/second-step/").headers["Location"] == "/account/sign-in/"
    assert Client().get("/account/sign-in/passkey/options/").status_code == 403
    client = password_given()
    machine.advance_to(machine.now() + timedelta(minutes=5, seconds=1))
    answer = client.post("/account/sign-in/second-step/", {"code": code(machine)})
    assert answer.headers["Location"] == "/account/sign-in/"
    assert client.get("/").status_code == 302


def test_whoever_was_deactivated_between_the_steps_stays_outside(
    codes: list[str], machine: SteppedClock, duty_officer: User
) -> None:
    client = password_given()
    people.set_active(OPERATOR, duty_officer.pk, False)
    assert client.post("/account/sign-in/second-step/", {"code": code(machine)}).headers["Location"] == "/account/sign-in/"


def test_guessing_codes_locks_the_name_until_an_administrator_unlocks_it(
    codes: list[str], machine: SteppedClock, duty_officer: User
) -> None:
    client = password_given()
    answers = [client.post("/account/sign-in/second-step/", {"code": "000000"}).status_code for _ in range(6)]
    assert answers == [403, 403, 403, 403, 429, 429]
    assert client.post("/account/sign-in/second-step/", {"code": code(machine)}).status_code == 429
    locked = Client().post("/account/sign-in/", {"username": "lin", "password": PASSWORD})
    assert locked.status_code == 429
    assert "locked" in locked.content.decode()
    assert AuditEntry.objects.filter(action="sign-in locked").count() == 1
    people.unlock_user(OPERATOR, duty_officer.pk)
    assert password_given().post("/account/sign-in/second-step/", {"code": code(machine)}).status_code == 302


def test_guessing_passwords_locks_the_name_and_not_the_whole_office(duty_officer: User, second_officer: User) -> None:
    for _ in range(5):
        answer = Client().post("/account/sign-in/", {"username": "lin", "password": "wrong"})
    assert answer.status_code == 429
    assert Client().post("/account/sign-in/", {"username": "lin", "password": PASSWORD}).status_code == 429
    assert Client().post("/account/sign-in/", {"username": "wang", "password": PASSWORD}).status_code == 302
    for number in range(19):
        Client().post("/account/sign-in/", {"username": f"nobody{number}", "password": "wrong"})
    assert Client().post("/account/sign-in/", {"username": "wang", "password": PASSWORD}).status_code == 302
    Client().post("/account/sign-in/", {"username": "nobody", "password": "wrong"})
    assert Client().post("/account/sign-in/", {"username": "wang", "password": PASSWORD}).status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/account/sign-in/", {"username": "wang", "password": PASSWORD}).status_code == 302


def test_a_lock_ends_by_itself_and_trying_meanwhile_does_not_prolong_it(duty_officer: User) -> None:
    for _ in range(5):
        Client().post("/account/sign-in/", {"username": "lin", "password": "wrong"})
    attempt = AccessAttempt.objects.get()
    Client().post("/account/sign-in/", {"username": "lin", "password": "wrong"})
    attempt.refresh_from_db()
    assert attempt.failures_since_start == 5
    assert "wrong" not in attempt.post_data
    AccessAttempt.objects.update(attempt_time=attempt.attempt_time - timedelta(minutes=15, seconds=1))
    assert Client().post("/account/sign-in/", {"username": "lin", "password": PASSWORD}).status_code == 302


def test_a_reset_takes_every_factor_and_leads_to_enrolment(codes: list[str], machine: SteppedClock, duty_officer: User) -> None:
    second_factors.reset_factors(OPERATOR, duty_officer.pk)
    assert not SecondFactor.objects.exists()
    assert password_given().get("/").headers["Location"] == "/account/second-factor/"


def test_a_session_that_began_without_the_factor_ends_when_there_is_one(duty_officer: User, machine: SteppedClock) -> None:
    early = password_given()
    second_factors.enrol_app(duty_officer, SECRET, code(machine))
    assert early.get("/").headers["Location"] == "/account/sign-in/"
    assert early.get("/account/second-factor/app/").status_code == 302


def test_changes_to_factors_ask_for_the_password_again(codes: list[str], machine: SteppedClock, duty_officer: User) -> None:
    client = password_given()
    client.post("/account/sign-in/second-step/", {"code": code(machine)})
    factor = SecondFactor.objects.get(kind=FactorKind.TOTP)
    second_factors._add(duty_officer, FactorKind.PASSKEY, name="ring", data={"credential": "x", "count": 0})
    client.post(f"/account/second-factor/{factor.pk}/remove/", {"password": "wrong"})
    client.post("/account/second-factor/recovery-codes/", {"password": "wrong"})
    client.get("/account/second-factor/app/")
    assert client.post("/account/second-factor/app/", {"code": "1", "password": "wrong"}).status_code == 400
    assert SecondFactor.objects.filter(pk=factor.pk).exists()
    assert second_factors.use_recovery_code(duty_officer, codes[0])
    client.post(f"/account/second-factor/{factor.pk}/remove/", {"password": PASSWORD})
    assert not SecondFactor.objects.filter(pk=factor.pk).exists()
    renewed = client.post("/account/second-factor/recovery-codes/", {"password": PASSWORD})
    assert not second_factors.use_recovery_code(duty_officer, codes[1])
    assert second_factors.use_recovery_code(duty_officer, renewed.context["codes"][0])


def test_the_last_factor_of_whoever_needs_one_stays(codes: list[str], machine: SteppedClock) -> None:
    client = password_given()
    client.post("/account/sign-in/second-step/", {"code": code(machine)})
    factor = SecondFactor.objects.get(kind=FactorKind.TOTP)
    answer = client.post(f"/account/second-factor/{factor.pk}/remove/", {"password": PASSWORD})
    assert answer.status_code == 409
    assert SecondFactor.objects.filter(pk=factor.pk).exists()


def test_nobody_removes_anothers_factor(codes: list[str], machine: SteppedClock, second_officer: User) -> None:
    mine = SecondFactor.objects.get(kind=FactorKind.TOTP)
    second_factors.enrol_app(second_officer, SECRET, code(machine))
    client = password_given("wang")
    machine.advance_to(machine.now() + timedelta(seconds=30))
    client.post("/account/sign-in/second-step/", {"code": code(machine)})
    answer = client.post(f"/account/second-factor/{mine.pk}/remove/", {"password": PASSWORD})
    assert answer.status_code == 404
    assert SecondFactor.objects.filter(pk=mine.pk).exists()
