"""Orders of this agency that a partner's centre asked for. They are ours: our regime, our banks, our clocks.

Each is written either by an officer, as any other, or by the node under a standing authority that the caller has found to
be verified (`standing` says in words which one). Call inside a change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from accord.capabilities import unit_of_work
from accord.capabilities.claims import services as claims
from accord.capabilities.claims.messages import to_json
from accord.capabilities.claims.ports import Credit
from accord.capabilities.orders import events
from accord.capabilities.orders.audit import OrderAudit
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import AWAITED, STANDING, State
from accord.capabilities.orders.models import Order
from accord.capabilities.orders.permissions import OrderPermission
from accord.capabilities.orders.ports import PaymentFacts
from accord.capabilities.orders.regime import Approval, KindRule, current_regime
from accord.capabilities.orders.services.drafting import locked_order, locked_orders, throw_away, write
from accord.capabilities.orders.services.following import OPEN, give_back
from accord.capabilities.orders.services.requests import LONGEST_DELAY
from accord.capabilities.people.policy import NODE, require
from accord.core import clock
from accord.core.errors import Conflict

if TYPE_CHECKING:
    from accord.capabilities.claims.models import PlanItem
    from accord.capabilities.claims.services.shares import Place
    from accord.capabilities.people.models import User

SETTLED: Final = (State.DRAFT, *OPEN)
"""No state in which such an order has come to rest."""


@dataclass(frozen=True, slots=True)
class PartnerTerms:
    """What the partner's order says of ours. `ends_by`: the end it asked for, by our clock; `tell_from`: from when our bank
    may tell the holder, where the agreement does not leave it to our regime; `standing`: the authority where nobody decides."""

    grounds: str
    ends_by: datetime
    tell_from: datetime | None = None
    delay_reason: str = ""
    standing: str = ""


def may_leave_alone(kind: OrderKind) -> KindRule | None:
    """The rule of this node's regime, where an order of the kind may leave without a person; else None."""
    rule = current_regime().rule(kind)
    return rule if rule.acts_alone and rule.approval is not Approval.COURT else None


def hold_lines(
    actor: User | None, lines: Sequence[PlanItem], limit: int, id_of: Callable[[Place], UUID], terms: PartnerTerms
) -> list[Order]:
    """Order holds on lines of the plan of claims of a partner, together no more than `limit` minor units.

    The lines go the way of every plan: each is weighed under a lock against all holds on its account, so nothing is held
    twice, and the trace that it stands on is saved. `id_of` names the order of a place; the same again is the same order.
    """
    placed: list[Order] = []
    for claim_id in dict.fromkeys(line.claim_id for line in lines):
        left = limit - sum(order.amount for order in placed)
        if left <= 0:
            break
        chosen = [line.pk for line in lines if line.claim_id == claim_id]
        approval = claims.approve_within(actor or NODE, claim_id, chosen, left)
        if approval is None:
            continue
        fresh = [(_ordered(actor, row.line, id_of(row.line.place), terms), row) for row in approval.lines]
        claims.book(approval, [(order.pk, row) for order, row in fresh])
        placed += [order for order, _ in fresh]
    return placed


def _ordered(actor: User | None, line: PlanItem, order_id: UUID, terms: PartnerTerms) -> Order:
    order = Order(
        id=order_id,
        kind=current_regime().plan_order,
        claim=line.claim,
        plan_item=line,
        institution=line.institution,
        account=line.account,
        amount=line.amount,
        currency=line.currency,
        credits=line.credits,
    )
    return _written(actor, order, terms)


def first_hold_for(
    actor: User | None,
    order_id: UUID,
    claim_id: UUID,
    payment: PaymentFacts,
    credits_: Sequence[Credit],
    terms: PartnerTerms,
) -> Order:
    """Order the payee's bank here to hold what stands of a payment from abroad, before any trace; it finds it by the facts."""
    order = Order(
        id=order_id,
        kind=current_regime().first_order,
        claim_id=claim_id,
        institution=payment.payee_bank,
        account=payment.payee_account,
        amount=payment.amount,
        currency=payment.currency,
        payment=to_json(payment),
        credits=to_json(tuple(credits_)),
    )
    return _written(actor, order, terms)


def _written(actor: User | None, order: Order, terms: PartnerTerms) -> Order:
    now = clock.now()
    order.grounds = terms.grounds
    order.terms = {"ends_by": clock.to_iso(terms.ends_by)}
    if terms.tell_from is not None and terms.tell_from > now:
        order.tell_from, order.delay_reason = min(terms.tell_from, now + LONGEST_DELAY), terms.delay_reason
    lasts = min(current_regime().rule(order.kind).lasts, terms.ends_by - now)
    return write(order, actor, lasts=max(lasts, timedelta(0)), standing=terms.standing)


def let_go(order_id: UUID, reason: str, standing: str, amount: int | None = None) -> Order | None:
    """Give back what one of these orders keeps, or `amount` of it: no approval is needed for giving back.

    Returns the release; None where none is needed: the order was only a draft, or is over. Conflict while it cannot be
    released yet: it is about to leave, or another order about it is open. Then ask again when it has changed.
    """
    order = locked_order(order_id)
    if order.state == State.DRAFT:
        throw_away(NODE, order_id, reason)
        return None
    if order.state == State.APPROVED:
        raise Conflict(Msg.ORDER_ABOUT_TO_LEAVE, order=order.reference)
    if order.state not in (*STANDING, *AWAITED):
        return None
    return give_back(None, order_id, reason, amount, standing=standing)


def confirm_orders(actor: User, order_ids: Sequence[UUID]) -> None:
    """An officer stands by what the node ordered under a standing authority: from now on they are that officer's orders."""
    require(actor, OrderPermission.APPROVE)
    orders = locked_orders(order_ids)
    for order in orders:
        if order.approved_by_id is None and order.approved_at is not None:
            order.approved_by = actor
            order.save(update_fields=["approved_by"])
            unit_of_work.record(actor, OrderAudit.CONFIRMED, subject=order.subject, obj=order, kind=order.kind)
    events.notify(orders)
