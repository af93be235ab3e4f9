"""Orders in whatever state a test needs, written by hand: what a reporter sees and what figures count is asked of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from accord.core import clock

if TYPE_CHECKING:
    from accord.capabilities.claims.models import Claim
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people.models import User

MIDNIGHT = datetime(2026, 3, 19, 16, tzinfo=UTC)
"""00:00 of 20 March in Shanghai, the node's zone."""


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def kept(claim: Claim, amount: int, answered_at: datetime, **more: Any) -> Order:
    """An order of the claim that a bank has answered: `amount` of CNY is kept, under a hold unless `kind` says otherwise."""
    from accord.capabilities.orders.models import Order

    sent_at = more.pop("sent_at", answered_at - hours(0.5))
    facts: dict[str, Any] = {
        "kind": "hold",
        "state": "held",
        "claim": claim,
        "institution": "SECRETBK",
        "account": "6222-SECRET",
        "amount": amount,
        "currency": "CNY",
        "held": amount,
        "rule": "fifo",
        "regime": "CN",
        "authority": "somebody",
        "drafted_at": sent_at,
        "approved_at": sent_at,
        "sent_at": sent_at,
        "answered_at": answered_at,
        "answer_due_at": sent_at + hours(1),
        "until": clock.now() + hours(48),
        "tell_from": sent_at,
    }
    return Order.objects.create(**(facts | more))


def paid_back(claim: Claim, hold: Order, amount: int, answered_at: datetime, officer: User) -> Order:
    """A return of `amount` from a hold, perhaps another claim's, to whoever claims by `claim`; the bank has paid."""
    from accord.capabilities.orders.models import Claimant, Payout, Restitution, RestitutionSource

    order = kept(hold.claim, amount, answered_at, kind="return", state="done", target=hold)  # type: ignore[arg-type]
    restitution = Restitution.objects.create(
        currency="CNY", distribution="pro_rata", prepared_by=officer, prepared_at=answered_at, noticed_at=answered_at
    )
    source = RestitutionSource.objects.create(restitution=restitution, order=hold, amount=amount)
    claimant = Claimant.objects.create(
        restitution=restitution, claim=claim, kind="victim", name="A", claimed=amount, pay_institution="V", pay_account="v"
    )
    Payout.objects.create(claimant=claimant, source=source, amount=amount, order=order)
    return order
