"""How long a session lasts, how many one may have, and how one is ended from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from desk_at_work import PASSWORD, SignedIn
from django.contrib.sessions.models import Session
from django.test import Client

from accord.capabilities.people import services as people
from accord.capabilities.people.models import AuditEntry, User, UserSession
from accord.capabilities.people.policy import OPERATOR
from accord.core.clock import SteppedClock, using_machine

pytestmark = pytest.mark.database


@pytest.fixture
def machine() -> Iterator[SteppedClock]:
    with using_machine(SteppedClock(datetime.now(UTC))) as stepped:
        assert isinstance(stepped, SteppedClock)
        yield stepped


def is_in(client: Client) -> bool:
    return client.get("/help/").status_code == 200


def wait(machine: SteppedClock, **time: float) -> None:
    machine.advance_to(machine.now() + timedelta(**time))


def test_an_idle_session_ends_after_half_an_hour_and_says_so(
    duty_officer: User, signed_in: SignedIn, machine: SteppedClock
) -> None:
    client = signed_in(duty_officer)
    wait(machine, minutes=29)
    assert is_in(client)
    wait(machine, minutes=29)
    assert is_in(client)
    wait(machine, minutes=30)
    assert "Your session has ended" in client.get("/help/", follow=True).content.decode()
    assert not UserSession.objects.exists()
    assert not is_in(client)


def test_a_page_that_polls_by_itself_does_not_keep_a_session_alive(
    duty_officer: User, signed_in: SignedIn, machine: SteppedClock
) -> None:
    client = signed_in(duty_officer)
    for _ in range(2):
        wait(machine, minutes=14)
        assert client.get("/queue/rows/", headers={"HX-Request": "true", "X-Poll": "1"}).status_code == 200
    wait(machine, minutes=3)
    answer = client.get("/queue/rows/", headers={"HX-Request": "true", "X-Poll": "1"})
    assert answer.headers["HX-Redirect"] == "/account/sign-in/"


def test_no_session_outlasts_twelve_hours(duty_officer: User, signed_in: SignedIn, machine: SteppedClock) -> None:
    client = signed_in(duty_officer)
    for _ in range(36):
        wait(machine, minutes=19)
        assert is_in(client)
    wait(machine, minutes=29)
    assert is_in(client)
    wait(machine, minutes=8)
    assert not is_in(client)


def test_the_fourth_session_ends_the_oldest(duty_officer: User, signed_in: SignedIn, machine: SteppedClock) -> None:
    clients = []
    for _ in range(4):
        clients.append(signed_in(duty_officer))
        wait(machine, seconds=1)
    assert [is_in(client) for client in clients] == [False, True, True, True]
    assert UserSession.objects.count() == Session.objects.count() == 3


def test_sessions_of_others_are_no_matter(duty_officer: User, second_officer: User, signed_in: SignedIn) -> None:
    mine = [signed_in(duty_officer) for _ in range(3)]
    theirs = [signed_in(second_officer) for _ in range(3)]
    assert all(is_in(client) for client in mine + theirs)


def test_one_ends_ones_own_sessions_and_nobody_elses(duty_officer: User, second_officer: User, signed_in: SignedIn) -> None:
    here, there, theirs = signed_in(duty_officer), signed_in(duty_officer), signed_in(second_officer)
    their_row = UserSession.objects.get(user=second_officer)
    assert here.post(f"/account/sessions/{their_row.pk}/end/").status_code == 404
    assert is_in(theirs)
    there_row = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post(f"/account/sessions/{there_row.pk}/end/").status_code == 302
    assert not is_in(there)
    other = signed_in(duty_officer)
    assert here.post("/account/sessions/end-others/").status_code == 302
    assert (is_in(here), is_in(other), is_in(theirs)) == (True, False, True)


def test_signing_out_ends_the_row_and_is_on_record(duty_officer: User, signed_in: SignedIn) -> None:
    client = signed_in(duty_officer)
    client.post("/account/sign-out/")
    assert not UserSession.objects.exists()
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["signed in", "signed out"]


def test_a_changed_password_signs_out_every_other_browser(duty_officer: User, signed_in: SignedIn) -> None:
    here, there = signed_in(duty_officer), signed_in(duty_officer)
    new = "another long password"
    for stated, field in (
        ({"old": "wrong", "new": new, "again": new}, "old"),
        ({"old": PASSWORD, "new": new, "again": "different"}, "again"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "new"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "new"),
    ):
        answer = here.post("/account/password/", stated)
        assert answer.status_code == 400
        assert list(answer.context["form"].errors) == [field]
    assert is_in(there)
    assert here.post("/account/password/", {"old": PASSWORD, "new": new, "again": new}).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    duty_officer.refresh_from_db()
    assert duty_officer.check_password(new)


def test_whoever_was_given_a_password_changes_it_first(duty_officer: User, signed_in: SignedIn) -> None:
    before = signed_in(duty_officer)
    people.give_password(OPERATOR, duty_officer.pk, "given by the operator")
    assert not is_in(before)
    client = Client()
    client.post("/account/sign-in/", {"username": "lin", "password": "given by the operator"})
    assert client.get("/").headers["Location"] == "/account/password/"
    new = "chosen by myself alone"
    client.post("/account/password/", {"old": "given by the operator", "new": new, "again": new})
    assert is_in(client)


def test_a_deactivated_user_is_out_at_once(duty_officer: User, signed_in: SignedIn) -> None:
    client = signed_in(duty_officer)
    people.set_active(OPERATOR, duty_officer.pk, False)
    assert not is_in(client)
    answer = Client().post("/account/sign-in/", {"username": "lin", "password": PASSWORD})
    assert answer.status_code == 200, "refused like a wrong password"
    people.set_active(OPERATOR, duty_officer.pk, True)
    assert not is_in(client)
    assert is_in(signed_in(duty_officer))
