"""What banks answer comes twice, in another order, or when all is over: each counts once, and nothing is kept too long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from levels import examples
from small_world import SmallWorld, at, call_of, worker_of

from accord.capabilities.claims.models import HoldShare
from accord.capabilities.claims.ports import Acknowledged
from accord.capabilities.orders import services as orders
from accord.capabilities.orders import tasks
from accord.capabilities.orders.life_cycle import HOLDING, LIVE, WAITING
from accord.capabilities.orders.messages import message_of
from accord.capabilities.orders.models import Order
from accord.capabilities.people import services as people
from accord.capabilities.people.models import AuditEntry, Role, User
from accord.capabilities.people.queries import first_broken_audit_entry
from accord.core import clock
from accord.core.clock import SteppedClock, using

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.slow]

ACCOUNTS = ("a-1", "b-1", "c-1", "d-1")


def _user(name: str, role: Role) -> User:
    return people.create_user(name, "a-long-password", role)


@pytest.fixture
def node(db: None, settings: Any, tmp_path: Path) -> Iterator[tuple[list[Order], dict[Any, list[Any]]]]:
    """Four holds, and a release, a part release, a renewal and a freeze that have been sent; what the banks reply to each."""
    officer, colleague, supervisor = _user("o", Role.OFFICER), _user("c", Role.OFFICER), _user("s", Role.SUPERVISOR)
    world = SmallWorld()
    for number, account in enumerate(ACCOUNTS):
        world.pay(f"V{number}", number / 10, f"v-{number}", account, 1_000)
    day = SteppedClock(at(10))
    with using(day), closing(world.banks(tmp_path)) as banks:
        for number, account in enumerate(ACCOUNTS):
            facts = call_of(payee=account, payer_account=f"v-{number}", callback_number=f"+861390000000{number}")
            orders.respond_to_call(officer, facts)
        worker = worker_of(banks)
        worker.run_until_idle()
        worker.close()
        held = {order.account: order for order in Order.objects.filter(state="held")}
        day.advance_to(at(20))
        orders.ask_release(supervisor, held["a-1"].pk, "it is the holder's own money")
        orders.ask_release(supervisor, held["b-1"].pk, "a part is the holder's own", 400)
        orders.renew(officer, held["c-1"].pk, "the victim's complaint is on file")
        freeze = orders.freeze(officer, held["d-1"].pk, "the court has decided", "case 7")
        if freeze.state == "draft":
            orders.approve(colleague, [freeze.pk])
        sent = list(Order.objects.filter(state="approved"))
        assert len(sent) == 4
        orders.mark_sent(sent)
        replies: dict[Any, list[Any]] = {}
        for order in sent:
            answer = banks.bank(order.institution).carry_out(message_of(order))
            replies[order.pk] = [Acknowledged(clock.now() + timedelta(minutes=5)), answer, answer]
        earlier = {order.pk: banks.bank(order.institution).carry_out(message_of(order)) for order in held.values()}
        yield sent, {**replies, **{pk: [answer] for pk, answer in earlier.items()}}


def rows() -> list[dict[str, Any]]:
    return list(Order.objects.order_by("pk").values())


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_in_any_order_twice_and_late(node: tuple[list[Order], dict[Any, list[Any]]], data: st.DataObject) -> None:
    """Replies come shuffled and repeated, some after a pause of up to four days in which clocks run out."""
    sent, replies = node
    told = [(pk, reply) for pk, list_ in replies.items() for reply in list_]
    order_of_arrival = data.draw(st.permutations(told))
    pauses = data.draw(st.lists(st.sampled_from([0, 0, 0, 1, 60, 2 * 24 * 60]), min_size=len(told), max_size=len(told)))
    institutions = {order.pk: order.institution for order in Order.objects.all()}
    answered: set[Any] = set()
    with transaction.atomic(), using(SteppedClock(at(20))) as day:
        for (pk, reply), minutes in zip(order_of_arrival, pauses, strict=True):
            assert isinstance(day, SteppedClock)
            day.advance_to(clock.now() + timedelta(minutes=minutes))
            tasks.watch_clocks(clock.now())
            before = rows()
            taken = tasks.receive(institutions[pk], pk, reply)
            if pk in answered:
                assert not taken or isinstance(reply, Acknowledged)
                assert rows() == before, "a second answer changes nothing"
            if not isinstance(reply, Acknowledged) and taken:
                answered.add(pk)
            assert_sound(clock.now())
        on_time = sum(pauses) < 60
        if on_time:
            assert {order.state for order in Order.objects.filter(pk__in=[order.pk for order in sent])} == {"done", "held"}
            released = Order.objects.get(account="a-1", kind="stop_payment")
            assert released.state == "released"
            assert Order.objects.get(account="c-1", kind="stop_payment").renewals == 1
        transaction.set_rollback(True)


def assert_sound(now: Any) -> None:
    """Books and orders agree, each act stands in the audit once, and what is over its time is only what is in doubt."""
    kept = {order.pk: order.held for order in Order.objects.filter(state__in=HOLDING)}
    booked = dict(HoldShare.objects.filter(active=True).values_list("order_id", "amount"))
    assert booked == kept
    acts = AuditEntry.objects.filter(action__in=["order released", "order released in part", "order renewed", "order replaced"])
    counted = acts.values_list("action", "object_id")
    assert len(set(counted)) == len(counted)
    tasks.watch_clocks(now)
    over = Order.objects.filter(state__in=LIVE, until__lte=now)
    assert all(_in_doubt(order, now) for order in over)
    assert first_broken_audit_entry() is None


def _in_doubt(order: Order, now: Any) -> bool:
    """Without an answer and asked about soon, or perhaps renewed or replaced, for at most an hour."""
    successors = Order.objects.filter(target=order, kind="renewal") | Order.objects.filter(replaces=order)
    waiting = (
        order.state in WAITING and order.next_attempt_at is not None and order.next_attempt_at <= now + timedelta(minutes=1)
    )
    return waiting or (
        order.until > now - timedelta(hours=1) and successors.filter(state__in=("sent", "acknowledged")).exists()
    )
