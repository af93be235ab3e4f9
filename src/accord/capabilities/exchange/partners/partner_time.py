"""Times that a partner states are by its own clock; whoever reads them corrects by how far it was measured to be ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accord.capabilities.exchange.models import Partner


def by_our_clock(partner: Partner, moment: datetime) -> datetime:
    """A partner's moment by this node's clock; as it was stated at the ends of time or where nothing was measured yet."""
    try:
        return moment - timedelta(microseconds=partner.skew_micros or 0)
    except OverflowError:
        return moment
