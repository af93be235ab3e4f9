"""Following our own orders for a partner: answered once they have settled, and news of every later change.

Whatever happens to one of our orders makes the partner's order due in the same change; the worker looks at what is due. To
look again when nothing has changed does nothing, so it does not matter when a process is killed.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.db.models import Q

from accord.capabilities import unit_of_work
from accord.capabilities.delivery import lease_due, next_retry
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.services.orders import foreign_answers as answers
from accord.capabilities.exchange.crossborder.services.orders import foreign_follow_ups as follow_ups
from accord.capabilities.exchange.crossborder.services.orders import foreign_holds as holds
from accord.capabilities.exchange.models import ForeignOrder, ForeignOrderPart, ForeignOrderState
from accord.capabilities.exchange.partners.services.raising import raise_alarm
from accord.capabilities.orders import events
from accord.capabilities.orders import queries as order_queries
from accord.capabilities.orders.kinds import FOLLOWS_UP
from accord.capabilities.orders.life_cycle import State
from accord.capabilities.orders.ports import Refusal
from accord.core import clock
from accord.core.errors import stored_text
from accord.core.wording import stored

if TYPE_CHECKING:
    from accord.capabilities.orders.models import Order

_log = logging.getLogger(__name__)

BATCH: Final = 64

ADVANCED_AT_ONCE: Final = 16
"""Orders that are looked at in one change."""

_LOOK_AGAIN: Final = timedelta(seconds=1)

FOLLOWED: Final = (ForeignOrderState.ORDERED, ForeignOrderState.ANSWERED)
"""States in which what happens to our own orders is reported to the partner."""


@events.changed_for_others.connect
def orders_changed(order_ids: Collection[UUID]) -> None:
    """Orders of ours have changed: what partners hear of them may have too: of an order, of a release of it, and of what
    has taken its place."""
    behind = ForeignOrderPart.objects.filter(order__in=order_queries.with_replaced(order_ids)).values("foreign")
    due = ForeignOrder.objects.filter(Q(pk__in=behind) | Q(target__in=behind), state__in=FOLLOWED)
    due.update(next_attempt_at=clock.now())


def advance_due(now: datetime) -> int:
    """Look at partners' orders that are due. How many were looked at; one that cannot be dealt with holds up no other."""
    due = lease_due(ForeignOrder.objects.filter(state__in=FOLLOWED), now, BATCH)
    for first in range(0, len(due), ADVANCED_AT_ONCE):
        together = due[first : first + ADVANCED_AT_ONCE]
        if not _advanced(together, now):
            for foreign in together:
                _advanced([foreign], now)
    return len(due)


def _advanced(orders: Sequence[ForeignOrder], now: datetime) -> bool:
    """Look at partners' orders in one change; False where that fails. One that fails by itself is tried again later; its row
    shows it, and all others go on."""
    try:
        _advance_all([foreign.pk for foreign in orders])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one order, the others are followed
        if len(orders) > 1:
            _log.warning("%d orders could not be followed together; following them one by one", len(orders), exc_info=True)
            return False
        _log.exception("the order %s of %s could not be followed", orders[0].pk, orders[0].partner_id)
        again = next_retry(now, orders[0].attempts)
        ForeignOrder.objects.filter(pk=orders[0].pk).update(next_attempt_at=again, last_error=stored_text(error)[:2_000])
    return True


@unit_of_work.change
def _advance_all(foreign_ids: Sequence[UUID]) -> None:
    with agreements.read_once():
        for foreign_id in foreign_ids:
            _advance(foreign_id)


@unit_of_work.change
def _advance(foreign_id: UUID) -> None:
    advance(ForeignOrder.objects.select_for_update(of=("self",)).select_related("partner").get(pk=foreign_id))


def advance(foreign: ForeignOrder) -> None:
    """Tell the partner what there is to tell of its order now. Call inside a change, with the row locked."""
    foreign.next_attempt_at, foreign.attempts, foreign.last_error = None, 0, ""
    foreign.save(update_fields=["next_attempt_at", "attempts", "last_error"])
    if foreign.body["kind"] in FOLLOWS_UP:
        _advance_follow_up(foreign)
    elif foreign.state == ForeignOrderState.ORDERED:
        _answer(foreign)
    elif foreign.state == ForeignOrderState.ANSWERED and not _about_to_change(foreign):
        own = answers.own_orders(foreign)
        answers.tell_change(foreign, answers.picture(foreign, own), own)


def _about_to_change(foreign: ForeignOrder) -> bool:
    """A release or renewal of it that the partner asked for is under way; its answer is told first, then what is left."""
    return ForeignOrder.objects.filter(target=foreign.pk, state=ForeignOrderState.ORDERED).exists()


def _advance_follow_up(foreign: ForeignOrder) -> None:
    if foreign.state != ForeignOrderState.ORDERED:
        return
    follow_ups.advance(foreign)
    if foreign.state != ForeignOrderState.ORDERED and foreign.target is not None:
        ForeignOrder.objects.filter(pk=foreign.target, state__in=FOLLOWED).update(next_attempt_at=clock.now())


def _answer(foreign: ForeignOrder) -> None:
    """Once every order of ours has come to rest: what is held, or why nothing is."""
    own = answers.own_orders(foreign)
    if any(order.state in answers.SETTLING for order in own):
        return
    leg = holds.found_payment(foreign, answers.body_of(foreign), own)
    if leg is not None and not holds.is_of_partner(foreign, leg):
        _not_theirs(foreign, own)
        return
    if (
        leg is None
        and foreign.body.get("payment")
        and any(order.transfer for order in own)
        and clock.now() < foreign.answer_due_at
    ):
        foreign.next_attempt_at = clock.now() + _LOOK_AGAIN  # our bank is being asked what payment it was
        foreign.save(update_fields=["next_attempt_at"])
        return
    shown = answers.picture(foreign, own)
    found = None if leg is None else answers.Found(leg.transfer, holds.settled_of(foreign, leg))
    if shown.amount:
        answers.answer(foreign, shown, found)
        return
    refused = next((order for order in own if order.refusal), None)
    if refused is not None:
        # whether a payment is not there or is not the partner's must not show, so neither has a reason
        reason = "" if refused.refusal == Refusal.NO_SUCH_TRANSFER else refused.reason
        answers.refuse(foreign, Refusal(refused.refusal), reason, found=found)
    elif any(order.state == State.DISCARDED for order in own):
        answers.refuse(foreign, Refusal.LEGAL_REVIEW, Msg.OFFICER_DID_NOT_APPROVE.with_())
    else:
        answers.refuse(foreign, Refusal.WITHDRAWN, Msg.ENDED_BEFORE_HELD.with_())


def _not_theirs(foreign: ForeignOrder, own: Sequence[Order]) -> None:
    """The facts fitted a payment that did not come from the partner's country: given back, and told as if none had fitted."""
    standing = stored(Msg.ASKED_FOR_BY.with_(partner=foreign.partner.name))
    holds.give_up(own, stored(Msg.PAYMENT_NOT_OF_PARTNER.with_()), standing)
    raise_alarm(foreign.partner_id, "probing", Msg.PAYMENT_FROM_ELSEWHERE.with_(order=foreign.pk))
    answers.refuse(foreign, Refusal.NO_SUCH_TRANSFER, "")


def answer_again(foreign: ForeignOrder) -> None:
    """The partner asks once more for what it should know: it lost the answer, or was restored from a backup."""
    if foreign.state == ForeignOrderState.PROPOSED:
        answers.propose(foreign)
    elif foreign.state == ForeignOrderState.ANSWERED and foreign.body["kind"] not in FOLLOWS_UP:
        own = answers.own_orders(foreign)
        leg = holds.found_payment(foreign, answers.body_of(foreign), own)
        found = None if leg is None else answers.Found(leg.transfer, holds.settled_of(foreign, leg))
        answers.answer(foreign, answers.picture(foreign, own), found)
    elif foreign.state in (ForeignOrderState.REFUSED, ForeignOrderState.ENDED):
        answers.tell_refusal(foreign)
