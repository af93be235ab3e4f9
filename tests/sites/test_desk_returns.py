"""A return at the desk, from the holds that are ticked to the payments that banks confirm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from desk_at_work import SignedIn
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from orders_by_hand import confirm, held, refuse, share_of

from accord.capabilities.orders.models import Claimant, Objection, Order, Restitution, RestitutionState
from accord.capabilities.people.models import Role, User
from accord.capabilities.people.services import create_user
from accord.core.clock import SteppedClock

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def order(duty_officer: User, desk_clock: SteppedClock) -> Order:
    """Of 1,000.00 claimed, 600.00 are held."""
    order = held(duty_officer, 100_000, 60_000)
    share_of(order)
    return order


@pytest.fixture
def desk(duty_officer: User, signed_in: SignedIn) -> Client:
    return signed_in(duty_officer)


@pytest.fixture
def judge(desk_supervisor: User, signed_in: SignedIn) -> Client:
    return signed_in(desk_supervisor)


def _prepare(client: Client, hold: Order, /, **changed: str) -> HttpResponse:
    given = {"order": str(hold.pk), f"amount-{hold.pk}": "600", "distribution": "traced", "ground": ""} | changed
    response: HttpResponse = client.post(reverse("desk:return-new"), given)
    return response


def _step(client: Client, step: str, /, *extra: int, **given: str) -> tuple[int, str]:
    """Post a step's form; the status, and the page that is shown in the end."""
    restitution = Restitution.objects.get()
    response = client.post(reverse(f"desk:return-{step}", args=[restitution.pk, *extra]), given, follow=True)
    redirected = response.redirect_chain[-1][1] if response.redirect_chain else response.status_code
    return redirected, response.content.decode()


def _claimant(order: Order, **changed: str) -> dict[str, str]:
    given = {
        "kind": "victim",
        "name": "Li Hua",
        "claim": str(order.claim_id),
        "claimed": "1,000",
        "pay_institution": "HOMEBANK",
        "pay_account": "v-1",
        "ground": "",
    }
    return given | changed


def _announced(desk: Client, order: Order, clock: SteppedClock) -> Restitution:
    _prepare(desk, order)
    _step(desk, "claimant-add", **_claimant(order))
    _step(desk, "notice", text="The money goes back.", days="1")
    clock.advance_to(clock.now() + timedelta(days=1))
    return Restitution.objects.get()


def test_the_whole_way(desk: Client, judge: Client, order: Order, desk_clock: SteppedClock) -> None:
    offer = desk.get(reverse("desk:return-new"), {"order": str(order.pk)}).content.decode()
    assert f'value="{order.pk}" checked' in offer
    assert 'value="600.00"' in offer, "what is free is filled in"
    assert _prepare(desk, order).status_code == 302
    restitution = Restitution.objects.get()
    page = desk.get(reverse("desk:return", args=[restitution.pk])).content.decode()
    assert 'value="1000.00"' in page, "the victim's claim is filled in"
    assert "Name the claimants" in page
    status, page = _step(desk, "claimant-add", **_claimant(order))
    assert status == 302
    assert "600.00" in page
    _step(desk, "notice", text="The money goes back.", days="1")
    page = desk.get(reverse("desk:return", args=[restitution.pk])).content.decode()
    assert "the time for objections is not over" in page
    desk_clock.advance_to(desk_clock.now() + timedelta(days=1))
    assert (
        "A supervisor who did not prepare it decides."
        in desk.get(reverse("desk:return", args=[restitution.pk])).content.decode()
    )
    status, page = _step(judge, "decide", reasons="Traced to the unit.")
    assert status == 200
    assert "These payments leave at once" in page
    assert Restitution.objects.get().state == RestitutionState.NOTICED, "nothing is decided yet"
    status, page = _step(judge, "decide", reasons="Traced to the unit.", confirmed="yes")
    assert Restitution.objects.get().state == RestitutionState.PAYING
    confirm(Order.objects.get(kind="return"))
    page = desk.get(reverse("desk:return", args=[restitution.pk])).content.decode()
    assert Restitution.objects.get().state == RestitutionState.CLOSED
    assert "Done." in page
    assert restitution.reference in desk.get(reverse("desk:returns"), {"state": "closed"}).content.decode()
    assert restitution.reference not in desk.get(reverse("desk:returns"), {"state": "paying"}).content.decode()
    assert restitution.reference in desk.get(reverse("desk:order", args=[order.pk])).content.decode()


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(desk: Client, order: Order) -> None:
    for changed in ({f"amount-{order.pk}": "601"}, {f"amount-{order.pk}": "x"}, {"distribution": "stated"}, {"order": ""}):
        response = _prepare(desk, order, **changed)
        assert response.status_code == 400, changed
        assert 'id="problem"' in response.content.decode()
    assert not Restitution.objects.exists()
    _prepare(desk, order)
    for wrong in ({"claimed": "1000.01"}, {"claimed": "x"}, {"claim": "no"}, {"pay_account": " "}, {"kind": "bank"}):
        status, page = _step(desk, "claimant-add", **_claimant(order, **wrong))
        assert status == 400, wrong
        assert 'id="problem"' in page
        assert 'value="Li Hua"' in page
    assert not Claimant.objects.exists()
    assert _step(desk, "notice", text="x", days="1")[0] == 409
    _step(desk, "claimant-add", **_claimant(order))
    assert _step(desk, "notice", text="x", days="many")[0] == 400


def test_objections_are_written_down_and_answered(desk: Client, judge: Client, order: Order, desk_clock: SteppedClock) -> None:
    _announced(desk, order, desk_clock)
    _step(desk, "objection-take", by="The holder", statement="It is mine.")
    objection = Objection.objects.get()
    status, page = _step(judge, "decide", reasons="Yes.", confirmed="yes")
    assert status == 409
    assert "an objection is not answered" in page
    assert _step(judge, "objection-answer", objection.pk, upheld="", answer="?")[0] == 400
    assert _step(desk, "objection-answer", objection.pk, upheld="no", answer="No.")[0] == 403
    _step(judge, "objection-answer", objection.pk, upheld="yes", answer="You are right.")
    assert Restitution.objects.get().state == RestitutionState.PREPARED


def test_a_refused_payment(desk: Client, judge: Client, order: Order, desk_clock: SteppedClock) -> None:
    _announced(desk, order, desk_clock)
    _step(judge, "decide", reasons="Yes.", confirmed="yes")
    refuse(Order.objects.get(kind="return"))
    page = desk.get(reverse("desk:return", args=[Restitution.objects.get().pk])).content.decode()
    assert "1 payment was refused" in page
    assert "with our lawyers" in page
    claimant = Claimant.objects.get()
    _step(desk, "claimant-account", claimant.pk, pay_institution="HOMEBANK", pay_account="v-2", ground="by telephone")
    assert Claimant.objects.get().pay_account == "v-2"
    _step(judge, "pay-again")
    assert Order.objects.filter(kind="return", state="approved").count() == 1
    refuse(Order.objects.get(kind="return", state="approved"))
    assert _step(judge, "close", reasons=" ")[0] == 400
    _step(judge, "close", reasons="The bank is insolvent.")
    assert Restitution.objects.get().state == RestitutionState.CLOSED


def test_a_hold_that_lapses_too_soon_is_warned_of(desk: Client, order: Order) -> None:
    _prepare(desk, order)
    _step(desk, "claimant-add", **_claimant(order))
    _status, page = _step(desk, "notice", text="Soon.", days="30")
    assert f"{order.reference} lapses before this can be decided." in page


def test_given_up(desk: Client, order: Order) -> None:
    _prepare(desk, order)
    assert _step(desk, "abandon", reason="")[0] == 400
    _step(desk, "abandon", reason="The court takes it over.")
    assert Restitution.objects.get().state == RestitutionState.ABANDONED


def test_a_claimant_is_taken_out(desk: Client, order: Order) -> None:
    _prepare(desk, order)
    _step(desk, "claimant-add", **_claimant(order))
    _step(desk, "claimant-remove", Claimant.objects.get().pk, reason="named wrongly")
    assert not Claimant.objects.exists()


@pytest.mark.parametrize("role", ["administrator", "auditor", "bank_officer", "bank_supervisor"])
def test_strangers_see_nothing_and_change_nothing(signed_in: SignedIn, desk: Client, order: Order, role: str) -> None:
    _prepare(desk, order)
    restitution = Restitution.objects.get()
    client = signed_in(create_user("stranger", "a-long-password", Role(role)))
    assert restitution.reference not in client.get(reverse("desk:returns")).content.decode()
    assert order.reference not in client.get(reverse("desk:return-new")).content.decode()
    assert client.get(reverse("desk:return", args=[restitution.pk])).status_code == 404
    for name in ("claimant-add", "notice", "objection-take", "decide", "pay-again", "close", "abandon"):
        given = _claimant(order) | {"text": "x", "days": "1", "by": "x", "statement": "x", "reasons": "x", "reason": "x"}
        response = client.post(reverse(f"desk:return-{name}", args=[restitution.pk]), given)
        assert response.status_code in (403, 404), name
    assert Restitution.objects.get().state == RestitutionState.PREPARED
    assert not Claimant.objects.exists()
