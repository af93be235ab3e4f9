"""Partners' centres in front of whatever else this node can ask: an institution of a partner's jurisdiction is asked there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from accord.adapters.partner_line.holder import PartnerHolder
from accord.adapters.partner_line.taker import PartnerTaker
from accord.capabilities.claims import territory
from accord.capabilities.claims.ports import LedgerHolder
from accord.capabilities.orders.ports import OrderTaker

if TYPE_CHECKING:
    from accord.node.wired import Wired


def with_partners(wired: Wired) -> Wired:
    """`wired`, with the partners' centres before it. Which institutions are whose is looked up at every call."""

    def holder_of(institution: str) -> LedgerHolder:
        if territory.is_abroad(institution):
            return PartnerHolder(territory.holder_of(institution))
        return wired.lines.holder_of(institution)

    def taker_of(institution: str) -> OrderTaker:
        if territory.is_abroad(institution):
            return PartnerTaker(territory.holder_of(institution))
        return wired.lines.taker_of(institution)

    return replace(wired, lines=replace(wired.lines, holder_of=holder_of, taker_of=taker_of))
