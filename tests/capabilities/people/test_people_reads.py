"""Sights of case content: noted by the queries, chained, written before the page leaves, once for a page that polls."""

from __future__ import annotations

from datetime import timedelta

import pytest
from made_up_audit import Deed
from small_world import call_of

from accord.capabilities import unit_of_work
from accord.capabilities.claims import queries as claims
from accord.capabilities.orders import queries as orders
from accord.capabilities.orders import services as order_services
from accord.capabilities.people import services as people
from accord.capabilities.people.context import RequestContext, within_request
from accord.capabilities.people.models import AuditEntry, Purpose, ReadEntry, User
from accord.capabilities.reports import queries as reports
from accord.core import hash_chain
from accord.core.clock import SteppedClock

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def response(day: SteppedClock, officer: User) -> order_services.FirstResponse:
    return order_services.respond_to_call(officer, call_of())


def test_case_content_fetched_or_searched_in_a_request_is_written_down(
    response: order_services.FirstResponse, colleague: User
) -> None:
    with within_request(RequestContext(purpose=Purpose.APPEAL, session="browser")) as request:
        reports.get(colleague, response.report.pk)
        claims.get(colleague, response.claim.pk)
        claims.plan(colleague, response.claim.pk)
        orders.get(colleague, response.order.pk)
        reports.search(colleague, " 1390 ")
        orders.search(colleague, "O-1")
        assert people.write_reads(request) == 5
    entries = list(ReadEntry.objects.all())
    assert [(entry.object_type, entry.object_id, entry.subject) for entry in entries] == [
        ("report", str(response.report.pk), response.report.pk),
        ("claim", str(response.claim.pk), response.claim.pk),
        ("order", str(response.order.pk), response.claim.pk),
        ("report", "", None),
        ("order", "", None),
    ]
    assert entries[3].details == {"searched": "1390"}
    assert {(entry.actor, entry.purpose, entry.session) for entry in entries} == {("colleague", "appeal", "browser")}
    assert hash_chain.first_broken((people.read_content(entry), entry.link) for entry in entries) is None


def test_outside_of_a_request_nobody_looks(response: order_services.FirstResponse, officer: User) -> None:
    reports.get(officer, response.report.pk)
    assert not ReadEntry.objects.exists()


def test_polling_is_one_sight_for_a_quarter_of_an_hour_in_one_browser(
    response: order_services.FirstResponse, officer: User, colleague: User, day: SteppedClock
) -> None:
    def poll(user: User, session: str) -> int:
        with within_request(RequestContext(session=session)) as request:
            claims.get(user, response.claim.pk)
            return people.write_reads(request)

    assert poll(officer, "one") == 1
    assert poll(officer, "one") == 0
    assert poll(officer, "other") == 1
    assert poll(colleague, "one") == 1
    day.advance_to(day.now() + timedelta(minutes=14, seconds=59))
    assert poll(officer, "one") == 0
    day.advance_to(day.now() + timedelta(seconds=1))
    assert poll(officer, "one") == 1


def test_another_search_is_another_sight(response: order_services.FirstResponse, officer: User) -> None:
    with within_request(RequestContext(session="one")) as request:
        reports.search(officer, "a")
        assert people.write_reads(request) == 1
        reports.search(officer, "b")
        assert people.write_reads(request) == 1


def test_changes_carry_the_purpose_of_the_request(response: order_services.FirstResponse, supervisor: User) -> None:
    assert {entry.purpose for entry in AuditEntry.objects.all()} == {""}
    with within_request(RequestContext(purpose=Purpose.TRAINING)):
        assert unit_of_work.record(supervisor, Deed.DID, subject=None, obj=supervisor).purpose == "training"
    with within_request(RequestContext()):
        assert unit_of_work.record(supervisor, Deed.DID, subject=None, obj=supervisor).purpose == "supervision"
