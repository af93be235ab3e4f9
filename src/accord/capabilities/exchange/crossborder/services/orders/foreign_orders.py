"""What a partner's centre asks to be ordered here. It binds nobody: what leaves for a bank is an order of this centre's own.

A request is taken down as a row; what it leads to is decided by an officer, or at once under a standing authority. Then
`foreign_progress` follows our own orders, answers, and tells the partner of every later change.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims.messages import to_json
from accord.capabilities.exchange.agreements import labelling
from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.agreements.standing_authority import orders_alone
from accord.capabilities.exchange.audit import ForeignOrderAudit
from accord.capabilities.exchange.crossborder.errors import Msg
from accord.capabilities.exchange.crossborder.services.orders import foreign_answers as answers
from accord.capabilities.exchange.crossborder.services.orders import foreign_follow_ups as follow_ups
from accord.capabilities.exchange.crossborder.services.orders import foreign_holds as holds
from accord.capabilities.exchange.crossborder.services.orders import foreign_progress as progress
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.messages import OrderBody
from accord.capabilities.exchange.models import ForeignOrder, ForeignOrderState, Incoming
from accord.capabilities.orders import services as orders
from accord.capabilities.orders.kinds import FOLLOWS_UP, KEEPS_MONEY, OrderKind
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.ports import Refusal
from accord.capabilities.orders.regime import current_regime
from accord.capabilities.people.policy import NODE, require
from accord.core import clock
from accord.core.errors import BadInput, Conflict, NotFound
from accord.core.errors import Msg as CoreMsg
from accord.core.wording import Wording, stored

if TYPE_CHECKING:
    from accord.capabilities.people.models import User

SWEEP: Final = 200
"""Holds that lapse in one sweep; what is left over follows in the next."""


def receive_order(message: Incoming, body: OrderBody) -> None:
    """Take a request down, and carry out at once what needs nobody here. The same request again is answered again."""
    known = ForeignOrder.objects.filter(pk=body.order_id).first()
    if known is not None:
        if known.partner_id != message.partner_id:
            raise Refused("order", Msg.MAY_NOT_NAME_ORDER, partner=message.partner_id, order=body.order_id)
        progress.answer_again(known)
        return
    now = clock.now()
    agreement = agreements.by_hash(message.partner_id, message.agreement)
    foreign = ForeignOrder.objects.create(
        id=body.order_id,
        partner=message.partner,
        agreement=message.agreement,
        case=body.case,
        body=to_json(body),
        label=message.label or {},
        target=body.target,
        message=message.pk,
        received_at=now,
        answer_due_at=now + timedelta(minutes=agreement.terms.clocks.order_minutes),
    )
    unit_of_work.record(
        NODE,
        ForeignOrderAudit.RECEIVED,
        subject=None,
        obj=foreign,
        partner=foreign.partner_id,
        kind=body.kind,
        institution=body.institution,
        amount=body.amount,
        currency=body.currency,
    )
    _begin(foreign, body, agreement)


def _begin(foreign: ForeignOrder, body: OrderBody, agreement: agreements.InForce) -> None:
    kind = _kind(body)
    if kind not in (*KEEPS_MONEY, *FOLLOWS_UP):
        answers.refuse(foreign, Refusal.NOT_SUPPORTED, Msg.KIND_NOT_TAKEN_ACROSS_BORDER.with_(kind=body.kind[:40]))
    elif kind in FOLLOWS_UP:
        follow_ups.begin(foreign, body, agreement)
    elif problem := _cannot_be_held(foreign, body):
        answers.refuse(foreign, *problem)
    else:
        regime = current_regime()
        party = orders_alone(agreement, (regime.first_order, regime.plan_order))
        if party is None or kind is OrderKind.FREEZE or not holds.place_alone(foreign, body, party):
            answers.propose(foreign)


def _kind(body: OrderBody) -> OrderKind | None:
    try:
        return OrderKind(body.kind)
    except ValueError:
        return None


def _cannot_be_held(foreign: ForeignOrder, body: OrderBody) -> tuple[Refusal, Wording, str] | None:
    """(refusal, reason, clause) of a request on which nobody could act; None where it can be looked at."""
    if not labelling.may_order(labelling.from_json(foreign.label)):
        return Refusal.NOT_AUTHORISED, Msg.LABEL_ALLOWS_NO_STEP.with_(), "labels"
    if holds.ends_by(foreign, body) <= clock.now():
        return Refusal.NOT_AUTHORISED, Msg.ORDER_RAN_OUT.with_(), ""
    if body.amount <= 0 or not body.currency:
        return Refusal.NOT_AUTHORISED, Msg.ORDER_NAMES_NO_AMOUNT.with_(), ""
    return None


@unit_of_work.change
def decide(actor: User, foreign_order_id: UUID, accept: bool, reason: str, ground: str = "") -> ForeignOrder:
    """An officer lets a proposed order of a partner become orders of ours, or refuses it, with a reason that is kept.

    What our regime asks for comes on top: where it asks for two people, our orders wait as drafts for the second. `ground`
    names a refusal ground of the agreement. Conflict where somebody has decided it already.
    """
    require(actor, OrderPermission.DRAFT)
    if not reason.strip():
        raise BadInput(CoreMsg.GIVE_REASON, where="reason")
    foreign = _locked(foreign_order_id)
    if foreign.state != ForeignOrderState.PROPOSED:
        raise Conflict(Msg.PARTNER_ORDER_DECIDED_ALREADY, officer=foreign.decided_by or "the node")
    foreign.decided_by, foreign.reason = actor.username, reason.strip()
    body = answers.body_of(foreign)
    unit_of_work.record(
        actor,
        ForeignOrderAudit.ACCEPTED if accept else ForeignOrderAudit.REFUSED,
        subject=foreign.claim_id,
        obj=foreign,
        partner=foreign.partner_id,
        kind=body.kind,
        reason=foreign.reason,
    )
    if not accept:
        answers.refuse(foreign, Refusal.LEGAL_REVIEW, foreign.reason, _checked_ground(foreign, ground))
    elif body.kind in FOLLOWS_UP:
        follow_ups.carry_out(foreign, body, actor)
    else:
        holds.place_decided(foreign, body, actor)
    return foreign


def _checked_ground(foreign: ForeignOrder, ground: str) -> str:
    terms = agreements.by_hash(foreign.partner_id, foreign.agreement).terms
    if ground and ground not in terms.refusal_grounds:
        allowed = ", ".join(terms.refusal_grounds) or "none"
        raise BadInput(Msg.AGREEMENT_KNOWS_THESE_GROUNDS_REFUSAL, grounds=allowed, where="ground")
    return ground


@unit_of_work.change
def confirm(actor: User, foreign_order_id: UUID) -> ForeignOrder:
    """An officer stands by what was ordered automatically, so that it no longer lapses. Conflict where nothing is left."""
    require(actor, OrderPermission.APPROVE)
    foreign = _locked(foreign_order_id)
    if not foreign.automatic or foreign.confirmed_by or foreign.confirm_by is None:
        raise Conflict(Msg.NOTHING_TO_CONFIRM)
    if foreign.state not in (ForeignOrderState.ORDERED, ForeignOrderState.ANSWERED):
        raise Conflict(Msg.NOTHING_HELD_FOR_PARTNER_ANY_MORE)
    foreign.confirmed_by, foreign.confirm_by = actor.username, None
    foreign.save(update_fields=["confirmed_by", "confirm_by"])
    orders.confirm_orders(actor, [order.pk for order in answers.own_orders(foreign)])
    unit_of_work.record(actor, ForeignOrderAudit.CONFIRMED, subject=foreign.claim_id, obj=foreign, partner=foreign.partner_id)
    progress.advance(foreign)
    return foreign


def lapse_due(now: datetime) -> int:
    """Give back what was ordered automatically and nobody confirmed in time. How many lapsed."""
    open_states = (ForeignOrderState.ORDERED, ForeignOrderState.ANSWERED)
    due = ForeignOrder.objects.filter(confirm_by__lte=now, automatic=True, state__in=open_states)
    return sum(_lapse(foreign_id) for foreign_id in list(due.order_by("confirm_by").values_list("pk", flat=True)[:SWEEP]))


@unit_of_work.change
def _lapse(foreign_id: UUID) -> int:
    foreign = _locked(foreign_id)
    if foreign.confirm_by is None or foreign.confirm_by > clock.now():
        return 0
    reason = stored(Msg.NOBODY_CONFIRMED_HOLD.with_())
    standing = stored(Msg.NOT_CONFIRMED_ASKED_FOR_BY.with_(partner=foreign.partner_id))
    for order in answers.live_orders(foreign):
        try:
            orders.let_go(order.pk, reason, standing)
        except Conflict:
            return 0  # it is about to leave, or being released: the next sweep looks again
    foreign.confirm_by, foreign.reason = None, answers.LAPSED
    foreign.save(update_fields=["confirm_by", "reason"])
    unit_of_work.record(NODE, ForeignOrderAudit.LAPSED, subject=foreign.claim_id, obj=foreign, partner=foreign.partner_id)
    progress.advance(foreign)
    return 1


def answer_due_orders(now: datetime) -> int:
    """For the worker: look again at partners' orders on which something has changed. How many were looked at."""
    return progress.advance_due(now)


def _locked(foreign_order_id: UUID) -> ForeignOrder:
    found = ForeignOrder.objects.select_for_update(of=("self",)).filter(pk=foreign_order_id).select_related("partner").first()
    if found is None:
        raise NotFound(Msg.NO_SUCH_ORDER_PARTNER)
    return found
