"""Requests of a partner about an earlier one: give back, prolong, return. They touch our own orders behind that one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from accord.capabilities.exchange.agreements.queries import InForce
from accord.capabilities.exchange.agreements.standing_authority import orders_alone
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.services.orders import foreign_answers as answers
from accord.capabilities.exchange.crossborder.services.orders.foreign_holds import ends_by
from accord.capabilities.exchange.messages import OrderBody
from accord.capabilities.exchange.models import ForeignOrder, ForeignOrderState
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import HOLDING, State
from accord.capabilities.orders.ports import Refusal
from accord.core import clock
from accord.core.errors import Conflict
from accord.core.wording import Wording, stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accord.capabilities.orders.models import Order
    from accord.capabilities.people.models import User

WHOLE = 0
"""The amount of a request to give everything back, as it is kept here."""


def begin(foreign: ForeignOrder, body: OrderBody, agreement: InForce) -> None:
    """Give back at once; prolong at once where a standing authority lets us; anything else is for an officer."""
    target = _target(foreign)
    if target is None:
        answers.refuse(foreign, Refusal.NO_SUCH_ORDER, Msg.EARLIER_ORDER_NOT_KNOWN.with_())
    elif target.state in (ForeignOrderState.REFUSED, ForeignOrderState.ENDED):
        answers.refuse(foreign, Refusal.ALREADY_ENDED, Msg.NOTHING_HELD_ANY_MORE.with_())
    elif body.kind == OrderKind.RELEASE:
        _begin_release(foreign, body, target)
    elif body.kind == OrderKind.RENEWAL and (party := orders_alone(agreement, _kinds(target))):
        _prolong(foreign, body, target, None, party.standing_authority)
    else:
        foreign.claim_id = target.claim_id
        foreign.save(update_fields=["claim_id"])
        answers.propose(foreign)


def carry_out(foreign: ForeignOrder, body: OrderBody, actor: User) -> None:
    """What an officer has let through."""
    target = _target(foreign)
    if body.kind != OrderKind.RENEWAL or target is None:
        raise Conflict(Msg.MONEY_GOES_BACK_TO_VICTIMS)
    _prolong(foreign, body, target, actor, "")


def advance(foreign: ForeignOrder) -> None:
    """Go on with what can be done now, and answer once nothing is open any more."""
    target = _target(foreign)
    assert target is not None
    if foreign.body["kind"] == OrderKind.RELEASE:
        _go_on_releasing(foreign, target)
    else:
        _answer_renewal(foreign, target)


def _target(foreign: ForeignOrder) -> ForeignOrder | None:
    """The earlier order, if it is one of the same partner."""
    if foreign.target is None:
        return None
    earlier = ForeignOrder.objects.select_for_update(of=("self",)).select_related("partner")
    return earlier.filter(pk=foreign.target, partner=foreign.partner_id).first()


def _kinds(target: ForeignOrder) -> tuple[OrderKind, ...]:
    return tuple(OrderKind(order.kind) for order in answers.live_orders(target))


def _begin_release(foreign: ForeignOrder, body: OrderBody, target: ForeignOrder) -> None:
    whole = target.state != ForeignOrderState.ANSWERED or body.amount >= target.held
    foreign.body = {**foreign.body, "amount": WHOLE if whole else body.amount}
    foreign.state, foreign.claim_id, foreign.next_attempt_at = ForeignOrderState.ORDERED, target.claim_id, clock.now()
    foreign.save()
    if target.state == ForeignOrderState.PROPOSED:
        target.state, target.refusal = ForeignOrderState.ENDED, Refusal.WITHDRAWN.value
        target.save(update_fields=["state", "refusal"])
    _go_on_releasing(foreign, target)


def _go_on_releasing(foreign: ForeignOrder, target: ForeignOrder) -> None:
    """Release, of each of our orders behind the target, what is to be released and is not yet; what was placed last goes first.

    An order that cannot be released yet (it is about to leave, or another order about it is open) is looked at again when
    it has changed.
    """
    reason = stored(Msg.PARTNER_ASKS_FOR_RELEASE.with_(partner=target.partner.name))
    standing = stored(Msg.ASKED_FOR_BY.with_(partner=target.partner.name))
    asked = answers.own_orders(foreign)
    spoken_for = {order.target_id for order in asked if order.state != State.REFUSED}
    left = foreign.body.get("amount", WHOLE) - sum(order.amount for order in asked if order.state != State.REFUSED)
    blocked = False
    for order in reversed(answers.live_orders(target)):
        if order.pk in spoken_for or (foreign.body.get("amount", WHOLE) != WHOLE and left <= 0):
            continue
        part = None if foreign.body.get("amount", WHOLE) == WHOLE or order.state not in HOLDING else min(left, order.held)
        try:
            release = orders.let_go(order.pk, reason, standing, None if part is None or part == order.held else part)
        except Conflict:
            blocked = True
            continue
        if release is not None:
            answers.add_parts(foreign, [release.pk])
            asked.append(release)
            left -= release.amount
    if not blocked and not any(order.state in answers.SETTLING for order in asked):
        _answer_release(foreign, asked)


def _answer_release(foreign: ForeignOrder, asked: Sequence[Order]) -> None:
    given_back = sum(order.held for order in asked if order.state == State.DONE)
    refused = next((order for order in asked if order.state == State.REFUSED), None)
    if refused is not None and not given_back and refused.refusal != Refusal.ALREADY_ENDED:
        answers.refuse(foreign, Refusal(refused.refusal), refused.reason)
        return
    answers.answer(foreign, answers.Picture(given_back, None, clock.now(), confirmed=False))


def _prolong(foreign: ForeignOrder, body: OrderBody, target: ForeignOrder, actor: User | None, standing: str) -> None:
    reason = (
        f"{foreign.partner.name}, {body.reference}: {body.grounds}"
        if body.grounds
        else stored(Msg.PARTNER_ASKED_TO_HOLD_LONGER.with_(partner=foreign.partner.name, reference=body.reference))
    )
    renewals: list[UUID] = []
    problem: Wording = Msg.NOTHING_HELD_ANY_MORE.with_()
    for order in answers.live_orders(target):
        try:
            renewals.append(orders.prolong(actor, order.pk, reason, standing=standing, ends_by=ends_by(foreign, body)).pk)
        except Conflict as conflict:
            problem = conflict.wording
    foreign.claim_id = target.claim_id
    if not renewals:
        answers.refuse(foreign, Refusal.NOT_AUTHORISED, problem)
        return
    foreign.state, foreign.next_attempt_at = ForeignOrderState.ORDERED, None
    foreign.save()
    answers.add_parts(foreign, renewals)


def _answer_renewal(foreign: ForeignOrder, target: ForeignOrder) -> None:
    renewals = answers.own_orders(foreign)
    if any(order.state in answers.SETTLING for order in renewals):
        return
    shown = answers.picture(target, answers.own_orders(target))
    done = [order for order in renewals if order.state == State.DONE]
    if not done or shown.until is None:
        refused = next((order.refusal for order in renewals if order.refusal), Refusal.ALREADY_ENDED.value)
        answers.refuse(foreign, Refusal(refused), Msg.OWN_ORDER_NOT_PROLONGED.with_())
        return
    answers.answer(foreign, answers.Picture(0, shown.until, None, confirmed=False))
