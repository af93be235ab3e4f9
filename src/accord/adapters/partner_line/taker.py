"""A partner's centre as whoever carries out orders: asked like a bank, through the outbox of messages to partners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from accord.capabilities.claims.ports import Acknowledged
from accord.capabilities.exchange.crossborder.services.orders import sent_orders
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, OrderStatus
from accord.core.errors import AccordError


@dataclass(frozen=True, slots=True)
class PartnerTaker:
    """Orders for institutions of a partner's jurisdiction. `partner` is the partner's agency code."""

    partner: str

    def carry_out(self, order: OrderMessage) -> Acknowledged | OrderAnswer:
        """Queue the request and say until when it is to be answered; the answer comes as a message of its own."""
        return sent_orders.send(self.partner, order)

    def carry_out_all(self, orders: Sequence[OrderMessage]) -> list[Acknowledged | AccordError]:
        """The same for many orders, queued in one change, so that they leave together."""
        return sent_orders.send_all(self.partner, orders)

    def status(self, order_id: UUID) -> OrderStatus | None:
        """What the partner said last."""
        return sent_orders.status(order_id)
