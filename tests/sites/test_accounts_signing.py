"""Signing in and out, the language of the pages, and that nothing is open to whoever is not signed in."""

from __future__ import annotations

import re

import pytest
from desk_at_work import PASSWORD, SignedIn
from django.test import Client

from accord.capabilities.people.models import User
from accord.sites.accounts import urls as account_urls
from accord.sites.desk import urls as desk_urls

pytestmark = pytest.mark.database

OPEN_PAGES = {"sign-in", "language", "second-step", "second-step-passkey", "second-step-passkey-options"}
SOME_ID = "01900000-0000-7000-8000-000000000000"


def test_every_page_but_signing_in_asks_who_it_is(db: None) -> None:
    patterns = [("/", pattern) for pattern in desk_urls.urlpatterns]
    patterns += [("/account/", pattern) for pattern in account_urls.urlpatterns]
    for prefix, pattern in patterns:
        if pattern.name in OPEN_PAGES:
            continue
        address = prefix + re.sub(r"<uuid:\w+>", SOME_ID, str(pattern.pattern))
        address = re.sub(r"<int:\w+>", "1", re.sub(r"<str:\w+>", "x", address))
        answer = Client().get(address.replace("<slug:kind>", "limit"))
        assert answer.status_code == 302, address
        assert answer.headers["Location"].startswith("/account/sign-in/?next="), address


def test_a_user_signs_in_and_lands_on_the_queue_in_their_own_language(second_officer: User) -> None:
    client = Client()
    answer = client.post("/account/sign-in/", {"username": "wang", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == "/"
    assert 'lang="zh-Hans"' in answer.content.decode()


def test_a_wrong_password_is_told_and_keeps_the_name(duty_officer: User) -> None:
    answer = Client().post("/account/sign-in/", {"username": "lin", "password": "wrong"})
    page = answer.content.decode()
    assert 'value="lin"' in page
    assert "alert-danger" in page


def test_signing_out_needs_a_post_and_ends_the_session(duty_officer: User, signed_in: SignedIn) -> None:
    client = signed_in(duty_officer)
    assert client.get("/account/sign-out/").status_code == 405
    assert client.post("/account/sign-out/").headers["Location"] == "/account/sign-in/"
    assert client.get("/").status_code == 302


def test_a_chosen_language_is_remembered_for_the_user(duty_officer: User, signed_in: SignedIn) -> None:
    client = signed_in(duty_officer)
    answer = client.post("/account/language/", {"language": "zh-hans", "next": "/help/"})
    assert answer.headers["Location"] == "/help/"
    assert 'lang="zh-Hans"' in client.get("/help/").content.decode()
    duty_officer.refresh_from_db()
    assert duty_officer.language == "zh-hans"


def test_the_language_can_be_chosen_before_signing_in(db: None) -> None:
    client = Client()
    client.post("/account/language/", {"language": "zh-hans", "next": "/account/sign-in/"})
    assert 'lang="zh-Hans"' in client.get("/account/sign-in/").content.decode()


@pytest.mark.parametrize("onward", ["https://example.com/", "//example.com/", "javascript:alert(1)"])
def test_the_language_switch_leads_nowhere_else(db: None, onward: str) -> None:
    assert Client().post("/account/language/", {"language": "en", "next": onward}).headers["Location"] == "/"


def test_an_unknown_language_is_refused_in_words(db: None) -> None:
    answer = Client().post("/account/language/", {"language": "xx"})
    assert answer.status_code == 400
    assert "choose English or Chinese" in answer.content.decode()


def test_a_fragment_asked_for_after_the_session_ended_sends_the_whole_page_to_sign_in(db: None) -> None:
    answer = Client().get("/queue/rows/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == "/account/sign-in/"
    assert answer.content == b""


def test_pages_may_load_nothing_from_elsewhere_and_say_the_desks_time(duty_officer: User, signed_in: SignedIn) -> None:
    answer = signed_in(duty_officer).get("/help/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["X-Desk-Clock"].isdigit()
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_exercise_banner_shows_only_in_an_exercise(duty_officer: User, signed_in: SignedIn, settings: object) -> None:
    client = signed_in(duty_officer)
    assert "exercise-banner" not in client.get("/help/").content.decode()
    settings.ACCORD_EXERCISE = True  # type: ignore[attr-defined]
    assert "exercise-banner" in client.get("/help/").content.decode()
