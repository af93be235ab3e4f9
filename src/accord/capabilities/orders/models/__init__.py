"""The rows of the orders room. Amounts are minor units of the `currency` beside them."""

from accord.capabilities.orders.models.appeal import (
    UNDECIDED,
    UNRELEASED,
    Appeal,
    AppealChannel,
    AppealDecision,
    AppealState,
    Compensation,
)
from accord.capabilities.orders.models.escalation import Contact, Escalation
from accord.capabilities.orders.models.order import UNDER_AUTHORITY, Order, order_reference
from accord.capabilities.orders.models.restitution import (
    Claimant,
    ClaimantKind,
    Distribution,
    Objection,
    Payout,
    Restitution,
    RestitutionSource,
    RestitutionState,
)

__all__ = [
    "UNDECIDED",
    "UNDER_AUTHORITY",
    "UNRELEASED",
    "Appeal",
    "AppealChannel",
    "AppealDecision",
    "AppealState",
    "Claimant",
    "ClaimantKind",
    "Compensation",
    "Contact",
    "Distribution",
    "Escalation",
    "Objection",
    "Order",
    "Payout",
    "Restitution",
    "RestitutionSource",
    "RestitutionState",
    "order_reference",
]
