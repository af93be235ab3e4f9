"""How a received order goes on: checked, routed to a rule or to a person, carried out by the core.

Each step is a change of its own and can be repeated. The core is called between two changes, never inside one: before it
is called the row says so, and a node that dies meanwhile asks the core again under the same id.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from accord.capabilities import unit_of_work
from accord.capabilities.claims.ports import Acknowledged
from accord.capabilities.controls import checks
from accord.capabilities.controls.audit import InboxOrderAudit
from accord.capabilities.controls.errors import Msg
from accord.capabilities.controls.life_cycle import AT_WORK, BEFORE_THE_ACT, CARRIED_OUT, Event, State, next_state
from accord.capabilities.controls.messages import as_carried_out, message_of
from accord.capabilities.controls.models import BankRule, ReceivedOrder
from accord.capabilities.controls.ports import CoreAccount, CoreSystem, Reply
from accord.capabilities.controls.services.knowledge import core_facts, known_of, rule_for
from accord.capabilities.controls.services.outcome import refused, take_over, withdrawn_release
from accord.capabilities.delivery import LEASE, ask_again_at, next_retry
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.kinds import FOLLOWS_UP, KEEPS_MONEY, OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, Refusal
from accord.capabilities.people.policy import NODE
from accord.core import clock
from accord.core.errors import AccordError, NotFound, Unavailable

_WAIT_FOR_TARGET: Final = timedelta(seconds=1)


def work_on_order(order_id: UUID, core: CoreSystem) -> None:
    """Take an order as far as it goes without a person. What the core cannot do now is tried again later."""
    try:
        row = ReceivedOrder.objects.get(pk=order_id)
        if row.state in (State.RECEIVED, State.CHECKED):
            message = message_of(row)
            _check_and_route(order_id, message, *core_facts(message, core))
            row.refresh_from_db()
        if row.state == State.EXECUTING:
            _carry_out(order_id, core)
    except Unavailable as error:
        _retry_later(order_id, error.stored())
    except AccordError as error:
        _stop(order_id, error.stored())


def locked(order_id: UUID) -> ReceivedOrder:
    """The row, locked until the end of the change; NotFound where there is none."""
    row: ReceivedOrder | None = ReceivedOrder.objects.select_for_update().filter(pk=order_id).first()
    if row is None:
        raise NotFound(Msg.NO_SUCH_ORDER)
    return row


@unit_of_work.change
def _check_and_route(
    order_id: UUID, message: OrderMessage, accounts: tuple[CoreAccount, ...], missing: tuple[str, ...]
) -> None:
    row = locked(order_id)
    if row.state not in (State.RECEIVED, State.CHECKED):
        return
    if _was_withdrawn(row):
        refused(row, Refusal.WITHDRAWN, "withdrawn before it was carried out")
        return
    found = checks.check(message, known_of(row, message, accounts, missing))
    if row.state == State.RECEIVED:
        row.state = next_state(row.state, Event.CHECK)
    row.checks = checks.to_document(found)
    decisive = checks.verdict(found)
    if decisive is not None and decisive.result is checks.Result.FAILED:
        assert decisive.refusal is not None
        refused(row, decisive.refusal, decisive.code.replace("_", " "))
    elif message.kind in FOLLOWS_UP:
        _route_follow_up(row, message, decisive)
    else:
        _route(row, decisive)


def _was_withdrawn(row: ReceivedOrder) -> bool:
    """Whether a release of the same sender came before the order that it gives up."""
    releases = ReceivedOrder.objects.filter(kind=OrderKind.RELEASE, target=row.pk, sender=row.sender)
    return releases.filter(state=State.EXECUTED).exists()


def _route(row: ReceivedOrder, decisive: checks.Check | None) -> None:
    rule = None
    if decisive is None and row.verified:
        rule = rule_for(row.sender, row.kind, row.amount, row.currency)
    if rule is None:
        _ask_person(row)
    else:
        _start(row, rule)


def _route_follow_up(row: ReceivedOrder, message: OrderMessage, decisive: checks.Check | None) -> None:
    """About an earlier order: withdraw it where it has had no effect yet, wait where the core is at it, else go on."""
    target: ReceivedOrder | None = (
        ReceivedOrder.objects.select_for_update().filter(pk=message.target, sender=row.sender).first()
    )
    if message.kind is OrderKind.RELEASE and (target is None or target.state in BEFORE_THE_ACT):
        row.state = next_state(row.state, Event.START)
        withdrawn_release(row, target)
    elif target is not None and target.state not in CARRIED_OUT:
        row.next_attempt_at = clock.now() + _WAIT_FOR_TARGET
        row.save()
    elif message.kind is OrderKind.RELEASE:
        _start(row, None)
    else:
        _route(row, decisive)


def _ask_person(row: ReceivedOrder) -> None:
    row.state, row.next_attempt_at = next_state(row.state, Event.ASK), None
    row.save()
    unit_of_work.record(NODE, InboxOrderAudit.FOR_DECISION, subject=row.pk, obj=row, kind=row.kind, sender=row.sender)


def _start(row: ReceivedOrder, rule: BankRule | None) -> None:
    """The bank acts alone. The lease keeps the worker away from the call that is about to be made."""
    row.state, row.rule, row.next_attempt_at = next_state(row.state, Event.START), rule, clock.now() + LEASE
    row.save()


def _carry_out(order_id: UUID, core: CoreSystem) -> None:
    row = ReceivedOrder.objects.get(pk=order_id)
    message = as_carried_out(row)
    reply = _act(message, core)
    if isinstance(reply, OrderAnswer):
        check_order_answer(message, reply)
        take_over(order_id, reply)
    else:
        _ask_core_again(order_id, reply)


def _act(message: OrderMessage, core: CoreSystem) -> Reply:
    if message.kind is OrderKind.PRESERVATION:  # the duty to keep data is the bank's own; no account changes
        return OrderAnswer(clock.now(), until=message.until)
    acts: dict[OrderKind, Callable[[OrderMessage], Reply]] = {
        OrderKind.RECALL: core.stop_payment,
        **dict.fromkeys(KEEPS_MONEY, core.block),
        OrderKind.LIMIT: core.limit,
        OrderKind.RESTRICTION: core.limit,
        OrderKind.RELEASE: core.give_back,
        OrderKind.RENEWAL: core.prolong,
        OrderKind.RETURN: core.pay_out,
    }
    act = acts.get(message.kind)
    if act is None:
        return OrderAnswer(clock.now(), refusal=Refusal.NOT_SUPPORTED)
    return act(message)


def _ask_core_again(order_id: UUID, reply: Acknowledged) -> None:
    _still(order_id).update(next_attempt_at=ask_again_at(clock.now(), reply.expected_at), attempts=0, last_error="")


def _retry_later(order_id: UUID, error: str) -> None:
    row = _still(order_id).first()
    if row is not None:
        _still(order_id).update(next_attempt_at=next_retry(clock.now(), row.attempts), last_error=error[:2_000])


def _still(order_id: UUID) -> QuerySet[ReceivedOrder]:
    """The row while the node is at work on it."""
    return ReceivedOrder.objects.filter(pk=order_id, state__in=AT_WORK)


@unit_of_work.change
def _stop(order_id: UUID, error: str) -> None:
    """The core contradicts the order or itself: nothing more happens until a person looks."""
    row = locked(order_id)
    if row.state not in AT_WORK:
        return
    row.next_attempt_at, row.last_error = None, error[:2_000]
    row.save(update_fields=["next_attempt_at", "last_error"])
    unit_of_work.record(NODE, InboxOrderAudit.STUCK, subject=row.pk, obj=row, error=row.last_error)
