"""Who may do what: a table of roles against everything that the capabilities offer."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from small_world import call_of

from accord.capabilities.claims import queries as claims
from accord.capabilities.claims import services as claim_services
from accord.capabilities.claims.models import Enquiry, PlanAction, PlanItem
from accord.capabilities.claims.permissions import ClaimPermission
from accord.capabilities.claims.ports import Credit
from accord.capabilities.orders import catchable
from accord.capabilities.orders import queries as orders
from accord.capabilities.orders import services as order_services
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.people import queries as people_queries
from accord.capabilities.people import services as people
from accord.capabilities.people.models import AuditEntry, Role, User
from accord.capabilities.people.policy import NODE, ROLE_PURPOSES, Actor, allowed, decides, permissions, permissions_of, require
from accord.capabilities.people.roles import ROLES
from accord.capabilities.reports import queries as reports
from accord.capabilities.reports import services as report_services
from accord.capabilities.reports.models import IdentifierState, Report, Shift
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, NotAllowed, NotFound
from accord.core.money import Money
from accord.engine.tracing.model import Rule

pytestmark = [pytest.mark.database, pytest.mark.django_db]

STRANGERS: dict[str, object] = {
    "nobody": AnonymousUser(),
    "without a role": SimpleNamespace(username="x"),
    "unknown role": SimpleNamespace(username="x", role="minister"),
    "empty role": SimpleNamespace(username="x", role=""),
    "who left": SimpleNamespace(username="x", role="supervisor", is_active=False),
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_unknown_means_deny(stranger: Actor) -> None:
    for permission in permissions():
        assert not allowed(stranger, permission)
        with pytest.raises(NotAllowed, match="ask a supervisor"):
            require(stranger, permission)


def test_roles() -> None:
    assert set(ROLES) == {*Role, "node", "operator"}
    assert set(ROLE_PURPOSES) == set(Role)
    assert permissions_of(Role.OFFICER) < permissions_of(Role.SUPERVISOR)
    assert OrderPermission.RELEASE not in permissions_of(Role.OFFICER)
    assert not allowed(NODE, OrderPermission.APPROVE), "the node decides nothing about people's money"
    assert not allowed(NODE, OrderPermission.RELEASE)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, "operator"])
def test_who_keeps_or_checks_the_node_sees_no_case_by_that(role: str) -> None:
    of_cases = ("reports:", "claims:", "orders:", "appeals:", "returns:", "inbox:", "answers:", "shifts:")
    assert [permission for permission in permissions_of(role) if permission.startswith(of_cases)] == []


def test_whoever_decides_about_money_or_people_needs_more_than_a_password() -> None:
    assert {role for role in Role if decides(role)} == set(Role)
    assert not decides("minister")


def test_a_user_name_is_taken_once(officer: User) -> None:
    for name in ("node", "Operator", "service:acme", "", "with space"):
        with pytest.raises(BadInput, match="cannot be a user name"):
            people.create_user(name, "a-long-password", Role.OFFICER)
    with pytest.raises(BadInput, match="choose another name"):
        people.create_user("officer", "a-long-password", "officer")  # type: ignore[arg-type]
    assert not officer.password.endswith("a-long-password")


@pytest.fixture
def content(day: SteppedClock, officer: User) -> order_services.FirstResponse:
    """One of everything that is case content."""
    response = order_services.respond_to_call(officer, call_of())
    report_services.add_narrative(officer, response.report.pk, "卡号 6217000010000000007，微信号 abc_12345，转了1000元")
    claim_services.start_at(NODE, response.claim.pk, "BANKA", Credit("T1", 1_000, "CNY"))
    PlanItem.objects.create(
        claim=response.claim,
        action=PlanAction.HOLD,
        institution="BANKA",
        account="a-1",
        currency="CNY",
        amount=1_000,
        proposed_at=day.now(),
    )
    report_services.hand_over(officer, "the caller of the second report is frightened")
    Enquiry.objects.update(answer_due_at=day.now().replace(year=2025))
    return response


@pytest.mark.parametrize("stranger", ["administrator", *STRANGERS])
def test_a_third_party_sees_nothing(content: order_services.FirstResponse, stranger: str, administrator: User) -> None:
    actor: Actor = administrator if stranger == "administrator" else STRANGERS[stranger]  # type: ignore[assignment]
    report, claim, order = content.report.pk, content.claim.pk, content.order.pk
    lists: list[Callable[[], object]] = [
        lambda: list(reports.reports(actor)),
        lambda: list(reports.open_reports(actor)),
        lambda: reports.by_ids(actor, [report]),
        lambda: list(reports.search(actor, "")),
        lambda: list(reports.search(actor, content.report.reference)),
        lambda: reports.duplicate_counts(actor, [report]),
        lambda: list(reports.to_weigh(actor)),
        lambda: list(reports.call_backs_due(actor)),
        lambda: list(reports.joined_to(actor, report)),
        lambda: reports.known_banks(actor),
        lambda: list(reports.identifiers(actor, report)),
        lambda: list(reports.shifts(actor)),
        lambda: list(reports.hand_overs_to_acknowledge(actor)),
        lambda: list(claims.claims(actor)),
        lambda: claims.by_ids(actor, [claim]),
        lambda: claims.by_reports(actor, [report]),
        lambda: claims.ids_by_reports(actor, [report]),
        lambda: claims.proposed_by_claims(actor, [claim]),
        lambda: list(claims.proposed_items(actor)),
        lambda: claims.money_left(actor, [claim]),
        lambda: list(claims.silent_holders(actor)),
        lambda: list(orders.orders(actor)),
        lambda: list(orders.search(actor, "a-1")),
        lambda: [found for found in orders.by_claims(actor, [claim]).values() if found],
        lambda: orders.brief_by_claims(actor, [claim]),
        lambda: orders.receivers(actor),
        lambda: list(orders.overdue(actor)),
        lambda: list(orders.expiring(actor)),
        lambda: catchable.queue(actor),
    ]
    for look in lists:
        assert not look()
    single: list[Callable[[], object]] = [
        lambda: reports.get(actor, report),
        lambda: reports.candidates(actor, report),
        lambda: claims.get(actor, claim),
        lambda: claims.trace(actor, claim),
        lambda: claims.plan(actor, claim),
        lambda: claims.enquiries(actor, claim),
        lambda: orders.get(actor, order),
    ]
    for look in single:
        with pytest.raises(NotFound):
            look()
    for look in (
        lambda: people_queries.history(actor, claim, ClaimPermission.READ),
        lambda: people_queries.audit_entries(actor),
    ):
        with pytest.raises(NotAllowed):
            look()


def test_a_colleague_sees_the_desk(content: order_services.FirstResponse, colleague: User) -> None:
    assert list(reports.hand_overs_to_acknowledge(colleague)) == [Shift.objects.get()]
    assert claims.plan(colleague, content.claim.pk)
    assert [entry.report for entry in catchable.queue(colleague)] == [content.report]
    assert people_queries.history(colleague, content.claim.pk, ClaimPermission.READ)
    with pytest.raises(NotAllowed):
        people_queries.audit_entries(colleague)


def test_a_third_party_changes_nothing(content: order_services.FirstResponse, administrator: User) -> None:
    actor, report, claim = administrator, content.report.pk, content.claim.pk
    entries = AuditEntry.objects.count()
    attempts: list[Callable[[], object]] = [
        lambda: order_services.respond_to_call(actor, call_of(2_000)),
        lambda: report_services.take_report(actor, call_of(2_000)),
        lambda: report_services.add_narrative(actor, report, "text"),
        lambda: report_services.decide_identifier(actor, report, 1, IdentifierState.CONFIRMED),
        lambda: report_services.add_statement(actor, report, []),
        lambda: report_services.lock(actor, report),
        lambda: report_services.unlock(actor, report),
        lambda: report_services.called_back(actor, report),
        lambda: report_services.close_report(actor, report, "reason"),
        lambda: report_services.reopen_report(actor, report, "reason"),
        lambda: report_services.begin_shift(actor),
        lambda: report_services.hand_over(actor, "note"),
        lambda: report_services.acknowledge_hand_over(actor, Shift.objects.get().pk),
        lambda: claim_services.open_claim(actor, report, Money(1, "CNY"), Rule.FIFO),
        lambda: claim_services.start_at(actor, claim, "BANKA", Credit("T9", 1, "CNY")),
        lambda: claim_services.trace_again(actor, claim),
        lambda: claim_services.trace_under(actor, claim, Rule.LIFO),
        lambda: claim_services.decide_item(actor, PlanItem.objects.get().pk, None, "reason"),
        lambda: claim_services.mark_done(actor, PlanItem.objects.get().pk, "note"),
        lambda: order_services.approve_plan(actor, claim, [PlanItem.objects.get().pk]),
        lambda: order_services.ask_release(actor, content.order.pk, "reason"),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert AuditEntry.objects.count() == entries
    assert Report.objects.get().narrative.startswith("卡号")


def test_an_officer_may_not_release(content: order_services.FirstResponse, officer: User) -> None:
    with pytest.raises(NotAllowed):
        order_services.ask_release(officer, content.order.pk, "reason")
