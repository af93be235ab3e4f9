"""The duty desk's queue: order, joined calls, panels, hand-overs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from desk_at_work import NOON, SignedIn, TakeCall
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accord.capabilities.claims.models import Enquiry
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import User
from accord.capabilities.reports import services as reports
from accord.core.clock import SteppedClock
from accord.core.money import Money

pytestmark = [pytest.mark.database, pytest.mark.both_stores]


def test_most_catchable_money_comes_first_and_old_money_last(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    small = take_call(duty_officer, amount=Money(100_000, "CNY"), callback_number="13900000002").report
    large = take_call(duty_officer, amount=Money(9_000_000, "CNY"), callback_number="13900000003").report
    stale = take_call(
        duty_officer,
        amount=Money(9_100_000, "CNY"),
        callback_number="13900000004",
        about_when=NOON - timedelta(hours=20),
    ).report
    page = signed_in(duty_officer).get("/").content.decode()
    places = [page.index(f"row-{report.pk}") for report in (large, small, stale)]
    assert places == sorted(places)


def test_a_second_call_about_the_same_payment_is_joined_to_its_report(
    duty_officer: User, second_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    first = take_call(duty_officer).report
    again = take_call(second_officer).report
    page = signed_in(duty_officer).get("/").content.decode()
    assert "1 more call joined" in page
    assert f"row-{first.pk}" in page
    assert f"row-{again.pk}" not in page


def test_the_total_is_told_per_currency(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    take_call(duty_officer, about_when=NOON)
    take_call(duty_officer, amount=Money(70_000, "SGD"), callback_number="13900000009", about_when=NOON)
    totals = {total.claimed.currency: total for total in signed_in(duty_officer).get("/").context["totals"]}
    assert totals["CNY"].claimed == totals["CNY"].catchable == Money(5_000_000, "CNY")
    assert totals["SGD"].claimed == Money(70_000, "SGD")


def test_a_held_amount_is_no_longer_to_be_caught(duty_officer: User, signed_in: SignedIn, take_call: TakeCall) -> None:
    order = take_call(duty_officer, about_when=NOON).order
    Order.objects.filter(pk=order.pk).update(state="held", held=5_000_000)
    (entry,) = signed_in(duty_officer).get("/queue/rows/").context["entries"]
    assert (entry.held, entry.catchable) == (Money(5_000_000, "CNY"), Money(0, "CNY"))


def test_silent_banks_stand_out_once_each_with_the_longest_wait(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall, desk_clock: SteppedClock
) -> None:
    first = take_call(duty_officer)
    take_call(duty_officer, callback_number="13900000005", amount=Money(10_000, "CNY"))
    desk_clock.advance_to(NOON + timedelta(minutes=40))
    (bank,) = signed_in(duty_officer).get("/").context["silent_banks"]
    assert (bank.institution, bank.orders, bank.enquiries) == ("DEMOCNSH", 2, 0)
    assert bank.due == first.order.answer_due_at
    assert not Enquiry.objects.exists()


def test_call_backs_fall_due_within_the_hour(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall, desk_clock: SteppedClock
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(duty_officer)
    assert not client.get("/queue/rows/").context["call_backs"]
    desk_clock.advance_to(NOON + timedelta(minutes=61))
    page = client.get("/queue/rows/").content.decode()
    assert f"cb-{report.pk}" in page
    assert "overdue 1:00" in page


def test_holds_that_lapse_soon_are_listed(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall, desk_clock: SteppedClock
) -> None:
    order = take_call(duty_officer).order
    orders.mark_sent([order])
    order.refresh_from_db()
    Order.objects.filter(pk=order.pk).update(state="held", held=5_000_000, until=NOON + timedelta(hours=5))
    assert [row.pk for row in signed_in(duty_officer).get("/").context["expiring"]] == [order.pk]


def test_who_works_on_a_report_is_shown(
    duty_officer: User, second_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    take_call(duty_officer)
    assert "with you" in signed_in(duty_officer).get("/").content.decode()
    second_officer.language = "en"
    second_officer.save()
    assert "with Lin Mei" in signed_in(second_officer).get("/").content.decode()


def test_a_hand_over_waits_on_the_queue_until_another_officer_takes_it(
    duty_officer: User, second_officer: User, signed_in: SignedIn, desk_clock: SteppedClock
) -> None:
    shift = reports.hand_over(duty_officer, "call <b>R-1</b> back")
    assert f"ack-{shift.pk}" not in signed_in(duty_officer).get("/").content.decode()
    client = signed_in(second_officer)
    page = client.get("/").content.decode()
    assert "call &lt;b&gt;R-1&lt;/b&gt; back" in page
    answer = client.post(f"/shift/{shift.pk}/acknowledge/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/"
    assert f"ack-{shift.pk}" not in client.get("/").content.decode()


def test_an_administrator_sees_no_case_content(
    duty_officer: User, node_administrator: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    report = take_call(duty_officer).report
    client = signed_in(node_administrator)
    assert client.get("/").context["entries"] == []
    assert report.reference not in client.get("/queue/rows/").content.decode()


def test_the_polled_part_is_the_same_while_nothing_happens(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    take_call(duty_officer)
    client = signed_in(duty_officer)
    assert client.get("/queue/rows/").content == client.get("/queue/rows/").content


def test_the_number_of_questions_to_the_store_does_not_grow_with_the_queue(
    duty_officer: User, signed_in: SignedIn, take_call: TakeCall
) -> None:
    client = signed_in(duty_officer)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/queue/rows/")
        return len(queries)

    take_call(duty_officer)
    few = asked()
    for number in range(8):
        take_call(duty_officer, callback_number=f"1391111000{number}", amount=Money(1_000 + number, "CNY"))
    assert asked() == few
