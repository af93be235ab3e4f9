"""Carries this node's new cards to its partners as messages of the channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from accord.capabilities.exchange.channel.services.sending import queue
from accord.capabilities.exchange.channel.stream_messages import Why
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Outgoing, OutgoingState, PartnerState


class CardDelivery:
    """Implements `partners.card_news.CardNews` with the rows of outgoing messages."""

    def announce(self, partner: str, signed: dict[str, Any]) -> None:
        queue(partner, MessageKind.CARD, signed)

    def oldest_on_its_way(self, partner: str, delivered_since: datetime) -> dict[str, Any] | None:
        lately = Q(state=OutgoingState.DELIVERED, delivered_at__gt=delivered_since)
        cards = Outgoing.objects.filter(Q(state=OutgoingState.QUEUED) | lately, partner_id=partner, kind=MessageKind.CARD)
        first = cards.order_by("queued_at", "sequence").first()
        return None if first is None else first.body

    def any_waiting(self, queued_since: datetime) -> bool:
        waiting = Outgoing.objects.filter(kind=MessageKind.CARD, state=OutgoingState.QUEUED, queued_at__gte=queued_since)
        return waiting.filter(partner__state=PartnerState.CONFIRMED).exists()

    def restored_since(self, moment: datetime) -> bool:
        return Outgoing.objects.filter(kind=MessageKind.HELLO, body__why=Why.RESTORED, queued_at__gt=moment).exists()
