"""What the overview tells of each partner, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from accord.capabilities.exchange.agreements import queries as agreements
from accord.capabilities.exchange.channel.queries import delivery
from accord.capabilities.exchange.crossborder.queries import foreign_enquiries, orders, requests
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.partners import queries as partners
from accord.capabilities.exchange.permissions import ExchangePermission
from accord.capabilities.people.policy import allowed
from accord.core import clock

if TYPE_CHECKING:
    from accord.capabilities.exchange.agreements.queries import InForce
    from accord.capabilities.exchange.models import Partner
    from accord.capabilities.people.models import User

SKEWED: Final = timedelta(seconds=30)
"""A partner's clock that is off by more is worth a word to its administrator."""
SILENT: Final = timedelta(hours=1)
"""A message that waits for so long means that the line is down."""


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """One line of the overview. `agreement` None: none is in force. `lag` is that of the delivery."""

    partner: Partner
    agreement: InForce | None
    lag: Any
    test_due: bool
    skew: timedelta | None

    @property
    def skewed(self) -> bool:
        return self.skew is not None and abs(self.skew) > SKEWED

    @property
    def waits_long(self) -> bool:
        """Whether the oldest message that is to leave has waited for so long that somebody should look."""
        oldest: datetime | None = getattr(self.lag, "oldest", None)
        return oldest is not None and clock.now() - oldest > SILENT


def partner_rows(actor: User) -> list[PartnerRow]:
    now = clock.now()
    lags = {lag.partner: lag for lag in delivery.lag(actor)}
    return [_row(partner, lags.get(partner.code), now) for partner in partners.partners(actor)]


def partner_row(actor: User, partner: Partner) -> PartnerRow:
    lags = {lag.partner: lag for lag in delivery.lag(actor)}
    return _row(partner, lags.get(partner.code), clock.now())


def _row(partner: Partner, lag: Any, now: datetime) -> PartnerRow:
    skew = None if partner.skew_micros is None else timedelta(microseconds=partner.skew_micros)
    due = partner.test_due_at is not None and partner.test_due_at < now
    return PartnerRow(partner, _in_force(partner.code), lag, due, skew)


def _in_force(code: str) -> InForce | None:
    try:
        return agreements.in_force(code)
    except Refused:
        return None


def waits(actor: User) -> dict[str, Any]:
    """What somebody must look at; nothing of any case for those who only look after partners."""
    found: dict[str, Any] = {"alarms": partners.alarms(actor).select_related("partner")[:20], "sees_cases": sees_cases(actor)}
    if not sees_cases(actor):
        return found
    waiting = list(orders.waiting(actor))
    enquiries = list(foreign_enquiries.waiting(actor))
    return found | {
        "request_counts": requests.counts(actor),
        "enquiries_waiting": len(enquiries),
        "orders_waiting": sum(not order.automatic for order in waiting),
        "orders_to_confirm": sum(order.automatic for order in waiting),
    }


def sees_cases(actor: User) -> bool:
    return allowed(actor, ExchangePermission.READ)
