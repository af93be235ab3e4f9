"""Deciding on orders at the desk: two people, emergencies, releases in full and in part, renewals, freezes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from desk_claims_world import MULE, NOON, SECOND, held, officer
from desk_orders_world import confirmed, drafted, planned, standing
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accord.capabilities.orders import services
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.models import Order
from accord.capabilities.people.models import AuditEntry, Role, User
from accord.core import clock
from accord.core.clock import SteppedClock

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def desk_clock() -> Iterator[SteppedClock]:
    stepped = SteppedClock(NOON)
    with clock.using(stepped):
        yield stepped


@pytest.fixture(autouse=True)
def two_people(settings: SettingsWrapper) -> None:
    """Singapore: nobody has checked the rule for holds, so a second person must agree."""
    settings.ACCORD_JURISDICTION = "SG"


@pytest.fixture
def actor() -> User:
    return officer()


@pytest.fixture
def colleague() -> User:
    return officer("wang")


@pytest.fixture
def supervisor() -> User:
    return officer("vera", Role.SUPERVISOR)


def _as(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _page(user: User, order: Order) -> str:
    return _as(user).get(reverse("desk:order", args=[order.pk])).content.decode()


def _post(user: User, name: str, order: Order, confirm: bool = True, **data: str) -> HttpResponse:
    given = {**data, **({"confirmed": "yes"} if confirm else {})}
    return _as(user).post(reverse(f"desk:{name}", args=[order.pk]), given)  # type: ignore[return-value]


def _approve(user: User, *orders: Order, confirm: bool = True) -> HttpResponse:
    data = {"order": [str(order.pk) for order in orders], **({"confirmed": "yes"} if confirm else {})}
    return _as(user).post(reverse("desk:orders-approve"), data)  # type: ignore[return-value]


def _states(*orders: Order) -> list[str]:
    return [Order.objects.get(pk=order.pk).state for order in orders]


def test_a_plan_waits_for_a_colleague_who_finds_it_in_the_list(actor: User, colleague: User) -> None:
    drafts = planned(actor)
    assert _states(*drafts) == ["draft", "draft"]
    listed = _as(colleague).get(reverse("desk:to-approve")).content.decode()
    assert all(order.reference in listed for order in drafts)
    assert '<span class="nav-count">3</span>' in listed, "the first order of the call waits too"
    assert "source not checked" in listed
    assert all(f'value="{order.pk}"' in listed for order in drafts)


def test_the_drafter_finds_them_as_own_drafts_and_cannot_choose_them(actor: User) -> None:
    drafts = planned(actor)
    listed = _as(actor).get(reverse("desk:to-approve")).content.decode()
    assert all(order.reference in listed for order in drafts)
    assert not any(f'value="{order.pk}"' in listed for order in drafts)
    assert "nav-count" not in listed


def test_one_decision_approves_a_plan_after_showing_what_leaves(actor: User, colleague: User) -> None:
    drafts = planned(actor)
    asked = _approve(colleague, *drafts, confirm=False).content.decode()
    assert "Approve and send 2 orders?" in asked
    assert "800.00" in asked
    assert _states(*drafts) == ["draft", "draft"]
    assert _approve(colleague, *drafts).status_code == 302
    assert _states(*drafts) == ["approved", "approved"]


def test_nobody_approves_their_own_draft(actor: User) -> None:
    drafts = planned(actor)
    assert _approve(actor, *drafts).status_code == 409
    assert _states(*drafts) == ["draft", "draft"]
    page = _page(actor, drafts[0])
    assert "Nobody approves their own draft." in page
    assert "Approve and send" not in page


def test_approval_is_all_or_none(actor: User, colleague: User) -> None:
    mine, theirs = drafted(actor, OrderKind.LIMIT), drafted(colleague, OrderKind.LIMIT)
    assert _approve(colleague, mine, theirs).status_code == 409
    assert _states(mine, theirs) == ["draft", "draft"]


def test_drafts_decided_meanwhile_are_not_even_asked_about(actor: User, colleague: User) -> None:
    first, second = planned(actor)
    services.discard(actor, first.pk, "a mistake")
    assert _approve(colleague, first, second, confirm=False).status_code == 409


@pytest.mark.parametrize("given", [{}, {"order": "no-uuid"}])
def test_a_choice_of_no_draft_is_refused(colleague: User, given: dict[str, str]) -> None:
    assert _as(colleague).post(reverse("desk:orders-approve"), given).status_code == 400


def test_the_approver_sees_what_it_rests_on(actor: User, colleague: User) -> None:
    (order,) = planned(actor, SECOND)
    page = _page(colleague, order)
    for text in (
        "Approve this draft?",
        "Nobody has checked the rule it stands on",
        "500.00 CNY of 500.00 CNY that the plan proposed.",
        "500.00 CNY of 500.00 CNY that the saved trace has on this account.",
        "The saved trace is unchanged: its hash fits.",
        "Every cent is accounted for in the saved trace.",
        "The message, as it would leave now",
    ):
        assert text in page, text
    saved = _as(colleague).get(reverse("desk:order-evidence", args=[order.pk]))
    assert saved["Content-Disposition"].endswith(f'"{order.reference}-trace.json"')
    assert json.loads(saved.content)["claim"] == order.claim.reference  # type: ignore[union-attr]


def test_a_changed_trace_is_noticed(actor: User, colleague: User) -> None:
    from accord.capabilities.claims.models import SavedTrace

    (order,) = planned(actor, SECOND)
    saved = SavedTrace.objects.latest("made_at")
    saved.document["standing"][0]["amount"] += 1
    saved.save()
    assert "does not fit its hash" in _page(colleague, order)


def test_an_emergency_leaves_at_once_with_a_mark_that_another_clears(actor: User, colleague: User, supervisor: User) -> None:
    (order,) = planned(actor, SECOND)
    assert _post(actor, "order-emergency", order, reason=" ").status_code == 400
    asked = _post(actor, "order-emergency", order, confirm=False, reason="leaving now")
    assert "A mark stays on the order" in asked.content.decode()
    assert _states(order) == ["draft"]
    assert _post(actor, "order-emergency", order, reason="leaving now").status_code == 302
    assert _states(order) == ["approved"]
    assert "sent it in an emergency" in _page(colleague, order)
    assert "clear the mark</button>" not in _page(colleague, order)
    assert _post(colleague, "order-clear", order, reason="fine").status_code == 403
    assert "clear the mark</button>" in _page(supervisor, order)
    assert _post(supervisor, "order-clear", order, reason="").status_code == 400
    assert _post(supervisor, "order-clear", order, reason="was right").status_code == 302
    assert "Cleared by vera: “was right”." in _page(colleague, order)
    assert _post(supervisor, "order-clear", order, reason="again").status_code == 409


def test_a_supervisor_clears_no_emergency_of_their_own(supervisor: User) -> None:
    (order,) = planned(supervisor, SECOND, emergency="nobody else is here")
    assert "clear the mark</button>" not in _page(supervisor, order)
    assert _post(supervisor, "order-clear", order, reason="fine").status_code == 409


def test_a_draft_is_discarded_with_a_reason_and_nothing_is_sent(actor: User) -> None:
    (order,) = planned(actor, SECOND)
    assert _post(actor, "order-discard", order, reason="").status_code == 400
    assert _post(actor, "order-discard", order, reason="wrong account").status_code == 302
    assert _states(order) == ["discarded"]
    assert "“wrong account”" in _page(actor, order)


def test_a_part_is_released(actor: User, colleague: User, supervisor: User) -> None:
    order = standing(actor, colleague)
    asked = _post(supervisor, "order-release", order, confirm=False, reason="rent", part="some", amount="120.50")
    assert "Give 120.50 CNY back to the holder?" in asked.content.decode()
    assert "12 hours" in asked.content.decode()
    assert _post(supervisor, "order-release", order, reason="rent", part="some", amount="120.50").status_code == 302
    release = order.follow_ups.get()
    assert (release.kind, release.amount, release.state, release.grounds) == ("release", 12_050, "approved", "rent")
    confirmed(release)
    order.refresh_from_db()
    assert (order.state, order.held) == ("held_partly", 37_950)


@pytest.mark.parametrize("amount", ["0", "500.01", "-1", "much", ""])
def test_a_part_that_cannot_be_is_refused_where_it_was_typed(
    actor: User, colleague: User, supervisor: User, amount: str
) -> None:
    order = standing(actor, colleague)
    answer = _post(supervisor, "order-release", order, reason="rent", part="some", amount=amount)
    assert answer.status_code == 400
    assert "Nothing was done." in answer.content.decode()
    assert not order.follow_ups.exists()


def test_a_supervisor_releases_all_with_a_reason(actor: User, colleague: User, supervisor: User) -> None:
    order = standing(actor, colleague)
    assert _post(supervisor, "order-release", order, reason="  ").status_code == 400
    assert _post(supervisor, "order-release", order, reason="wrong person").status_code == 302
    confirmed(order.follow_ups.get())
    order.refresh_from_db()
    assert (order.state, order.held) == ("released", 50_000)
    assert _post(supervisor, "order-release", order, reason="again").status_code == 409


def test_an_officer_is_told_to_ask_a_supervisor(actor: User, colleague: User) -> None:
    order = standing(actor, colleague)
    assert "A supervisor may release this order." in _page(actor, order)
    assert _post(actor, "order-release", order, reason="x").status_code == 403
    assert not order.follow_ups.exists()


def test_an_order_without_an_answer_is_withdrawn(actor: User, colleague: User, supervisor: User) -> None:
    (order,) = planned(actor, SECOND)
    services.approve(colleague, [order.pk])
    services.mark_sent([Order.objects.get(pk=order.pk)])
    assert "Withdraw it" in _page(supervisor, order)
    assert "Withdraw this order?" in _post(supervisor, "order-release", order, confirm=False, reason="x").content.decode()
    assert _post(supervisor, "order-release", order, reason="wrong account").status_code == 302
    assert order.follow_ups.get().amount == 50_000


def test_a_renewal_is_asked_for_within_the_cap(
    actor: User, colleague: User, settings: SettingsWrapper, desk_clock: SteppedClock
) -> None:
    settings.ACCORD_JURISDICTION = "TH"
    order = standing(actor, colleague)
    assert "0 of 1 renewals used" in _page(actor, order)
    asked = _post(actor, "order-renew", order, confirm=False, reason="complaint filed").content.decode()
    assert "a police complaint within the first 72 hours" in asked
    assert _post(actor, "order-renew", order, reason="complaint filed").status_code == 302
    before = order.until
    confirmed(order.follow_ups.get())
    order.refresh_from_db()
    assert (order.renewals, order.until) == (1, before + timedelta(days=7))
    assert "What can be done now" in _page(actor, order)
    assert 'id="renew-heading"' not in _page(actor, order)
    assert _post(actor, "order-renew", order, reason="once more").status_code == 409


def test_a_freeze_takes_the_place_of_a_hold_and_needs_a_court(actor: User, colleague: User) -> None:
    order = standing(actor, colleague)
    assert "Reference of the court’s decision" in _page(actor, order)
    assert _post(actor, "order-freeze", order, reason="indicted").status_code == 400
    assert _post(actor, "order-freeze", order, reason="indicted", court_reference="(2026) 12").status_code == 302
    freeze = order.replacements.get()
    assert (freeze.kind, freeze.state, freeze.court_reference) == ("freeze", "draft", "(2026) 12")
    assert freeze.reference in _page(actor, order)
    assert order.reference in _page(colleague, freeze)
    assert 'id="emergency-reason"' not in _page(actor, freeze)
    services.approve(colleague, [freeze.pk])
    confirmed(freeze)
    assert _states(order, freeze) == ["replaced", "held"]


def test_an_order_that_another_one_is_about_offers_nothing_more(actor: User, colleague: User, supervisor: User) -> None:
    order = standing(actor, colleague)
    services.ask_release(supervisor, order.pk, "wrong person")
    page = _page(supervisor, order)
    assert 'id="actions"' not in page
    assert "Orders about this one" in page


def test_what_was_typed_travels_with_the_question(actor: User) -> None:
    (order,) = planned(actor, SECOND)
    asked = _post(actor, "order-emergency", order, confirm=False, reason='"quoted" <b>').content.decode()
    assert 'name="reason" value="&quot;quoted&quot; &lt;b&gt;"' in asked


def test_the_administrator_and_the_auditor_decide_nothing(actor: User) -> None:
    (order,) = planned(actor, SECOND)
    for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.BANK_OFFICER, Role.BANK_SUPERVISOR):
        stranger = officer(role, role)
        before = AuditEntry.objects.filter(object_type="order").count()
        for name in (
            "order-emergency",
            "order-discard",
            "order-holder",
            "order-clear",
            "order-release",
            "order-renew",
            "order-freeze",
        ):
            assert _post(stranger, name, order, reason="x", court_reference="y").status_code in (403, 404), name
        for name in ("order", "order-print", "order-message", "order-evidence"):
            assert _as(stranger).get(reverse(f"desk:{name}", args=[order.pk])).status_code == 404, name
        assert _approve(stranger, order).status_code in (403, 404)
        assert _states(order) == ["draft"]
        assert AuditEntry.objects.filter(object_type="order").count() == before
        listed = _as(stranger).get(reverse("desk:to-approve"))
        assert order.reference not in listed.content.decode()


def test_a_hold_that_was_drafted_is_confirmed_as_before(actor: User, colleague: User) -> None:
    (order,) = planned(actor, MULE)
    _approve(colleague, order)
    held(order, 30_000)
    page = _page(actor, order)
    assert "a second person" in page
    assert "The message, exactly as it is sent" in page
    message = json.loads(_as(actor).get(reverse("desk:order-message", args=[order.pk])).content)
    order.refresh_from_db()
    assert message == order.message
    for language in ("en", "zh-Hans"):
        first = message["notice"]["words"][language].splitlines()[0]
        assert first in page


def test_the_drafter_says_when_the_holder_is_told(actor: User, colleague: User) -> None:
    (order,) = planned(actor, SECOND)
    page = _page(actor, order)
    assert 'id="holder-tell"' in page
    assert 'id="holder-tell"' not in _page(colleague, order)
    told = {"holder_name": "Xiao Ming", "tell_from": "2026-03-06T12:00"}
    assert _post(actor, "order-holder", order, **told).status_code == 400
    assert _post(colleague, "order-holder", order, **told, reason="an arrest").status_code == 409
    assert _post(actor, "order-holder", order, **told, reason="an arrest is planned").status_code == 302
    order.refresh_from_db()
    assert order.holder_name == "Xiao Ming"
    asked = _approve(colleague, order, confirm=False).content.decode()
    assert "You also approve that the holder is told later" in asked
    _approve(colleague, order)
    order.refresh_from_db()
    assert order.delay_approved_by == colleague
    assert order.message["notice"]["tell_from"] == "2026-03-06T04:00:00Z"
    assert "delay approved by wang" in _page(actor, order)
    assert _post(actor, "order-holder", order, **told, reason="longer").status_code == 409
