"""What happens to a return when a bank answers one of its orders."""

from __future__ import annotations

from datetime import datetime

from accord.capabilities import unit_of_work
from accord.capabilities.orders.audit import ReturnAudit
from accord.capabilities.orders.models import Order, Payout, Restitution, RestitutionSource, RestitutionState
from accord.capabilities.orders.remedies.restitution_cycle import ReturnEvent, next_return_state
from accord.capabilities.people.policy import NODE


def return_answered(order: Order, at: datetime) -> None:
    """Close the return once every part of it is paid. Call inside the change that takes the answer over."""
    payout = Payout.objects.filter(order=order).select_related("claimant").first()
    if payout is None:
        return
    restitution = Restitution.objects.select_for_update().get(pk=payout.claimant.restitution_id)
    parts = Payout.objects.filter(claimant__restitution=restitution).select_related("order")
    if restitution.state != RestitutionState.PAYING or not all(part.is_paid for part in parts):
        return
    restitution.state, restitution.closed_at = next_return_state(restitution.state, ReturnEvent.CLOSE), at
    restitution.save(update_fields=["state", "closed_at"])
    unit_of_work.record(
        NODE,
        ReturnAudit.PAID,
        subject=order.subject,
        obj=restitution,
        restitution=restitution.reference,
        amount=sum(part.order.held for part in parts),
        currency=restitution.currency,
    )


def order_replaced(replaced: Order, heir: Order) -> None:
    """Another order keeps the money now: a return that is not paid yet goes on with it, as far as it is still kept."""
    before_payment = (RestitutionState.PREPARED, RestitutionState.NOTICED)
    for source in RestitutionSource.objects.filter(order=replaced, restitution__state__in=before_payment):
        source.order, source.amount = heir, min(source.amount, heir.held)
        source.save(update_fields=["order", "amount"])
