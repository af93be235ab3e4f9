"""What a return would give to whom, and what keeps it from being decided: computed from the rows as they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Sum

from accord.capabilities.claims import queries as claims
from accord.capabilities.orders.errors import Msg
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.life_cycle import ENDED, State
from accord.capabilities.orders.models import (
    UNDECIDED,
    Appeal,
    Claimant,
    Distribution,
    Order,
    Payout,
    Restitution,
    RestitutionSource,
    RestitutionState,
)
from accord.capabilities.orders.regime import Approval, current_regime
from accord.capabilities.orders.remedies import distribution as rules
from accord.capabilities.orders.remedies.distribution import Awards, Share, Source
from accord.capabilities.people.policy import NODE
from accord.core.errors import NotFound
from accord.core.wording import Wording

_RULES: Final[dict[str, Callable[[Sequence[Source], Sequence[Share]], Awards]]] = {
    Distribution.TRACED: rules.traced,
    Distribution.PRO_RATA: rules.pro_rata,
    Distribution.STATED: rules.stated,
}

LEAST_NOTICE: Final = timedelta(days=1)
"""The shortest time for objections."""

_BEFORE_PAYMENT: Final = (RestitutionState.PREPARED, RestitutionState.NOTICED, RestitutionState.DECIDED)


def planned_awards(restitution: Restitution) -> Awards:
    """(source id, claimant id) → minor units, by the return's rule as its rows stand now."""
    rows = list(restitution.sources.select_related("order").order_by("id"))
    shares = claims.claims_of_shares(NODE, [row.order_id for row in rows])
    sources = [Source(row.pk, row.amount, shares.get(row.order_id, row.order.claim_id)) for row in rows]
    claimants = [Share(row.pk, row.claimed, row.claim_id, row.awarded) for row in restitution.claimants.order_by("id")]
    return _RULES[restitution.distribution](sources, claimants)


def amount_free(order: Order, apart_from: Restitution | None = None) -> int:
    """What an order keeps and no other return has set aside or is paying out."""
    return amounts_free([order], apart_from)[order.pk]


def amounts_free(orders: Sequence[Order], apart_from: Restitution | None = None) -> dict[UUID, int]:
    """The same of several orders, by their ids, in two statements."""
    others = RestitutionSource.objects.filter(order__in=orders, restitution__state__in=_BEFORE_PAYMENT)
    if apart_from is not None:
        others = others.exclude(restitution=apart_from)
    leaving = Order.objects.filter(target__in=orders, kind__in=(OrderKind.RELEASE, OrderKind.RETURN)).order_by()
    leaving = leaving.exclude(state__in=(*ENDED, State.DRAFT))
    free = {order.pk: order.held for order in orders}
    for order_id, amount in (*others.values_list("order", "amount"), *leaving.values_list("target", "amount")):
        assert order_id is not None
        free[order_id] -= amount
    return {order_id: max(0, amount) for order_id, amount in free.items()}


def claim_left(restitution: Restitution, claim_id: UUID) -> int | None:
    """What can still be claimed on a claim: its amount without what is named here, was returned, or is being paid.

    None where the claim is in another currency than the return, so that no sum can say.
    """
    claim = claims.by_ids(NODE, [claim_id]).get(claim_id)
    if claim is None:
        raise NotFound(Msg.NO_SUCH_CLAIM)
    if claim.currency != restitution.currency:
        return None
    named = restitution.claimants.filter(claim=claim_id).aggregate(total=Sum("claimed"))["total"] or 0
    elsewhere = Payout.objects.filter(claimant__claim=claim_id).exclude(claimant__restitution=restitution)
    paid = sum(
        payout.order.held if payout.is_paid else payout.amount
        for payout in elsewhere.select_related("order")
        if not payout.failed
    )
    return int(claim.amount - named - paid)


def obstacles(restitution: Restitution, now: datetime) -> list[Wording]:
    """Why a return that was announced cannot be decided yet, in words; empty when it can."""
    found: list[Wording] = []
    if restitution.objections_until is not None and restitution.objections_until > now:
        found.append(Msg.OBJECTIONS_STILL_OPEN.with_())
    if restitution.objections.filter(upheld=None).exists():
        found.append(Msg.OBJECTION_NOT_ANSWERED.with_())
    for row in restitution.sources.select_related("order").order_by("id"):
        order: Order = row.order
        if not order.is_holding:
            found.append(Msg.ORDER_KEEPS_NO_MONEY.with_(order=order.reference))
        elif amount_free(order, restitution) < row.amount:
            found.append(Msg.ORDER_KEEPS_LESS.with_(order=order.reference))
        for appeal in Appeal.objects.filter(order=order, state__in=UNDECIDED):
            found.append(Msg.APPEAL_NOT_DECIDED.with_(appeal=appeal.reference, order=order.reference))
    for claim_id in restitution.claimants.exclude(claim=None).order_by("claim").values_list("claim", flat=True).distinct():
        left = claim_left(restitution, claim_id)
        if left is not None and left < 0:
            reference = claims.by_ids(NODE, [claim_id])[claim_id].reference
            found.append(Msg.MORE_CLAIMED_THAN_LOST.with_(claim=reference))
    return found


def lapsing_sources(restitution: Restitution, now: datetime) -> list[Order]:
    """Holds of the return that lapse before it can be decided: they must be renewed first, or the money is gone."""
    if restitution.state not in _BEFORE_PAYMENT:
        return []
    needed = restitution.objections_until or now + LEAST_NOTICE
    rows = restitution.sources.select_related("order").order_by("id")
    return [row.order for row in rows if row.order.is_holding and row.order.until <= max(needed, now)]


def claimants_of(restitution: Restitution) -> list[Claimant]:
    return list(restitution.claimants.select_related("claim").order_by("id"))


def asks_for_court() -> bool:
    """Whether the regime of this node asks for a court's decision before money is returned."""
    return current_regime().rule(OrderKind.RETURN).approval is Approval.COURT
