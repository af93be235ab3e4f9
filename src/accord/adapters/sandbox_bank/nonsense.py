"""Answers as a broken bank would send them, to see that nobody believes them."""

from __future__ import annotations

from dataclasses import replace

from accord.capabilities.claims.ports import AccountStanding, EnquiryAnswer
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage


def garbled_enquiry(answer: EnquiryAnswer, currency: str) -> EnquiryAnswer:
    """More stands than was asked about."""
    return replace(answer, standing=(*answer.standing, AccountStanding("?", 10**12, currency)))


def garbled(answer: OrderAnswer, order: OrderMessage) -> OrderAnswer:
    """More is kept than was ordered; of a recall less than nothing was stopped."""
    return replace(answer, amount=-1 if order.kind is OrderKind.RECALL else order.amount + 1)
