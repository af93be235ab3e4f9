"""Handing the desk over."""

from __future__ import annotations

import pytest
from desk_at_work import NOON, SignedIn, TakeCall

from accord.capabilities.people.models import User
from accord.capabilities.reports.models import Shift
from accord.core.clock import SteppedClock

pytestmark = pytest.mark.database


def test_looking_at_the_page_begins_no_shift(duty_officer: User, signed_in: SignedIn) -> None:
    assert signed_in(duty_officer).get("/shift/").status_code == 200
    assert not Shift.objects.exists()


def test_the_note_begins_with_what_is_open(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    report = take_call(duty_officer).report
    answer = signed_in(duty_officer).get("/shift/")
    assert "Open reports: 1" in answer.context["note"]
    assert list(answer.context["mine"]) == [report]


def test_a_shift_is_handed_over_and_acknowledged_by_someone_else(
    duty_officer: User, second_officer: User, signed_in: SignedIn, take_call: TakeCall, desk_clock: SteppedClock
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    client.post("/shift/hand-over/", {"note": "ask Demo Bank again at one"})
    shift = Shift.objects.get()
    assert (shift.officer, shift.handed_over_at, shift.note) == (duty_officer, NOON, "ask Demo Bank again at one")
    report.refresh_from_db()
    assert report.locked_by is None
    assert client.post(f"/shift/{shift.pk}/acknowledge/").status_code == 409
    assert signed_in(second_officer).post(f"/shift/{shift.pk}/acknowledge/").headers["Location"] == "/"
    shift.refresh_from_db()
    assert shift.acknowledged_by == second_officer
    assert signed_in(second_officer).post(f"/shift/{shift.pk}/acknowledge/").status_code == 409


def test_a_hand_over_without_a_note_is_asked_for_one(duty_officer: User, signed_in: SignedIn) -> None:
    answer = signed_in(duty_officer).post("/shift/hand-over/", {"note": "  "})
    assert answer.status_code == 400
    assert "note-error" in answer.content.decode()
    assert not Shift.objects.exists()


def test_past_hand_overs_show_who_took_the_desk(
    duty_officer: User, second_officer: User, signed_in: SignedIn, desk_clock: SteppedClock
) -> None:
    signed_in(duty_officer).post("/shift/hand-over/", {"note": "quiet night"})
    client = signed_in(duty_officer)
    assert "not yet" in client.get("/shift/").content.decode()
    signed_in(second_officer).post(f"/shift/{Shift.objects.get().pk}/acknowledge/")
    page = client.get("/shift/").content.decode()
    assert "quiet night" in page
    assert "Wang Fang" in page


def test_an_administrator_hands_nothing_over(node_administrator: User, signed_in: SignedIn) -> None:
    client = signed_in(node_administrator)
    assert client.post("/shift/hand-over/", {"note": "x"}).status_code == 403
    assert list(client.get("/shift/").context["past"]) == []
